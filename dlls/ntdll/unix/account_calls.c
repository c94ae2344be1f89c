/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The PE half's question about accounts (replace_account.c there). */

#include "nttypes.h"

#include "account.h"
#include "common/host.h"
#include "ntpath.h"
#include "unixcalls.h"
#include "usermem.h"
#include <stdlib.h>
#include <string.h>

static bool wide_put(const char *text, WCHAR ret_wide[UNIX_ACCOUNT_UNITS])
{
    _cleanup_nt_(name_freep) WCHAR *wide = NULL;
    size_t units;

    wide = utf16_from_utf8(text, strlen(text), &units);
    if (!wide || units >= UNIX_ACCOUNT_UNITS)
        return false;
    memcpy(ret_wide, wide, units * sizeof(WCHAR));
    ret_wide[units] = 0;
    return true;
}

static bool account_find(struct unix_account *account, ULONG by)
{
    const enum account_kind kind = account->is_group ? ACCOUNT_GROUP : ACCOUNT_USER;
    char found[ACCOUNT_NAME_BYTES], *name;
    size_t units = 0;
    uint32_t id;
    bool is_there;

    if (by == UNIX_ACCOUNT_BY_ID)
        return account_name(kind, account->id, found) && wide_put(found, account->name);
    while (units < UNIX_ACCOUNT_UNITS && account->name[units])
        units++;
    name = units < UNIX_ACCOUNT_UNITS ? utf8_from_utf16(account->name, units) : NULL;
    is_there = name && account_id(kind, name, &id);
    free(name);
    if (is_there)
        account->id = id;
    return is_there;
}

NTSTATUS WINAPI unix_account(ULONG by, struct unix_account *user_account)
{
    struct unix_account account;
    char host[COMPUTER_NAME_MAX + 1];

    TRY(user_read(&account, user_account, sizeof(account)));
    host_name(COMPUTER_NAME_MAX, host);
    if (!account_find(&account, by) || !wide_put(host, account.host))
        return STATUS_NONE_MAPPED;
    return user_write(user_account, &account, sizeof(account));
}
