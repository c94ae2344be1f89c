/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtQuerySecurityObject, NtSetSecurityObject, NtAccessCheck. Objects of the server (named, shared,
 * ports) have a descriptor there. Every object of this process alone belongs to its user, who may
 * do everything, and nobody else anything; files are told the same way from their Linux owner;
 * setting theirs is refused by name. */
#include "client.h"
#include "descriptor.h"
#include "file.h"
#include "named.h"
#include "ntprocess.h"
#include "spelled.h"
#include "token.h"
#include "usermem.h"
#include <stddef.h>
#include <stdlib.h>
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

#define SERVER_DESCRIPTOR_MAX 0x5000u

static NTSTATUS server_query(HANDLE handle, SECURITY_INFORMATION wanted,
                             PSECURITY_DESCRIPTOR buffer, ULONG length, PULONG ret_length)
{
    struct object_security_query_request request = {
        .handle = (handle_t)(uintptr_t)handle & ~(handle_t)3, .information = wanted};
    struct object_security_query_reply reply;
    _cleanup_nt_(descriptor_freep) void *bytes = malloc(SERVER_DESCRIPTOR_MAX);
    struct call_extra extra = {.ret_data = bytes, .ret_capacity = SERVER_DESCRIPTOR_MAX};
    struct control *control;
    ULONG size;

    client_need();
    control = portico_control();
    if (!control || !bytes)
        return STATUS_INSUFFICIENT_RESOURCES;
    TRY((NTSTATUS)call_object_security_query(control, &request, &reply, &extra));
    size = extra.ret_size;
    TRY(USER_PUT(ret_length, size));
    if (length < size)
        return STATUS_BUFFER_TOO_SMALL;
    return user_write(buffer, bytes, size);
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

    if (handle_is_server(handle))
        return server_query(handle, wanted, buffer, length, ret_length);
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

static NTSTATUS server_set(HANDLE handle, SECURITY_INFORMATION which, PSECURITY_DESCRIPTOR user)
{
    struct object_security_set_request request = {
        .handle = (handle_t)(uintptr_t)handle & ~(handle_t)3, .information = which};
    struct object_security_set_reply reply;
    _cleanup_nt_(descriptor_freep) void *bytes = NULL;
    struct call_extra extra = {0};
    struct control *control;

    TRY(descriptor_read(user, &bytes, &extra.data_size));
    if (!bytes)
        return STATUS_ACCESS_VIOLATION;
    client_need();
    control = portico_control();
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    extra.data = bytes;
    return (NTSTATUS)call_object_security_set(control, &request, &reply, &extra);
}

NTSTATUS WINAPI NtSetSecurityObject(HANDLE handle, SECURITY_INFORMATION which,
                                    PSECURITY_DESCRIPTOR user_descriptor)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;

    if (handle_is_server(handle))
        return server_set(handle, which, user_descriptor);
    TRY(handle_lookup(handle, 0, NULL, &object));
    unimplemented_security_once(__func__, which);
    return STATUS_NOT_SUPPORTED;
}

/* The privilege set of the answer is always empty: nothing here is granted by a privilege. */
static NTSTATUS privileges_answer(PRIVILEGE_SET *user, ULONG *user_length)
{
    PRIVILEGE_SET none = {0};
    ULONG needed = sizeof(none), length;

    TRY(USER_GET(length, user_length));
    if (length < needed) {
        TRY(USER_PUT(user_length, needed));
        return STATUS_BUFFER_TOO_SMALL;
    }
    return USER_PUT(user, none);
}

static NTSTATUS access_check_ask(const struct token_ref *ref, PSECURITY_DESCRIPTOR user_descriptor,
                                 ACCESS_MASK wanted, const GENERIC_MAPPING *mapping,
                                 struct access_check_reply *ret_reply)
{
    struct access_check_request request = {.token = ref->handle,
                                           .wanted = wanted,
                                           .generic_read = mapping->GenericRead,
                                           .generic_write = mapping->GenericWrite,
                                           .generic_execute = mapping->GenericExecute,
                                           .generic_all = mapping->GenericAll};
    _cleanup_nt_(descriptor_freep) void *bytes = NULL;
    struct call_extra extra = {0};
    struct control *control;

    TRY(descriptor_read(user_descriptor, &bytes, &extra.data_size));
    if (!bytes)
        return STATUS_ACCESS_VIOLATION;
    client_need();
    control = portico_control();
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    extra.data = bytes;
    return (NTSTATUS)call_access_check(control, &request, ret_reply, &extra);
}

NTSTATUS WINAPI NtAccessCheck(PSECURITY_DESCRIPTOR descriptor, HANDLE handle, ACCESS_MASK wanted,
                              GENERIC_MAPPING *user_mapping, PRIVILEGE_SET *user_privileges,
                              ULONG *user_privileges_length, ULONG *ret_granted,
                              NTSTATUS *ret_status)
{
    _cleanup_nt_(token_refp) struct token_ref ref = {0};
    struct access_check_reply reply;
    GENERIC_MAPPING mapping;
    NTSTATUS result;
    ULONG granted;

    TRY(USER_GET(mapping, user_mapping));
    TRY(privileges_answer(user_privileges, user_privileges_length));
    if (wanted & (GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL))
        return STATUS_GENERIC_NOT_MAPPED;
    TRY(token_resolve(handle, TOKEN_QUERY, &ref));
    if (!ref.handle)
        return STATUS_NO_IMPERSONATION_TOKEN;
    TRY(access_check_ask(&ref, descriptor, wanted, &mapping, &reply));
    granted = reply.granted;
    result = (NTSTATUS)reply.result;
    TRY(USER_PUT(ret_granted, granted));
    return USER_PUT(ret_status, result);
}
