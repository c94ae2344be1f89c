/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Changing tokens: there is nothing that could be changed. A token has no privileges but
 * SeChangeNotify and SYSTEM's SeCreatePermanent, and these and its groups are all enabled. */
#include "token.h"

#include "ntprocess.h"
#include "usermem.h"
#include <stddef.h>

NTSTATUS WINAPI NtSetInformationToken(HANDLE handle, TOKEN_INFORMATION_CLASS class, void *buffer,
                                      ULONG length)
{
    _cleanup_nt_(token_refp) struct token_ref ref = {0};

    (void)buffer, (void)length;
    TRY(token_resolve(handle, TOKEN_ADJUST_DEFAULT, &ref));
    unimplemented_once(__func__, "class", class);
    return STATUS_INVALID_INFO_CLASS;
}

/* There is nothing that could be switched on: what is asked for and not held is NOT_ALL_ASSIGNED,
 * as NT says. */
NTSTATUS WINAPI NtAdjustPrivilegesToken(HANDLE handle, BOOLEAN disable_all,
                                        TOKEN_PRIVILEGES *wanted, DWORD length,
                                        TOKEN_PRIVILEGES *previous, DWORD *ret_length)
{
    _cleanup_nt_(token_refp) struct token_ref ref = {0};
    DWORD none = 0, size = sizeof(DWORD), count;
    struct token_facts facts;

    (void)length;
    TRY(token_resolve(handle, TOKEN_ADJUST_PRIVILEGES, &ref));
    if (previous)
        TRY(user_write(previous, &none, sizeof(none)));
    if (previous && ret_length)
        TRY(USER_PUT(ret_length, size));
    if (disable_all)
        return STATUS_SUCCESS; /* DIFFERS: SeChangeNotify stays on, as it does on Windows in effect
                                */
    TRY(token_facts(&ref, false, &facts));
    TRY(USER_GET(count, &wanted->PrivilegeCount));
    for (DWORD i = 0; i < count; i++) {
        LUID_AND_ATTRIBUTES one;

        TRY(user_read(&one, wanted->Privileges + i, sizeof(one)));
        if (!token_has_privilege(&facts, one.Luid))
            return STATUS_NOT_ALL_ASSIGNED;
    }
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtAdjustGroupsToken(HANDLE handle, BOOLEAN reset, TOKEN_GROUPS *groups,
                                    ULONG length, TOKEN_GROUPS *previous, ULONG *ret_length)
{
    _cleanup_nt_(token_refp) struct token_ref ref = {0};

    (void)reset, (void)groups, (void)length, (void)previous, (void)ret_length;
    TRY(token_resolve(handle, TOKEN_ADJUST_GROUPS, &ref));
    return STATUS_CANT_DISABLE_MANDATORY;
}

NTSTATUS WINAPI NtPrivilegeCheck(HANDLE handle, PRIVILEGE_SET *set, BOOLEAN *ret_has)
{
    _cleanup_nt_(token_refp) struct token_ref ref = {0};
    BOOLEAN has = TRUE;
    PRIVILEGE_SET head;
    struct token_facts facts;

    TRY(token_resolve(handle, TOKEN_QUERY, &ref));
    TRY(token_facts(&ref, false, &facts));
    TRY(user_read(&head, set, offsetof(PRIVILEGE_SET, Privilege)));
    for (DWORD i = 0; i < head.PrivilegeCount && has; i++) {
        LUID_AND_ATTRIBUTES one;

        TRY(user_read(&one, set->Privilege + i, sizeof(one)));
        has = token_has_privilege(&facts, one.Luid);
    }
    return USER_PUT(ret_has, has);
}

NTSTATUS WINAPI NtFilterToken(HANDLE handle, ULONG flags, TOKEN_GROUPS *disable,
                              TOKEN_PRIVILEGES *delete, TOKEN_GROUPS *restrict_to,
                              HANDLE *ret_handle)
{
    (void)handle, (void)flags, (void)disable, (void)delete, (void)restrict_to, (void)ret_handle;
    unimplemented_once(__func__, "restricted tokens", NO_NUMBER);
    return STATUS_NOT_IMPLEMENTED;
}
