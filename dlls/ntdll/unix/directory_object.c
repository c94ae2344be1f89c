/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Directories and symbolic links of the NT namespace, processes by id: all are the port server's.
 */
#include "client.h"
#include "named.h"
#include "named_call.h"
#include "ntprocess.h"
#include "token.h"
#include "usermem.h"
#include <portico/portico.h>
#include <stdlib.h>
#include <string.h>

NTSTATUS WINAPI NtOpenDirectoryObject(PHANDLE ret_handle, ACCESS_MASK access,
                                      const OBJECT_ATTRIBUTES *attributes)
{
    return named_open(NAMED_DIRECTORY, ret_handle, access, attributes);
}

NTSTATUS WINAPI NtOpenSymbolicLinkObject(PHANDLE ret_handle, ACCESS_MASK access,
                                         const OBJECT_ATTRIBUTES *attributes)
{
    return named_open(NAMED_SYMLINK, ret_handle, access, attributes);
}

NTSTATUS WINAPI NtCreateDirectoryObject(PHANDLE ret_handle, ACCESS_MASK access,
                                        OBJECT_ATTRIBUTES *attributes)
{
    struct creation creation;

    TRY(create_begin(ret_handle, attributes, &creation));
    return named_create(NAMED_DIRECTORY, ret_handle, access, &creation, 0, 0);
}

static HANDLE handle_from(handle_t handle)
{
    return (HANDLE)(uintptr_t)handle;
}

NTSTATUS WINAPI NtCreateSymbolicLinkObject(PHANDLE ret_handle, ACCESS_MASK access,
                                           OBJECT_ATTRIBUTES *attributes,
                                           PUNICODE_STRING user_target)
{
    struct creation creation;
    _cleanup_nt_(name_freep) WCHAR *target = NULL;
    size_t units;

    TRY(create_begin(ret_handle, attributes, &creation));
    TRY(name_get(user_target, &target, &units));
    return named_symlink_create(ret_handle, access, &creation, target, units * sizeof(WCHAR));
}

NTSTATUS WINAPI NtQuerySymbolicLinkObject(HANDLE handle, PUNICODE_STRING user_target,
                                          PULONG ret_user_length)
{
    struct symlink_query_request request = {.handle = (handle_t)(uintptr_t)handle};
    struct symlink_query_reply reply;
    WCHAR text[1024];
    struct call_extra extra = {.ret_data = text, .ret_capacity = sizeof(text)};
    UNICODE_STRING target;
    ULONG needed;

    if (!handle_is_server(handle))
        return handle_is_local(handle) ? STATUS_OBJECT_TYPE_MISMATCH : STATUS_INVALID_HANDLE;
    TRY(USER_GET(target, user_target));
    client_need();
    TRY((NTSTATUS)call_symlink_query(portico_control(), &request, &reply, &extra));
    needed = extra.ret_size + (ULONG)sizeof(WCHAR);
    if (ret_user_length)
        TRY(USER_PUT(ret_user_length, needed));
    if (target.MaximumLength < extra.ret_size)
        return STATUS_BUFFER_TOO_SMALL;
    target.Length = (USHORT)extra.ret_size;
    TRY(user_write(target.Buffer, text, extra.ret_size));
    return USER_PUT(user_target, target);
}

/* Entries as the server packs them become an array of two strings each, ended by an empty one,
 * texts behind. */
NTSTATUS WINAPI NtQueryDirectoryObject(HANDLE handle, PDIRECTORY_BASIC_INFORMATION buffer,
                                       ULONG length, BOOLEAN single, BOOLEAN restart,
                                       PULONG user_context, PULONG ret_user_length)
{
    struct directory_query_request request = {.handle = (handle_t)(uintptr_t)handle};
    struct directory_query_reply reply;
    _Alignas(8) char data[4096];
    struct call_extra extra = {.ret_data = data, .ret_capacity = sizeof(data)};
    DIRECTORY_BASIC_INFORMATION entry[2] = {{{0}, {0}}, {{0}, {0}}};
    struct directory_entry sizes;
    ULONG index, needed;
    char *text;

    if (!handle_is_server(handle))
        return handle_is_local(handle) ? STATUS_OBJECT_TYPE_MISMATCH : STATUS_INVALID_HANDLE;
    TRY(USER_GET(index, user_context));
    if (!single) /* DIFFERS: one entry a call; a caller goes on until NO_MORE_ENTRIES anyway */
        unimplemented_once(__func__, "several entries in one call:", 0);
    request.index = restart ? 0 : index;
    client_need();
    TRY((NTSTATUS)call_directory_query(portico_control(), &request, &reply, &extra));
    if (!reply.n_entries)
        return STATUS_NO_MORE_ENTRIES;
    memcpy(&sizes, data, sizeof(sizes));
    if (sizes.name_size > 2048 || sizes.type_name_size > 256)
        return STATUS_DATA_ERROR;
    needed = (ULONG)(sizeof(entry) + sizes.name_size + sizes.type_name_size + 2 * sizeof(WCHAR));
    if (ret_user_length)
        TRY(USER_PUT(ret_user_length, needed));
    if (length < needed)
        return STATUS_BUFFER_TOO_SMALL;
    text = (char *)buffer + sizeof(entry);
    entry[0].ObjectName = (UNICODE_STRING){
        (USHORT)sizes.name_size, (USHORT)(sizes.name_size + sizeof(WCHAR)), (WCHAR *)text};
    TRY(user_write(text, data + sizeof(sizes), sizes.name_size));
    TRY(user_write(text + sizes.name_size, u"", sizeof(WCHAR)));
    text += sizes.name_size + sizeof(WCHAR);
    entry[0].ObjectTypeName =
        (UNICODE_STRING){(USHORT)sizes.type_name_size,
                         (USHORT)(sizes.type_name_size + sizeof(WCHAR)), (WCHAR *)text};
    TRY(user_write(text, data + sizeof(sizes) + sizes.name_size, sizes.type_name_size));
    TRY(user_write(text + sizes.type_name_size, u"", sizeof(WCHAR)));
    TRY(user_write(buffer, entry, sizeof(entry)));
    index = request.index + 1;
    return USER_PUT(user_context, index);
}

/* An object of this process' own has no name: neither makes a difference to it. */
static NTSTATUS permanence_set(HANDLE handle, bool on)
{
    struct object_permanence_request request = {.on = on};
    struct object_permanence_reply reply;

    if (handle_is_local(handle)) {
        const struct token_ref own = {0};
        struct nt_object *object;
        struct token_facts facts;

        TRY(handle_lookup(handle, on ? 0 : DELETE, NULL, &object));
        nt_object_unref(object);
        TRY(token_facts(&own, false, &facts));
        return !on || identity_is_system(&facts.who) ? STATUS_SUCCESS : STATUS_PRIVILEGE_NOT_HELD;
    }
    if (!handle_is_server(handle))
        return STATUS_INVALID_HANDLE;
    request.handle = server_handle(handle);
    CONTROL_OR_RETURN(control);
    return (NTSTATUS)call_object_permanence(control, &request, &reply, NULL);
}

NTSTATUS WINAPI NtMakeTemporaryObject(HANDLE handle)
{
    return permanence_set(handle, false);
}

NTSTATUS WINAPI NtMakePermanentObject(HANDLE handle); /* Wine's headers lack it */

NTSTATUS WINAPI NtMakePermanentObject(HANDLE handle)
{
    return permanence_set(handle, true);
}

NTSTATUS WINAPI NtOpenProcess(PHANDLE ret_handle, ACCESS_MASK access,
                              const OBJECT_ATTRIBUTES *attributes, const CLIENT_ID *user_id)
{
    struct process_open_reply reply = {.handle = 0};
    struct process_open_request request = {.reserved = 0};
    struct creation creation;
    CLIENT_ID id;
    HANDLE handle;
    NTSTATUS status;

    TRY(create_begin(ret_handle, attributes, &creation));
    TRY(USER_GET(id, user_id));
    if (!id.UniqueProcess)
        return STATUS_INVALID_CID;
    request.process_id = (uint32_t)(uintptr_t)id.UniqueProcess;
    request.access = access & MAXIMUM_ALLOWED ? PROCESS_ALL_ACCESS : access;
    request.attributes = creation.attributes & OBJ_INHERIT;
    client_need();
    TRY((NTSTATUS)call_process_open(portico_control(), &request, &reply, NULL));
    handle = handle_from(reply.handle);
    status = USER_PUT(ret_handle, handle);
    if (status)
        (void)portico_close(reply.handle);
    return status;
}
