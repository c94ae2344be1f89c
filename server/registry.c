/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See registry.h. */

#include "registry.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/host.h"
#include "common/sid.h"
#include "key.h"
#include "processors.h"
#include "server.h"

#define REG_SZ        1u
#define REG_EXPAND_SZ 2u
#define REG_DWORD     4u
#define TEXT_MAX      1024u
#define SID_TEXT_MAX  64u

/* One line of registry.def. */
struct initial {
    const char *path;
    const char *name; /* NULL: a key */
    uint32_t type;
    const char *text; /* NULL: a number, or (host_max) the machine's name */
    uint32_t number;
    uint32_t host_max; /* characters; 0: not that name */
};

static const struct initial initials[] = {
#define KEY(path)                       {path, NULL, 0, NULL, 0, 0},
#define VALUE_SZ(path, name, text)      {path, name, REG_SZ, text, 0, 0},
#define VALUE_EXPAND(path, name, text)  {path, name, REG_EXPAND_SZ, text, 0, 0},
#define VALUE_DWORD(path, name, number) {path, name, REG_DWORD, NULL, number, 0},
#define VALUE_HOST(path, name, max)     {path, name, REG_SZ, NULL, 0, max},
#include "portico/registry.def"
};

static const char *const volatiles[] = {
#define VOLATILE(path) path,
#include "portico/registry.def"
};

static const char *const read_only[] = {
#define READ_ONLY(path) path,
#include "portico/registry.def"
};

/* ASCII to UTF-16, "*" as the user's SID. */
static struct name path_expand(const char *path, const char *sid, uint16_t storage[TEXT_MAX])
{
    uint32_t n = 0;

    for (; *path && n < TEXT_MAX - 200; path++) {
        if (*path != '*')
            storage[n++] = (uint8_t)*path;
        else
            for (const char *c = sid; *c; c++)
                storage[n++] = (uint8_t)*c;
    }
    return (struct name){storage, n};
}

static status_t value_fill(struct key *key, const struct initial *initial)
{
    uint16_t name_storage[TEXT_MAX], storage[TEXT_MAX] = {0};
    struct name name = name_from_ascii(initial->name, name_storage);
    char host[HOST_NAME_LABEL_MAX + 1];
    const char *text = initial->text;

    if (!text && !initial->host_max)
        return key_value_set(key, name, REG_DWORD, &initial->number, sizeof(initial->number));
    if (initial->host_max) {
        host_name(initial->host_max, host);
        text = host;
    }
    struct name value = name_from_ascii(text, storage);
    return key_value_set(key, name, initial->type, storage, (value.length + 1) * 2);
}

static status_t initial_fill(struct server *server, const struct initial *initial, const char *sid)
{
    uint16_t storage[TEXT_MAX];
    struct key *parent, *key;
    struct name leaf = {NULL, 0};
    status_t status = key_walk(server->registry.root, path_expand(initial->path, sid, storage),
                               &parent, &leaf, &key);

    if (!status && !key)
        status = key_add(parent, NULL, leaf, &key);
    if (!status && initial->name)
        status = value_fill(key, initial);
    if (!status && !strcmp(initial->path + strlen(initial->path) -
                               MIN(strlen(initial->path), strlen("Time Zones")),
                           "Time Zones"))
        key->any_child = true;
    return status;
}

static const char *const later[] = {
#define ASK_SERVER(path) path,
#include "portico/registry.def"
};

static status_t key_find(struct server *server, const char *path, const char *sid,
                         struct key **ret_key)
{
    uint16_t storage[TEXT_MAX];
    struct key *parent;
    struct name leaf;
    status_t status =
        key_walk(server->registry.root, path_expand(path, sid, storage), &parent, &leaf, ret_key);

    return !status && !*ret_key ? STATUS_OBJECT_NAME_NOT_FOUND : status;
}

static status_t marks_set(struct server *server, const char *sid)
{
    status_t status = STATUS_SUCCESS;
    struct key *key;

    for (size_t i = 0; i < ARRAY_SIZE(read_only) && !status; i++) {
        status = key_find(server, read_only[i], sid, &key);
        if (!status)
            key->is_read_only = true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(volatiles) && !status; i++) {
        status = key_find(server, volatiles[i], sid, &key);
        if (!status)
            key->is_volatile = true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(later) && !status; i++) {
        status = key_find(server, later[i], sid, &key);
        if (!status)
            key->fill = processors_fill;
    }
    return status;
}

/* S-1-5-18, S-1-22-1-1000 ... */
static void user_sid_print(char ret_text[SID_TEXT_MAX])
{
    struct sid sid = sid_from_uid(getuid());
    int n = snprintf(ret_text, SID_TEXT_MAX, "S-%u-%u", sid.revision, sid.authority[5]);

    for (uint8_t i = 0; i < sid.count; i++)
        n += snprintf(ret_text + n, SID_TEXT_MAX - (size_t)n, "-%u", sid.sub[i]);
}

status_t registry_init(struct server *server)
{
    char sid[SID_TEXT_MAX];
    status_t status = key_new_root(server, &server->registry.root);

    user_sid_print(sid);
    for (size_t i = 0; i < ARRAY_SIZE(initials) && !status; i++)
        status = initial_fill(server, &initials[i], sid);
    if (!status)
        status = marks_set(server, sid);
    server->registry.is_filled = true;
    return status;
}

static void key_drop(struct key *key)
{
    struct key *child;

    while ((child = list_first(&key->children, struct key, sibling))) {
        list_remove(&child->sibling);
        key->n_children--;
        key_drop(child);
    }
    key->parent = NULL;
    key_unref(key);
}

void registry_deinit(struct server *server)
{
    if (server->registry.root)
        key_drop(server->registry.root);
    server->registry.root = NULL;
}

void registry_changed(struct server *server)
{
    struct registry *registry = &server->registry;

    if (registry->is_changed)
        return;
    registry->is_changed = true;
    if (server->listener.dir_fd >= 0)
        fd_close(openat(server->listener.dir_fd, REGISTRY_MARK_NAME,
                        O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600));
}

void registry_charge(struct server *server, int64_t bytes)
{
    server->registry.bytes += (uint64_t)bytes;
}

bool registry_has_room(const struct server *server, uint64_t bytes)
{
    return !server->registry.is_filled || server->registry.bytes + bytes <= REGISTRY_MAX_BYTES;
}
