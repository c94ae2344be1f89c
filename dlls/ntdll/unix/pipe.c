/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Pipes: NtCreateNamedPipeFile, its client end, FSCTL_PIPE_*.
 *
 * An instance is a Linux pipe (one direction) or a stream socket pair (both), made with the
 * server's end; opening the name takes the other descriptor of the first instance that listens.
 * After that the two file objects are ordinary streams (io_stream.c), so a child process can
 * inherit one as a plain descriptor; closing one end ends the other's stream.
 *
 * Byte mode only; message mode is refused. DIFFERS: names are seen within the process (CreatePipe
 * needs no more).
 * TODO(pipes): names across processes, message mode, overlapped FSCTL_PIPE_LISTEN.
 */
#include "create.h"
#include "ntprocess.h"
#include "pipe.h"
#include "usermem.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <winioctl.h>

#ifndef FSCTL_PIPE_DISCONNECT
#define FSCTL_PIPE_DISCONNECT 0x110004
#define FSCTL_PIPE_LISTEN     0x110008
#define FSCTL_PIPE_PEEK       0x11400c
#define FSCTL_PIPE_WAIT       0x110018
#endif

enum pipe_state { PIPE_LISTENING, PIPE_CONNECTED, PIPE_DISCONNECTED };

struct pipe {
    struct ntlist link; /* pipe_lock, as all below */
    unsigned n_refs;
    WCHAR *name;
    ULONG configuration; /* 0 inbound (client writes), 1 outbound, 2 both */
    ULONG max_instances;
    ULONG quota_in, quota_out;
    enum pipe_state state;
    int client_fd; /* until it is opened; -1 */
    bool server_is_open;
    struct notification connected;
};

static pthread_mutex_t pipe_lock = PTHREAD_MUTEX_INITIALIZER;
static struct ntlist pipes = {&pipes, &pipes};
static const struct nt_type connected_type = {.name = u"Pipe",
                                              .is_signaled = notification_is_signaled};

void pipe_unref(struct pipe *pipe)
{
    bool last;

    pthread_mutex_lock(&pipe_lock);
    last = !--pipe->n_refs;
    if (last)
        ntlist_unlink(&pipe->link);
    pthread_mutex_unlock(&pipe_lock);
    if (!last)
        return;
    if (pipe->client_fd >= 0)
        close(pipe->client_fd);
    free(pipe->name);
    free(pipe);
}

/* The server end went: the name can no longer be opened through this instance. */
void pipe_end_closed(struct file *file)
{
    struct pipe *pipe = file->pipe;
    int fd;

    pthread_mutex_lock(&pipe_lock);
    if (file->pipe_end) {
        pipe->server_is_open = false;
        ntlist_unlink(&pipe->link);
        if (pipe->client_fd >= 0)
            close(pipe->client_fd);
        pipe->client_fd = -1;
    }
    pipe->state = PIPE_DISCONNECTED;
    fd = file->fd;
    pthread_mutex_unlock(&pipe_lock);
    /* A duplicate of a socket in a sleeping call must see the end too; other processes' not. */
    if (fd >= 0 && !file->header.header.shared)
        shutdown(fd, SHUT_RDWR);
}

NTSTATUS pipe_check_connected(struct file *file)
{
    NTSTATUS status = STATUS_SUCCESS;

    pthread_mutex_lock(&pipe_lock);
    if (file->pipe_end && file->pipe->state == PIPE_LISTENING)
        status = STATUS_PIPE_LISTENING;
    pthread_mutex_unlock(&pipe_lock);
    return status;
}

/* The two descriptors of an instance: [0] the server's. */
static NTSTATUS pair_make(ULONG configuration, int fds[2])
{
    int made[2];

    if (configuration == 2) {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
            return STATUS_TOO_MANY_OPENED_FILES;
        return STATUS_SUCCESS;
    }
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

/* Appends the instance if the name has room for it. */
static NTSTATUS pipe_register(struct pipe *pipe, ULONG disposition, bool *ret_existed)
{
    NTSTATUS status = STATUS_SUCCESS;
    ULONG n = 0;

    pthread_mutex_lock(&pipe_lock);
    for (struct ntlist *link = pipes.next; link != &pipes; link = link->next) {
        struct pipe *other = ntlist_entry(link, struct pipe, link);

        if (!name_equals(other->name, pipe->name))
            continue;
        n++;
        if (other->max_instances <= n)
            status = STATUS_INSTANCE_NOT_AVAILABLE;
        if (other->configuration != pipe->configuration)
            status = STATUS_ACCESS_DENIED;
    }
    if (n && disposition == FILE_CREATE)
        status = STATUS_ACCESS_DENIED;
    if (!n && disposition == FILE_OPEN)
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    if (!status)
        ntlist_append(&pipes, &pipe->link);
    pthread_mutex_unlock(&pipe_lock);
    *ret_existed = n;
    return status;
}

static NTSTATUS pipe_new(WCHAR *name, ULONG configuration, struct pipe **ret_pipe, int *ret_fd)
{
    struct pipe *pipe = calloc(1, sizeof(*pipe));
    NTSTATUS status;
    int fds[2];

    if (!pipe) {
        free(name);
        return STATUS_NO_MEMORY;
    }
    pipe->name = name;
    pipe->n_refs = 1;
    pipe->client_fd = -1;
    pipe->configuration = configuration;
    pipe->server_is_open = true;
    nt_object_init(&pipe->connected.header, &connected_type);
    ntlist_init(&pipe->link);
    status = pair_make(configuration, fds);
    if (status) {
        pipe_unref(pipe);
        return status;
    }
    *ret_fd = fds[0];
    pipe->client_fd = fds[1];
    *ret_pipe = pipe;
    return STATUS_SUCCESS;
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

NTSTATUS WINAPI NtCreateNamedPipeFile(PHANDLE ret_handle, ULONG access,
                                      POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK user_iosb,
                                      ULONG sharing, ULONG disposition, ULONG options, ULONG type,
                                      ULONG read_mode, ULONG completion_mode, ULONG max_instances,
                                      ULONG quota_in, ULONG quota_out, PLARGE_INTEGER timeout)
{
    ULONG configuration = sharing == FILE_SHARE_WRITE                       ? 0
                          : sharing == FILE_SHARE_READ                      ? 1
                          : sharing == (FILE_SHARE_READ | FILE_SHARE_WRITE) ? 2
                                                                            : 3;
    IO_STATUS_BLOCK iosb = {.Information = 0};
    struct creation creation;
    struct pipe *pipe = NULL;
    struct file *file;
    WCHAR *name = NULL;
    NTSTATUS status;
    bool existed;
    int fd = -1;

    (void)timeout; /* of clients that wait for an instance */
    TRY(create_begin(ret_handle, attributes, &creation));
    TRY(user_probe_write(user_iosb, sizeof(iosb)));
    if (disposition ==
        FILE_OVERWRITE_IF) /* what Wine's CreatePipe asks for: a pipe has no old contents */
        disposition = FILE_OPEN_IF;
    if (configuration == 3 || !max_instances || disposition < FILE_OPEN ||
        disposition > FILE_OPEN_IF)
        return STATUS_INVALID_PARAMETER;
    if (type || read_mode || completion_mode) {
        unimplemented_once(__func__, "message mode or no-wait mode, pipe type", type);
        return STATUS_NOT_SUPPORTED;
    }
    TRY(pipe_name_get(&creation, &name));
    TRY(pipe_new(name, configuration, &pipe, &fd));
    pipe->max_instances = max_instances;
    pipe->quota_in = quota_in;
    pipe->quota_out = quota_out;
    status = pipe_register(pipe, disposition, &existed);
    if (status) {
        close(fd);
        pipe_unref(pipe);
        return status;
    }
    status = file_new(fd, NULL, FILE_KIND_PIPE, access, options & FILE_MODE_OPTIONS, &file);
    if (status) {
        pipe_unref(pipe);
        return status;
    }
    file->pipe = pipe;
    file->pipe_end = 1;
    TRY(create_end(ret_handle, &file->header.header, access, &creation));
    iosb.Status = STATUS_SUCCESS;
    iosb.Information = existed ? FILE_OPENED : FILE_CREATED;
    return USER_PUT(user_iosb, iosb);
}

/* The first listening instance becomes connected; its client descriptor is the caller's. */
static NTSTATUS pipe_take(const WCHAR *name, ACCESS_MASK access, struct pipe **ret_pipe,
                          int *ret_fd)
{
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;

    access = access_map(&file_type, access);
    pthread_mutex_lock(&pipe_lock);
    for (struct ntlist *link = pipes.next; link != &pipes; link = link->next) {
        struct pipe *pipe = ntlist_entry(link, struct pipe, link);

        if (!name_equals(pipe->name, name))
            continue;
        status = STATUS_PIPE_NOT_AVAILABLE;
        if (pipe->state != PIPE_LISTENING)
            continue;
        if ((pipe->configuration == 0 && (access & FILE_READ_DATA)) ||
            (pipe->configuration == 1 && (access & FILE_WRITE_DATA))) {
            status = STATUS_ACCESS_DENIED;
            break;
        }
        pipe->state = PIPE_CONNECTED;
        pipe->n_refs++;
        *ret_fd = pipe->client_fd;
        pipe->client_fd = -1;
        *ret_pipe = pipe;
        status = STATUS_SUCCESS;
        break;
    }
    pthread_mutex_unlock(&pipe_lock);
    return status;
}

NTSTATUS pipe_open(const WCHAR *name, ACCESS_MASK access, ULONG options, struct file **ret_file)
{
    struct pipe *pipe = NULL;
    NTSTATUS status;
    int fd = -1;

    if (!*name) /* the device itself: what WaitNamedPipe opens */
        return file_new(-1, NULL, FILE_KIND_PIPE, access, options & FILE_MODE_OPTIONS, ret_file);
    TRY(pipe_take(name, access, &pipe, &fd));
    status = file_new(fd, NULL, FILE_KIND_PIPE, access, options & FILE_MODE_OPTIONS, ret_file);
    if (status) {
        pipe_unref(pipe);
        return status;
    }
    (*ret_file)->pipe = pipe;
    notification_signal(&pipe->connected);
    return STATUS_SUCCESS;
}

static NTSTATUS pipe_listen(struct file *file)
{
    struct pipe *pipe = file->pipe;
    struct nt_object *object;
    NTSTATUS status;

    if (!pipe || !file->pipe_end)
        return STATUS_ILLEGAL_FUNCTION;
    if (pipe_check_connected(file) != STATUS_PIPE_LISTENING)
        return pipe->state == PIPE_CONNECTED ? STATUS_PIPE_CONNECTED : STATUS_PIPE_CLOSING;
    if (!file_is_synchronous(file)) {
        unimplemented_once("NtFsControlFile", "overlapped FSCTL_PIPE_LISTEN", 0);
        return STATUS_NOT_SUPPORTED;
    }
    object = &pipe->connected.header;
    status = wait_objects(1, &object, false, false, NULL);
    return status;
}

/* The server throws its client out; the instance listens again with a fresh pair. */
static NTSTATUS pipe_disconnect(struct file *file)
{
    struct pipe *pipe = file->pipe;
    NTSTATUS status;
    int fds[2];

    if (!pipe || !file->pipe_end)
        return STATUS_ILLEGAL_FUNCTION;
    TRY(pair_make(pipe->configuration, fds));
    pthread_mutex_lock(&pipe_lock);
    status = pipe->state == PIPE_LISTENING ? STATUS_PIPE_LISTENING : STATUS_SUCCESS;
    if (!status) {
        shutdown(file->fd, SHUT_RDWR);
        dup3(fds[0], file->fd, O_CLOEXEC);
        if (pipe->client_fd >= 0)
            close(pipe->client_fd);
        pipe->client_fd = fds[1];
        fds[1] = -1;
        pipe->state = PIPE_LISTENING;
    }
    pthread_mutex_unlock(&pipe_lock);
    close(fds[0]);
    if (fds[1] >= 0)
        close(fds[1]);
    dispatcher_lock();
    pipe->connected.signaled = false;
    dispatcher_unlock();
    return status;
}

/* Copies what is queued without taking it: MSG_PEEK on sockets, tee on pipes. */
static ssize_t peek(int fd, char *buffer, size_t size)
{
    ssize_t n = recv(fd, buffer, size, MSG_PEEK | MSG_DONTWAIT);
    int copy[2];

    if (n >= 0 || errno != ENOTSOCK)
        return n;
    if (pipe2(copy, O_CLOEXEC | O_NONBLOCK))
        return -1;
    n = tee(fd, copy[1], size, SPLICE_F_NONBLOCK);
    if (n > 0)
        n = read(copy[0], buffer, (size_t)n);
    close(copy[0]);
    close(copy[1]);
    return n;
}

static bool other_end_is_gone(int fd)
{
    char byte;

    return !peek(fd, &byte, 1);
}

static NTSTATUS pipe_peek(struct file *file, void *output, ULONG length, ULONG_PTR *ret_information)
{
    const ULONG header = offsetof(FILE_PIPE_PEEK_BUFFER, Data);
    FILE_PIPE_PEEK_BUFFER info = {.NamedPipeState = FILE_PIPE_CONNECTED_STATE};
    char data[4096];
    ssize_t n = 0;
    int available = 0;

    if (length < header)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (file->kind != FILE_KIND_PIPE || file->fd < 0)
        return STATUS_INVALID_PIPE_STATE;
    if (file->pipe)
        TRY(pipe_check_connected(file));
    if (ioctl(file->fd, FIONREAD, &available))
        return STATUS_INVALID_PIPE_STATE;
    if (!available && other_end_is_gone(file->fd))
        return STATUS_PIPE_BROKEN;
    info.ReadDataAvailable = (ULONG)available;
    if (length > header && available)
        n = peek(file->fd, data, length - header < sizeof(data) ? length - header : sizeof(data));
    if (n < 0)
        n = 0;
    TRY(user_write(output, &info, header));
    TRY(user_write((char *)output + header, data, (size_t)n));
    *ret_information = header + (ULONG_PTR)n;
    return available > n && length > header ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* WaitNamedPipe: is an instance free? TODO(pipes): sleep until one is. */
static NTSTATUS pipe_wait(const void *input, ULONG length)
{
    const ULONG header = offsetof(FILE_PIPE_WAIT_FOR_BUFFER, Name);
    FILE_PIPE_WAIT_FOR_BUFFER info;
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;
    WCHAR name[256] = {0};

    if (length < header)
        return STATUS_INVALID_PARAMETER;
    TRY(user_read(&info, input, header));
    if (info.NameLength > length - header || info.NameLength >= sizeof(name))
        return STATUS_INVALID_PARAMETER;
    TRY(user_read(name, (const char *)input + header, info.NameLength));
    pthread_mutex_lock(&pipe_lock);
    for (struct ntlist *link = pipes.next; link != &pipes; link = link->next) {
        struct pipe *pipe = ntlist_entry(link, struct pipe, link);

        if (!name_equals(pipe->name, name))
            continue;
        if (pipe->state == PIPE_LISTENING) {
            status = STATUS_SUCCESS;
            break;
        }
        status = STATUS_IO_TIMEOUT;
    }
    pthread_mutex_unlock(&pipe_lock);
    return status;
}

bool pipe_control(struct file *file, ULONG code, void *input, ULONG input_length, void *output,
                  ULONG output_length, NTSTATUS *ret_status, ULONG_PTR *ret_information)
{
    switch (code) {
    case FSCTL_PIPE_LISTEN:
        *ret_status = pipe_listen(file);
        return true;
    case FSCTL_PIPE_DISCONNECT:
        *ret_status = pipe_disconnect(file);
        return true;
    case FSCTL_PIPE_PEEK:
        *ret_status = pipe_peek(file, output, output_length, ret_information);
        return true;
    case FSCTL_PIPE_WAIT:
        *ret_status = pipe_wait(input, input_length);
        return true;
    default:
        return false;
    }
}
