/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Names of the SIDs that Linux' users and groups have (common/sid.h: S-1-22-1-<uid>,
 * S-1-22-2-<gid>; root is SYSTEM). Wine's LookupAccountSid and LookupAccountName know the SIDs that
 * every Windows has, and no others; ours are asked for what those do not find. A user's domain is
 * the machine, a group's `Unix Group`, as Samba has it: a user and a group may have the same name.
 *
 * GetUserNameEx: Wine's puts the machine's name before SYSTEM, too. */

#include "ntdll.h"

#include "replace.h"

struct account_originals account_originals;

static const WCHAR group_domain[] = L"Unix Group";

enum { AUTHORITY_UNIX = 22, KIND_USER = 1, KIND_GROUP = 2 };

/* What the caller gets with: characters, and their count. */
struct room {
    WCHAR *text;
    DWORD *n;
};

static BOOL is_unix_sid(PSID sid, struct unix_account *account)
{
    if (!RtlValidSid(sid) || *RtlSubAuthorityCountSid(sid) != 2 ||
        RtlIdentifierAuthoritySid(sid)->Value[5] != AUTHORITY_UNIX)
        return FALSE;
    account->is_group = *RtlSubAuthoritySid(sid, 0) == KIND_GROUP;
    account->id = *RtlSubAuthoritySid(sid, 1);
    return account->is_group || *RtlSubAuthoritySid(sid, 0) == KIND_USER;
}

static DWORD length_of(const WCHAR *text)
{
    DWORD n = 0;

    while (text[n])
        n++;
    return n;
}

static BOOL fits(struct room room, const WCHAR *text)
{
    return room.text && *room.n > length_of(text);
}

/* As Windows counts: without the NUL what was given, with it what would be. */
static void give(struct room room, const WCHAR *text, BOOL all_fit)
{
    const DWORD n = length_of(text);

    if (all_fit)
        memcpy(room.text, text, (n + 1) * sizeof(WCHAR));
    *room.n = all_fit ? n : n + 1;
}

static BOOL refuse(ULONG error)
{
    RtlSetLastWin32Error(error);
    return FALSE;
}

static SID_NAME_USE use_of(const struct unix_account *account)
{
    return account->is_group ? SidTypeGroup : SidTypeUser;
}

static const WCHAR *domain_of(const struct unix_account *account)
{
    return account->is_group ? group_domain : account->host;
}

static BOOL sid_tell(struct unix_account *account, struct room name, struct room domain,
                     SID_NAME_USE *use)
{
    BOOL all_fit;

    if (unix_account(UNIX_ACCOUNT_BY_ID, account))
        return refuse(ERROR_NONE_MAPPED);
    all_fit = fits(name, account->name) && fits(domain, domain_of(account));
    give(name, account->name, all_fit);
    give(domain, domain_of(account), all_fit);
    *use = use_of(account);
    return all_fit || refuse(ERROR_INSUFFICIENT_BUFFER);
}

BOOL WINAPI replaced_LookupAccountSidW(const WCHAR *system, PSID sid, WCHAR *name, DWORD *n_name,
                                       WCHAR *domain, DWORD *n_domain, SID_NAME_USE *use)
{
    struct unix_account account;

    if (!is_unix_sid(sid, &account))
        return account_originals.sid(system, sid, name, n_name, domain, n_domain, use);
    return sid_tell(&account, (struct room){name, n_name}, (struct room){domain, n_domain}, use);
}

/* `name`, `domain\name`. FALSE: neither a user's nor a group's. */
static BOOL unix_account_named(const WCHAR *text, struct unix_account *account)
{
    const WCHAR *name = text;
    UNICODE_STRING domain = {0}, group;
    DWORD n;

    for (n = 0; text[n]; n++)
        if (text[n] == '\\' && name == text)
            name = text + n + 1;
    n = length_of(name);
    if (!n || n >= UNIX_ACCOUNT_UNITS)
        return FALSE;
    memcpy(account->name, name, (n + 1) * sizeof(WCHAR));
    domain.Buffer = (WCHAR *)text;
    domain.Length = name > text ? (USHORT)((name - text - 1) * sizeof(WCHAR)) : 0;
    RtlInitUnicodeString(&group, group_domain);
    account->is_group = RtlEqualUnicodeString(&domain, &group, TRUE);
    if (unix_account(UNIX_ACCOUNT_BY_NAME, account)) {
        account->is_group = !domain.Length;
        if (domain.Length || unix_account(UNIX_ACCOUNT_BY_NAME, account))
            return FALSE;
    }
    RtlInitUnicodeString(&group, domain_of(account));
    return !domain.Length || RtlEqualUnicodeString(&domain, &group, TRUE);
}

static void sid_make(const struct unix_account *account, PSID sid)
{
    SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY}, unix = {{0, 0, 0, 0, 0, AUTHORITY_UNIX}};
    const BOOL is_root = !account->is_group && !account->id;

    RtlInitializeSid(sid, is_root ? &nt : &unix, is_root ? 1 : 2);
    *RtlSubAuthoritySid(sid, 0) = is_root             ? SECURITY_LOCAL_SYSTEM_RID
                                  : account->is_group ? KIND_GROUP
                                                      : KIND_USER;
    if (!is_root)
        *RtlSubAuthoritySid(sid, 1) = account->id;
}

/* The SID has room for *sid_size bytes. */
static BOOL name_tell(const struct unix_account *account, PSID sid, DWORD *sid_size,
                      struct room domain, SID_NAME_USE *use)
{
    const DWORD size = RtlLengthRequiredSid(account->is_group || account->id ? 2 : 1);
    const BOOL all_fit = sid && *sid_size >= size && fits(domain, domain_of(account));

    if (all_fit)
        sid_make(account, sid);
    *sid_size = size;
    give(domain, domain_of(account), all_fit);
    *use = use_of(account);
    return all_fit || refuse(ERROR_INSUFFICIENT_BUFFER);
}

BOOL WINAPI replaced_LookupAccountNameW(const WCHAR *system, const WCHAR *name, PSID sid,
                                        DWORD *sid_size, WCHAR *domain, DWORD *n_domain,
                                        SID_NAME_USE *use)
{
    const DWORD room = *sid_size, domain_room = *n_domain;
    struct unix_account account;

    if (account_originals.name(system, name, sid, sid_size, domain, n_domain, use))
        return TRUE;
    if (RtlGetLastWin32Error() != ERROR_NONE_MAPPED || !name || !unix_account_named(name, &account))
        return FALSE;
    *sid_size = room;
    *n_domain = domain_room;
    return name_tell(&account, sid, sid_size, (struct room){domain, n_domain}, use);
}

/* ---- GetUserNameEx ---- */

struct user_name_originals user_name_originals;

enum { NAME_SAM_COMPATIBLE = 2 };

static BOOL is_system(void)
{
    union {
        TOKEN_USER user;
        BYTE bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } of;
    BYTE system[SECURITY_MAX_SID_SIZE];
    HANDLE token;
    ULONG n;
    BOOL result;

    sid_make(&(struct unix_account){.id = 0}, system);
    if (NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &token))
        return FALSE;
    result = !NtQueryInformationToken(token, TokenUser, &of, sizeof(of), &n) &&
             RtlEqualSid(of.user.User.Sid, system);
    NtClose(token);
    return result;
}

static const char system_name[] = "NT AUTHORITY\\SYSTEM";

/* The size with the NUL when there is no room. */
static BOOLEAN system_fits(const void *name, ULONG *size)
{
    const BOOL fits = name && *size >= sizeof(system_name);

    *size = fits ? sizeof(system_name) - 1 : sizeof(system_name);
    return (BOOLEAN)(fits || refuse(ERROR_MORE_DATA));
}

BOOLEAN WINAPI replaced_GetUserNameExW(int format, WCHAR *name, ULONG *size)
{
    if (format != NAME_SAM_COMPATIBLE || !is_system())
        return user_name_originals.wide(format, name, size);
    if (!system_fits(name, size))
        return FALSE;
    for (ULONG i = 0; i < sizeof(system_name); i++)
        name[i] = (BYTE)system_name[i];
    return TRUE;
}

BOOLEAN WINAPI replaced_GetUserNameExA(int format, char *name, ULONG *size)
{
    if (format != NAME_SAM_COMPATIBLE || !is_system())
        return user_name_originals.narrow(format, name, size);
    if (!system_fits(name, size))
        return FALSE;
    memcpy(name, system_name, sizeof(system_name));
    return TRUE;
}

/* ---- in the ANSI code page ---- */

static void narrow(const WCHAR *wide, char *text, DWORD *n, BOOL *all_fit)
{
    ULONG size = 0, bytes = length_of(wide) * sizeof(WCHAR);

    RtlUnicodeToMultiByteSize(&size, wide, bytes);
    if (!text || *n <= size)
        *all_fit = FALSE;
    else if (!RtlUnicodeToMultiByteN(text, *n - 1, &size, wide, bytes))
        text[size] = 0;
    *n = size;
}

/* How many there are of both, or would be with their NULs. */
static BOOL narrow_end(BOOL all_fit, DWORD *n_one, DWORD *n_other)
{
    if (all_fit)
        return TRUE;
    ++*n_one;
    ++*n_other;
    return refuse(ERROR_INSUFFICIENT_BUFFER);
}

BOOL WINAPI replaced_LookupAccountSidA(const char *system, PSID sid, char *name, DWORD *n_name,
                                       char *domain, DWORD *n_domain, SID_NAME_USE *use)
{
    struct unix_account account;
    BOOL all_fit = TRUE;

    if (!is_unix_sid(sid, &account))
        return account_originals.sid_narrow(system, sid, name, n_name, domain, n_domain, use);
    if (unix_account(UNIX_ACCOUNT_BY_ID, &account))
        return refuse(ERROR_NONE_MAPPED);
    narrow(account.name, name, n_name, &all_fit);
    narrow(domain_of(&account), domain, n_domain, &all_fit);
    *use = use_of(&account);
    return narrow_end(all_fit, n_name, n_domain);
}

BOOL WINAPI replaced_LookupAccountNameA(const char *system, const char *name, PSID sid,
                                        DWORD *sid_size, char *domain, DWORD *n_domain,
                                        SID_NAME_USE *use)
{
    const DWORD room = *sid_size, domain_room = *n_domain;
    WCHAR wide_domain[UNIX_ACCOUNT_UNITS];
    DWORD n_wide_domain = UNIX_ACCOUNT_UNITS, unused = 0;
    struct unix_account account;
    UNICODE_STRING wide;
    BOOL is_found, all_fit;

    if (account_originals.name_narrow(system, name, sid, sid_size, domain, n_domain, use))
        return TRUE;
    if (RtlGetLastWin32Error() != ERROR_NONE_MAPPED || !name ||
        !RtlCreateUnicodeStringFromAsciiz(&wide, name))
        return FALSE;
    is_found = unix_account_named(wide.Buffer, &account);
    RtlFreeUnicodeString(&wide);
    if (!is_found)
        return refuse(ERROR_NONE_MAPPED);
    *sid_size = room;
    *n_domain = domain_room;
    all_fit = name_tell(&account, sid, sid_size, (struct room){wide_domain, &n_wide_domain}, use);
    narrow(domain_of(&account), domain, n_domain, &all_fit);
    return narrow_end(all_fit, &unused, n_domain);
}
