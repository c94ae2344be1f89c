/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See client.h. Sockets are closed by the closer: what a peer left in their queue may be
 * descriptors that block.
 *
 * One process has at most half of its user's sockets (client_setup): a program that opens them
 * without end keeps no other from starting. The new socket is closed, and the thread that wanted it
 * gets STATUS_INSUFFICIENT_RESOURCES (portico_control). It is a guard against bugs: a program that
 * forks has several halves. Where they are all taken, those that have not even said hello give way
 * (silent_give_way). */

#include "client.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "alpc/lpc.h"
#include "closer.h"
#include "common/fd.h"
#include "dispatch.h"
#include "process.h"
#include "server.h"
#include "transfer.h"

#define OUTPUT_MAX       64
#define OUTPUT_MAX_BYTES (512u * 1024u)
/* A port with thousands of connections ends at once: that is as many notices, small and each paid
 * for by a connection. The process' one watcher thread may not run for a while. */
#define NOTICES_MAX 32768

struct output {
    struct list link;
    size_t size;
    struct charge fds_charge;
    uint32_t n_fds;
    int fds[PACKET_FDS_MAX]; /* own copies */
    uint8_t bytes[];
};

static void client_ready(struct source *source, uint32_t events);

static void client_free(struct client *client)
{
    assert(!client->parked && list_is_empty(&client->output));
    if (client->process)
        process_client_ended(client);
    list_remove(&client->link);
    list_remove(&client->doomed_link);
    fd_close(client->pidfd);
    closer_close(client->server->closer, client->fd);
    charge_release(&client->charge);
    user_unref(client->user);
    client->server->n_clients--;
    server_clients_changed(client->server);
    free(client);
}

static int peer_pidfd(int fd, pid_t pid)
{
    int pidfd;
#ifdef SO_PEERPIDFD
    socklen_t size = sizeof(pidfd);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) == 0)
        return pidfd;
#else
    (void)fd;
#endif
    pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    return pidfd;
}

static struct client *client_new(struct server *server, int fd, const struct ucred *peer)
{
    struct client *client = calloc(1, sizeof(*client));

    if (!client)
        return NULL;
    *client = (struct client){
        .server = server, .fd = fd, .pidfd = -1, .pid = peer->pid, .uid = peer->uid};
    list_init(&client->link);
    list_init(&client->process_link);
    list_init(&client->doomed_link);
    list_init(&client->output);
    list_init(&client->terminate_ports);
    list_init(&client->wishes);
    list_append(&server->clients, &client->link);
    server->n_clients++;
    return client;
}

/* As it was when the socket was connected, said hello or not. A walk over all clients: as dear as
 * the look for a new socket's process (process_get). */
static bool process_has_its_share(const struct client *client)
{
    const struct server *server = client->server;
    const uint64_t limit = server->users.limit[USER_SOCKETS];
    uint64_t n = 0; /* without this one, which has no charge yet */
    struct client *other;

    list_for_each(other, &server->clients, link)
        n += other->pid == client->pid && other->charge.user;
    return n >= limit - limit / 2;
}

#define PLACES_OF_NEW 2u /* its own and, when it says hello, its process' pidfd's */

/* The longest silent ones first: who means to say hello does so at once. */
static void silent_give_way(const struct client *client)
{
    struct client *other;

    list_for_each(other, &client->server->clients, link) {
        if (user_room(client->user, USER_SOCKETS) >= PLACES_OF_NEW)
            return;
        if (other->kind || other->charge.user != client->user)
            continue;
        client_doom(other, "had not said hello when others wanted to");
        charge_release(&other->charge);
    }
}

/* Not worth a place: no memory, no quota, already dead. */
static bool client_setup(struct client *client)
{
    struct server *server = client->server;

    client->user = users_get(&server->users, client->uid);
    if (!client->user || process_has_its_share(client))
        return false;
    silent_give_way(client);
    if (user_charge(&client->charge, client->user, USER_SOCKETS, 1))
        return false;
    client->pidfd = peer_pidfd(client->fd, client->pid);
    return client->pidfd >= 0 &&
           source_add(&client->source, &server->loop, client->fd, EPOLLIN, client_ready) == 0;
}

void client_accept(struct server *server, int fd)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);
    struct client *client = NULL;

    /* One daemon per user: the folder's mode keeps others out, this says so again. */
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0 &&
        (peer.uid == geteuid() || peer.uid == 0))
        client = client_new(server, fd, &peer);
    if (!client) {
        closer_close(server->closer, fd);
        return;
    }
    if (!client_setup(client))
        client_doom(client, NULL);
    server_clients_changed(server);
}

static void output_free(struct output *output)
{
    for (uint32_t i = 0; i < output->n_fds; i++)
        fd_close(output->fds[i]);
    charge_release(&output->fds_charge);
    free(output);
}

void client_doom(struct client *client, const char *why)
{
    struct output *output, *next;

    if (list_is_linked(&client->doomed_link))
        return;
    if (why)
        server_log(client->server, "process %d: %s: dropped", (int)client->pid, why);
    list_append(&client->server->doomed, &client->doomed_link);
    source_remove(&client->source);
    if (client->parked)
        client->parked->cancel(client->parked, STATUS_CANCELLED); /* (D) */
    lpc_client_ended(client);
    list_for_each_safe(output, next, &client->output, link) {
        list_remove(&output->link);
        output_free(output);
    }
    client->n_output = client->output_bytes = 0;
}

void clients_doom_all(struct server *server)
{
    struct client *client;

    list_for_each(client, &server->clients, link)
        client_doom(client, NULL);
}

void clients_bury(struct server *server)
{
    struct client *client;

    while ((client = list_first(&server->doomed, struct client, doomed_link)))
        client_free(client);
}

static struct output *output_new(struct client *client, const void *head, size_t head_size,
                                 const struct reply_extra *extra)
{
    uint32_t data_size = extra ? extra->data_size : 0;
    struct output *output = malloc(sizeof(*output) + head_size + data_size);

    if (!output)
        return NULL;
    list_init(&output->link);
    output->size = head_size + data_size;
    output->n_fds = 0;
    output->fds_charge = (struct charge){0};
    if (extra && extra->n_fds &&
        user_charge(&output->fds_charge, client->user, USER_FDS, extra->n_fds)) {
        output_free(output);
        return NULL;
    }
    memcpy(output->bytes, head, head_size);
    if (data_size)
        memcpy(output->bytes + head_size, extra->data, data_size);
    for (uint32_t i = 0; extra && i < extra->n_fds; i++) {
        int fd = fcntl(extra->fds[i], F_DUPFD_CLOEXEC, 0);
        if (fd < 0) {
            output_free(output);
            return NULL;
        }
        output->fds[output->n_fds++] = fd;
    }
    return output;
}

static void client_queue(struct client *client, const void *head, size_t head_size,
                         const struct reply_extra *extra)
{
    struct output *output;
    uint32_t n_max = client->kind == HELLO_NOTICE ? NOTICES_MAX : OUTPUT_MAX;

    if (client->n_output >= n_max ||
        client->output_bytes + head_size + (extra ? extra->data_size : 0) >
            (size_t)n_max * (OUTPUT_MAX_BYTES / OUTPUT_MAX)) {
        client_doom(client, "does not read its replies");
        return;
    }
    output = output_new(client, head, head_size, extra);
    if (!output) {
        client_doom(client, "no memory or descriptors for its replies");
        return;
    }
    list_append(&client->output, &output->link);
    client->n_output++;
    client->output_bytes += output->size;
    source_events(&client->source, EPOLLIN | EPOLLOUT);
}

void client_send(struct client *client, const void *head, size_t head_size,
                 const struct reply_extra *extra)
{
    int r = -EAGAIN;

    if (list_is_linked(&client->doomed_link))
        return;
    if (list_is_empty(&client->output))
        r = transfer_send(client->fd, head, head_size, extra ? extra->data : NULL,
                          extra ? extra->data_size : 0, extra ? extra->fds : NULL,
                          extra ? extra->n_fds : 0);
    if (r == -EAGAIN)
        client_queue(client, head, head_size, extra);
    else if (r == -ETOOMANYREFS) /* too many descriptors of ours in flight, unread by anyone */
        client_doom(client, "too many descriptors in flight");
    else if (r < 0)
        client_doom(client, NULL);
}

static void client_flush(struct client *client)
{
    struct output *output;

    while ((output = list_first(&client->output, struct output, link))) {
        int r = transfer_send(client->fd, output->bytes, output->size, NULL, 0, output->fds,
                              output->n_fds);
        if (r == -EAGAIN)
            return;
        if (r < 0) {
            client_doom(client, NULL);
            return;
        }
        list_remove(&output->link);
        client->n_output--;
        client->output_bytes -= output->size;
        output_free(output);
    }
    source_events(&client->source, EPOLLIN);
}

void client_reply(struct client *client, uint16_t code, uint32_t sequence, status_t status,
                  struct reply_header *reply, size_t reply_size, const struct reply_extra *extra)
{
    *reply = (struct reply_header){.code = code,
                                   .n_fds = extra ? (uint16_t)extra->n_fds : 0,
                                   .data_size = extra ? extra->data_size : 0,
                                   .sequence = sequence,
                                   .status = status};
    if (client->server->trace)
        dispatch_trace_reply(client, reply);
    client_send(client, reply, reply_size, extra);
}

static void parked_expired(struct timer *timer)
{
    struct parked *parked = CONTAINER_OF(timer, struct parked, timer);

    parked->cancel(parked, STATUS_TIMEOUT); /* (C) */
}

status_t client_park(struct client *client, struct parked *parked, int64_t timeout_ns,
                     void (*cancel)(struct parked *parked, status_t why))
{
    uint64_t deadline;

    assert(!client->parked && (timeout_ns > 0 || timeout_ns == TIMEOUT_NEVER));
    *parked = (struct parked){
        .client = client, .code = client->code, .sequence = client->sequence, .cancel = cancel};
    if (timeout_ns != TIMEOUT_NEVER && checked_add(clock_ns(), (uint64_t)timeout_ns, &deadline) &&
        timer_arm(&parked->timer, &client->server->loop, deadline, parked_expired) < 0)
        return STATUS_NO_MEMORY;
    client->parked = parked;
    client->server->n_parked++;
    return STATUS_SUCCESS;
}

void parked_finish(struct parked *parked, status_t status, struct reply_header *reply,
                   size_t reply_size, const struct reply_extra *extra)
{
    struct client *client = parked->client;

    assert(client->parked == parked);
    timer_disarm(&parked->timer);
    client->parked = NULL;
    client->server->n_parked--;
    client_reply(client, parked->code, parked->sequence, status, reply, reply_size, extra);
}

static void fds_drop(struct server *server, const int *fds, size_t n_fds)
{
    for (size_t i = 0; i < n_fds; i++)
        closer_close(server->closer, fds[i]);
}

/* One packet: a client asks one thing at a time, so a second look would nearly always be for
 * nothing. */
static void client_receive(struct client *client)
{
    struct server *server = client->server;
    int fds[TRANSFER_FDS_MAX];
    size_t n_fds;
    ssize_t n = transfer_receive(client->fd, server->packet, sizeof(server->packet), fds, &n_fds);

    if (n == -EAGAIN)
        return;
    if (n <= 0) {
        fds_drop(server, fds, n_fds);
        client_doom(client, n == -EMFILE ? "sent more descriptors than can be taken" : NULL);
        return;
    }
    if (n > (ssize_t)sizeof(server->packet) || n_fds > PACKET_FDS_MAX) {
        fds_drop(server, fds, n_fds);
        client_doom(client, "sent an impossible packet");
        return;
    }
    dispatch_packet(client, server->packet, (size_t)n, fds, n_fds);
}

static void client_ready(struct source *source, uint32_t events)
{
    struct client *client = CONTAINER_OF(source, struct client, source);

    if (events & EPOLLOUT)
        client_flush(client);
    if (!list_is_linked(&client->doomed_link))
        client_receive(client);
}
