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
 */
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
    struct file *file; /* a reference */
    bool is_outdated;  /* the handle means something else now */
};

static struct proxy *buckets[N_BUCKETS];
static pthread_mutex_t proxies_lock = PTHREAD_MUTEX_INITIALIZER;

static struct proxy **bucket_of(handle_t handle)
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

NTSTATUS shared_file_fetch(handle_t handle, struct file **ret_file)
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
    return status;
}

/* The link to the handle's proxy, which is NULL when there is none. */
static struct proxy **link_find_locked(handle_t handle)
{
    struct proxy **link = bucket_of(handle);

    while (*link && (*link)->handle != handle)
        link = &(*link)->next;
    return link;
}

static struct file *proxy_take_out_locked(struct proxy **link)
{
    struct proxy *proxy = *link;
    struct file *file = proxy ? proxy->file : NULL;

    if (proxy)
        *link = proxy->next;
    free(proxy);
    return file;
}

static struct file *proxy_find(handle_t handle)
{
    struct file *file = NULL, *outdated = NULL;
    struct proxy **link;

    pthread_mutex_lock(&proxies_lock);
    link = link_find_locked(handle);
    if (*link && (*link)->is_outdated)
        outdated = proxy_take_out_locked(link);
    else if (*link)
        file = (*link)->file;
    if (file)
        nt_object_ref(&file->header.header);
    pthread_mutex_unlock(&proxies_lock);
    file_unrefp(&outdated);
    return file;
}

/* Two threads may make one at once: the first counts. Takes `file` over. */
static NTSTATUS proxy_enter(handle_t handle, struct file *file, struct file **ret_file)
{
    struct proxy *made = malloc(sizeof(*made)), *proxy;

    if (!made) {
        nt_object_unref(&file->header.header);
        return STATUS_NO_MEMORY;
    }
    pthread_mutex_lock(&proxies_lock);
    proxy = *link_find_locked(handle);
    if (!proxy) {
        *made = (struct proxy){.next = *bucket_of(handle), .handle = handle, .file = file};
        *bucket_of(handle) = proxy = made;
        made = NULL;
        file = NULL;
    }
    *ret_file = proxy->file;
    nt_object_ref(&proxy->file->header.header);
    pthread_mutex_unlock(&proxies_lock);
    free(made);
    file_unrefp(&file);
    return STATUS_SUCCESS;
}

NTSTATUS shared_file_get(HANDLE handle, ACCESS_MASK access, struct file **ret_file)
{
    struct file *file;
    handle_t server;

    if (!client_may_have_handles()) /* no server handle can exist yet */
        return STATUS_INVALID_HANDLE;
    TRY(client_handle(handle, &server));
    server &= ~(handle_t)3;
    file = proxy_find(server);
    if (!file) {
        TRY(shared_file_fetch(server, &file));
        TRY(proxy_enter(server, file, &file));
    }
    if (access & ~file->access) {
        file_unrefp(&file);
        return STATUS_ACCESS_DENIED;
    }
    *ret_file = file;
    return STATUS_SUCCESS;
}

void shared_file_forget(handle_t handle)
{
    struct file *file;

    pthread_mutex_lock(&proxies_lock);
    file = proxy_take_out_locked(link_find_locked(handle));
    pthread_mutex_unlock(&proxies_lock);
    file_unrefp(&file);
}

void shared_file_outdate(handle_t handle)
{
    struct proxy *proxy;

    pthread_mutex_lock(&proxies_lock);
    proxy = *link_find_locked(handle);
    if (proxy)
        proxy->is_outdated = true;
    pthread_mutex_unlock(&proxies_lock);
}
