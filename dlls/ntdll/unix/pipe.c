/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The ends of pipes: NtCreateNamedPipeFile, its clients' ends, ends that come from other processes.
 *
 * A named pipe's instance is a stream socket pair of the port server's making (server/pipe.h); both
 * ends are file objects that are shared with it, so a child that inherits one, or a program that
 * gets one sent, works on it as this process does. Bytes go from end to end. A pipe of message type
 * frames them (pipe_message.c).
 *
 * What CreatePipe makes is no concern of others and needs no server: a pipe with the name that
 * kernel32 makes up from this process's id is one of this process, with a Linux pipe (one
 * direction) or a socket pair (both) of its own, of byte type. DIFFERS: no other process can open
 * that name.
 *
 * TODO(pipes): quotas (the socket buffers' sizes decide when a writer waits).
 */
#include "client.h"
#include "create.h"
#include "ntprocess.h"
#include "pipe.h"
#include "token.h"
#include "usermem.h"
#include <fcntl.h>
#include <portico/portico.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A pipe of this process whose client's end has not been opened. */
struct anonymous_pipe {
    struct ntlist link; /* pipe_lock */
    WCHAR *name;
    ULONG configuration;
    int client_fd;
    struct pipe_end *server;
};

static pthread_mutex_t pipe_lock = PTHREAD_MUTEX_INITIALIZER;
static struct ntlist anonymous_pipes = {&anonymous_pipes, &anonymous_pipes};

struct pipe_end *pipe_end_new(bool is_server, uint32_t type, uint32_t mode)
{
    struct pipe_end *end = calloc(1, sizeof(*end));

    if (!end)
        return NULL;
    end->is_server = is_server;
    end->is_message_type = type & PIPE_TYPE_MESSAGES;
    end->reads_messages = mode & PIPE_MODE_MESSAGES;
    end->does_not_wait = mode & PIPE_MODE_NO_WAIT;
    end->state = is_server ? PIPE_LISTENING : PIPE_CONNECTED;
    pthread_mutex_init(&end->lock, NULL);
    pthread_mutex_init(&end->turns[0], NULL);
    pthread_mutex_init(&end->turns[1], NULL);
    return end;
}

/* ---- of this process ---- */

static void anonymous_free(struct anonymous_pipe *pipe)
{
    if (!pipe)
        return;
    if (pipe->client_fd >= 0)
        close(pipe->client_fd);
    free(pipe->name);
    free(pipe);
}

static struct anonymous_pipe *anonymous_take(struct pipe_end *end)
{
    struct anonymous_pipe *pipe;

    pthread_mutex_lock(&pipe_lock);
    pipe = end->anonymous;
    if (pipe)
        ntlist_unlink(&pipe->link);
    end->anonymous = NULL;
    pthread_mutex_unlock(&pipe_lock);
    return pipe;
}

void pipe_end_free(struct file *file)
{
    if (!file->pipe)
        return;
    anonymous_free(anonymous_take(file->pipe));
    free(file->pipe);
    file->pipe = NULL;
}

void pipe_end_closed(struct file *file)
{
    anonymous_free(anonymous_take(file->pipe));
    /* A thread that sleeps in a call on it must see the end, other processes' ends must not. */
    if (file->pipe->is_anonymous && !file->header.header.shared)
        shutdown(file->fd, SHUT_RDWR);
    /* The instance is free when CloseHandle returns, whoever still works on the file object. */
    if (!file->pipe->is_anonymous) {
        handle_t server = atomic_exchange(&file->header.header.shared, 0);

        if (server)
            (void)!portico_close(server);
    }
}

static bool name_is_anonymous(const WCHAR *name)
{
    char prefix[64];
    size_t i = 0;

    snprintf(prefix, sizeof(prefix), "Win32.Pipes.%08u.", (unsigned)getpid());
    while (prefix[i] && name[i] == (WCHAR)prefix[i])
        i++;
    return !prefix[i];
}

/* The two descriptors: [0] the server's. */
static NTSTATUS pair_make(ULONG configuration, int fds[2])
{
    int made[2];

    if (configuration == 2)
        return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)
                   ? STATUS_TOO_MANY_OPENED_FILES
                   : STATUS_SUCCESS;
    if (pipe2(made, O_CLOEXEC))
        return STATUS_TOO_MANY_OPENED_FILES;
    fds[0] = configuration == 0 ? made[0] : made[1];
    fds[1] = configuration == 0 ? made[1] : made[0];
    return STATUS_SUCCESS;
}

static bool name_equals(const WCHAR *a, const WCHAR *b)
{
    for (; upcase(*a) == upcase(*b); a++, b++)
        if (!*a)
            return true;
    return false;
}

/* The pipe of this name, out of the list; NULL: none. */
static struct anonymous_pipe *anonymous_find(const WCHAR *name)
{
    struct anonymous_pipe *found = NULL;

    pthread_mutex_lock(&pipe_lock);
    for (struct ntlist *link = anonymous_pipes.next; link != &anonymous_pipes && !found;
         link = link->next) {
        struct anonymous_pipe *pipe = ntlist_entry(link, struct anonymous_pipe, link);

        if (name_equals(pipe->name, name))
            found = pipe;
    }
    if (found) {
        ntlist_unlink(&found->link);
        found->server->anonymous = NULL;
        pthread_mutex_lock(&found->server->lock);
        found->server->state = PIPE_CONNECTED;
        pthread_mutex_unlock(&found->server->lock);
    }
    pthread_mutex_unlock(&pipe_lock);
    return found;
}

static NTSTATUS anonymous_open(const WCHAR *name, int *ret_fd)
{
    struct anonymous_pipe *pipe = anonymous_find(name);

    if (!pipe)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    *ret_fd = pipe->client_fd;
    pipe->client_fd = -1;
    anonymous_free(pipe);
    return STATUS_SUCCESS;
}

struct pipe_request {
    const WCHAR *name;
    ULONG access, options, configuration, disposition;
    ULONG type, mode, max_instances, quota_in, quota_out;
    int64_t timeout_ns;
};

static NTSTATUS anonymous_create(const struct pipe_request *request, struct pipe_end *end,
                                 int *ret_fd)
{
    struct anonymous_pipe *pipe = calloc(1, sizeof(*pipe));
    size_t units = 0;
    NTSTATUS status;
    int fds[2];

    while (request->name[units])
        units++;
    if (pipe)
        pipe->name = malloc((units + 1) * sizeof(WCHAR));
    status = pipe && pipe->name ? pair_make(request->configuration, fds) : STATUS_NO_MEMORY;
    if (status) {
        free(pipe ? pipe->name : NULL);
        free(pipe);
        return status;
    }
    memcpy(pipe->name, request->name, (units + 1) * sizeof(WCHAR));
    pipe->client_fd = fds[1];
    pipe->server = end;
    end->is_anonymous = true;
    end->anonymous = pipe;
    pthread_mutex_lock(&pipe_lock);
    ntlist_append(&anonymous_pipes, &pipe->link);
    pthread_mutex_unlock(&pipe_lock);
    *ret_fd = fds[0];
    return STATUS_SUCCESS;
}

/* ---- named ---- */

static size_t name_bytes(const WCHAR *name)
{
    size_t units = 0;

    while (name[units])
        units++;
    return units * sizeof(WCHAR);
}

/* The descriptor is cut off when this process has no room for it. */
static NTSTATUS end_check_came(const struct call_extra *extra, handle_t server)
{
    if (extra->n_ret_fds)
        return STATUS_SUCCESS;
    (void)!portico_close(server);
    return STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS server_create(const struct pipe_request *wanted, bool *ret_existed, int *ret_fd,
                              handle_t *ret_server)
{
    struct pipe_create_request request = {.timeout_ns = wanted->timeout_ns,
                                          .access = FILE_ALL_ACCESS,
                                          .options = wanted->options & FILE_MODE_OPTIONS,
                                          .file_kind = FILE_KIND_PIPE | FILE_KIND_OF_PIPE,
                                          .disposition = wanted->disposition,
                                          .configuration = wanted->configuration,
                                          .type = wanted->type,
                                          .max_instances = wanted->max_instances,
                                          .quota_in = wanted->quota_in,
                                          .quota_out = wanted->quota_out,
                                          .mode = wanted->mode};
    struct objattr objattr = {.name_size = (uint32_t)name_bytes(wanted->name)};
    struct call_extra extra = {.objattr = &objattr, .name = wanted->name};
    struct pipe_create_reply reply;
    struct control *control;

    client_need();
    control = portico_control();
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    TRY((NTSTATUS)call_pipe_create(control, &request, &reply, &extra));
    TRY(end_check_came(&extra, reply.handle));
    *ret_existed = reply.existed;
    *ret_server = reply.handle;
    *ret_fd = extra.ret_fds[0];
    return STATUS_SUCCESS;
}

/* How far a pipe's server may act as its client: who says nothing lets it. */
static NTSTATUS level_of(const void *user_quality, uint32_t *ret_level)
{
    struct portico_qos quality;
    bool is_given;

    TRY(qos_read(user_quality, &is_given, &quality));
    *ret_level = is_given ? quality.level : SecurityImpersonation;
    return STATUS_SUCCESS;
}

static NTSTATUS server_open(const WCHAR *name, ACCESS_MASK access, ULONG options,
                            const void *user_quality, uint32_t *ret_type, int *ret_fd,
                            handle_t *ret_server)
{
    struct pipe_open_request request = {.access = access_map(&file_type, access),
                                        .options = options & FILE_MODE_OPTIONS,
                                        .file_kind = FILE_KIND_PIPE | FILE_KIND_OF_PIPE};
    struct objattr objattr = {.name_size = (uint32_t)name_bytes(name)};
    struct call_extra extra = {.objattr = &objattr, .name = name};
    struct pipe_open_reply reply;
    struct control *control;

    TRY(level_of(user_quality, &request.level));
    client_need();
    control = portico_control();
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    TRY((NTSTATUS)call_pipe_open(control, &request, &reply, &extra));
    TRY(end_check_came(&extra, reply.handle));
    *ret_type = reply.type;
    *ret_server = reply.handle;
    *ret_fd = extra.ret_fds[0];
    /* It is there: the server's end waits for this byte. */
    (void)send(*ret_fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    return STATUS_SUCCESS;
}

NTSTATUS pipe_arrived(struct file *file, handle_t server)
{
    struct pipe_query_request request = {.handle = server};
    struct pipe_query_reply reply;

    TRY((NTSTATUS)call_pipe_query(portico_control(), &request, &reply, NULL));
    file->pipe = pipe_end_new(reply.is_server, reply.type, reply.mode);
    if (!file->pipe)
        return STATUS_NO_MEMORY;
    if (reply.is_server)
        file->pipe->state = reply.state == PIPE_DISCONNECTED ? PIPE_DISCONNECTED
                            : reply.mode & PIPE_MODE_GREETED ? PIPE_CONNECTED
                                                             : PIPE_LISTENING;
    return STATUS_SUCCESS;
}

/* ---- file objects ---- */

/* Takes everything over, also on failure. */
static NTSTATUS end_file(struct pipe_end *end, int fd, handle_t server, ACCESS_MASK access,
                         ULONG options, struct file **ret_file)
{
    NTSTATUS status =
        file_new(fd, NULL, FILE_KIND_PIPE, access, options & FILE_MODE_OPTIONS, ret_file);

    if (status) {
        if (server)
            (void)!portico_close(server);
        anonymous_free(anonymous_take(end));
        free(end);
        return status;
    }
    (*ret_file)->pipe = end;
    if (server)
        atomic_store(&(*ret_file)->header.header.shared, server);
    return STATUS_SUCCESS;
}

NTSTATUS pipe_open(const WCHAR *name, ACCESS_MASK access, ULONG options, const void *user_quality,
                   struct file **ret_file)
{
    struct pipe_end *end;
    handle_t server = 0;
    uint32_t type = 0;
    NTSTATUS status;
    int fd = -1;

    if (!*name) /* the device itself: what WaitNamedPipe opens */
        return file_new(-1, NULL, FILE_KIND_PIPE, access, options & FILE_MODE_OPTIONS, ret_file);
    status = name_is_anonymous(name)
                 ? anonymous_open(name, &fd)
                 : server_open(name, access, options, user_quality, &type, &fd, &server);
    if (status)
        return status;
    end = pipe_end_new(false, type, 0);
    if (!end) {
        close(fd);
        if (server)
            (void)!portico_close(server);
        return STATUS_NO_MEMORY;
    }
    end->is_anonymous = !server;
    return end_file(end, fd, server, access, options, ret_file);
}

static NTSTATUS pipe_create(const struct pipe_request *request, bool *ret_existed,
                            struct file **ret_file)
{
    struct pipe_end *end = pipe_end_new(true, request->type, request->mode);
    handle_t server = 0;
    NTSTATUS status;
    int fd = -1;

    if (!end)
        return STATUS_NO_MEMORY;
    if (name_is_anonymous(request->name) && !request->type && !request->mode)
        status = anonymous_create(request, end, &fd);
    else
        status = server_create(request, ret_existed, &fd, &server);
    if (status) {
        free(end);
        return status;
    }
    return end_file(end, fd, server, request->access, request->options, ret_file);
}

static NTSTATUS pipe_name_get(const struct creation *creation, WCHAR **ret_name)
{
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    struct nt_path path = {0};
    size_t units;
    NTSTATUS status;

    if (!creation->has_name)
        return STATUS_OBJECT_NAME_INVALID;
    TRY(name_copy(&creation->user_name, &name, &units));
    if (creation->root) { /* relative to the pipe device */
        *ret_name = name;
        name = NULL;
        return STATUS_SUCCESS;
    }
    status = nt_path_from_name(name, units, &path);
    if (!status && path.kind != PATH_PIPE)
        status = STATUS_OBJECT_NAME_INVALID;
    if (!status) {
        *ret_name = path.pipe_name;
        path.pipe_name = NULL;
    }
    nt_path_deinit(&path);
    return status;
}

static int64_t default_timeout(LARGE_INTEGER timeout)
{
    /* An interval is negative; kernel32 gives 50 ms for none. */
    return timeout.QuadPart == INT64_MIN ? TIMEOUT_NEVER
           : timeout.QuadPart < 0        ? pipe_timeout_ns(-timeout.QuadPart)
                                         : 0;
}

static NTSTATUS request_check(const struct pipe_request *request)
{
    if (request->configuration == 3 || !request->max_instances ||
        request->disposition < FILE_OPEN || request->disposition > FILE_OPEN_IF)
        return STATUS_INVALID_PARAMETER;
    /* Messages are read only where they are written. */
    if ((request->mode & PIPE_MODE_MESSAGES) && !(request->type & PIPE_TYPE_MESSAGES))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtCreateNamedPipeFile(PHANDLE ret_handle, ULONG access,
                                      POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK user_iosb,
                                      ULONG sharing, ULONG disposition, ULONG options, ULONG type,
                                      ULONG read_mode, ULONG completion_mode, ULONG max_instances,
                                      ULONG quota_in, ULONG quota_out, PLARGE_INTEGER user_timeout)
{
    struct pipe_request request = {
        .access = access,
        .options = options,
        .configuration = sharing == FILE_SHARE_WRITE                       ? 0
                         : sharing == FILE_SHARE_READ                      ? 1
                         : sharing == (FILE_SHARE_READ | FILE_SHARE_WRITE) ? 2
                                                                           : 3,
        /* Wine's CreatePipe asks to overwrite: a pipe has no old contents. */
        .disposition = disposition == FILE_OVERWRITE_IF ? FILE_OPEN_IF : disposition,
        .type = type & FILE_PIPE_TYPE_MESSAGE,
        .mode = (read_mode ? PIPE_MODE_MESSAGES : 0) | (completion_mode ? PIPE_MODE_NO_WAIT : 0),
        .max_instances = max_instances,
        .quota_in = quota_in,
        .quota_out = quota_out};
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    IO_STATUS_BLOCK iosb = {.Information = 0};
    LARGE_INTEGER timeout = {.QuadPart = 0};
    struct creation creation;
    bool existed = false;
    struct file *file;

    TRY(create_begin(ret_handle, attributes, &creation));
    TRY(user_probe_write(user_iosb, sizeof(iosb)));
    if (user_timeout)
        TRY(USER_GET(timeout, user_timeout));
    request.timeout_ns = default_timeout(timeout);
    TRY(request_check(&request));
    TRY(pipe_name_get(&creation, &name));
    request.name = name;
    TRY(pipe_create(&request, &existed, &file));
    TRY(create_end(ret_handle, &file->header.header, access, &creation));
    iosb.Status = STATUS_SUCCESS;
    iosb.Information = existed ? FILE_OPENED : FILE_CREATED;
    return USER_PUT(user_iosb, iosb);
}
