/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtQuerySecurityObject: every object of this process belongs to its user, who may do everything,
 * and nobody else anything. Files are told the same way from their Linux owner. Setting a
 * descriptor is refused by name. */
#include "file.h"
#include "named.h"
#include "ntprocess.h"
#include "token.h"
#include "usermem.h"
#include <stddef.h>
#include <string.h>
#include <unistd.h>

struct descriptor {
    SECURITY_DESCRIPTOR_RELATIVE header;
    uint8_t rest[256];
    size_t size;
};

/* Appends bytes; the offset where they stand. */
static DWORD append(struct descriptor *descriptor, const void *bytes, size_t size)
{
    size_t at = descriptor->size;

    memcpy((uint8_t *)&descriptor->header + at, bytes, size);
    descriptor->size += size;
    return (DWORD)at;
}

static void append_dacl(struct descriptor *descriptor, const void *sid, size_t sid_size,
                        ACCESS_MASK mask)
{
    uint8_t bytes[128] = {0};
    ACL acl = {
        .AclRevision = ACL_REVISION, .AclSize = (WORD)(sizeof(acl) + 8 + sid_size), .AceCount = 1};
    ACE_HEADER ace = {.AceType = ACCESS_ALLOWED_ACE_TYPE, .AceSize = (WORD)(8 + sid_size)};

    memcpy(bytes, &acl, sizeof(acl));
    memcpy(bytes + sizeof(acl), &ace, sizeof(ace));
    memcpy(bytes + sizeof(acl) + 4, &mask, sizeof(mask));
    memcpy(bytes + sizeof(acl) + 8, sid, sid_size);
    descriptor->header.Control |= SE_DACL_PRESENT;
    descriptor->header.Dacl = append(descriptor, bytes, acl.AclSize);
}

NTSTATUS WINAPI NtQuerySecurityObject(HANDLE handle, SECURITY_INFORMATION wanted,
                                      PSECURITY_DESCRIPTOR buffer, ULONG length, PULONG ret_length)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    struct descriptor descriptor = {.size = sizeof(descriptor.header)};
    uint32_t user[8], group[8];
    size_t user_size, group_size;
    uid_t uid = geteuid();
    gid_t gid = getegid();
    struct stat info;
    ULONG size;

    if (handle_is_server(handle)) {
        unimplemented_once(__func__, "a shared object:", 0);
        return STATUS_NOT_IMPLEMENTED;
    }
    TRY(handle_lookup(handle, wanted & SACL_SECURITY_INFORMATION ? 0 : READ_CONTROL, NULL,
                      &object));
    if (wanted & SACL_SECURITY_INFORMATION)
        return STATUS_PRIVILEGE_NOT_HELD;
    if (object->type == &file_type && !fstat(((struct file *)object)->fd, &info)) {
        uid = info.st_uid;
        gid = info.st_gid;
    }
    user_size = token_sid_of_user(uid, user);
    group_size = token_sid_of_group(gid, group);
    descriptor.header.Revision = SECURITY_DESCRIPTOR_REVISION;
    descriptor.header.Control = SE_SELF_RELATIVE;
    if (wanted & OWNER_SECURITY_INFORMATION)
        descriptor.header.Owner = append(&descriptor, user, user_size);
    if (wanted & GROUP_SECURITY_INFORMATION)
        descriptor.header.Group = append(&descriptor, group, group_size);
    if (wanted & DACL_SECURITY_INFORMATION)
        append_dacl(&descriptor, user, user_size, object->type->valid);
    size = (ULONG)descriptor.size;
    TRY(USER_PUT(ret_length, size));
    if (length < size)
        return STATUS_BUFFER_TOO_SMALL;
    return user_write(buffer, &descriptor.header, size);
}

NTSTATUS WINAPI NtSetSecurityObject(HANDLE handle, SECURITY_INFORMATION which,
                                    PSECURITY_DESCRIPTOR user_descriptor)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;

    (void)user_descriptor;
    if (!handle_is_server(handle))
        TRY(handle_lookup(handle, 0, NULL, &object));
    unimplemented_once(__func__, "security information", which);
    return STATUS_NOT_SUPPORTED;
}
