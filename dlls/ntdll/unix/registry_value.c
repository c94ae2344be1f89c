/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Nt*ValueKey: the registry's calls on values. */

#include "client.h"
#include "ntprocess.h"
#include "regkey.h"
#include "usermem.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct value {
    ULONG type;
    size_t name_size, data_size; /* bytes */
    size_t capacity;
    char bytes[]; /* name, then data */
};

enum { INITIAL_DATA_BYTES_MAX = 1024 }; /* of a value of portico/registry.def */

/* ---- reading ---- */

static NTSTATUS ask_server(struct key *key, ULONG index, const WCHAR *name, size_t units,
                           struct value *value)
{
    struct key_get_value_request request = {.index = index};
    struct key_get_value_reply reply;
    struct call_extra extra = {.data = name,
                               .data_size = (uint32_t)(units * sizeof(WCHAR)),
                               .ret_data = value->bytes,
                               .ret_capacity = (uint32_t)value->capacity};

    TRY(key_server(key, &request.handle));
    TRY((NTSTATUS)call_key_get_value(portico_control(), &request, &reply, &extra));
    value->type = reply.type;
    value->name_size = reply.name_size;
    value->data_size = extra.ret_size - reply.name_size;
    return STATUS_SUCCESS;
}

/* The caller frees *ret_value, NULL or not, whatever the answer. */
static NTSTATUS ask(struct key *key, ULONG index, const WCHAR *name, size_t units,
                    struct value **ret_value)
{
    const bool is_initial =
        index == KEY_INDEX_SELF && !atomic_load(&key->server) && registry_is_untouched();
    const size_t name_size = units * sizeof(WCHAR);
    const size_t capacity = is_initial ? name_size + INITIAL_DATA_BYTES_MAX : PACKET_DATA_MAX_BYTES;
    struct value *value = malloc(sizeof(*value) + capacity);

    *ret_value = value;
    if (!value)
        return STATUS_NO_MEMORY;
    value->capacity = capacity;
    if (!is_initial)
        return ask_server(key, index, name, units, value);
    value->name_size = name_size;
    memcpy(value->bytes, name, name_size);
    return registry_def_value(key, name, units, &value->type, value->bytes + name_size,
                              INITIAL_DATA_BYTES_MAX, &value->data_size);
}

/* Fixed part, name (not in the partial classes), data at `at`: what fits, and the size of all. */
static NTSTATUS put(const struct value *value, void *buffer, ULONG length, ULONG *user_length,
                    const void *fixed, ULONG fixed_size, bool with_name, ULONG at, bool with_data)
{
    ULONG name_size = with_name ? (ULONG)value->name_size : 0;
    ULONG total = with_data ? at + (ULONG)value->data_size : fixed_size + name_size;

    if (user_length)
        TRY(USER_PUT(user_length, total));
    if (length < fixed_size)
        return STATUS_BUFFER_TOO_SMALL;
    TRY(user_write(buffer, fixed, fixed_size));
    if (length < total)
        return STATUS_BUFFER_OVERFLOW;
    TRY(user_write((char *)buffer + fixed_size, value->bytes, name_size));
    return with_data
               ? user_write((char *)buffer + at, value->bytes + value->name_size, value->data_size)
               : STATUS_SUCCESS;
}

static NTSTATUS put_full(const struct value *value, void *buffer, ULONG length, ULONG *user_length)
{
    const ULONG fixed = offsetof(KEY_VALUE_FULL_INFORMATION, Name);
    const KEY_VALUE_FULL_INFORMATION info = {
        .Type = value->type,
        .DataOffset = (fixed + (ULONG)value->name_size + 3) & ~3u,
        .DataLength = (ULONG)value->data_size,
        .NameLength = (ULONG)value->name_size,
    };

    return put(value, buffer, length, user_length, &info, fixed, true, info.DataOffset, true);
}

static NTSTATUS value_put(const struct value *value, KEY_VALUE_INFORMATION_CLASS class,
                          void *buffer, ULONG length, ULONG *user_length)
{
    const ULONG partial_size = offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data);
    const KEY_VALUE_BASIC_INFORMATION basic = {.Type = value->type,
                                               .NameLength = (ULONG)value->name_size};
    const KEY_VALUE_PARTIAL_INFORMATION partial = {.Type = value->type,
                                                   .DataLength = (ULONG)value->data_size};

    switch ((unsigned)class) {
    case KeyValueBasicInformation:
        return put(value, buffer, length, user_length, &basic,
                   offsetof(KEY_VALUE_BASIC_INFORMATION, Name), true, 0, false);
    case KeyValueFullInformation:
        return put_full(value, buffer, length, user_length);
    case KeyValuePartialInformation:
        return put(value, buffer, length, user_length, &partial, partial_size, false, partial_size,
                   true);
    default:
        unimplemented_once("NtQueryValueKey", "class", class);
        return STATUS_INVALID_PARAMETER;
    }
}

static NTSTATUS query(HANDLE handle, ULONG index, const WCHAR *name, size_t units,
                      KEY_VALUE_INFORMATION_CLASS class, void *buffer, ULONG length,
                      ULONG *user_length)
{
    _cleanup_nt_(key_unrefp) struct key *key = NULL;
    struct value *value;
    NTSTATUS status;

    TRY(key_lookup(handle, KEY_QUERY_VALUE, &key));
    status = ask(key, index, name, units, &value);
    if (!status)
        status = value_put(value, class, buffer, length, user_length);
    free(value);
    return status;
}

NTSTATUS WINAPI NtQueryValueKey(HANDLE handle, const UNICODE_STRING *user_name,
                                KEY_VALUE_INFORMATION_CLASS class, void *buffer, DWORD length,
                                DWORD *ret_length)
{
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    size_t units;

    TRY(name_get(user_name, &name, &units));
    return query(handle, KEY_INDEX_SELF, name, units, class, buffer, length, ret_length);
}

NTSTATUS WINAPI NtEnumerateValueKey(HANDLE handle, ULONG index, KEY_VALUE_INFORMATION_CLASS class,
                                    PVOID buffer, ULONG length, PULONG ret_length)
{
    if (index == KEY_INDEX_SELF)
        return STATUS_NO_MORE_ENTRIES;
    return query(handle, index, NULL, 0, class, buffer, length, ret_length);
}

/* ---- writing ---- */

NTSTATUS WINAPI NtSetValueKey(HANDLE handle, const UNICODE_STRING *user_name, ULONG title,
                              ULONG type, const void *data, ULONG size)
{
    _cleanup_nt_(key_unrefp) struct key *key = NULL;
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    struct key_set_value_request request = {.type = type};
    struct key_set_value_reply reply;
    struct call_extra extra = {0};
    char *bytes;
    size_t units;
    NTSTATUS status;

    (void)title;
    TRY(key_lookup(handle, KEY_SET_VALUE, &key));
    TRY(name_get(user_name, &name, &units));
    request.name_size = (uint32_t)(units * sizeof(WCHAR));
    if (size > PACKET_DATA_MAX_BYTES - request.name_size)
        return STATUS_INSUFFICIENT_RESOURCES; /* DIFFERS: a megabyte fits on Windows */
    bytes = malloc(request.name_size + size + 1);
    if (!bytes)
        return STATUS_NO_MEMORY;
    memcpy(bytes, name, request.name_size);
    status = user_read(bytes + request.name_size, data, size);
    if (!status)
        status = key_server(key, &request.handle);
    extra.data = bytes;
    extra.data_size = request.name_size + size;
    if (!status)
        status = (NTSTATUS)call_key_set_value(portico_control(), &request, &reply, &extra);
    free(bytes);
    return status;
}

NTSTATUS WINAPI NtDeleteValueKey(HANDLE handle, const UNICODE_STRING *user_name)
{
    _cleanup_nt_(key_unrefp) struct key *key = NULL;
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    struct key_delete_value_request request = {.reserved = 0};
    struct key_delete_value_reply reply;
    struct call_extra extra = {0};
    size_t units;

    TRY(key_lookup(handle, KEY_SET_VALUE, &key));
    TRY(name_get(user_name, &name, &units));
    TRY(key_server(key, &request.handle));
    extra.data = name;
    extra.data_size = (uint32_t)(units * sizeof(WCHAR));
    return (NTSTATUS)call_key_delete_value(portico_control(), &request, &reply, &extra);
}
