/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Security descriptors: owner, group, system and discretionary list, each given by a pointer
 * (absolute) or by an offset from the descriptor (self-relative, SE_SELF_RELATIVE).
 */
#include "rtl.h"

struct parts {
    PSID owner, group;
    ACL *sacl, *dacl;
};

static void *at_offset(const void *sd, DWORD offset)
{
    return offset ? (char *)sd + offset : NULL;
}

static struct parts parts_of(const SECURITY_DESCRIPTOR *sd)
{
    const SECURITY_DESCRIPTOR_RELATIVE *relative = (const SECURITY_DESCRIPTOR_RELATIVE *)sd;
    BOOL has_sacl = sd->Control & SE_SACL_PRESENT, has_dacl = sd->Control & SE_DACL_PRESENT;

    if (sd->Control & SE_SELF_RELATIVE)
        return (struct parts){at_offset(sd, relative->Owner), at_offset(sd, relative->Group),
                              has_sacl ? at_offset(sd, relative->Sacl) : NULL,
                              has_dacl ? at_offset(sd, relative->Dacl) : NULL};
    return (struct parts){sd->Owner, sd->Group, has_sacl ? sd->Sacl : NULL,
                          has_dacl ? sd->Dacl : NULL};
}

static DWORD align4(DWORD n)
{
    return (n + 3) & ~3u;
}

NTSTATUS WINAPI RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, DWORD revision)
{
    SECURITY_DESCRIPTOR *sd = descriptor;

    if (revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    memset(sd, 0, sizeof(*sd));
    sd->Revision = SECURITY_DESCRIPTOR_REVISION;
    return STATUS_SUCCESS;
}

/* BOOLEAN, although the headers declare a status. */
NTSTATUS WINAPI RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor)
{
    const SECURITY_DESCRIPTOR *sd = descriptor;

    if (!sd || sd->Revision != SECURITY_DESCRIPTOR_REVISION)
        return FALSE;
    struct parts parts = parts_of(sd);
    return (!parts.owner || RtlValidSid(parts.owner)) &&
           (!parts.group || RtlValidSid(parts.group)) && (!parts.sacl || RtlValidAcl(parts.sacl)) &&
           (!parts.dacl || RtlValidAcl(parts.dacl));
}

BOOLEAN WINAPI RtlValidRelativeSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, ULONG n_bytes,
                                                  SECURITY_INFORMATION wanted)
{
    const SECURITY_DESCRIPTOR_RELATIVE *sd = descriptor;

    if (n_bytes < sizeof(*sd) || !(sd->Control & SE_SELF_RELATIVE) || sd->Owner >= n_bytes ||
        sd->Group >= n_bytes || sd->Sacl >= n_bytes || sd->Dacl >= n_bytes)
        return FALSE;
    if (((wanted & OWNER_SECURITY_INFORMATION) && !sd->Owner) ||
        ((wanted & GROUP_SECURITY_INFORMATION) && !sd->Group) ||
        !RtlValidSecurityDescriptor(descriptor))
        return FALSE;
    return RtlLengthSecurityDescriptor(descriptor) <= n_bytes;
}

static DWORD sid_room(PSID sid)
{
    return sid ? align4(RtlLengthSid(sid)) : 0;
}

static DWORD acl_room(const ACL *acl)
{
    return acl ? align4(acl->AclSize) : 0;
}

ULONG WINAPI RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor)
{
    const SECURITY_DESCRIPTOR *sd = descriptor;

    if (!sd)
        return 0;
    struct parts parts = parts_of(sd);
    DWORD n = sd->Control & SE_SELF_RELATIVE ? (DWORD)sizeof(SECURITY_DESCRIPTOR_RELATIVE)
                                             : (DWORD)sizeof(*sd);
    return n + sid_room(parts.owner) + sid_room(parts.group) + acl_room(parts.sacl) +
           acl_room(parts.dacl);
}

NTSTATUS WINAPI RtlGetControlSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor,
                                                SECURITY_DESCRIPTOR_CONTROL *ret_control,
                                                DWORD *ret_revision)
{
    const SECURITY_DESCRIPTOR *sd = descriptor;

    *ret_revision = sd->Revision;
    if (sd->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *ret_control = sd->Control;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlSetControlSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor,
                                                SECURITY_DESCRIPTOR_CONTROL mask,
                                                SECURITY_DESCRIPTOR_CONTROL bits)
{
    const SECURITY_DESCRIPTOR_CONTROL allowed =
        0x0040 /* DACL untrusted */ | 0x0080 /* server security */ | SE_DACL_AUTO_INHERIT_REQ |
        SE_SACL_AUTO_INHERIT_REQ | SE_DACL_AUTO_INHERITED | SE_SACL_AUTO_INHERITED |
        SE_DACL_PROTECTED | SE_SACL_PROTECTED;
    SECURITY_DESCRIPTOR *sd = descriptor;

    if ((mask | bits) & ~allowed)
        return STATUS_INVALID_PARAMETER;
    sd->Control = (SECURITY_DESCRIPTOR_CONTROL)((sd->Control & ~mask) | (bits & mask));
    return STATUS_SUCCESS;
}

static NTSTATUS get_sid(const SECURITY_DESCRIPTOR *sd, PSID sid, WORD defaulted, PSID *ret_sid,
                        BOOLEAN *ret_defaulted)
{
    if (!sd || !ret_sid || !ret_defaulted)
        return STATUS_INVALID_PARAMETER;
    if (sd->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *ret_sid = sid;
    *ret_defaulted = (sd->Control & defaulted) != 0;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR sd, PSID *ret_sid,
                                              BOOLEAN *ret_defaulted)
{
    return get_sid(sd, sd ? parts_of(sd).owner : NULL, SE_OWNER_DEFAULTED, ret_sid, ret_defaulted);
}

NTSTATUS WINAPI RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR sd, PSID *ret_sid,
                                              BOOLEAN *ret_defaulted)
{
    return get_sid(sd, sd ? parts_of(sd).group : NULL, SE_GROUP_DEFAULTED, ret_sid, ret_defaulted);
}

static NTSTATUS get_acl(const SECURITY_DESCRIPTOR *sd, ACL *acl, WORD present, WORD defaulted,
                        BOOLEAN *ret_present, ACL **ret_acl, BOOLEAN *ret_defaulted)
{
    if (sd->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *ret_present = (sd->Control & present) != 0;
    if (*ret_present) {
        *ret_acl = acl;
        *ret_defaulted = (sd->Control & defaulted) != 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR sd, BOOLEAN *ret_present,
                                             ACL **ret_acl, BOOLEAN *ret_defaulted)
{
    return get_acl(sd, parts_of(sd).dacl, SE_DACL_PRESENT, SE_DACL_DEFAULTED, ret_present, ret_acl,
                   ret_defaulted);
}

NTSTATUS WINAPI RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR sd, BOOLEAN *ret_present,
                                             ACL **ret_acl, BOOLEAN *ret_defaulted)
{
    return get_acl(sd, parts_of(sd).sacl, SE_SACL_PRESENT, SE_SACL_DEFAULTED, ret_present, ret_acl,
                   ret_defaulted);
}

/* Only an absolute descriptor can be changed. */
static NTSTATUS check_absolute(const SECURITY_DESCRIPTOR *sd)
{
    if (!sd)
        return STATUS_INVALID_PARAMETER;
    if (sd->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    return sd->Control & SE_SELF_RELATIVE ? STATUS_INVALID_SECURITY_DESCR : STATUS_SUCCESS;
}

static void set_bits(SECURITY_DESCRIPTOR *sd, WORD bits, BOOL on)
{
    sd->Control = (WORD)(on ? sd->Control | bits : sd->Control & ~bits);
}

NTSTATUS WINAPI RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, PSID owner,
                                              BOOLEAN defaulted)
{
    SECURITY_DESCRIPTOR *sd = descriptor;
    NTSTATUS status = check_absolute(sd);

    if (status)
        return status;
    sd->Owner = owner;
    set_bits(sd, SE_OWNER_DEFAULTED, defaulted);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, PSID group,
                                              BOOLEAN defaulted)
{
    SECURITY_DESCRIPTOR *sd = descriptor;
    NTSTATUS status = check_absolute(sd);

    if (status)
        return status;
    sd->Group = group;
    set_bits(sd, SE_GROUP_DEFAULTED, defaulted);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, BOOLEAN present,
                                             ACL *dacl, BOOLEAN defaulted)
{
    SECURITY_DESCRIPTOR *sd = descriptor;
    NTSTATUS status = check_absolute(sd);

    if (status)
        return status;
    set_bits(sd, SE_DACL_PRESENT, present);
    sd->Dacl = present ? dacl : NULL;
    set_bits(sd, SE_DACL_DEFAULTED, present && defaulted);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlSetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, BOOLEAN present,
                                             ACL *sacl, BOOLEAN defaulted)
{
    SECURITY_DESCRIPTOR *sd = descriptor;
    NTSTATUS status = check_absolute(sd);

    if (status)
        return status;
    set_bits(sd, SE_SACL_PRESENT, present);
    sd->Sacl = present ? sacl : NULL;
    set_bits(sd, SE_SACL_DEFAULTED, present && defaulted);
    return STATUS_SUCCESS;
}

/* --- the two forms --- */

static DWORD put_part(char *base, DWORD *place, const void *part, DWORD n_bytes)
{
    DWORD offset = *place;

    if (!part)
        return 0;
    memcpy(base + offset, part, n_bytes);
    *place += align4(n_bytes);
    return offset;
}

NTSTATUS WINAPI RtlMakeSelfRelativeSD(PSECURITY_DESCRIPTOR absolute, PSECURITY_DESCRIPTOR relative,
                                      DWORD *n_bytes)
{
    const SECURITY_DESCRIPTOR *sd = absolute;
    SECURITY_DESCRIPTOR_RELATIVE *out = relative;
    struct parts parts = parts_of(sd);
    DWORD place = sizeof(*out), n = place + sid_room(parts.owner) + sid_room(parts.group) +
                                    acl_room(parts.sacl) + acl_room(parts.dacl);

    if (*n_bytes < n) {
        *n_bytes = n;
        return STATUS_BUFFER_TOO_SMALL;
    }
    memset(out, 0, n);
    out->Revision = sd->Revision;
    out->Sbz1 = sd->Sbz1;
    out->Control = sd->Control | SE_SELF_RELATIVE;
    out->Sacl = put_part(relative, &place, parts.sacl, parts.sacl ? parts.sacl->AclSize : 0);
    out->Dacl = put_part(relative, &place, parts.dacl, parts.dacl ? parts.dacl->AclSize : 0);
    out->Owner = put_part(relative, &place, parts.owner, RtlLengthSid(parts.owner));
    out->Group = put_part(relative, &place, parts.group, RtlLengthSid(parts.group));
    *n_bytes = n;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR absolute,
                                            PSECURITY_DESCRIPTOR relative, ULONG *n_bytes)
{
    if (((SECURITY_DESCRIPTOR *)absolute)->Control & SE_SELF_RELATIVE)
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    return RtlMakeSelfRelativeSD(absolute, relative, (DWORD *)n_bytes);
}

NTSTATUS WINAPI RtlSelfRelativeToAbsoluteSD(PSECURITY_DESCRIPTOR relative,
                                            PSECURITY_DESCRIPTOR absolute, DWORD *n_absolute,
                                            ACL *dacl, DWORD *n_dacl, ACL *sacl, DWORD *n_sacl,
                                            PSID owner, DWORD *n_owner, PSID group, DWORD *n_group)
{
    const SECURITY_DESCRIPTOR *in = relative;
    SECURITY_DESCRIPTOR *out = absolute;
    struct parts parts = parts_of(in);

    if (!(in->Control & SE_SELF_RELATIVE))
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    DWORD need[] = {sizeof(*out), parts.dacl ? parts.dacl->AclSize : 0,
                    parts.sacl ? parts.sacl->AclSize : 0, RtlLengthSid(parts.owner),
                    RtlLengthSid(parts.group)};
    DWORD *room[] = {n_absolute, n_dacl, n_sacl, n_owner, n_group};
    BOOL fits = TRUE;
    for (unsigned i = 0; i < ARRAY_COUNT(need); i++) {
        fits &= *room[i] >= need[i];
        *room[i] = need[i];
    }
    if (!fits)
        return STATUS_BUFFER_TOO_SMALL;
    memset(out, 0, sizeof(*out));
    out->Revision = in->Revision;
    out->Sbz1 = in->Sbz1;
    out->Control = (WORD)(in->Control & ~SE_SELF_RELATIVE);
    out->Dacl = parts.dacl ? memcpy(dacl, parts.dacl, need[1]) : NULL;
    out->Sacl = parts.sacl ? memcpy(sacl, parts.sacl, need[2]) : NULL;
    out->Owner = parts.owner ? memcpy(owner, parts.owner, need[3]) : NULL;
    out->Group = parts.group ? memcpy(group, parts.group, need[4]) : NULL;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlCopySecurityDescriptor(PSECURITY_DESCRIPTOR src, PSECURITY_DESCRIPTOR dst)
{
    memcpy(dst, src, RtlLengthSecurityDescriptor(src));
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlDeleteSecurityObject(PSECURITY_DESCRIPTOR *descriptor)
{
    if (*descriptor)
        rtl_free(*descriptor);
    *descriptor = NULL;
    return STATUS_SUCCESS;
}
