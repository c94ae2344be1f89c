/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See regkey.h: key objects, and what is known without a server. */

#include "regkey.h"

#include "client.h"
#include "common/host.h"
#include "ntpath.h"
#include "ntprocess.h"
#include "usermem.h"
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static NTSTATUS key_name_of(struct nt_object *object, WCHAR **ret_name)
{
    const struct key *key = (const struct key *)object;

    *ret_name = malloc((key->units + 1) * sizeof(WCHAR));
    if (!*ret_name)
        return STATUS_NO_MEMORY;
    memcpy(*ret_name, key->path, key->units * sizeof(WCHAR));
    (*ret_name)[key->units] = 0;
    return STATUS_SUCCESS;
}

static void key_destroy(struct nt_object *object)
{
    struct key *key = (struct key *)object;
    handle_t server = atomic_load(&key->server);

    if (server && portico_close(server) != STATUS_SUCCESS)
        unimplemented_once("registry", "a key's server handle is not open:", server);
    free(key->path);
    free(key);
}

const struct nt_type key_type = {
    .name = u"Key",
    .valid = KEY_ALL_ACCESS,
    .generic = {KEY_READ, KEY_WRITE, KEY_EXECUTE},
    .destroy = key_destroy,
    .name_of = key_name_of,
};

NTSTATUS key_lookup(HANDLE handle, ACCESS_MASK access, struct key **ret_key)
{
    struct nt_object *object;
    NTSTATUS status = handle_lookup(handle, access, &key_type, &object);

    if (!status)
        *ret_key = (struct key *)object;
    return status;
}

void key_unrefp(struct key **key)
{
    if (*key)
        nt_object_unref(&(*key)->header);
}

static NTSTATUS key_open_again(const struct key *key, handle_t *ret_handle)
{
    struct objattr objattr = {.name_size = (uint32_t)(key->units * sizeof(WCHAR))};
    struct call_extra extra = {.objattr = &objattr, .name = key->path};
    struct key_open_request request = {.access = key->access};
    struct key_open_reply reply = {.handle = 0};
    struct control *control;

    client_need();
    control = portico_control();
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    TRY((NTSTATUS)call_key_open(control, &request, &reply, &extra));
    *ret_handle = reply.handle;
    return STATUS_SUCCESS;
}

NTSTATUS key_server(struct key *key, handle_t *ret_handle)
{
    handle_t handle = atomic_load(&key->server), none = 0;

    client_need(); /* for this thread too */
    if (!handle) {
        TRY(key_open_again(key, &handle));
        /* Two threads at once: the first one's stays. */
        if (!atomic_compare_exchange_strong(&key->server, &none, handle)) {
            (void)portico_close(handle);
            handle = none;
        }
    }
    *ret_handle = handle;
    return STATUS_SUCCESS;
}

/* ---- portico/registry.def ---- */

enum { FOLDER_NOT_YET = -1, FOLDER_NEVER = -2 };

/* The runtime folder, open for the life of the process: a start looks a dozen times. */
static int mark_folder(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int fd = FOLDER_NOT_YET;
    char path[PATH_MAX];

    pthread_mutex_lock(&lock);
    if (fd == FOLDER_NOT_YET)
        fd = portico_runtime_dir(path, sizeof(path)) == STATUS_SUCCESS
                 ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)
                 : FOLDER_NEVER;
    pthread_mutex_unlock(&lock);
    return fd;
}

bool registry_is_untouched(void)
{
    const int folder = portico_process_id() ? FOLDER_NEVER : mark_folder();

    return folder == FOLDER_NOT_YET ||
           (folder >= 0 && faccessat(folder, REGISTRY_MARK_NAME, F_OK, 0) != 0);
}

static bool is_same_letter(WCHAR unit, char letter)
{
    return unit == (unsigned char)letter || upcase(unit) == upcase((WCHAR)(unsigned char)letter);
}

/* A path behind \Registry\; the root itself has none. */
struct tail {
    const WCHAR *text;
    size_t units;
};

static bool tail_get(const WCHAR *path, size_t units, struct tail *ret_tail)
{
    static const char root[] = "\\Registry\\";
    const size_t n = sizeof(root) - 1;
    size_t i = 0;

    while (i < n && i < units && is_same_letter(path[i], root[i]))
        i++;
    *ret_tail = (struct tail){path + i, units - i};
    return i == n || (i == n - 1 && i == units);
}

/* Most paths begin alike: how they end is looked at first. */
static bool ends_alike(const char *pattern, const struct tail *tail)
{
    const size_t n = strlen(pattern);

    if (!n || !tail->units)
        return !n && !tail->units;
    return pattern[n - 1] == '*' || is_same_letter(tail->text[tail->units - 1], pattern[n - 1]);
}

/* Does the path of a line match? "*" is any one component. */
static bool path_matches(const char *pattern, const struct tail *tail)
{
    size_t i = 0;

    if (!ends_alike(pattern, tail))
        return false;

    for (; *pattern; pattern++) {
        if (*pattern == '*') {
            while (i < tail->units && tail->text[i] != '\\')
                i++;
            continue;
        }
        if (i == tail->units || !is_same_letter(tail->text[i], *pattern))
            return false;
        i++;
    }
    return i == tail->units;
}

static const char *const key_paths[] = {
    "",
    "Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Time Zones\\*",
#define KEY(path) path,
#include "portico/registry.def"
};

static const char *const read_only_paths[] = {
#define READ_ONLY(path) path,
#include "portico/registry.def"
};

static const char *const asked_paths[] = {
#define ASK_SERVER(path) path,
#include "portico/registry.def"
};

/* Is the path one of these, or below one? */
static bool is_below(const char *const *paths, size_t n_paths, const WCHAR *path, size_t units)
{
    struct tail tail;

    for (size_t n = units; n; n--)
        if ((n == units || path[n] == '\\') && tail_get(path, n, &tail))
            for (size_t i = 0; i < n_paths; i++)
                if (path_matches(paths[i], &tail))
                    return true;
    return false;
}

bool registry_def_is_read_only(const WCHAR *path, size_t units)
{
    return is_below(read_only_paths, sizeof(read_only_paths) / sizeof(read_only_paths[0]), path,
                    units);
}

bool registry_def_is_server_s(const WCHAR *path, size_t units)
{
    return is_below(asked_paths, sizeof(asked_paths) / sizeof(asked_paths[0]), path, units);
}

bool registry_def_has(const WCHAR *path, size_t units)
{
    struct tail tail;

    if (!tail_get(path, units, &tail))
        return false;
    for (size_t i = 0; i < sizeof(key_paths) / sizeof(key_paths[0]); i++)
        if (path_matches(key_paths[i], &tail))
            return true;
    return false;
}

struct initial_value {
    const char *path, *name;
    uint32_t type;
    const char *text; /* NULL: a number, or the machine's name */
    uint32_t number;
    uint32_t host_max; /* characters; 0: not that name */
};

static const struct initial_value initial_values[] = {
#define VALUE_SZ(path, name, text)      {path, name, REG_SZ, text, 0, 0},
#define VALUE_EXPAND(path, name, text)  {path, name, REG_EXPAND_SZ, text, 0, 0},
#define VALUE_DWORD(path, name, number) {path, name, REG_DWORD, NULL, number, 0},
#define VALUE_HOST(path, name, max)     {path, name, REG_SZ, NULL, 0, max},
#include "portico/registry.def"
};

static bool name_matches(const char *name, const WCHAR *wanted, size_t units)
{
    size_t i = 0;

    while (i < units && name[i] && is_same_letter(wanted[i], name[i]))
        i++;
    return i == units && !name[i];
}

static NTSTATUS initial_answer(const struct initial_value *value, ULONG *ret_type, void *buffer,
                               size_t size, size_t *ret_size)
{
    const char *text = value->text;
    char host[HOST_NAME_LABEL_MAX + 1];

    *ret_type = value->type;
    if (value->host_max) {
        host_name(value->host_max, host);
        text = host;
    }
    *ret_size = text ? (strlen(text) + 1) * sizeof(WCHAR) : sizeof(value->number);
    if (*ret_size > size)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!text)
        memcpy(buffer, &value->number, sizeof(value->number));
    else
        for (size_t i = 0; i < *ret_size / sizeof(WCHAR); i++)
            ((WCHAR *)buffer)[i] = (WCHAR)(unsigned char)text[i];
    return STATUS_SUCCESS;
}

NTSTATUS registry_def_value(const struct key *key, const WCHAR *name, size_t units, ULONG *ret_type,
                            void *buffer, size_t size, size_t *ret_size)
{
    struct tail tail;

    if (!tail_get(key->path, key->units, &tail))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    for (size_t i = 0; i < sizeof(initial_values) / sizeof(initial_values[0]); i++) {
        const struct initial_value *value = &initial_values[i];

        if (name_matches(value->name, name, units) && path_matches(value->path, &tail))
            return initial_answer(value, ret_type, buffer, size, ret_size);
    }
    return STATUS_OBJECT_NAME_NOT_FOUND;
}
