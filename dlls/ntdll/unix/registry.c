/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The registry: there is none yet. What exists is a fixed, read-only handful: the roots that
 * programs hold open, and the user's locale name, which keeps kernelbase from writing 47 values at
 * each start. Everything else is not found; creating and writing are refused.
 *
 * TODO(registry): a real one, kept by the port server.
 */
#include "create.h"
#include "ntpath.h"
#include "ntprocess.h"
#include "usermem.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* `*` stands for one component, whatever it is: the user's SID. */
static const WCHAR *const keys[] = {
    u"\\Registry",
    u"\\Registry\\Machine",
    u"\\Registry\\User",
    u"\\Registry\\User\\*",
    u"\\Registry\\User\\*\\Control Panel",
    u"\\Registry\\User\\*\\Control Panel\\International",
    u"\\Registry\\Machine\\Software",
    u"\\Registry\\Machine\\Software\\Microsoft",
    u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT",
    u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
    u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Time Zones",
    /* Whatever Linux calls the zone: GetTimeZoneInformation fails when its key does not open. */
    u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Time Zones\\*",
};

static const struct {
    unsigned key;
    const WCHAR *name;
    ULONG type;
    const void *data;
    ULONG size;
} values[] = {{5, u"LocaleName", REG_SZ, u"en-US", sizeof(u"en-US")}};

struct key {
    struct nt_object header;
    unsigned index;
};

static NTSTATUS key_name_of(struct nt_object *object, WCHAR **ret_name)
{
    const WCHAR *name = keys[((struct key *)object)->index];
    size_t n = 0;

    while (name[n])
        n++;
    *ret_name = malloc((n + 1) * sizeof(WCHAR));
    if (!*ret_name)
        return STATUS_NO_MEMORY;
    memcpy(*ret_name, name, (n + 1) * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static const struct nt_type key_type = {
    .name = u"Key",
    .valid = KEY_ALL_ACCESS,
    .generic = {KEY_READ, KEY_WRITE, KEY_EXECUTE},
    .name_of = key_name_of,
};

/* Matches text (units long) against a pattern in which * is any run without a backslash. */
static bool path_matches(const WCHAR *pattern, const WCHAR *text, size_t units)
{
    size_t i = 0;

    for (; *pattern; pattern++) {
        if (*pattern == '*') {
            while (i < units && text[i] != '\\')
                i++;
            continue;
        }
        if (i == units || upcase(text[i]) != upcase(*pattern))
            return false;
        i++;
    }
    return i == units;
}

static NTSTATUS key_find(const struct creation *creation, unsigned *ret_index)
{
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    _cleanup_nt_(nt_object_unrefp) struct nt_object *root = NULL;
    WCHAR path[1024];
    size_t units, n = 0;

    TRY(name_copy(&creation->user_name, &name, &units));
    if (creation->root) {
        TRY(handle_lookup(creation->root, 0, &key_type, &root));
        for (const WCHAR *c = keys[((struct key *)root)->index]; *c; c++)
            path[n++] = *c == '*' ? '?' : *c;
        if (units)
            path[n++] = '\\';
    }
    if (units > sizeof(path) / sizeof(*path) - n)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    memcpy(path + n, name, units * sizeof(WCHAR));
    n += units;
    while (n > 1 && path[n - 1] == '\\')
        n--;
    for (unsigned i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (path_matches(keys[i], path, n)) {
            *ret_index = i;
            return STATUS_SUCCESS;
        }
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS key_open(PHANDLE ret_handle, ACCESS_MASK access,
                         const OBJECT_ATTRIBUTES *attributes)
{
    struct creation creation;
    struct key *key;
    unsigned index;

    if (!attributes)
        return STATUS_INVALID_PARAMETER;
    TRY(create_begin(ret_handle, attributes, &creation));
    TRY(key_find(&creation, &index));
    key = calloc(1, sizeof(*key));
    if (!key)
        return STATUS_NO_MEMORY;
    nt_object_init(&key->header, &key_type);
    key->index = index;
    return create_end(ret_handle, &key->header, access, &creation);
}

NTSTATUS WINAPI NtOpenKey(PHANDLE ret_handle, ACCESS_MASK access,
                          const OBJECT_ATTRIBUTES *attributes)
{
    return key_open(ret_handle, access, attributes);
}

NTSTATUS WINAPI NtOpenKeyEx(PHANDLE ret_handle, ACCESS_MASK access,
                            const OBJECT_ATTRIBUTES *attributes, ULONG options)
{
    (void)options;
    return key_open(ret_handle, access, attributes);
}

/* A key that exists is opened; a new one is not made. */
NTSTATUS WINAPI NtCreateKey(PHANDLE ret_handle, ACCESS_MASK access,
                            const OBJECT_ATTRIBUTES *attributes, ULONG title,
                            const UNICODE_STRING *class, ULONG options, PULONG ret_disposition)
{
    NTSTATUS status = key_open(ret_handle, access, attributes);
    ULONG disposition = REG_OPENED_EXISTING_KEY;

    (void)title, (void)class, (void)options;
    if (!status && ret_disposition)
        return USER_PUT(ret_disposition, disposition);
    return status;
}

static NTSTATUS key_lookup(HANDLE handle, ACCESS_MASK access, unsigned *ret_index)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;

    TRY(handle_lookup(handle, access, &key_type, &object));
    *ret_index = ((struct key *)object)->index;
    return STATUS_SUCCESS;
}

/* Writing to a key that exists: the registry is read-only. */
static NTSTATUS key_refuse(HANDLE handle)
{
    unsigned index;

    TRY(key_lookup(handle, 0, &index));
    return STATUS_ACCESS_DENIED;
}

NTSTATUS WINAPI NtSetValueKey(HANDLE handle, const UNICODE_STRING *name, ULONG title, ULONG type,
                              const void *data, ULONG size)
{
    (void)name, (void)title, (void)type, (void)data, (void)size;
    return key_refuse(handle);
}

NTSTATUS WINAPI NtDeleteKey(HANDLE handle)
{
    return key_refuse(handle);
}

NTSTATUS WINAPI NtDeleteValueKey(HANDLE handle, const UNICODE_STRING *name)
{
    (void)name;
    return key_refuse(handle);
}

NTSTATUS WINAPI NtRenameKey(HANDLE handle, UNICODE_STRING *name)
{
    (void)name;
    return key_refuse(handle);
}

NTSTATUS WINAPI NtFlushKey(HANDLE handle)
{
    unsigned index;

    return key_lookup(handle, 0, &index); /* nothing is ever unwritten */
}

/* One value as the class wants it: fixed part, name, data. */
static NTSTATUS value_answer(unsigned value, KEY_VALUE_INFORMATION_CLASS class, void *buffer,
                             ULONG length, ULONG *user_length)
{
    const ULONG size = values[value].size;
    ULONG name_size = 0, header, at, total;
    KEY_VALUE_FULL_INFORMATION full = {.Type = values[value].type, .DataLength = size};
    KEY_VALUE_PARTIAL_INFORMATION partial = {.Type = values[value].type, .DataLength = size};

    while (values[value].name[name_size])
        name_size++;
    name_size *= sizeof(WCHAR);
    full.NameLength = name_size;
    header =
        class == KeyValuePartialInformation ? (ULONG)offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data)
        : class == KeyValueFullInformation  ? (ULONG)offsetof(KEY_VALUE_FULL_INFORMATION, Name)
                                            : (ULONG)offsetof(KEY_VALUE_BASIC_INFORMATION, Name);
    at = class == KeyValuePartialInformation ? header : header + name_size;
    total = class == KeyValueBasicInformation ? at : at + size;
    full.DataOffset = at;
    TRY(USER_PUT(user_length, total));
    if (length < header)
        return STATUS_BUFFER_TOO_SMALL;
    if (class == KeyValueBasicInformation) {
        KEY_VALUE_BASIC_INFORMATION basic = {.Type = values[value].type, .NameLength = name_size};

        TRY(user_write(buffer, &basic, header));
    } else if (class == KeyValueFullInformation) {
        TRY(user_write(buffer, &full, header));
    } else {
        TRY(user_write(buffer, &partial, header));
    }
    if (length < total)
        return STATUS_BUFFER_OVERFLOW;
    if (class != KeyValuePartialInformation)
        TRY(user_write((char *)buffer + header, values[value].name, name_size));
    return class == KeyValueBasicInformation
               ? STATUS_SUCCESS
               : user_write((char *)buffer + at, values[value].data, size);
}

static bool value_class_is_known(KEY_VALUE_INFORMATION_CLASS class)
{
    return class == KeyValueBasicInformation || class == KeyValueFullInformation ||
           class == KeyValuePartialInformation;
}

NTSTATUS WINAPI NtQueryValueKey(HANDLE handle, const UNICODE_STRING *user_name,
                                KEY_VALUE_INFORMATION_CLASS class, void *buffer, DWORD length,
                                DWORD *ret_length)
{
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    UNICODE_STRING header;
    unsigned index;
    size_t units;

    TRY(key_lookup(handle, KEY_QUERY_VALUE, &index));
    if (!value_class_is_known(class)) {
        unimplemented_once(__func__, "class", class);
        return STATUS_INVALID_PARAMETER;
    }
    TRY(USER_GET(header, user_name));
    TRY(name_copy(&header, &name, &units));
    for (unsigned i = 0; i < sizeof(values) / sizeof(*values); i++)
        if (values[i].key == index && path_matches(values[i].name, name, units))
            return value_answer(i, class, buffer, length, ret_length);
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS WINAPI NtEnumerateValueKey(HANDLE handle, ULONG wanted, KEY_VALUE_INFORMATION_CLASS class,
                                    PVOID buffer, ULONG length, PULONG ret_length)
{
    unsigned index;

    TRY(key_lookup(handle, KEY_QUERY_VALUE, &index));
    if (!value_class_is_known(class))
        return STATUS_INVALID_PARAMETER;
    for (unsigned i = 0; i < sizeof(values) / sizeof(*values); i++)
        if (values[i].key == index && !wanted--)
            return value_answer(i, class, buffer, length, ret_length);
    return STATUS_NO_MORE_ENTRIES;
}

/* DIFFERS: sub-keys are not enumerated: those that exist are roots that programs know by name. */
NTSTATUS WINAPI NtEnumerateKey(HANDLE handle, ULONG wanted, KEY_INFORMATION_CLASS class,
                               void *buffer, DWORD length, DWORD *ret_length)
{
    unsigned index;

    (void)wanted, (void)class, (void)buffer, (void)length, (void)ret_length;
    TRY(key_lookup(handle, KEY_ENUMERATE_SUB_KEYS, &index));
    return STATUS_NO_MORE_ENTRIES;
}

NTSTATUS WINAPI NtQueryKey(HANDLE handle, KEY_INFORMATION_CLASS class, void *buffer, DWORD length,
                           DWORD *ret_length)
{
    KEY_FULL_INFORMATION info = {.ClassOffset = offsetof(KEY_FULL_INFORMATION, Class)};
    const DWORD header = offsetof(KEY_FULL_INFORMATION, Class);
    unsigned index;

    TRY(key_lookup(handle, KEY_QUERY_VALUE, &index));
    if (class != KeyFullInformation) {
        unimplemented_once(__func__, "class", class);
        return STATUS_INVALID_PARAMETER;
    }
    for (unsigned i = 0; i < sizeof(values) / sizeof(*values); i++)
        if (values[i].key == index) {
            info.Values++;
            info.MaxValueNameLen = 64;
            info.MaxValueDataLen = values[i].size;
        }
    TRY(USER_PUT(ret_length, header));
    if (length < header)
        return STATUS_BUFFER_TOO_SMALL;
    return user_write(buffer, &info, header);
}

NTSTATUS WINAPI NtNotifyChangeKey(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc, void *context,
                                  PIO_STATUS_BLOCK iosb, ULONG filter, BOOLEAN subtree,
                                  void *buffer, ULONG length, BOOLEAN asynchronous)
{
    unsigned index;

    (void)event, (void)apc, (void)context, (void)iosb, (void)filter, (void)subtree, (void)buffer;
    (void)length;
    TRY(key_lookup(handle, KEY_NOTIFY, &index));
    if (asynchronous)
        return STATUS_PENDING; /* nothing here ever changes */
    unimplemented_once(__func__, "synchronous wait", 0);
    return STATUS_NOT_SUPPORTED;
}

NTSTATUS WINAPI NtLoadKey(const OBJECT_ATTRIBUTES *attributes, OBJECT_ATTRIBUTES *file)
{
    (void)attributes, (void)file;
    return STATUS_PRIVILEGE_NOT_HELD;
}

NTSTATUS WINAPI NtUnloadKey(OBJECT_ATTRIBUTES *attributes)
{
    (void)attributes;
    return STATUS_PRIVILEGE_NOT_HELD;
}

NTSTATUS WINAPI NtSaveKey(HANDLE key, HANDLE file)
{
    (void)key, (void)file;
    return STATUS_PRIVILEGE_NOT_HELD;
}
