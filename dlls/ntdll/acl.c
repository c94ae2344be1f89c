/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Access control lists: a head and a row of entries, each with its size. Entries are added behind
 * the last; what lies behind is not part of the list.
 */
#include "rtl.h"

enum { AUDIT_OBJECT_TYPE = 7 }; /* SYSTEM_AUDIT_OBJECT_ACE_TYPE, missing in the headers */

static ACE_HEADER *ace_next(ACE_HEADER *ace)
{
    return (ACE_HEADER *)((char *)ace + ace->AceSize);
}

/* Where the next entry would go; FALSE when the list is damaged. NULL: it is full. */
BOOLEAN WINAPI RtlFirstFreeAce(ACL *acl, ACE_HEADER **ret_ace)
{
    ACE_HEADER *ace = (ACE_HEADER *)(acl + 1);
    char *end = (char *)acl + acl->AclSize;

    *ret_ace = NULL;
    for (WORD i = 0; i < acl->AceCount; i++) {
        if ((char *)(ace + 1) > end || (char *)ace + ace->AceSize > end ||
            ace->AceSize < sizeof(*ace))
            return FALSE;
        ace = ace_next(ace);
    }
    if ((char *)ace <= end)
        *ret_ace = ace;
    return TRUE;
}

BOOLEAN WINAPI RtlValidAcl(ACL *acl)
{
    ACE_HEADER *ace;

    return acl && acl->AclRevision >= MIN_ACL_REVISION && acl->AclRevision <= MAX_ACL_REVISION &&
           acl->AclSize >= sizeof(*acl) && RtlFirstFreeAce(acl, &ace);
}

NTSTATUS WINAPI RtlCreateAcl(ACL *acl, DWORD n_bytes, DWORD revision)
{
    if (revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION || n_bytes > 0xffff)
        return STATUS_INVALID_PARAMETER;
    if (n_bytes < sizeof(*acl))
        return STATUS_BUFFER_TOO_SMALL;
    memset(acl, 0, n_bytes);
    acl->AclRevision = (BYTE)revision;
    acl->AclSize = (WORD)n_bytes;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlGetAce(ACL *acl, DWORD index, void **ret_ace)
{
    ACE_HEADER *ace = (ACE_HEADER *)(acl + 1);

    if (index >= acl->AceCount)
        return STATUS_INVALID_PARAMETER;
    while (index--)
        ace = ace_next(ace);
    *ret_ace = ace;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlDeleteAce(ACL *acl, DWORD index)
{
    void *ace;
    ACE_HEADER *end;
    NTSTATUS status = RtlGetAce(acl, index, &ace);

    if (status)
        return status;
    if (!RtlFirstFreeAce(acl, &end) || !end)
        return STATUS_INVALID_ACL;
    char *next = (char *)ace_next(ace);
    SIZE_T n = (SIZE_T)((char *)end - next), gap = (SIZE_T)(next - (char *)ace);
    memmove(ace, next, n);
    memset((char *)ace + n, 0, gap);
    acl->AceCount--;
    return STATUS_SUCCESS;
}

/* Insert a row of n_bytes of entries before entry `index` (~0: at the end). */
NTSTATUS WINAPI RtlAddAce(ACL *acl, DWORD revision, DWORD index, ACE_HEADER *aces, DWORD n_bytes)
{
    ACE_HEADER *end, *ace = aces;
    void *place;
    WORD n = 0;

    if (!RtlValidAcl(acl) || !RtlFirstFreeAce(acl, &end) || !end)
        return STATUS_INVALID_PARAMETER;
    for (; (char *)ace < (char *)aces + n_bytes; ace = ace_next(ace), n++)
        if (ace->AceSize < sizeof(*ace))
            return STATUS_INVALID_PARAMETER;
    if ((char *)ace != (char *)aces + n_bytes)
        return STATUS_INVALID_PARAMETER;
    if ((char *)end + n_bytes > (char *)acl + acl->AclSize)
        return STATUS_BUFFER_TOO_SMALL;
    if (index >= acl->AceCount)
        place = end;
    else
        RtlGetAce(acl, index, &place);
    memmove((char *)place + n_bytes, place, (SIZE_T)((char *)end - (char *)place));
    memcpy(place, aces, n_bytes);
    acl->AceCount = (WORD)(acl->AceCount + n);
    if (revision > acl->AclRevision)
        acl->AclRevision = (BYTE)revision;
    return STATUS_SUCCESS;
}

/* An entry of a mask, for an object type its flags and GUIDs, and a SID. */
static NTSTATUS ace_add(ACL *acl, DWORD revision, BYTE type, DWORD flags, DWORD mask, PSID sid,
                        const GUID *object, const GUID *inherited)
{
    ACE_HEADER *ace;
    BOOL is_object = type >= ACCESS_ALLOWED_OBJECT_ACE_TYPE && type <= AUDIT_OBJECT_TYPE;
    DWORD n_sid, n;

    if (!RtlValidSid(sid))
        return STATUS_INVALID_SID;
    if (revision > MAX_ACL_REVISION || acl->AclRevision > MAX_ACL_REVISION ||
        acl->AclRevision < MIN_ACL_REVISION)
        return STATUS_REVISION_MISMATCH;
    if (!RtlFirstFreeAce(acl, &ace))
        return STATUS_INVALID_ACL;
    n_sid = RtlLengthSid(sid);
    n = (DWORD)(sizeof(*ace) + sizeof(DWORD)) + n_sid;
    if (is_object)
        n += sizeof(DWORD) + (object ? sizeof(GUID) : 0) + (inherited ? sizeof(GUID) : 0);
    if (!ace || (char *)ace + n > (char *)acl + acl->AclSize)
        return STATUS_ALLOTTED_SPACE_EXCEEDED;
    *ace = (ACE_HEADER){type, (BYTE)flags, (WORD)n};
    DWORD *words = (DWORD *)(ace + 1);
    *words++ = mask;
    if (is_object) {
        *words++ = (object ? ACE_OBJECT_TYPE_PRESENT : 0) |
                   (inherited ? ACE_INHERITED_OBJECT_TYPE_PRESENT : 0);
        if (object)
            words = (DWORD *)((char *)memcpy(words, object, sizeof(GUID)) + sizeof(GUID));
        if (inherited)
            words = (DWORD *)((char *)memcpy(words, inherited, sizeof(GUID)) + sizeof(GUID));
    }
    memcpy(words, sid, n_sid);
    acl->AceCount++;
    if (revision > acl->AclRevision)
        acl->AclRevision = (BYTE)revision;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlAddAccessAllowedAce(ACL *acl, DWORD revision, DWORD mask, PSID sid)
{
    return ace_add(acl, revision, ACCESS_ALLOWED_ACE_TYPE, 0, mask, sid, NULL, NULL);
}

NTSTATUS WINAPI RtlAddAccessAllowedAceEx(ACL *acl, DWORD revision, DWORD flags, DWORD mask,
                                         PSID sid)
{
    return ace_add(acl, revision, ACCESS_ALLOWED_ACE_TYPE, flags, mask, sid, NULL, NULL);
}

NTSTATUS WINAPI RtlAddAccessAllowedObjectAce(ACL *acl, DWORD revision, DWORD flags, DWORD mask,
                                             GUID *object, GUID *inherited, PSID sid)
{
    return ace_add(acl, revision, ACCESS_ALLOWED_OBJECT_ACE_TYPE, flags, mask, sid, object,
                   inherited);
}

NTSTATUS WINAPI RtlAddAccessDeniedAce(ACL *acl, DWORD revision, DWORD mask, PSID sid)
{
    return ace_add(acl, revision, ACCESS_DENIED_ACE_TYPE, 0, mask, sid, NULL, NULL);
}

NTSTATUS WINAPI RtlAddAccessDeniedAceEx(ACL *acl, DWORD revision, DWORD flags, DWORD mask, PSID sid)
{
    return ace_add(acl, revision, ACCESS_DENIED_ACE_TYPE, flags, mask, sid, NULL, NULL);
}

NTSTATUS WINAPI RtlAddAccessDeniedObjectAce(ACL *acl, DWORD revision, DWORD flags, DWORD mask,
                                            GUID *object, GUID *inherited, PSID sid)
{
    return ace_add(acl, revision, ACCESS_DENIED_OBJECT_ACE_TYPE, flags, mask, sid, object,
                   inherited);
}

static DWORD audit_flags(DWORD flags, BOOL success, BOOL failure)
{
    return flags | (success ? SUCCESSFUL_ACCESS_ACE_FLAG : 0) |
           (failure ? FAILED_ACCESS_ACE_FLAG : 0);
}

NTSTATUS WINAPI RtlAddAuditAccessAceEx(ACL *acl, DWORD revision, DWORD flags, DWORD mask, PSID sid,
                                       BOOL success, BOOL failure)
{
    return ace_add(acl, revision, SYSTEM_AUDIT_ACE_TYPE, audit_flags(flags, success, failure), mask,
                   sid, NULL, NULL);
}

NTSTATUS WINAPI RtlAddAuditAccessAce(ACL *acl, DWORD revision, DWORD mask, PSID sid, BOOL success,
                                     BOOL failure)
{
    return RtlAddAuditAccessAceEx(acl, revision, 0, mask, sid, success, failure);
}

NTSTATUS WINAPI RtlAddAuditAccessObjectAce(ACL *acl, DWORD revision, DWORD flags, DWORD mask,
                                           GUID *object, GUID *inherited, PSID sid, BOOL success,
                                           BOOL failure)
{
    return ace_add(acl, revision, AUDIT_OBJECT_TYPE, audit_flags(flags, success, failure), mask,
                   sid, object, inherited);
}

NTSTATUS WINAPI RtlAddMandatoryAce(ACL *acl, DWORD revision, DWORD flags, DWORD policy, DWORD type,
                                   PSID sid)
{
    if (type != SYSTEM_MANDATORY_LABEL_ACE_TYPE)
        return STATUS_INVALID_PARAMETER;
    return ace_add(acl, revision, (BYTE)type, flags, policy, sid, NULL, NULL);
}

NTSTATUS WINAPI RtlQueryInformationAcl(ACL *acl, void *info, DWORD n_bytes,
                                       ACL_INFORMATION_CLASS class)
{
    ACE_HEADER *end;

    if (class == AclRevisionInformation) {
        if (n_bytes < sizeof(ACL_REVISION_INFORMATION))
            return STATUS_INVALID_PARAMETER;
        ((ACL_REVISION_INFORMATION *)info)->AclRevision = acl->AclRevision;
        return STATUS_SUCCESS;
    }
    if (class != AclSizeInformation || n_bytes < sizeof(ACL_SIZE_INFORMATION))
        return STATUS_INVALID_PARAMETER;
    if (!RtlFirstFreeAce(acl, &end) || !end)
        return STATUS_INVALID_PARAMETER;
    ACL_SIZE_INFORMATION *size = info;
    size->AceCount = acl->AceCount;
    size->AclBytesInUse = (DWORD)((char *)end - (char *)acl);
    size->AclBytesFree = acl->AclSize - size->AclBytesInUse;
    return STATUS_SUCCESS;
}
