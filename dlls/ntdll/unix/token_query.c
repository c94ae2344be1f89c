/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtQueryInformationToken: a token's facts in the forms in which NT gives them. */
#include "token.h"

#include "ntprocess.h"
#include "usermem.h"
#include <stddef.h>
#include <string.h>

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

    memcpy(answer->bytes + at, &sid, sid_size(&sid));
    answer->size += sid_size(&sid);
    return (char *)user_buffer + at;
}

static void answer_user(struct answer *answer, const struct token_facts *facts, void *buffer)
{
    TOKEN_USER *user = (TOKEN_USER *)answer->bytes;

    answer->size = sizeof(*user);
    user->User.Sid = answer_sid(answer, buffer, facts->who.user);
}

static void answer_groups(struct answer *answer, const struct token_facts *facts, void *buffer)
{
    const ULONG flags = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED;
    TOKEN_GROUPS *groups = (TOKEN_GROUPS *)answer->bytes;
    DWORD n = facts->who.n_groups;

    groups->GroupCount = n;
    answer->size = offsetof(TOKEN_GROUPS, Groups) + n * sizeof(SID_AND_ATTRIBUTES);
    for (DWORD i = 0; i < n; i++) {
        groups->Groups[i].Sid = answer_sid(answer, buffer, facts->who.groups[i]);
        groups->Groups[i].Attributes = flags;
    }
}

/* Untrusted, medium, system. */
static uint32_t integrity_of(const struct identity *who)
{
    if (identity_is_anonymous(who))
        return 0;
    return identity_is_system(who) ? 0x4000 : 0x2000;
}

static void answer_integrity(struct answer *answer, const struct token_facts *facts, void *buffer)
{
    TOKEN_MANDATORY_LABEL *label = (TOKEN_MANDATORY_LABEL *)answer->bytes;

    answer->size = sizeof(*label);
    label->Label.Sid = answer_sid(answer, buffer, sid_integrity(integrity_of(&facts->who)));
    label->Label.Attributes = SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED;
}

/* Full access for the user, as an ACL. */
static void answer_default_dacl(struct answer *answer, const struct token_facts *facts,
                                void *buffer)
{
    TOKEN_DEFAULT_DACL *dacl = (TOKEN_DEFAULT_DACL *)answer->bytes;
    struct sid user = facts->who.user;
    size_t ace_size = 8 + sid_size(&user);
    ACL acl = {
        .AclRevision = ACL_REVISION, .AclSize = (WORD)(sizeof(ACL) + ace_size), .AceCount = 1};
    ACE_HEADER ace = {.AceType = ACCESS_ALLOWED_ACE_TYPE, .AceSize = (WORD)ace_size};
    ACCESS_MASK mask = GENERIC_ALL;
    uint8_t *at = answer->bytes + sizeof(*dacl);

    dacl->DefaultDacl = (ACL *)((char *)buffer + sizeof(*dacl));
    memcpy(at, &acl, sizeof(acl));
    memcpy(at + sizeof(acl), &ace, sizeof(ace));
    memcpy(at + sizeof(acl) + 4, &mask, sizeof(mask));
    memcpy(at + sizeof(acl) + 8, &user, sid_size(&user));
    answer->size = sizeof(*dacl) + acl.AclSize;
}

static LUID luid(uint64_t value)
{
    return (LUID){.LowPart = (ULONG)value, .HighPart = (LONG)(value >> 32)};
}

bool token_has_privilege(const struct token_facts *facts, LUID privilege)
{
    if (privilege.HighPart)
        return false;
    return privilege.LowPart == PRIVILEGE_CHANGE_NOTIFY ||
           (privilege.LowPart == PRIVILEGE_CREATE_PERMANENT && identity_is_system(&facts->who));
}

static void answer_statistics(struct answer *answer, const struct token_facts *facts)
{
    TOKEN_STATISTICS *statistics = (TOKEN_STATISTICS *)answer->bytes;

    answer->size = sizeof(*statistics);
    statistics->TokenId = luid(facts->token_id);
    statistics->AuthenticationId = luid(facts->authentication_id);
    statistics->ExpirationTime.QuadPart = INT64_MAX;
    statistics->TokenType = facts->type;
    statistics->ImpersonationLevel = facts->level;
    statistics->GroupCount = facts->who.n_groups;
    statistics->PrivilegeCount = identity_is_system(&facts->who) ? 2 : 1;
    statistics->ModifiedId = luid(facts->modified_id);
}

static void answer_privileges(struct answer *answer, const struct token_facts *facts)
{
    static const DWORD all[] = {PRIVILEGE_CHANGE_NOTIFY, PRIVILEGE_CREATE_PERMANENT};
    TOKEN_PRIVILEGES *privileges = (TOKEN_PRIVILEGES *)answer->bytes;
    DWORD n = 0;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        LUID_AND_ATTRIBUTES *one = &privileges->Privileges[n];

        if (!token_has_privilege(facts, luid(all[i])))
            continue;
        one->Luid = luid(all[i]);
        one->Attributes = SE_PRIVILEGE_ENABLED | SE_PRIVILEGE_ENABLED_BY_DEFAULT;
        n++;
    }
    privileges->PrivilegeCount = n;
    answer->size = (ULONG)offsetof(TOKEN_PRIVILEGES, Privileges) + n * sizeof(LUID_AND_ATTRIBUTES);
}

static void answer_dword(struct answer *answer, DWORD value)
{
    memcpy(answer->bytes, &value, sizeof(value));
    answer->size = sizeof(value);
}

static bool answer_make(struct answer *answer, const struct token_facts *facts, unsigned class,
                        void *buffer)
{
    TOKEN_SOURCE source = {.SourceName = "Portico"};

    switch (class) {
    case TokenUser:
        answer_user(answer, facts, buffer);
        return true;
    case TokenGroups:
        answer_groups(answer, facts, buffer);
        return true;
    case TokenPrivileges:
        answer_privileges(answer, facts);
        return true;
    case TokenOwner:
        answer->size = sizeof(TOKEN_OWNER);
        ((TOKEN_OWNER *)answer->bytes)->Owner = answer_sid(answer, buffer, facts->who.user);
        return true;
    case TokenPrimaryGroup:
        answer->size = sizeof(TOKEN_PRIMARY_GROUP);
        ((TOKEN_PRIMARY_GROUP *)answer->bytes)->PrimaryGroup =
            answer_sid(answer, buffer, facts->who.primary_group);
        return true;
    case TokenDefaultDacl:
        answer_default_dacl(answer, facts, buffer);
        return true;
    case TokenSource:
        memcpy(answer->bytes, &source, sizeof(source));
        answer->size = sizeof(source);
        return true;
    case TokenType:
        answer_dword(answer, facts->type);
        return true;
    case TokenImpersonationLevel:
        answer_dword(answer, facts->level);
        return facts->type == TokenImpersonation;
    case TokenStatistics:
        answer_statistics(answer, facts);
        return true;
    case TokenSessionId:
        answer_dword(answer, 1);
        return true;
    case TokenElevationType:
        answer_dword(answer, TokenElevationTypeDefault);
        return true;
    case TokenElevation:
        answer_dword(answer, identity_is_system(&facts->who));
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
        answer_integrity(answer, facts, buffer);
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
    _cleanup_nt_(token_refp) struct token_ref ref = {0};
    struct answer answer = {.size = 0};
    struct token_facts facts;
    ULONG size;

    TRY(token_resolve(handle, class == TokenSource ? TOKEN_QUERY_SOURCE : TOKEN_QUERY, &ref));
    TRY(token_facts(&ref, class == TokenStatistics, &facts));
    if (!answer_make(&answer, &facts, class, buffer))
        return class == TokenImpersonationLevel ? STATUS_INVALID_PARAMETER
                                                : STATUS_INVALID_INFO_CLASS;
    size = (ULONG)answer.size;
    if (ret_user_length)
        TRY(USER_PUT(ret_user_length, size));
    if (length < size)
        return STATUS_BUFFER_TOO_SMALL;
    return user_write(buffer, answer.bytes, size);
}
