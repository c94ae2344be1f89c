/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* ALPC ports associated with a completion port.
 *
 * The completion port owns an epoll that holds the outer doorbell of each associated ALPC port and
 * an eventfd for posted packets. A remover that finds no packet harvests: each port says how many
 * packets its new messages are due, by NT's rule of one for each message that meets no blocked
 * receiver. Then it sleeps in ppoll on the epoll and the thread's own wake descriptor. Nobody else
 * watches: no helper thread.
 *
 * A posted packet must wake a sleeper here, which is not in the completion port's list of removers:
 * the handle's own waiters list serves; the sleeper's block has one entry for the completion port.
 */
#include "completion_ports.h"
#include "usermem.h"
#include "waitblock.h"
#include <errno.h>
#include <poll.h>
#include <portico/portico.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#pragma weak portico_port_harvest
status_t portico_port_harvest(handle_t port, uint32_t *ret_n_packets);

struct source {
    struct ntlist link;
    uint32_t port;
    int fd;
    ULONG_PTR key;
};

struct completion_sources {
    pthread_mutex_t lock;
    struct ntlist list;
    int epoll;
};

void completion_sources_free(struct completion_sources *sources)
{
    if (!sources)
        return;
    while (!ntlist_is_empty(&sources->list)) {
        struct source *source = ntlist_entry(sources->list.next, struct source, link);

        ntlist_unlink(&source->link);
        free(source);
    }
    close(sources->epoll);
    pthread_mutex_destroy(&sources->lock);
    free(sources);
}

static struct completion_sources *sources_new(void)
{
    struct completion_sources *sources = calloc(1, sizeof(*sources));

    if (!sources)
        return NULL;
    sources->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (sources->epoll < 0) {
        free(sources);
        return NULL;
    }
    pthread_mutex_init(&sources->lock, NULL);
    ntlist_init(&sources->list);
    return sources;
}

static NTSTATUS sources_add(struct completion_sources *sources, ULONG_PTR key, uint32_t port,
                            int fd)
{
    struct epoll_event event = {.events = EPOLLIN};
    struct source *source = calloc(1, sizeof(*source));

    if (!source)
        return STATUS_NO_MEMORY;
    *source = (struct source){.port = port, .fd = fd, .key = key};
    pthread_mutex_lock(&sources->lock);
    if (epoll_ctl(sources->epoll, EPOLL_CTL_ADD, fd, &event)) {
        pthread_mutex_unlock(&sources->lock);
        free(source);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ntlist_append(&sources->list, &source->link);
    pthread_mutex_unlock(&sources->lock);
    return STATUS_SUCCESS;
}

NTSTATUS completion_associate_port(HANDLE handle, PVOID key, uint32_t port, int outer_fd)
{
    struct completion_sources **slot, *sources;
    struct completion *completion;
    NTSTATUS status;

    TRY(completion_lookup(handle, 2, &completion));
    slot = completion_sources_slot(completion);
    sources = sources_new();
    if (!sources) {
        completion_unref(completion);
        return STATUS_NO_MEMORY;
    }
    dispatcher_lock();
    if (!*slot) {
        *slot = sources;
        sources = NULL;
    }
    dispatcher_unlock();
    completion_sources_free(sources);
    status = sources_add(*slot, (ULONG_PTR)key, port, outer_fd);
    if (!status) /* removers that already sleep without sources must come and look */
        completion_kick(completion);
    completion_unref(completion);
    return status;
}

bool completion_sources_harvest(struct completion *completion, struct completion_sources *sources)
{
    bool any = false;

    pthread_mutex_lock(&sources->lock);
    for (struct ntlist *link = sources->list.next; link != &sources->list; link = link->next) {
        struct source *source = ntlist_entry(link, struct source, link);
        uint32_t n = 0;

        if (!portico_port_harvest || portico_port_harvest(source->port, &n))
            continue;
        for (; n; n--)
            any |= !completion_post(completion, source->key, 0, STATUS_SUCCESS, 0);
    }
    pthread_mutex_unlock(&sources->lock);
    return any;
}

NTSTATUS completion_sources_sleep(struct completion *completion, struct completion_sources *sources,
                                  bool alertable, const struct deadline *deadline)
{
    return wait_fd_or_object(sources->epoll, POLLIN, completion_object(completion), alertable,
                             deadline);
}
