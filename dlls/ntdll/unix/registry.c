/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Nt*Key: the registry's calls on keys (values: registry_value.c; changes: registry_watch.c). Where
 * a key is looked for and when the server is asked is in regkey.h. */

#include "client.h"
#include "ntpath.h"
#include "ntprocess.h"
#include "regkey.h"
#include "usermem.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define PATH_UNITS_MAX 8192u

/* ---- opening ---- */

/* The full path that root and name mean; to be freed. */
static NTSTATUS path_make(const struct creation *creation, WCHAR **ret_path, size_t *ret_units)
{
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    _cleanup_nt_(key_unrefp) struct key *root = NULL;
    size_t units = 0, n = 0;
    WCHAR *path;

    if (creation->has_name)
        TRY(name_copy(&creation->user_name, &name, &units));
    if (creation->root)
        TRY(key_lookup(creation->root, 0, &root));
    else if (!units || *name != '\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (root && units && *name == '\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (units + (root ? root->units + 1 : 0) > PATH_UNITS_MAX)
        return STATUS_OBJECT_NAME_INVALID;
    path = malloc((units + (root ? root->units : 0) + 2) * sizeof(WCHAR));
    if (!path)
        return STATUS_NO_MEMORY;
    if (root) {
        memcpy(path, root->path, root->units * sizeof(WCHAR));
        n = root->units;
        if (units)
            path[n++] = '\\';
    }
    if (units)
        memcpy(path + n, name, units * sizeof(WCHAR));
    n += units;
    while (n > 1 && path[n - 1] == '\\')
        n--;
    *ret_path = path;
    *ret_units = n;
    return STATUS_SUCCESS;
}

static NTSTATUS open_at_server(struct key *key, const struct creation *creation, uint32_t how,
                               const WCHAR *class, size_t class_units, bool *ret_created)
{
    struct objattr objattr = {.name_size = (uint32_t)(key->units * sizeof(WCHAR)),
                              .attributes = creation->attributes & OBJ_INHERIT};
    struct call_extra extra = {.objattr = &objattr,
                               .name = key->path,
                               .data = class,
                               .data_size = (uint32_t)(class_units * sizeof(WCHAR))};
    struct key_open_request request = {.access = key->access, .how = how};
    struct key_open_reply reply = {.handle = 0};
    struct control *control;

    client_need();
    control = portico_control();
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    TRY((NTSTATUS)call_key_open(control, &request, &reply, &extra));
    atomic_store(&key->server, reply.handle);
    *ret_created = reply.created;
    return STATUS_SUCCESS;
}

static NTSTATUS key_find(struct key *key, const struct creation *creation, uint32_t how,
                         const WCHAR *class, size_t class_units, bool *ret_created)
{
    if (registry_is_untouched()) {
        if (registry_def_has(key->path, key->units))
            return STATUS_SUCCESS;
        if (registry_def_is_server_s(key->path, key->units))
            return open_at_server(key, creation, how, class, class_units, ret_created);
        if (how == KEY_OPEN)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        if (registry_def_is_read_only(key->path, key->units))
            return STATUS_ACCESS_DENIED;
    }
    return open_at_server(key, creation, how, class, class_units, ret_created);
}

static NTSTATUS key_open(PHANDLE ret_handle, ACCESS_MASK access,
                         const OBJECT_ATTRIBUTES *attributes, uint32_t how,
                         const UNICODE_STRING *user_class, bool *ret_created)
{
    _cleanup_nt_(name_freep) WCHAR *class = NULL;
    UNICODE_STRING class_header = {0};
    struct creation creation;
    size_t class_units = 0;
    struct key *key;
    NTSTATUS status;

    *ret_created = false;
    if (!attributes)
        return STATUS_INVALID_PARAMETER;
    TRY(create_begin(ret_handle, attributes, &creation));
    if (user_class)
        TRY(USER_GET(class_header, user_class));
    if (class_header.Length)
        TRY(name_copy(&class_header, &class, &class_units));
    key = calloc(1, sizeof(*key));
    if (!key)
        return STATUS_NO_MEMORY;
    nt_object_init(&key->header, &key_type);
    key->access = access_map(&key_type, access);
    status = path_make(&creation, &key->path, &key->units);
    if (!status)
        status = key_find(key, &creation, how, class, class_units, ret_created);
    if (status) {
        nt_object_unref(&key->header);
        return status;
    }
    return create_end(ret_handle, &key->header, key->access, &creation);
}

NTSTATUS WINAPI NtOpenKey(PHANDLE ret_handle, ACCESS_MASK access,
                          const OBJECT_ATTRIBUTES *attributes)
{
    bool created;

    return key_open(ret_handle, access, attributes, KEY_OPEN, NULL, &created);
}

NTSTATUS WINAPI NtOpenKeyEx(PHANDLE ret_handle, ACCESS_MASK access,
                            const OBJECT_ATTRIBUTES *attributes, ULONG options)
{
    (void)options; /* backup and restore mean privileges, symbolic links there are none */
    return NtOpenKey(ret_handle, access, attributes);
}

/* DIFFERS: a key that is not volatile lives as long as the port server too. */
NTSTATUS WINAPI NtCreateKey(PHANDLE ret_handle, ACCESS_MASK access,
                            const OBJECT_ATTRIBUTES *attributes, ULONG title,
                            const UNICODE_STRING *class, ULONG options, PULONG ret_disposition)
{
    ULONG disposition;
    bool created;

    (void)title;
    if (options & REG_OPTION_CREATE_LINK) {
        unimplemented_once(__func__, "symbolic links", NO_NUMBER);
        return STATUS_NOT_IMPLEMENTED;
    }
    TRY(key_open(ret_handle, access, attributes,
                 options & REG_OPTION_VOLATILE ? KEY_CREATE_VOLATILE : KEY_CREATE, class,
                 &created));
    disposition = created ? REG_CREATED_NEW_KEY : REG_OPENED_EXISTING_KEY;
    return ret_disposition ? USER_PUT(ret_disposition, disposition) : STATUS_SUCCESS;
}

/* ---- what there is to know ---- */

struct answer {
    struct key_query_reply reply;
    WCHAR text[PACKET_DATA_MAX_BYTES / sizeof(WCHAR)]; /* name, then class: all a reply holds */
};

static NTSTATUS ask(HANDLE handle, ULONG index, struct answer *answer)
{
    _cleanup_nt_(key_unrefp) struct key *key = NULL;
    struct call_extra extra = {.ret_data = answer->text, .ret_capacity = sizeof(answer->text)};
    struct key_query_request request = {.index = index};

    TRY(key_lookup(handle, index == KEY_INDEX_SELF ? 0 : KEY_ENUMERATE_SUB_KEYS, &key));
    TRY(key_server(key, &request.handle));
    return (NTSTATUS)call_key_query(portico_control(), &request, &answer->reply, &extra);
}

/* Of the key itself its last component. */
static WCHAR *leaf_of(struct answer *answer, ULONG *ret_size)
{
    size_t units = answer->reply.name_size / sizeof(WCHAR), start = units;

    while (start && answer->text[start - 1] != '\\')
        start--;
    *ret_size = (ULONG)((units - start) * sizeof(WCHAR));
    return answer->text + start;
}

/* Fixed part, name, class: what fits; the size of all. */
static NTSTATUS put(void *buffer, ULONG length, ULONG *user_length, const void *fixed,
                    ULONG fixed_size, const WCHAR *name, ULONG name_size, const WCHAR *class,
                    ULONG class_size)
{
    ULONG total = fixed_size + name_size + class_size, left;

    if (user_length)
        TRY(USER_PUT(user_length, total));
    if (length < fixed_size)
        return STATUS_BUFFER_TOO_SMALL;
    TRY(user_write(buffer, fixed, fixed_size));
    left = length - fixed_size;
    TRY(user_write((char *)buffer + fixed_size, name, name_size < left ? name_size : left));
    if (name_size < left) {
        left -= name_size;
        TRY(user_write((char *)buffer + fixed_size + name_size, class,
                       class_size < left ? class_size : left));
    }
    return length < total ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS put_full(struct answer *answer, void *buffer, ULONG length, ULONG *user_length)
{
    const struct key_query_reply *reply = &answer->reply;
    const ULONG fixed = offsetof(KEY_FULL_INFORMATION, Class);
    const KEY_FULL_INFORMATION info = {
        .LastWriteTime.QuadPart = (LONGLONG)reply->last_write,
        .ClassOffset = reply->class_size ? fixed : (ULONG)-1,
        .ClassLength = reply->class_size,
        .SubKeys = reply->n_children,
        .MaxNameLen = reply->max_child_name,
        .MaxClassLen = reply->max_child_class,
        .Values = reply->n_values,
        .MaxValueNameLen = reply->max_value_name,
        .MaxValueDataLen = reply->max_value_data,
    };

    return put(buffer, length, user_length, &info, fixed, NULL, 0,
               answer->text + reply->name_size / sizeof(WCHAR), reply->class_size);
}

static NTSTATUS put_cached(struct answer *answer, void *buffer, ULONG length, ULONG *user_length)
{
    const struct key_query_reply *reply = &answer->reply;
    KEY_CACHED_INFORMATION info = {
        .LastWriteTime.QuadPart = (LONGLONG)reply->last_write,
        .SubKeys = reply->n_children,
        .MaxNameLen = reply->max_child_name,
        .Values = reply->n_values,
        .MaxValueNameLen = reply->max_value_name,
        .MaxValueDataLen = reply->max_value_data,
    };

    leaf_of(answer, &info.NameLength);
    return put(buffer, length, user_length, &info, sizeof(info), NULL, 0, NULL, 0);
}

static NTSTATUS put_name(struct answer *answer, void *buffer, ULONG length, ULONG *user_length)
{
    const KEY_NAME_INFORMATION info = {.NameLength = answer->reply.name_size};

    return put(buffer, length, user_length, &info, offsetof(KEY_NAME_INFORMATION, Name),
               answer->text, answer->reply.name_size, NULL, 0);
}

static NTSTATUS put_node(struct answer *answer, bool with_class, void *buffer, ULONG length,
                         ULONG *user_length)
{
    const struct key_query_reply *reply = &answer->reply;
    KEY_BASIC_INFORMATION basic = {.LastWriteTime.QuadPart = (LONGLONG)reply->last_write};
    KEY_NODE_INFORMATION node = {.LastWriteTime.QuadPart = (LONGLONG)reply->last_write,
                                 .ClassOffset = (ULONG)-1,
                                 .ClassLength = reply->class_size};
    ULONG size;
    const WCHAR *leaf = leaf_of(answer, &size);

    basic.NameLength = node.NameLength = size;
    if (reply->class_size)
        node.ClassOffset = (ULONG)offsetof(KEY_NODE_INFORMATION, Name) + size;
    if (!with_class)
        return put(buffer, length, user_length, &basic, offsetof(KEY_BASIC_INFORMATION, Name), leaf,
                   size, NULL, 0);
    return put(buffer, length, user_length, &node, offsetof(KEY_NODE_INFORMATION, Name), leaf, size,
               answer->text + reply->name_size / sizeof(WCHAR), reply->class_size);
}

static NTSTATUS answer_put(struct answer *answer, KEY_INFORMATION_CLASS class, void *buffer,
                           ULONG length, ULONG *user_length)
{
    switch ((unsigned)class) {
    case KeyBasicInformation:
    case KeyNodeInformation:
        return put_node(answer, class == KeyNodeInformation, buffer, length, user_length);
    case KeyFullInformation:
        return put_full(answer, buffer, length, user_length);
    case KeyNameInformation:
        return put_name(answer, buffer, length, user_length);
    case KeyCachedInformation:
        return put_cached(answer, buffer, length, user_length);
    default:
        unimplemented_once("NtQueryKey", "class", class);
        return STATUS_INVALID_PARAMETER;
    }
}

static NTSTATUS query(HANDLE handle, ULONG index, KEY_INFORMATION_CLASS class, void *buffer,
                      ULONG length, ULONG *user_length)
{
    struct answer *answer = malloc(sizeof(*answer));
    NTSTATUS status = answer ? ask(handle, index, answer) : STATUS_NO_MEMORY;

    if (!status)
        status = answer_put(answer, class, buffer, length, user_length);
    free(answer);
    return status;
}

NTSTATUS WINAPI NtEnumerateKey(HANDLE handle, ULONG index, KEY_INFORMATION_CLASS class,
                               void *buffer, DWORD length, DWORD *ret_length)
{
    if (index == KEY_INDEX_SELF)
        return STATUS_NO_MORE_ENTRIES;
    return query(handle, index, class, buffer, length, ret_length);
}

NTSTATUS WINAPI NtQueryKey(HANDLE handle, KEY_INFORMATION_CLASS class, void *buffer, DWORD length,
                           DWORD *ret_length)
{
    return query(handle, KEY_INDEX_SELF, class, buffer, length, ret_length);
}

/* ---- changing ---- */

NTSTATUS WINAPI NtDeleteKey(HANDLE handle)
{
    _cleanup_nt_(key_unrefp) struct key *key = NULL;
    struct key_delete_request request = {.reserved = 0};
    struct key_delete_reply reply;

    TRY(key_lookup(handle, DELETE, &key));
    TRY(key_server(key, &request.handle));
    return (NTSTATUS)call_key_delete(portico_control(), &request, &reply, NULL);
}

NTSTATUS WINAPI NtRenameKey(HANDLE handle, UNICODE_STRING *user_name)
{
    _cleanup_nt_(key_unrefp) struct key *key = NULL;
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    struct key_rename_request request = {.reserved = 0};
    struct key_rename_reply reply;
    struct call_extra extra = {0};
    size_t units;

    TRY(key_lookup(handle, KEY_WRITE, &key));
    TRY(name_get(user_name, &name, &units));
    TRY(key_server(key, &request.handle));
    extra.data = name;
    extra.data_size = (uint32_t)(units * sizeof(WCHAR));
    return (NTSTATUS)call_key_rename(portico_control(), &request, &reply, &extra);
}

NTSTATUS WINAPI NtFlushKey(HANDLE handle)
{
    _cleanup_nt_(key_unrefp) struct key *key = NULL;

    return key_lookup(handle, 0, &key); /* nothing is ever unwritten */
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
