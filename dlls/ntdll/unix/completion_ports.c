/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* ALPC ports associated with a completion port.
 *
 * The completion port has an epoll that holds the outer doorbell of each associated ALPC port. A
 * remover that finds no packet harvests the ports whose doorbell has rung: libportico tells each
 * source how many packets its new messages are due, by NT's rule of one for each message that meets
 * no blocked receiver. Then it sleeps in ppoll on the epoll and the thread's own wake descriptor.
 * Nobody else watches: no helper thread. A thread that learns of messages in another way (it
 * polled, or waits on the port's handle) posts their packets too.
 *
 * A posted packet must wake a sleeper here, which is not in the completion port's list of removers:
 * the handle's own waiters list serves; the sleeper's block has one entry for the completion port.
 *
 * As on NT an association lasts as long as the port: the source holds a reference to the completion
 * port, and goes when this process has closed the port's last handle.
 */
#include "completion_ports.h"
#include "usermem.h"
#include "waitblock.h"
#include <poll.h>
#include <portico/portico.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#pragma weak portico_port_associate
#pragma weak portico_packets_harvest

enum { READY_MAX = 16 };

struct source {
    struct completion *completion; /* a reference */
    ULONG_PTR key;
    int fd;
};

static void source_due(void *context, uint32_t n)
{
    struct source *source = context;

    while (n--) /* STATUS_NO_MEMORY: this process has no memory left; the message stays queued */
        if (completion_post(source->completion, source->key, 0, STATUS_SUCCESS, 0))
            return;
}

static void source_gone(void *context)
{
    struct source *source = context;

    /* The daemon has the same open file, so closing ours would not take it out. */
    epoll_ctl(completion_sources(source->completion), EPOLL_CTL_DEL, source->fd, NULL);
    completion_unref(source->completion);
    free(source);
}

/* The epoll, made at the first association. */
static NTSTATUS sources_need(struct completion *completion)
{
    int epoll = completion_sources(completion);

    if (epoll >= 0)
        return STATUS_SUCCESS;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!completion_sources_set(completion, epoll))
        close(epoll); /* another thread's is there */
    return STATUS_SUCCESS;
}

static NTSTATUS source_add(struct completion *completion, ULONG_PTR key, handle_t port)
{
    struct source *source = malloc(sizeof(*source));
    struct portico_packets packets = {source_due, source_gone, source};
    struct epoll_event event = {.events = EPOLLIN};
    uint64_t id;
    NTSTATUS status;

    if (!source)
        return STATUS_NO_MEMORY;
    *source = (struct source){.completion = completion, .key = key, .fd = -1};
    nt_object_ref(completion_object(completion));
    status = (NTSTATUS)portico_port_associate(port, &packets, &source->fd, &id);
    if (status) {
        completion_unref(completion);
        free(source);
        return status;
    }
    event.data.u64 = id;
    /* DIFFERS: an association that Linux has no memory for stays, without packets for sleepers. */
    if (epoll_ctl(completion_sources(completion), EPOLL_CTL_ADD, source->fd, &event))
        status = STATUS_INSUFFICIENT_RESOURCES;
    portico_packets_harvest(id); /* what is queued; from now on the lanes ring */
    return status;
}

NTSTATUS completion_associate_port(HANDLE handle, PVOID key, uint32_t port)
{
    struct completion *completion;
    NTSTATUS status;

    TRY(completion_lookup(handle, 2 /* IO_COMPLETION_MODIFY_STATE */, &completion));
    status = sources_need(completion);
    if (!status)
        status = source_add(completion, (ULONG_PTR)key, port);
    if (!status) /* removers that already sleep without sources must come and look */
        completion_kick(completion);
    completion_unref(completion);
    return status;
}

bool completion_sources_harvest(int sources)
{
    struct epoll_event ready[READY_MAX];
    int n = epoll_wait(sources, ready, READY_MAX, 0);

    for (int i = 0; i < n; i++)
        portico_packets_harvest(ready[i].data.u64);
    return n > 0;
}

NTSTATUS completion_sources_sleep(struct completion *completion, int sources, bool alertable,
                                  const struct deadline *deadline)
{
    return wait_fd_or_object(sources, POLLIN, completion_object(completion), alertable, deadline);
}
