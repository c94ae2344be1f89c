/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Pipes, sockets and terminals.
 *
 * The descriptor's file description may be shared with processes that know nothing of us, so it is
 * never made non-blocking; preadv2 and pwritev2 with RWF_NOWAIT do not sleep whatever it is (pipes
 * know the flag; for what does not, poll comes first and at most PIPE_BUF bytes are written after
 * it). Sleeping is wait_fd: a termination ends it.
 *
 * The end of a stream is STATUS_PIPE_BROKEN on a pipe and STATUS_END_OF_FILE on a terminal, as
 * msvcrt wants them; EPIPE is STATUS_PIPE_BROKEN, SIGPIPE is ignored by std_handles_init.
 *
 * An overlapped operation that would sleep runs on a helper thread, which has no TEB; its APC goes
 * to the thread that asked.
 */
#include "completion.h"
#include "io_stream.h"
#include "ntprocess.h"
#include "ntstatus_errno.h"
#include "pipe.h"
#include "usermem.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

static ssize_t move_now(struct file *file, char *buffer, size_t size, bool write_it)
{
    struct iovec part = {buffer, size};
    struct pollfd poller = {.fd = file->fd, .events = write_it ? POLLOUT : POLLIN};
    ssize_t n = write_it ? pwritev2(file->fd, &part, 1, -1, RWF_NOWAIT)
                         : preadv2(file->fd, &part, 1, -1, RWF_NOWAIT);

    if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != ESPIPE))
        return n;
    if (poll(&poller, 1, 0) <= 0) {
        errno = EAGAIN;
        return -1;
    }
    if (!write_it)
        return read(file->fd, buffer, size);
    return write(file->fd, buffer, size < PIPE_BUF ? size : PIPE_BUF);
}

static NTSTATUS sleep_for(struct file *file, short events, struct io_cancel *cancel)
{
    struct pollfd polls[2] = {{.fd = file->fd, .events = events}, {.events = POLLIN}};

    if (!cancel)
        return wait_fd(file->fd, events, file->options & FILE_SYNCHRONOUS_IO_ALERT, NULL);
    polls[1].fd = cancel->fd;
    while (poll(polls, 2, -1) < 0 && errno == EINTR)
        ;
    return cancel->requested ? STATUS_CANCELLED : STATUS_SUCCESS;
}

static NTSTATUS end_of_stream(const struct file *file)
{
    return file->kind == FILE_KIND_PIPE ? STATUS_PIPE_BROKEN : STATUS_END_OF_FILE;
}

/* One step: STATUS_SUCCESS with *ret_done grown, STATUS_PENDING when it must sleep first. */
static NTSTATUS step(struct file *file, char *buffer, size_t length, bool write_it,
                     ULONG_PTR *ret_done)
{
    ssize_t n = move_now(file, buffer + *ret_done, length - *ret_done, write_it);

    if (n < 0 && errno == EFAULT &&
        !(write_it ? user_read(&(char){0}, buffer, 1) : user_probe_write(buffer, length)))
        n = move_now(file, buffer + *ret_done, length - *ret_done, write_it);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? STATUS_PENDING : status_from_errno(errno);
    if (!n && length && !write_it)
        return end_of_stream(file);
    *ret_done += (ULONG_PTR)n;
    return STATUS_SUCCESS;
}

NTSTATUS io_stream(struct file *file, void *buffer, size_t length, bool write_it,
                   struct io_cancel *cancel, ULONG_PTR *ret_done)
{
    NTSTATUS status;

    *ret_done = 0;
    if (file->pipe)
        TRY(pipe_check_connected(file));
    if (file->fd < 0)
        return STATUS_PIPE_DISCONNECTED;
    do {
        status = step(file, buffer, length, write_it, ret_done);
        if (status == STATUS_PENDING) {
            status = sleep_for(file, write_it ? POLLOUT : POLLIN, cancel);
            if (status)
                break;
            continue;
        }
        if (status || !write_it)
            break;
    } while (*ret_done < length);
    return status;
}

struct pending {
    struct ntlist link; /* pending_lock */
    struct io_request request;
    struct wait_thread *asker;
    struct nt_object *asker_object; /* keeps asker alive; NULL for a native thread */
    void *buffer;
    ULONG length;
    bool write_it;
    struct io_cancel cancel;
};

static pthread_mutex_t pending_lock = PTHREAD_MUTEX_INITIALIZER;
static struct ntlist all_pending = {&all_pending, &all_pending};

static void pending_finish(struct pending *pending, NTSTATUS status, ULONG_PTR done)
{
    struct io_request *request = &pending->request;
    struct file *file = request->file;
    IO_STATUS_BLOCK iosb = {.Information = done};
    struct completion *completion;

    iosb.Status = status;
    (void)USER_PUT(request->user_iosb, iosb);
    pthread_mutex_lock(&pending_lock);
    ntlist_unlink(&pending->link);
    pthread_mutex_unlock(&pending_lock);
    dispatcher_lock();
    completion = file->completion;
    if (completion)
        nt_object_ref(completion_object(completion));
    if (request->event)
        event_set_locked(request->event);
    file->header.signaled = true;
    dispatcher_wake_locked(&file->header.header);
    dispatcher_unlock();
    if (request->apc)
        (void)wait_apc_queue(
            pending->asker, request->apc,
            (ULONG_PTR[]){(ULONG_PTR)request->apc_context, (ULONG_PTR)request->user_iosb, 0});
    if (completion && request->apc_context && !request->apc)
        (void)completion_post(completion, file->completion_key, (ULONG_PTR)request->apc_context,
                              status, done);
    if (completion)
        completion_unref(completion);
}

static void pending_free(struct pending *pending)
{
    io_release(&pending->request);
    if (pending->cancel.fd >= 0)
        close(pending->cancel.fd);
    if (pending->asker_object)
        nt_object_unref(pending->asker_object);
    nt_object_unref(&pending->request.file->header.header);
    free(pending);
}

static void *pending_run(void *argument)
{
    struct pending *pending = argument;
    ULONG_PTR done;
    NTSTATUS status = io_stream(pending->request.file, pending->buffer, pending->length,
                                pending->write_it, &pending->cancel, &done);

    pending_finish(pending, status, done);
    pending_free(pending);
    return NULL;
}

static bool helper_start(void *(*run)(void *), void *argument)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_t thread;
    int error;

    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 128 * 1024);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, &attributes, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return !error;
}

NTSTATUS io_stream_overlapped(struct io_request *request, void *buffer, ULONG length, bool write_it)
{
    struct file *file = request->file;
    struct pending *pending;
    ULONG_PTR done = 0;
    NTSTATUS status = file->pipe ? pipe_check_connected(file) : STATUS_SUCCESS;

    if (!status && file->fd < 0)
        status = STATUS_PIPE_DISCONNECTED;
    if (!status)
        status = step(file, buffer, length, write_it, &done);
    if (status != STATUS_PENDING && (!write_it || status || done == length))
        return io_end(request, status, done);
    pending = calloc(1, sizeof(*pending));
    if (!pending)
        return io_end(request, STATUS_NO_MEMORY, 0);
    *pending = (struct pending){.request = *request,
                                .asker = wait_thread_current(),
                                .buffer = (char *)buffer + done,
                                .length = length - (ULONG)done,
                                .write_it = write_it,
                                .cancel.fd = eventfd(0, EFD_CLOEXEC)};
    if (thread_object_current && thread_object_current())
        pending->asker_object = nt_object_ref(thread_object_current());
    nt_object_ref(&file->header.header);
    dispatcher_lock();
    file->header.signaled = false;
    dispatcher_unlock();
    pthread_mutex_lock(&pending_lock);
    ntlist_append(&all_pending, &pending->link);
    pthread_mutex_unlock(&pending_lock);
    if (pending->cancel.fd >= 0 && helper_start(pending_run, pending))
        return STATUS_PENDING;
    pending_finish(pending, STATUS_INSUFFICIENT_RESOURCES, 0);
    pending_free(pending);
    return STATUS_INSUFFICIENT_RESOURCES;
}

unsigned io_stream_cancel(struct file *file, const void *user_iosb)
{
    unsigned n = 0;

    pthread_mutex_lock(&pending_lock);
    for (struct ntlist *link = all_pending.next; link != &all_pending; link = link->next) {
        struct pending *pending = ntlist_entry(link, struct pending, link);

        if (pending->request.file != file || (user_iosb && pending->request.user_iosb != user_iosb))
            continue;
        pending->cancel.requested = true;
        (void)!write(pending->cancel.fd, &(uint64_t){1}, sizeof(uint64_t));
        n++;
    }
    pthread_mutex_unlock(&pending_lock);
    return n;
}
