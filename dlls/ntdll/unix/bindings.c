/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What earlier programs found out about the imports of system DLLs, so that a start does not look
 * up some thousand names again.
 *
 * It is kept in a file of the runtime folder (binding_file.c), read when the first table of imports
 * of a system DLL is bound, and written at the end of a start that had to search. An entry is for
 * one version of three files, ntdll.dll, the importer and the exporter: when one of them changed it
 * is another entry's. Only imports that end inside the exporter's image are in it: what is
 * forwarded, replaced (ldr_replace.c) or missing is searched for each time, with all that comes of
 * it. DLLs from elsewhere, and programs, take no part. Without a runtime folder, which the first
 * port server makes, or when it cannot be written to, nothing is remembered.
 *
 * bindings_lock guards the list; an entry that was read stays where it is. */

#include "nttypes.h"

#include "binding_file.h"
#include "common/cleanup.h"
#include "common/trace.h"
#include "image.h"
#include "portico/portico.h"
#include "portico/protocol.h"
#include "process.h"
#include "unixcalls.h"
#include "usermem.h"
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { IMPORTS_MAX = 0x4000 };

static pthread_mutex_t bindings_lock = PTHREAD_MUTEX_INITIALIZER;
static struct binding_file file;
static bool is_read;

static bool path_get(char path[PATH_MAX])
{
    size_t n;

    if (portico_runtime_dir(path, PATH_MAX) != STATUS_SUCCESS)
        return false;
    n = strlen(path);
    return snprintf(path + n, PATH_MAX - n, "/%s", BINDINGS_NAME) < (int)(PATH_MAX - n);
}

static void read_locked(void)
{
    char path[PATH_MAX];

    if (is_read)
        return;
    is_read = true;
    if (path_get(path) && binding_file_read(&file, path))
        TRACE(loader, "%s: %zu bytes", path, file.known.size);
}

/* False: not between these two. */
static bool key_make(const void *importer, const void *exporter, ULONG table,
                     struct binding_key *ret_key)
{
    *ret_key = (struct binding_key){.table = table};
    return image_system_file(process.ntdll_base, &ret_key->loader) &&
           image_system_file(importer, &ret_key->importer) &&
           image_system_file(exporter, &ret_key->exporter);
}

NTSTATUS WINAPI unix_bindings_find(const void *importer, const void *exporter, ULONG table,
                                   struct unix_bindings *user)
{
    struct unix_bindings result;
    struct binding_key key;

    if (!key_make(importer, exporter, table, &key))
        return STATUS_NOT_FOUND;
    pthread_mutex_lock(&bindings_lock);
    read_locked();
    result.rvas = binding_file_find(&file, &key, &result.n);
    pthread_mutex_unlock(&bindings_lock);
    if (!result.rvas)
        return STATUS_NOT_FOUND;
    TRACE(loader, "%zu imports of the image at %p are known", (size_t)result.n, importer);
    return USER_PUT(user, result);
}

static bool key_is_settled(const struct binding_key *key)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return file_id_is_settled(&key->loader, now.tv_sec) &&
           file_id_is_settled(&key->importer, now.tv_sec) &&
           file_id_is_settled(&key->exporter, now.tv_sec);
}

/* Addresses of the exporter's image become offsets in it, others 0. */
static NTSTATUS rvas_read(const struct unix_bound *bound, const char *exporter, uint32_t *rvas)
{
    struct image_info info;
    uint64_t address;

    if (!image_info_of(exporter, &info))
        return STATUS_NOT_SUPPORTED;
    for (SIZE_T i = 0; i < bound->n; i++) {
        TRY(USER_GET(address, &bound->addresses[i]));
        address -= (uint64_t)exporter;
        rvas[i] = address < info.size_of_image ? (uint32_t)address : 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI unix_bindings_add(const void *importer, const void *exporter, ULONG table,
                                  const struct unix_bound *user)
{
    _cleanup_(freep) uint32_t *rvas = NULL;
    struct unix_bound bound;
    struct binding_key key;
    bool is_added;

    TRY(USER_GET(bound, user));
    if (bound.n > IMPORTS_MAX || !key_make(importer, exporter, table, &key) ||
        !key_is_settled(&key))
        return STATUS_NOT_SUPPORTED;
    rvas = malloc(bound.n * sizeof(uint32_t));
    if (!rvas)
        return STATUS_NO_MEMORY;
    TRY(rvas_read(&bound, exporter, rvas));
    pthread_mutex_lock(&bindings_lock);
    is_added = binding_file_add(&file, &key, rvas, bound.n);
    pthread_mutex_unlock(&bindings_lock);
    return is_added ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

NTSTATUS WINAPI unix_bindings_save(void)
{
    char path[PATH_MAX];
    bool is_written;

    pthread_mutex_lock(&bindings_lock);
    if (file.added.size && path_get(path)) {
        is_written = binding_file_write(&file, path);
        TRACE(loader, "%s: %zu bytes more%s", path, file.added.size,
              is_written ? "" : ", which cannot be written");
    }
    pthread_mutex_unlock(&bindings_lock);
    return STATUS_SUCCESS;
}
