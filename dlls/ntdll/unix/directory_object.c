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

/* Entries as the server packs them, one after the other. */
struct packed {
    const char *data;
    uint32_t size, at;
};

struct packed_entry {
    struct directory_entry sizes;
    const char *name, *type;
};

static bool packed_next(struct packed *packed, struct packed_entry *ret_entry)
{
    uint32_t left = packed->size - packed->at;
    const char *from = packed->data + packed->at;

    if (left < sizeof(ret_entry->sizes))
        return false;
    memcpy(&ret_entry->sizes, from, sizeof(ret_entry->sizes));
    left -= (uint32_t)sizeof(ret_entry->sizes);
    if (ret_entry->sizes.name_size > left ||
        ret_entry->sizes.type_name_size > left - ret_entry->sizes.name_size)
        return false;
    ret_entry->name = from + sizeof(ret_entry->sizes);
    ret_entry->type = ret_entry->name + ret_entry->sizes.name_size;
    packed->at += ((uint32_t)sizeof(ret_entry->sizes) + ret_entry->sizes.name_size +
                   ret_entry->sizes.type_name_size + 7) &
                  ~7u;
    if (packed->at > packed->size)
        packed->at = packed->size;
    return true;
}

static ULONG entry_bytes(const struct packed_entry *entry)
{
    return (ULONG)(sizeof(DIRECTORY_BASIC_INFORMATION) + entry->sizes.name_size +
                   entry->sizes.type_name_size + 2 * sizeof(WCHAR));
}

/* How many entries fit, with the empty one behind them; what that takes, or what the first would.
 */
static ULONG entries_fitting(struct packed packed, ULONG length, bool single, ULONG *ret_needed)
{
    ULONG needed = sizeof(DIRECTORY_BASIC_INFORMATION), n = 0;
    struct packed_entry entry;

    while (!(single && n) && packed_next(&packed, &entry)) {
        if (entry_bytes(&entry) > length || needed > length - entry_bytes(&entry)) {
            if (!n)
                needed += entry_bytes(&entry);
            break;
        }
        needed += entry_bytes(&entry);
        n++;
    }
    *ret_needed = needed;
    return n;
}

static NTSTATUS text_put(const char *text, ULONG size, char **at, UNICODE_STRING *ret_string)
{
    *ret_string = (UNICODE_STRING){(USHORT)size, (USHORT)(size + sizeof(WCHAR)), (WCHAR *)*at};
    TRY(user_write(*at, text, size));
    TRY(user_write(*at + size, u"", sizeof(WCHAR)));
    *at += size + sizeof(WCHAR);
    return STATUS_SUCCESS;
}

/* An array of two strings each, ended by an empty one, texts behind. */
static NTSTATUS entries_put(struct packed packed, ULONG n, DIRECTORY_BASIC_INFORMATION *buffer)
{
    DIRECTORY_BASIC_INFORMATION info = {{0}, {0}};
    char *text = (char *)(buffer + n + 1);
    struct packed_entry entry;

    TRY(USER_PUT(buffer + n, info));
    for (ULONG i = 0; i < n && packed_next(&packed, &entry); i++) {
        TRY(text_put(entry.name, entry.sizes.name_size, &text, &info.ObjectName));
        TRY(text_put(entry.type, entry.sizes.type_name_size, &text, &info.ObjectTypeName));
        TRY(USER_PUT(buffer + i, info));
    }
    return STATUS_SUCCESS;
}

/* Is there anything from this index on? */
static bool has_more(handle_t directory, ULONG index)
{
    struct directory_query_request request = {.handle = directory, .index = index};
    struct directory_query_reply reply;
    struct call_extra extra = {.ret_capacity = 0};

    return call_directory_query(portico_control(), &request, &reply, &extra) == STATUS_SUCCESS;
}

static NTSTATUS directory_list(struct directory_query_request *request, char *data,
                               DIRECTORY_BASIC_INFORMATION *buffer, ULONG length, bool single,
                               ULONG *ret_n, ULONG *ret_needed)
{
    struct call_extra extra = {.ret_data = data, .ret_capacity = PACKET_DATA_MAX_BYTES};
    struct directory_query_reply reply;
    struct packed packed;

    TRY((NTSTATUS)call_directory_query(portico_control(), request, &reply, &extra));
    if (!reply.n_entries)
        return STATUS_NO_MORE_ENTRIES;
    packed = (struct packed){data, extra.ret_size, 0};
    *ret_n = entries_fitting(packed, length, single, ret_needed);
    if (!*ret_n)
        return STATUS_BUFFER_TOO_SMALL;
    TRY(entries_put(packed, *ret_n, buffer));
    return !single && has_more(request->handle, request->index + *ret_n) ? STATUS_MORE_ENTRIES
                                                                         : STATUS_SUCCESS;
}

/* The rest is told by the next calls, which `context` leads on. */
NTSTATUS WINAPI NtQueryDirectoryObject(HANDLE handle, PDIRECTORY_BASIC_INFORMATION buffer,
                                       ULONG length, BOOLEAN single, BOOLEAN restart,
                                       PULONG user_context, PULONG ret_user_length)
{
    struct directory_query_request request = {.handle = server_handle(handle)};
    ULONG index, n = 0, needed = 0;
    NTSTATUS status;
    char *data;

    if (!handle_is_server(handle))
        return handle_is_local(handle) ? STATUS_OBJECT_TYPE_MISMATCH : STATUS_INVALID_HANDLE;
    TRY(USER_GET(index, user_context));
    request.index = restart ? 0 : index;
    client_need();
    data = malloc(PACKET_DATA_MAX_BYTES);
    if (!data)
        return STATUS_NO_MEMORY;
    status = directory_list(&request, data, buffer, length, single, &n, &needed);
    free(data);
    if (ret_user_length && needed)
        TRY(USER_PUT(ret_user_length, needed));
    if (status < 0 || !n)
        return status;
    index = request.index + n;
    TRY(USER_PUT(user_context, index));
    return status;
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
