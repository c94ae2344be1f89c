/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The process's token, made from the Linux user (design section 8): the user is S-1-22-1-<uid>,
 * root S-1-5-18; groups are S-1-22-2-<gid>, and Everyone, and Administrators for root. It has no
 * privileges but SeChangeNotify, cannot be changed, and impersonation does not exist: a thread has
 * no token of its own.
 *
 * Every handle opens the same object; NtDuplicateToken gives another handle to an object of the
 * asked type.
 */
#include "create.h"
#include "ntprocess.h"
#include "token.h"
#include "usermem.h"
#include <grp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define GROUPS_MAX   32
#define SID_BYTES(n) (8 + 4 * (n))

struct token {
    struct nt_object header;
    TOKEN_TYPE type;
    SECURITY_IMPERSONATION_LEVEL level;
};

static const struct nt_type token_type = {
    .name = u"Token",
    .valid = TOKEN_ALL_ACCESS,
    .generic = {TOKEN_READ, TOKEN_WRITE, TOKEN_EXECUTE},
};

struct sid {
    uint8_t revision, count, authority[6];
    uint32_t sub[4];
};

static struct sid sid_make(uint8_t authority, uint8_t count, uint32_t a, uint32_t b)
{
    return (struct sid){1, count, {0, 0, 0, 0, 0, authority}, {a, b}};
}

static struct sid sid_of_uid(uid_t uid)
{
    return uid ? sid_make(22, 2, 1, uid) : sid_make(5, 1, 18, 0);
}

static struct sid sid_user(void)
{
    return sid_of_uid(geteuid());
}

static struct sid sid_group(void)
{
    return sid_make(22, 2, 2, getegid());
}

size_t token_sid_of_user(uid_t uid, uint32_t ret_sid[8])
{
    struct sid sid = sid_of_uid(uid);

    memcpy(ret_sid, &sid, SID_BYTES(sid.count));
    return SID_BYTES(sid.count);
}

size_t token_sid_of_group(gid_t gid, uint32_t ret_sid[8])
{
    struct sid sid = sid_make(22, 2, 2, gid);

    memcpy(ret_sid, &sid, SID_BYTES(sid.count));
    return SID_BYTES(sid.count);
}

static NTSTATUS token_new(TOKEN_TYPE type, SECURITY_IMPERSONATION_LEVEL level,
                          struct nt_object **ret_object)
{
    struct token *token = calloc(1, sizeof(*token));

    if (!token)
        return STATUS_NO_MEMORY;
    nt_object_init(&token->header, &token_type);
    token->type = type;
    token->level = level;
    *ret_object = &token->header;
    return STATUS_SUCCESS;
}

struct nt_object *token_object_current(void)
{
    static _Atomic(struct nt_object *) current;
    struct nt_object *object = atomic_load(&current), *none = NULL;

    if (object || token_new(TokenPrimary, SecurityImpersonation, &object))
        return object;
    if (!atomic_compare_exchange_strong(&current, &none, object)) {
        nt_object_unref(object);
        object = none;
    }
    return object;
}

static NTSTATUS token_open(HANDLE process, ACCESS_MASK access, ULONG attributes, PHANDLE ret_handle)
{
    struct creation creation;
    struct nt_object *token;

    TRY(create_begin(ret_handle, NULL, &creation));
    TRY(process_require_current("NtOpenProcessToken", process));
    token = token_object_current();
    if (!token)
        return STATUS_NO_MEMORY;
    creation.attributes = attributes;
    return create_end(ret_handle, nt_object_ref(token), access, &creation);
}

NTSTATUS WINAPI NtOpenProcessToken(HANDLE process, DWORD access, HANDLE *ret_handle)
{
    return token_open(process, access, 0, ret_handle);
}

NTSTATUS WINAPI NtOpenProcessTokenEx(HANDLE process, DWORD access, DWORD attributes,
                                     HANDLE *ret_handle)
{
    return token_open(process, access, attributes, ret_handle);
}

/* No thread impersonates. */
NTSTATUS WINAPI NtOpenThreadToken(HANDLE thread, DWORD access, BOOLEAN as_self, HANDLE *ret_handle)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    struct creation creation;

    (void)access, (void)as_self;
    TRY(create_begin(ret_handle, NULL, &creation));
    TRY(handle_lookup(thread, 0, NULL, &object));
    return STATUS_NO_TOKEN;
}

NTSTATUS WINAPI NtOpenThreadTokenEx(HANDLE thread, DWORD access, BOOLEAN as_self, DWORD attributes,
                                    HANDLE *ret_handle)
{
    (void)attributes;
    return NtOpenThreadToken(thread, access, as_self, ret_handle);
}

static NTSTATUS token_lookup(HANDLE handle, ACCESS_MASK access, struct nt_object **ret_object)
{
    if (handle == (HANDLE)(intptr_t)-5) /* the thread's token */
        return STATUS_NO_TOKEN;
    return handle_lookup(handle, access, &token_type, ret_object);
}

NTSTATUS WINAPI NtDuplicateToken(HANDLE handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes,
                                 SECURITY_IMPERSONATION_LEVEL level, TOKEN_TYPE type,
                                 HANDLE *ret_handle)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    struct creation creation;
    struct nt_object *copy;

    TRY(create_begin(ret_handle, attributes, &creation));
    TRY(token_lookup(handle, TOKEN_DUPLICATE, &object));
    if (type != TokenPrimary && type != TokenImpersonation)
        return STATUS_INVALID_PARAMETER;
    TRY(token_new(type, level, &copy));
    return create_end(ret_handle, copy, access ? access : TOKEN_ALL_ACCESS, &creation);
}

/* An answer in the making: a struct whose pointers are offsets into `bytes` until it is copied out.
 */
struct answer {
    uint8_t bytes[2048];
    size_t size;
};

/* Appends a SID; the pointer that will lead to it in the caller's buffer. */
static PSID answer_sid(struct answer *answer, void *user_buffer, struct sid sid)
{
    size_t at = answer->size;

    memcpy(answer->bytes + at, &sid, SID_BYTES(sid.count));
    answer->size += SID_BYTES(sid.count);
    return (char *)user_buffer + at;
}

static void answer_user(struct answer *answer, void *buffer)
{
    TOKEN_USER *user = (TOKEN_USER *)answer->bytes;

    answer->size = sizeof(*user);
    user->User.Sid = answer_sid(answer, buffer, sid_user());
}

static void answer_groups(struct answer *answer, void *buffer)
{
    const ULONG flags = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED;
    TOKEN_GROUPS *groups = (TOKEN_GROUPS *)answer->bytes;
    gid_t gids[GROUPS_MAX];
    int n_gids = getgroups(GROUPS_MAX, gids);
    struct sid sids[GROUPS_MAX + 3];
    DWORD n = 0;

    sids[n++] = sid_group();
    sids[n++] = sid_make(1, 1, 0, 0); /* Everyone */
    if (!geteuid())
        sids[n++] = sid_make(5, 2, 32, 544); /* Administrators */
    for (int i = 0; i < n_gids; i++)
        if (gids[i] != getegid())
            sids[n++] = sid_make(22, 2, 2, gids[i]);
    groups->GroupCount = n;
    answer->size = offsetof(TOKEN_GROUPS, Groups) + n * sizeof(SID_AND_ATTRIBUTES);
    for (DWORD i = 0; i < n; i++) {
        groups->Groups[i].Sid = answer_sid(answer, buffer, sids[i]);
        groups->Groups[i].Attributes = flags;
    }
}

static void answer_integrity(struct answer *answer, void *buffer)
{
    TOKEN_MANDATORY_LABEL *label = (TOKEN_MANDATORY_LABEL *)answer->bytes;

    answer->size = sizeof(*label);
    label->Label.Sid = answer_sid(answer, buffer, sid_make(16, 1, geteuid() ? 0x2000 : 0x4000, 0));
    label->Label.Attributes = SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED;
}

/* Full access for the user, as an ACL. */
static void answer_default_dacl(struct answer *answer, void *buffer)
{
    TOKEN_DEFAULT_DACL *dacl = (TOKEN_DEFAULT_DACL *)answer->bytes;
    struct sid user = sid_user();
    size_t ace_size = 8 + SID_BYTES(user.count);
    ACL acl = {
        .AclRevision = ACL_REVISION, .AclSize = (WORD)(sizeof(ACL) + ace_size), .AceCount = 1};
    ACE_HEADER ace = {.AceType = ACCESS_ALLOWED_ACE_TYPE, .AceSize = (WORD)ace_size};
    ACCESS_MASK mask = GENERIC_ALL;
    uint8_t *at = answer->bytes + sizeof(*dacl);

    dacl->DefaultDacl = (ACL *)((char *)buffer + sizeof(*dacl));
    memcpy(at, &acl, sizeof(acl));
    memcpy(at + sizeof(acl), &ace, sizeof(ace));
    memcpy(at + sizeof(acl) + 4, &mask, sizeof(mask));
    memcpy(at + sizeof(acl) + 8, &user, SID_BYTES(user.count));
    answer->size = sizeof(*dacl) + acl.AclSize;
}

static LUID luid(uint32_t low)
{
    return (LUID){.LowPart = low};
}

static void answer_statistics(struct answer *answer, const struct token *token)
{
    TOKEN_STATISTICS *statistics = (TOKEN_STATISTICS *)answer->bytes;

    answer->size = sizeof(*statistics);
    statistics->TokenId = luid((uint32_t)getpid());
    statistics->AuthenticationId = luid(0x10000 + geteuid());
    statistics->ExpirationTime.QuadPart = INT64_MAX;
    statistics->TokenType = token->type;
    statistics->ImpersonationLevel = token->level;
    statistics->GroupCount = 2;
    statistics->PrivilegeCount = 1;
    statistics->ModifiedId = luid(1);
}

static void answer_privileges(struct answer *answer)
{
    TOKEN_PRIVILEGES *privileges = (TOKEN_PRIVILEGES *)answer->bytes;

    answer->size = sizeof(*privileges);
    privileges->PrivilegeCount = 1;
    privileges->Privileges[0].Luid = luid(23); /* SeChangeNotifyPrivilege */
    privileges->Privileges[0].Attributes = SE_PRIVILEGE_ENABLED | SE_PRIVILEGE_ENABLED_BY_DEFAULT;
}

static void answer_dword(struct answer *answer, DWORD value)
{
    memcpy(answer->bytes, &value, sizeof(value));
    answer->size = sizeof(value);
}

static bool answer_make(struct answer *answer, const struct token *token, unsigned class,
                        void *buffer)
{
    TOKEN_SOURCE source = {.SourceName = "Portico"};

    switch (class) {
    case TokenUser:
        answer_user(answer, buffer);
        return true;
    case TokenGroups:
        answer_groups(answer, buffer);
        return true;
    case TokenPrivileges:
        answer_privileges(answer);
        return true;
    case TokenOwner:
        answer->size = sizeof(TOKEN_OWNER);
        ((TOKEN_OWNER *)answer->bytes)->Owner = answer_sid(answer, buffer, sid_user());
        return true;
    case TokenPrimaryGroup:
        answer->size = sizeof(TOKEN_PRIMARY_GROUP);
        ((TOKEN_PRIMARY_GROUP *)answer->bytes)->PrimaryGroup =
            answer_sid(answer, buffer, sid_group());
        return true;
    case TokenDefaultDacl:
        answer_default_dacl(answer, buffer);
        return true;
    case TokenSource:
        memcpy(answer->bytes, &source, sizeof(source));
        answer->size = sizeof(source);
        return true;
    case TokenType:
        answer_dword(answer, token->type);
        return true;
    case TokenImpersonationLevel:
        answer_dword(answer, token->level);
        return token->type == TokenImpersonation;
    case TokenStatistics:
        answer_statistics(answer, token);
        return true;
    case TokenSessionId:
        answer_dword(answer, 1);
        return true;
    case TokenElevationType:
        answer_dword(answer, TokenElevationTypeDefault);
        return true;
    case TokenElevation:
        answer_dword(answer, !geteuid());
        return true;
    case TokenUIAccess:
    case TokenVirtualizationAllowed:
    case TokenVirtualizationEnabled:
    case TokenHasRestrictions:
    case TokenIsAppContainer:
    case TokenAppContainerNumber:
        answer_dword(answer, 0);
        return true;
    case TokenIntegrityLevel:
        answer_integrity(answer, buffer);
        return true;
    case TokenAppContainerSid:
        answer->size = sizeof(TOKEN_APPCONTAINER_INFORMATION);
        return true;
    default:
        unimplemented_once("NtQueryInformationToken", "class", class);
        return false;
    }
}

NTSTATUS WINAPI NtQueryInformationToken(HANDLE handle, TOKEN_INFORMATION_CLASS class, void *buffer,
                                        ULONG length, ULONG *ret_user_length)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    struct answer answer = {.size = 0};
    ULONG size;

    TRY(token_lookup(handle, class == TokenSource ? TOKEN_QUERY_SOURCE : TOKEN_QUERY, &object));
    if (!answer_make(&answer, (struct token *)object, class, buffer))
        return class == TokenImpersonationLevel ? STATUS_INVALID_PARAMETER
                                                : STATUS_INVALID_INFO_CLASS;
    size = (ULONG)answer.size;
    if (ret_user_length)
        TRY(USER_PUT(ret_user_length, size));
    if (length < size)
        return STATUS_BUFFER_TOO_SMALL;
    return user_write(buffer, answer.bytes, size);
}

NTSTATUS WINAPI NtSetInformationToken(HANDLE handle, TOKEN_INFORMATION_CLASS class, void *buffer,
                                      ULONG length)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;

    (void)buffer, (void)length;
    TRY(token_lookup(handle, TOKEN_ADJUST_DEFAULT, &object));
    unimplemented_once(__func__, "class", class);
    return STATUS_INVALID_INFO_CLASS;
}

/* There is nothing that could be switched on: what is asked for and not held is NOT_ALL_ASSIGNED,
 * as NT says. */
NTSTATUS WINAPI NtAdjustPrivilegesToken(HANDLE handle, BOOLEAN disable_all,
                                        TOKEN_PRIVILEGES *wanted, DWORD length,
                                        TOKEN_PRIVILEGES *previous, DWORD *ret_length)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    DWORD none = 0, size = sizeof(DWORD), count;

    (void)length;
    TRY(token_lookup(handle, TOKEN_ADJUST_PRIVILEGES, &object));
    if (previous)
        TRY(user_write(previous, &none, sizeof(none)));
    if (previous && ret_length)
        TRY(USER_PUT(ret_length, size));
    if (disable_all)
        return STATUS_SUCCESS; /* DIFFERS: SeChangeNotify stays on, as it does on Windows in effect
                                */
    TRY(USER_GET(count, &wanted->PrivilegeCount));
    for (DWORD i = 0; i < count; i++) {
        LUID_AND_ATTRIBUTES one;

        TRY(user_read(&one, wanted->Privileges + i, sizeof(one)));
        if (one.Luid.LowPart != 23 || one.Luid.HighPart)
            return STATUS_NOT_ALL_ASSIGNED;
    }
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtAdjustGroupsToken(HANDLE handle, BOOLEAN reset, TOKEN_GROUPS *groups,
                                    ULONG length, TOKEN_GROUPS *previous, ULONG *ret_length)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;

    (void)reset, (void)groups, (void)length, (void)previous, (void)ret_length;
    TRY(token_lookup(handle, TOKEN_ADJUST_GROUPS, &object));
    return STATUS_CANT_DISABLE_MANDATORY;
}

NTSTATUS WINAPI NtPrivilegeCheck(HANDLE handle, PRIVILEGE_SET *set, BOOLEAN *ret_has)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    BOOLEAN has = TRUE;
    PRIVILEGE_SET head;

    TRY(token_lookup(handle, TOKEN_QUERY, &object));
    TRY(user_read(&head, set, offsetof(PRIVILEGE_SET, Privilege)));
    for (DWORD i = 0; i < head.PrivilegeCount && has; i++) {
        LUID_AND_ATTRIBUTES one;

        TRY(user_read(&one, set->Privilege + i, sizeof(one)));
        has = one.Luid.LowPart == 23;
    }
    return USER_PUT(ret_has, has);
}

NTSTATUS WINAPI NtFilterToken(HANDLE handle, ULONG flags, TOKEN_GROUPS *disable,
                              TOKEN_PRIVILEGES *delete, TOKEN_GROUPS *restrict_to,
                              HANDLE *ret_handle)
{
    (void)handle, (void)flags, (void)disable, (void)delete, (void)restrict_to, (void)ret_handle;
    unimplemented_once(__func__, "restricted tokens:", flags);
    return STATUS_NOT_IMPLEMENTED;
}

NTSTATUS WINAPI NtImpersonateAnonymousToken(HANDLE thread)
{
    (void)thread;
    unimplemented_once(__func__, "impersonation:", 0);
    return STATUS_NOT_IMPLEMENTED;
}

NTSTATUS WINAPI NtAccessCheck(PSECURITY_DESCRIPTOR descriptor, HANDLE handle, ACCESS_MASK wanted,
                              GENERIC_MAPPING *mapping, PRIVILEGE_SET *privileges,
                              ULONG *ret_privileges_length, ULONG *ret_granted,
                              NTSTATUS *ret_status)
{
    (void)descriptor, (void)handle, (void)wanted, (void)mapping, (void)privileges;
    (void)ret_privileges_length, (void)ret_granted, (void)ret_status;
    unimplemented_once(__func__, "access checks:", 0);
    return STATUS_NOT_IMPLEMENTED;
}
