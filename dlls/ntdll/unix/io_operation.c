/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Operations that wait for descriptors.
 *
 * A synchronous handle's operation sleeps on its own thread (wait_fd). An overlapped one is tried
 * at once; what must wait stands in its file's list and is stepped on by the pump, one thread of
 * the process, made at first need, that sleeps on an epoll of all the descriptors waited for. Of
 * operations on one file that wait for the same event only the oldest is tried, so that they end in
 * the order in which they were begun.
 *
 * A file's list and the registration of its descriptor are under its position_lock. The pump finds
 * the file by its descriptor in a table under a lock of its own, a leaf, and takes a reference
 * there.
 */
#include "common/helper.h"
#include "completion.h"
#include "io_operation.h"
#include "ntprocess.h"
#include "usermem.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

struct io_pending {
    struct ntlist link; /* file->pendings; position_lock */
    struct io_request request;
    struct io_operation operation;
    struct wait_thread *asker;
    struct nt_object *asker_object; /* keeps asker alive; NULL for a native thread */
};

static struct {
    pthread_mutex_t lock;
    int epoll;           /* -1: no pump yet */
    struct file **files; /* by descriptor: borrowed from their pending operations */
    int n_files;
} pump = {.lock = PTHREAD_MUTEX_INITIALIZER, .epoll = -1};

static bool file_is_alertable(const struct file *file)
{
    return file->options & FILE_SYNCHRONOUS_IO_ALERT;
}

NTSTATUS io_run(struct io_operation *operation)
{
    bool alertable = file_is_alertable(operation->file);
    NTSTATUS status = operation->step(operation);

    if (status != STATUS_PENDING)
        return status;
    wait_io_begin(operation->user_iosb);
    do {
        status = wait_fd(operation->fd, operation->events, alertable, NULL);
        if (status && operation->abandon)
            operation->abandon(operation);
        if (!status)
            status = operation->step(operation);
    } while (status == STATUS_PENDING);
    wait_io_end();
    return status;
}

/* ---- the end of a pending operation ---- */

static void pending_free(struct io_pending *pending)
{
    io_release(&pending->request);
    if (pending->asker_object)
        nt_object_unref(pending->asker_object);
    nt_object_unref(&pending->request.file->header.header);
    free(pending);
}

/* It is in no list any more. No lock held. */
static void pending_finish(struct io_pending *pending, NTSTATUS status)
{
    struct io_request *request = &pending->request;
    struct file *file = request->file;
    IO_STATUS_BLOCK iosb = {.Information = pending->operation.done};
    struct completion *completion;

    iosb.Status = status;
    (void)USER_PUT(request->user_iosb, iosb);
    dispatcher_lock();
    completion = file->completion;
    if (completion)
        nt_object_ref(completion_object(completion));
    io_event_set_locked(request);
    file->header.signaled = true;
    dispatcher_wake_locked(&file->header.header);
    dispatcher_unlock();
    if (request->apc)
        (void)wait_apc_queue(
            pending->asker, request->apc,
            (ULONG_PTR[]){(ULONG_PTR)request->apc_context, (ULONG_PTR)request->user_iosb, 0});
    if (completion && request->apc_context && !request->apc)
        (void)completion_post(completion, file->completion_key, (ULONG_PTR)request->apc_context,
                              status, pending->operation.done);
    if (completion)
        completion_unref(completion);
    pending_free(pending);
}

/* ---- what the pump waits for ---- */

static short events_wanted_locked(const struct file *file, int *ret_fd)
{
    short events = 0;

    for (struct ntlist *link = file->pendings.next; link != &file->pendings; link = link->next) {
        const struct io_operation *operation =
            &ntlist_entry(link, struct io_pending, link)->operation;

        events |= operation->events;
        *ret_fd = operation->fd;
    }
    return events;
}

static bool table_set(int fd, struct file *file)
{
    bool ok = true;

    pthread_mutex_lock(&pump.lock);
    if (fd >= pump.n_files) {
        int n = 2 * fd + 64;
        struct file **files = realloc(pump.files, (size_t)n * sizeof(struct file *));

        ok = files;
        for (int i = pump.n_files; files && i < n; i++)
            files[i] = NULL;
        pump.files = files ? files : pump.files;
        pump.n_files = files ? n : pump.n_files;
    }
    if (ok)
        pump.files[fd] = file;
    pthread_mutex_unlock(&pump.lock);
    return ok;
}

/* Makes the pump wait for what the file's operations wait for; position_lock held. */
static bool registration_update_locked(struct file *file)
{
    int fd = file->polled_fd;
    short events = events_wanted_locked(file, &fd);
    struct epoll_event event = {.events = (uint32_t)events, .data.fd = fd};

    if (events == file->polled_events)
        return true;
    if (!events) {
        (void)table_set(fd, NULL);
        (void)epoll_ctl(pump.epoll, EPOLL_CTL_DEL, fd, NULL);
    } else if (!table_set(fd, file) ||
               epoll_ctl(pump.epoll, file->polled_events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd,
                         &event)) {
        return false;
    }
    file->polled_fd = fd;
    file->polled_events = events;
    return true;
}

static struct io_pending *oldest_locked(const struct file *file, short events)
{
    for (struct ntlist *link = file->pendings.next; link != &file->pendings; link = link->next) {
        struct io_pending *pending = ntlist_entry(link, struct io_pending, link);

        if (pending->operation.events == events)
            return pending;
    }
    return NULL;
}

/* One step of the oldest operation that waits for this; true when it has ended and the next may
 * try. */
static bool file_advance(struct file *file, short events)
{
    NTSTATUS status = STATUS_PENDING;
    struct io_pending *pending;

    pthread_mutex_lock(&file->position_lock);
    pending = oldest_locked(file, events);
    if (pending)
        status = pending->operation.step(&pending->operation);
    if (pending && status != STATUS_PENDING)
        ntlist_unlink(&pending->link);
    (void)registration_update_locked(file);
    pthread_mutex_unlock(&file->position_lock);
    if (!pending || status == STATUS_PENDING)
        return false;
    pending_finish(pending, status);
    return true;
}

static struct file *pump_file(int fd)
{
    struct file *file;

    pthread_mutex_lock(&pump.lock);
    file = fd < pump.n_files ? pump.files[fd] : NULL;
    if (file)
        nt_object_ref(&file->header.header);
    pthread_mutex_unlock(&pump.lock);
    return file;
}

/* The pump writes to the program's memory, which may have gone meanwhile: a fault there must reach
 * its handler (signals.c), not end the process. */
static void faults_unblock(void)
{
    sigset_t faults;

    sigemptyset(&faults);
    sigaddset(&faults, SIGSEGV);
    sigaddset(&faults, SIGBUS);
    pthread_sigmask(SIG_UNBLOCK, &faults, NULL);
}

static void *pump_run(void *unused)
{
    struct epoll_event events[32];

    (void)unused;
    faults_unblock();
    for (;;) {
        int n = epoll_wait(pump.epoll, events, 32, -1);

        for (int i = 0; i < n; i++) {
            bool ended = events[i].events & (EPOLLERR | EPOLLHUP);
            struct file *file = pump_file(events[i].data.fd);

            while (file && ((events[i].events & POLLIN) || ended) && file_advance(file, POLLIN))
                ;
            while (file && ((events[i].events & POLLOUT) || ended) && file_advance(file, POLLOUT))
                ;
            file_unrefp(&file);
        }
    }
    return NULL;
}

static bool pump_start(void)
{
    bool ok;

    pthread_mutex_lock(&pump.lock);
    if (pump.epoll < 0) {
        pump.epoll = epoll_create1(EPOLL_CLOEXEC);
        if (pump.epoll >= 0 && helper_start(pump_run, NULL)) {
            close(pump.epoll);
            pump.epoll = -1;
        }
    }
    ok = pump.epoll >= 0;
    pthread_mutex_unlock(&pump.lock);
    return ok;
}

/* ---- beginning and cancelling ---- */

static struct io_pending *pending_new(const struct io_request *request,
                                      const struct io_operation *operation)
{
    struct io_pending *pending = calloc(1, sizeof(*pending));

    if (!pending)
        return NULL;
    *pending = (struct io_pending){
        .request = *request, .operation = *operation, .asker = wait_thread_current()};
    if (thread_object_current && thread_object_current())
        pending->asker_object = nt_object_ref(thread_object_current());
    return pending;
}

/* position_lock held. The file counts as not signalled until the operation's end. */
static NTSTATUS pending_enter_locked(const struct io_request *request,
                                     const struct io_operation *operation)
{
    struct file *file = request->file;
    struct io_pending *pending = pump_start() ? pending_new(request, operation) : NULL;

    if (!pending)
        return STATUS_INSUFFICIENT_RESOURCES;
    ntlist_append(&file->pendings, &pending->link);
    if (!registration_update_locked(file)) {
        ntlist_unlink(&pending->link);
        if (pending->asker_object)
            nt_object_unref(pending->asker_object);
        free(pending);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    nt_object_ref(&file->header.header);
    dispatcher_lock();
    file->header.signaled = false;
    dispatcher_unlock();
    return STATUS_PENDING;
}

NTSTATUS io_start(struct io_request *request, const struct io_operation *begun)
{
    struct io_operation operation = *begun;
    struct file *file = request->file;
    NTSTATUS status = STATUS_PENDING;
    bool is_pending = false;

    pthread_mutex_lock(&file->position_lock);
    if (!oldest_locked(file, operation.events))
        status = operation.step(&operation);
    if (status == STATUS_PENDING) {
        status = pending_enter_locked(request, &operation);
        is_pending = status == STATUS_PENDING;
    }
    pthread_mutex_unlock(&file->position_lock);
    return is_pending ? status : io_end(request, status, operation.done);
}

NTSTATUS io_start_pending(struct io_request *request, const struct io_operation *operation)
{
    struct file *file = request->file;
    NTSTATUS status;

    pthread_mutex_lock(&file->position_lock);
    status = pending_enter_locked(request, operation);
    pthread_mutex_unlock(&file->position_lock);
    if (status != STATUS_PENDING)
        return io_end(request, status, 0);
    while (file_advance(file, operation->events))
        ;
    return STATUS_PENDING;
}

NTSTATUS io_do(struct io_request *request, struct io_operation *operation)
{
    NTSTATUS status;

    if (!file_is_synchronous(request->file))
        return io_start(request, operation);
    operation->user_iosb = request->user_iosb;
    status = io_run(operation);
    return io_end(request, status, operation->done);
}

static struct io_pending *cancel_one(struct file *file, const void *user_iosb,
                                     const struct wait_thread *asker)
{
    struct io_pending *found = NULL;

    pthread_mutex_lock(&file->position_lock);
    for (struct ntlist *link = file->pendings.next; link != &file->pendings && !found;
         link = link->next) {
        struct io_pending *pending = ntlist_entry(link, struct io_pending, link);

        if ((!user_iosb || pending->request.user_iosb == user_iosb) &&
            (!asker || pending->asker == asker))
            found = pending;
    }
    if (found) {
        ntlist_unlink(&found->link);
        (void)registration_update_locked(file);
    }
    pthread_mutex_unlock(&file->position_lock);
    return found;
}

/* A file that the pump waits for, from `from` on; *ret_next is where to go on. */
static struct file *pump_file_from(int from, int *ret_next)
{
    struct file *file = NULL;

    pthread_mutex_lock(&pump.lock);
    for (; from < pump.n_files && !file; from++)
        file = pump.files[from];
    if (file)
        nt_object_ref(&file->header.header);
    pthread_mutex_unlock(&pump.lock);
    *ret_next = from;
    return file;
}

void io_thread_ended(const struct wait_thread *thread)
{
    struct file *file;
    int next = 0;

    while ((file = pump_file_from(next, &next))) {
        if (!file->completion)
            (void)io_cancel(file, NULL, thread, STATUS_CANCELLED);
        file_unrefp(&file);
    }
}

unsigned io_cancel(struct file *file, const void *user_iosb, const struct wait_thread *asker,
                   NTSTATUS status)
{
    struct io_pending *pending;
    unsigned n = 0;

    while ((pending = cancel_one(file, user_iosb, asker))) {
        if (pending->operation.abandon)
            pending->operation.abandon(&pending->operation);
        pending_finish(pending, status);
        n++;
    }
    return n;
}
