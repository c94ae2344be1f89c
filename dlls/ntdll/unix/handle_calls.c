/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtClose, NtDuplicateObject, NtQueryObject, NtSetInformationObject, NtCompareObjects: the calls
 * that work on handles of any type.
 *
 * Duplication. A server handle is the server's to duplicate, between any two processes. A local
 * object goes into another process by becoming the server's (shared.c). The local handles of
 * another process are out of reach: refused by name. */
#include "file.h"
#include "named.h"
#include "ntobject.h"
#include "ntprocess.h"
#include "shared.h"
#include "usermem.h"
#include <stddef.h>

NTSTATUS WINAPI NtClose(HANDLE handle)
{
    if (handle_is_server(handle))
        return named_close(handle);
    if ((intptr_t)handle <= -1 &&
        (intptr_t)handle >= -6) /* pseudo-handles: nothing to close, no error */
        return STATUS_SUCCESS;
    return handle_close(handle);
}

static NTSTATUS duplicate(HANDLE source, ACCESS_MASK access, ULONG attributes, ULONG options,
                          HANDLE *ret_handle)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    ACCESS_MASK granted;
    ULONG old;

    TRY(handle_lookup_access(source, 0, NULL, &object, &granted));
    if (options & DUPLICATE_SAME_ACCESS)
        access = granted;
    else if (access_map(object->type, access) & ~object->type->valid)
        return STATUS_ACCESS_DENIED;
    if ((options & DUPLICATE_SAME_ATTRIBUTES) && !handle_attributes(source, 0, 0, &old))
        attributes = old;
    return handle_new(object, access, attributes, ret_handle);
}

/* A local object into another process. */
static NTSTATUS duplicate_away(HANDLE source, HANDLE target_process, PHANDLE ret_user_handle,
                               ACCESS_MASK access, ULONG attributes, ULONG options)
{
    _cleanup_nt_(shared_handle_release) struct shared_handle shared = {.object = NULL};
    NTSTATUS status = shared_handle_get(source, &shared);

    if (!status) {
        if (options & DUPLICATE_SAME_ACCESS)
            access = shared.granted;
        if (options & DUPLICATE_SAME_ATTRIBUTES)
            attributes = shared.attributes;
        status =
            named_duplicate(NtCurrentProcess(), (HANDLE)(uintptr_t)shared.server, target_process,
                            ret_user_handle, access_map(shared.type, access), attributes, 0);
    }
    if (options & DUPLICATE_CLOSE_SOURCE)
        (void)NtClose(source);
    return status;
}

NTSTATUS WINAPI NtDuplicateObject(HANDLE source_process, HANDLE source, HANDLE target_process,
                                  PHANDLE ret_user_handle, ACCESS_MASK access, ULONG attributes,
                                  ULONG options)
{
    HANDLE handle = NULL;
    NTSTATUS status;

    if (ret_user_handle)
        TRY(USER_PUT(ret_user_handle, handle));
    if (handle_is_server(source))
        return named_duplicate(source_process, source, target_process, ret_user_handle, access,
                               attributes, options);
    TRY(process_require_current("NtDuplicateObject: a private handle of", source_process));
    if (ret_user_handle || !(options & DUPLICATE_CLOSE_SOURCE)) {
        bool is_here;

        TRY(process_is_current(target_process, &is_here));
        if (!is_here)
            return duplicate_away(source, target_process, ret_user_handle, access, attributes,
                                  options);
        status = duplicate(source, access, attributes, options, &handle);
        if (status)
            return status;
    }
    if (options & DUPLICATE_CLOSE_SOURCE)
        (void)NtClose(source);
    if (!ret_user_handle)
        return handle ? handle_close(handle) : STATUS_SUCCESS;
    status = USER_PUT(ret_user_handle, handle);
    if (status)
        handle_close(handle);
    return status;
}

/* What both kinds of handle can tell. */
struct subject {
    HANDLE handle;
    struct nt_object *object; /* local, a reference; else NULL */
    struct named_description server;
    ACCESS_MASK access;
    ULONG attributes;
};

static void subject_release(struct subject *subject)
{
    nt_object_unref(subject->object);
}

static NTSTATUS subject_get(HANDLE handle, struct subject *subject)
{
    subject->handle = handle;
    subject->object = NULL;
    subject->attributes = 0;
    if (handle_is_server(handle)) {
        TRY(named_describe(handle, &subject->server));
        subject->access = subject->server.access;
        subject->attributes = subject->server.attributes;
        return STATUS_SUCCESS;
    }
    TRY(handle_lookup_access(handle, 0, NULL, &subject->object, &subject->access));
    (void)handle_attributes(handle, 0, 0, &subject->attributes);
    return STATUS_SUCCESS;
}

static NTSTATUS query_basic(const struct subject *subject, void *buffer, ULONG length,
                            ULONG *ret_length)
{
    const struct nt_object *object = subject->object;
    OBJECT_BASIC_INFORMATION info = {.Attributes = subject->attributes,
                                     .GrantedAccess = subject->access};

    *ret_length = sizeof(info);
    if (length < sizeof(info))
        return STATUS_INFO_LENGTH_MISMATCH;
    info.HandleCount = object ? object->n_handles : subject->server.n_handles;
    info.PointerCount = object ? atomic_load(&object->n_refs) - 1 : subject->server.n_refs;
    return USER_PUT((OBJECT_BASIC_INFORMATION *)buffer, info);
}

static size_t units_of(const WCHAR *text)
{
    size_t n = 0;

    while (text[n])
        n++;
    return n;
}

/* A UNICODE_STRING at the start of the buffer, its text behind `header` bytes. */
static NTSTATUS put_string(void *buffer, ULONG length, size_t header, const WCHAR *text,
                           ULONG *ret_length)
{
    size_t bytes = units_of(text) * sizeof(WCHAR);
    UNICODE_STRING string = {.Length = (USHORT)bytes,
                             .MaximumLength = (USHORT)(bytes + sizeof(WCHAR)),
                             .Buffer = (WCHAR *)((char *)buffer + header)};

    *ret_length = (ULONG)(header + bytes + sizeof(WCHAR));
    if (length < *ret_length)
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(user_write(string.Buffer, text, bytes + sizeof(WCHAR)));
    return USER_PUT((UNICODE_STRING *)buffer, string);
}

static NTSTATUS query_name(const struct subject *subject, void *buffer, ULONG length,
                           ULONG *ret_length)
{
    struct nt_object *object = subject->object;
    _cleanup_nt_(file_unrefp) struct file *file = NULL;
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    UNICODE_STRING none = {0};

    if (!object && subject->server.kind == OBJECT_KIND_FILE) {
        TRY(shared_file_get(subject->handle, 0, &file));
        object = &file->header.header;
    }
    if (object && object->type->name_of)
        TRY(object->type->name_of(object, &name));
    if (name || (!object && subject->server.name[0]))
        return put_string(buffer, length, sizeof(UNICODE_STRING),
                          name ? name : subject->server.name, ret_length);
    *ret_length = sizeof(none);
    if (length < sizeof(none))
        return STATUS_INFO_LENGTH_MISMATCH;
    return USER_PUT((UNICODE_STRING *)buffer, none);
}

static NTSTATUS query_type(const struct subject *subject, void *buffer, ULONG length,
                           ULONG *ret_length)
{
    const struct nt_type *type = subject->object ? subject->object->type : NULL;
    OBJECT_TYPE_INFORMATION info = {.TotalNumberOfObjects = 1, .TotalNumberOfHandles = 1};

    if (type) {
        info.ValidAccessMask = type->valid;
        info.GenericMapping =
            (GENERIC_MAPPING){type->generic[0], type->generic[1], type->generic[2], type->valid};
    }
    TRY(put_string(buffer, length, sizeof(info), type ? type->name : subject->server.type_name,
                   ret_length));
    return user_write((char *)buffer + sizeof(UNICODE_STRING),
                      (char *)&info + sizeof(UNICODE_STRING),
                      sizeof(info) - sizeof(UNICODE_STRING));
}

static NTSTATUS query_flags(const struct subject *subject, void *buffer, ULONG length,
                            ULONG *ret_length)
{
    OBJECT_DATA_INFORMATION info;

    *ret_length = sizeof(info);
    if (length != sizeof(info))
        return STATUS_INFO_LENGTH_MISMATCH;
    info.InheritHandle = !!(subject->attributes & OBJ_INHERIT);
    info.ProtectFromClose = !!(subject->attributes & OBJ_PROTECT_CLOSE);
    return USER_PUT((OBJECT_DATA_INFORMATION *)buffer, info);
}

NTSTATUS WINAPI NtQueryObject(HANDLE handle, OBJECT_INFORMATION_CLASS class, PVOID buffer,
                              ULONG length, PULONG ret_user_length)
{
    _cleanup_nt_(subject_release) struct subject subject = {.object = NULL};
    NTSTATUS status;
    ULONG used = 0;

    TRY(subject_get(handle, &subject));
    switch (class) {
    case ObjectBasicInformation:
        status = query_basic(&subject, buffer, length, &used);
        break;
    case ObjectNameInformation:
        status = query_name(&subject, buffer, length, &used);
        break;
    case ObjectTypeInformation:
        status = query_type(&subject, buffer, length, &used);
        break;
    case ObjectDataInformation:
        status = query_flags(&subject, buffer, length, &used);
        break;
    case ObjectTypesInformation:
    default:
        unimplemented_once(__func__, "class", class);
        return STATUS_INVALID_INFO_CLASS;
    }
    if (used && ret_user_length)
        TRY(USER_PUT(ret_user_length, used));
    return status;
}

NTSTATUS WINAPI NtSetInformationObject(HANDLE handle, OBJECT_INFORMATION_CLASS class, PVOID buffer,
                                       ULONG length)
{
    OBJECT_DATA_INFORMATION info;
    ULONG attributes;

    if (class != ObjectDataInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (length != sizeof(info))
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(user_read(&info, buffer, sizeof(info)));
    attributes =
        (info.InheritHandle ? OBJ_INHERIT : 0) | (info.ProtectFromClose ? OBJ_PROTECT_CLOSE : 0);
    if (handle_is_server(handle))
        return named_set_attributes(handle, attributes);
    return handle_attributes(handle, OBJ_INHERIT | OBJ_PROTECT_CLOSE, attributes, &attributes);
}

NTSTATUS WINAPI NtCompareObjects(HANDLE first, HANDLE second)
{
    _cleanup_nt_(subject_release) struct subject a = {.object = NULL};
    _cleanup_nt_(subject_release) struct subject b = {.object = NULL};
    bool same;

    TRY(subject_get(first, &a));
    TRY(subject_get(second, &b));
    same = a.object || b.object ? a.object == b.object : a.server.object_id == b.server.object_id;
    return same ? STATUS_SUCCESS : STATUS_NOT_SAME_OBJECT;
}
