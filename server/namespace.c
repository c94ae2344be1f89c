/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The names that are there from the start. One session, number 1 as for an interactive user on
 * Windows; session 0's names are the global ones. "Global", "Local" and "Session" inside the
 * session's directory are what kernelbase's names lead through. The drives are there to be listed
 * (GetLogicalDrives): files are opened by the programs themselves (dlls/ntdll/unix/ntpath.c), which
 * never ask for them here, and what the links lead to does not exist. */

#include <assert.h>
#include <string.h>

#include "directory.h"
#include "server.h"
#include "symlink.h"

static const struct {
    const char *path;
    const char *target; /* NULL: a directory */
} initial_names[] = {
    {"\\??", NULL},
    {"\\DosDevices", "\\??"},
    {"\\??\\C:", "\\Device\\HarddiskVolume1"},
    {"\\??\\Z:", "\\Device\\HarddiskVolume2"},
    {"\\BaseNamedObjects", NULL},
    {"\\Device", NULL},
    {"\\KernelObjects", NULL},
    {"\\KnownDlls", NULL},
    {"\\RPC Control", NULL},
    {"\\Security", NULL},
    {"\\Sessions", NULL},
    {"\\Windows", NULL},
    {"\\Sessions\\0", NULL},
    {"\\Sessions\\0\\BaseNamedObjects", "\\BaseNamedObjects"},
    {"\\Sessions\\0\\Windows", "\\Windows"},
    {"\\Sessions\\1", NULL},
    {"\\Sessions\\1\\BaseNamedObjects", NULL},
    {"\\Sessions\\1\\Windows", NULL},
    {"\\Sessions\\BNOLINKS", NULL},
    {"\\Sessions\\BNOLINKS\\0", "\\Sessions\\0\\BaseNamedObjects"},
    {"\\Sessions\\BNOLINKS\\1", "\\Sessions\\1\\BaseNamedObjects"},
    {"\\Sessions\\1\\BaseNamedObjects\\Global", "\\BaseNamedObjects"},
    {"\\Sessions\\1\\BaseNamedObjects\\Local", "\\Sessions\\1\\BaseNamedObjects"},
    {"\\Sessions\\1\\BaseNamedObjects\\Session", "\\Sessions\\BNOLINKS"},
    {"\\BaseNamedObjects\\Global", "\\BaseNamedObjects"},
    {"\\BaseNamedObjects\\Local", "\\BaseNamedObjects"},
    {"\\BaseNamedObjects\\Session", "\\Sessions\\BNOLINKS"},
};

static status_t initial_make(struct server *server, const char *path, const char *target)
{
    uint16_t path_chars[128], target_chars[128];
    _cleanup_(lookup_deinit) struct lookup lookup = {0};
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status;

    assert(strlen(path) < ARRAY_SIZE(path_chars));
    status = namespace_lookup(server, NULL, name_from_ascii(path, path_chars), 0, true, &lookup);
    if (status)
        return status;
    assert(lookup.parent);
    if (target)
        status = symlink_new(server, NULL, name_from_ascii(target, target_chars), &object);
    else
        status = directory_new(server, NULL, &object);
    if (!status)
        status = directory_insert(lookup.parent, object, lookup.leaf);
    if (status)
        return status;
    /* The reference stays: it is the daemon's, dropped by namespace_deinit(). */
    TAKE(object)->permanent = true;
    return STATUS_SUCCESS;
}

status_t namespace_init(struct server *server)
{
    struct object *root;
    status_t status = directory_new(server, NULL, &root);

    if (status)
        return status;
    root->permanent = true;
    server->root = CONTAINER_OF(root, struct directory, object);
    for (size_t i = 0; i < ARRAY_SIZE(initial_names) && !status; i++)
        status = initial_make(server, initial_names[i].path, initial_names[i].target);
    return status;
}

static struct object *last_permanent(const struct server *server)
{
    struct object *object, *last = NULL;

    list_for_each(object, &server->objects, link)
        if (object->permanent)
            last = object;
    return last;
}

/* Everybody's handles are closed: what is left is permanent, ours or a client's. Children were made
 * after their parents and go first; others may go with them, so each look is a new one. */
void namespace_deinit(struct server *server)
{
    struct object *object;

    while ((object = last_permanent(server)))
        object_make_temporary(object);
    server->root = NULL;
}
