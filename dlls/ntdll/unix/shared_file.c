/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Files that other processes share with this one, and this one with them.
 *
 * A file is its descriptor: the server keeps it and hands it on, and all holders have one open file
 * description, with one position. Here a server's file handle has a local file object, made when
 * the handle is first used, by which everything else (file_io.c ...) works on it. What belongs to
 * the file object and not to the description (completion port, byte-range locks, share modes,
 * delete-on-close) stays with the process that opened it. The descriptor carries its opener's
 * rights; the handle's are checked here.
 *
 * One hash of lists under one lock, a leaf but for files' destruction, which is done without it.
 *
 * (race 1: a thread that finds no proxy asks the server, and meanwhile another one closes the
 * handle: the proxy would stay, and be the file of the next handle of that value. So closes are
 * counted, and a look-up whose handle was closed meanwhile begins again, after the close; as in
 * libportico's handle cache, handle.h.)
 */
#include "common/seldom.h"
#include "client.h"
#include "file.h"
#include "named.h"
#include "pipe.h"
#include "shared.h"
#include "usermem.h"
#include <portico/portico.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_BUCKETS 256

struct proxy {
    struct proxy *next;
    handle_t handle;
    uint64_t object_id;
    struct file *file; /* a reference */
    bool is_outdated;  /* the handle means something else now */
};

struct bucket {
    struct proxy *first;
    uint32_t n_closes;  /* so far; wraps around */
    uint32_t n_closing; /* under way */
};

static struct bucket buckets[N_BUCKETS] SELDOM;
static pthread_mutex_t proxies_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t is_closed = PTHREAD_COND_INITIALIZER;

static struct bucket *bucket_of(handle_t handle)
{
    return &buckets[(handle >> 2) % N_BUCKETS];
}

NTSTATUS file_share(struct nt_object *object, handle_t *ret_server)
{
    struct file *file = (struct file *)object;
    _cleanup_nt_(path_freep) char *path = file_path(file);
    struct file_create_request request = {.access = FILE_ALL_ACCESS,
                                          .options = file->options & FILE_MODE_OPTIONS &
                                                     ~(ULONG)FILE_DELETE_ON_CLOSE,
                                          .file_kind = file->kind,
                                          .sharing = file->sharing};
    struct call_extra extra = {.data = path,
                               .data_size = path ? (uint32_t)strlen(path) : 0,
                               .n_fds = 1,
                               .fds = {file->fd}};
    struct file_create_reply reply;
    struct control *control = portico_control();

    if (file->fd < 0 || (file->pipe && pipe_check_connected(file)))
        return STATUS_NOT_SUPPORTED; /* an anonymous pipe's end that nobody has opened */
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    TRY((NTSTATUS)call_file_create(control, &request, &reply, &extra));
    *ret_server = reply.handle;
    return STATUS_SUCCESS;
}

static NTSTATUS file_fetch(handle_t handle, struct file **ret_file, uint64_t *ret_object_id)
{
    struct file_get_request request = {.handle = handle};
    struct file_get_reply reply;
    char path[4096 + 1];
    struct call_extra extra = {.ret_data = path, .ret_capacity = sizeof(path) - 1};
    struct file *file;
    NTSTATUS status;
    char *copy;

    TRY((NTSTATUS)call_file_get(portico_control(), &request, &reply, &extra));
    if (!extra.n_ret_fds) /* cut off: this process has no room for it */
        return STATUS_INSUFFICIENT_RESOURCES;
    path[extra.ret_size] = 0;
    copy = extra.ret_size ? strdup(path) : NULL;
    TRY(file_new(extra.ret_fds[0], copy, (enum file_kind)(reply.file_kind & ~FILE_KIND_OF_PIPE),
                 reply.access, reply.options, &file));
    file->sharing = reply.sharing;
    status = reply.file_kind & FILE_KIND_OF_PIPE ? pipe_arrived(file, handle) : STATUS_SUCCESS;
    if (status)
        file_unrefp(&file);
    else
        *ret_file = file;
    *ret_object_id = reply.object_id;
    return status;
}

NTSTATUS shared_file_fetch(handle_t handle, struct file **ret_file)
{
    uint64_t object_id;

    return file_fetch(handle, ret_file, &object_id);
}

/* The link to the handle's proxy, which is NULL when there is none. */
static struct proxy **link_find_locked(handle_t handle)
{
    struct proxy **link = &bucket_of(handle)->first;

    while (*link && (*link)->handle != handle)
        link = &(*link)->next;
    return link;
}

static struct proxy *proxy_take_out_locked(struct proxy **link)
{
    struct proxy *proxy = *link;

    if (proxy)
        *link = proxy->next;
    return proxy;
}

static void proxy_put_locked(struct proxy *proxy)
{
    struct bucket *bucket = bucket_of(proxy->handle);

    proxy->next = bucket->first;
    bucket->first = proxy;
}

static void proxy_free(struct proxy *proxy)
{
    if (proxy)
        file_unrefp(&proxy->file);
    free(proxy);
}

/* NULL: there is none; *ret_closes is for proxy_enter. */
static struct file *proxy_find(handle_t handle, uint32_t *ret_closes)
{
    struct bucket *bucket = bucket_of(handle);
    struct proxy **link, *outdated = NULL;
    struct file *file = NULL;

    pthread_mutex_lock(&proxies_lock);
    while (!*(link = link_find_locked(handle)) && bucket->n_closing)
        pthread_cond_wait(&is_closed, &proxies_lock);
    if (*link && (*link)->is_outdated)
        outdated = proxy_take_out_locked(link);
    else if (*link)
        file = (*link)->file;
    if (file)
        nt_object_ref(&file->header.header);
    *ret_closes = bucket->n_closes;
    pthread_mutex_unlock(&proxies_lock);
    proxy_free(outdated);
    return file;
}

/* Two threads may make one at once: the first counts. Takes `proxy` over. STATUS_RETRY: the handle
 * may have been closed meanwhile. */
static NTSTATUS proxy_enter(struct proxy *proxy, uint32_t n_closes, struct file **ret_file)
{
    struct bucket *bucket = bucket_of(proxy->handle);
    struct proxy *unused = proxy, *there;
    NTSTATUS status = STATUS_SUCCESS;

    pthread_mutex_lock(&proxies_lock);
    there = *link_find_locked(proxy->handle);
    if (bucket->n_closes != n_closes) {
        status = STATUS_RETRY;
    } else if (!there) {
        proxy_put_locked(proxy);
        there = proxy;
        unused = NULL;
    }
    if (!status) {
        *ret_file = there->file;
        nt_object_ref(&there->file->header.header);
    }
    pthread_mutex_unlock(&proxies_lock);
    proxy_free(unused);
    return status;
}

static NTSTATUS proxy_make(handle_t handle, uint32_t n_closes, struct file **ret_file)
{
    struct proxy *proxy = calloc(1, sizeof(*proxy));
    NTSTATUS status;

    if (!proxy)
        return STATUS_NO_MEMORY;
    proxy->handle = handle;
    status = file_fetch(handle, &proxy->file, &proxy->object_id);
    if (!status)
        return proxy_enter(proxy, n_closes, ret_file);
    free(proxy);
    return status;
}

static NTSTATUS proxy_get(handle_t handle, struct file **ret_file)
{
    NTSTATUS status;
    uint32_t n_closes;

    do {
        *ret_file = proxy_find(handle, &n_closes);
        status = *ret_file ? STATUS_SUCCESS : proxy_make(handle, n_closes, ret_file);
    } while (status == STATUS_RETRY);
    return status;
}

NTSTATUS shared_file_get(HANDLE handle, ACCESS_MASK access, struct file **ret_file)
{
    struct file *file;
    handle_t server;

    if (!client_may_have_handles()) /* no server handle can exist yet */
        return STATUS_INVALID_HANDLE;
    TRY(client_handle(handle, &server));
    TRY(proxy_get(server & ~(handle_t)3, &file));
    if (access & ~file->access) {
        file_unrefp(&file);
        return STATUS_ACCESS_DENIED;
    }
    *ret_file = file;
    return STATUS_SUCCESS;
}

struct proxy *shared_file_close_begin(handle_t handle)
{
    struct proxy *proxy;

    pthread_mutex_lock(&proxies_lock);
    bucket_of(handle)->n_closes++;
    bucket_of(handle)->n_closing++;
    proxy = proxy_take_out_locked(link_find_locked(handle));
    pthread_mutex_unlock(&proxies_lock);
    return proxy;
}

/* Whether the handle was closed is in no status of a duplication: a protected one is not. */
static bool is_still_there(const struct proxy *proxy)
{
    struct handle_query_request request = {.handle = proxy->handle};
    struct handle_query_reply reply;

    return call_handle_query(portico_control(), &request, &reply, NULL) == STATUS_SUCCESS &&
           reply.object_id == proxy->object_id;
}

void shared_file_close_end(handle_t handle, struct proxy *proxy, bool may_be_there)
{
    bool stays = proxy && may_be_there && is_still_there(proxy);

    pthread_mutex_lock(&proxies_lock);
    bucket_of(handle)->n_closing--;
    if (stays)
        proxy_put_locked(proxy);
    pthread_cond_broadcast(&is_closed);
    pthread_mutex_unlock(&proxies_lock);
    if (!stays)
        proxy_free(proxy);
}

void shared_file_outdate(handle_t handle, uint64_t object_id)
{
    struct proxy *proxy;

    pthread_mutex_lock(&proxies_lock);
    bucket_of(handle)->n_closes++;
    proxy = *link_find_locked(handle);
    if (proxy && proxy->object_id == object_id)
        proxy->is_outdated = true;
    pthread_mutex_unlock(&proxies_lock);
}
