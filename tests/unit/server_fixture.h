/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A daemon inside the test: a struct server without a listener, driven step by step, and peers that
 * talk to it over socket pairs.
 *
 * A socket pair's credentials are the test's own process. A peer of "another process" gets the pid
 * of a forked child that sleeps; peer_die() kills it. Nothing here waits for a time: a reply is
 * there after the steps, or it is parked.
 */
#pragma once

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "closer.h"
#include "name.h"
#include "process.h"
#include "server.h"
#include "transfer.h"
#include "unit.h"

struct peer {
    struct server *server;
    struct client *client;
    int fd;
    pid_t pid;
    uint32_t sequence;
    /* Of the last reply. */
    uint8_t data[PACKET_DATA_MAX_BYTES];
    uint32_t data_size;
    int fds[TRANSFER_FDS_MAX];
    size_t n_fds;
};

static struct server fixture_server;

static inline struct server *fixture_start(void)
{
    ck_assert_uint_eq(server_init(&fixture_server, false), STATUS_SUCCESS);
    fixture_server.rest_ns = UINT64_C(1000000000000); /* no test may be too slow for it */
    return &fixture_server;
}

/* Nothing may be left over. */
static inline void fixture_end(void)
{
    ck_assert_uint_eq(server_deinit(&fixture_server), 0);
}

/* Enough for everything that is due now. */
static inline void fixture_steps(void)
{
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(loop_step(&fixture_server.loop, false), 0);
}

/* A child that sleeps until it is killed. */
static inline pid_t fixture_child(void)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        for (;;)
            pause();
    }
    return pid;
}

/* A raw socket into the server; pid 0: this process. */
static inline void peer_open(struct peer *peer, struct server *server, pid_t pid)
{
    int fds[2];

    memset(peer, 0, sizeof(*peer));
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    peer->server = server;
    peer->fd = fds[0];
    peer->pid = pid ? pid : getpid();
    client_accept(server, fds[1]);
    peer->client = list_last(&server->clients, struct client, link);
    if (pid) {
        peer->client->pid = pid;
        close(peer->client->pidfd);
        peer->client->pidfd = -1;
    }
}

/* One packet with data and descriptors. */
static inline void peer_send(struct peer *peer, const void *packet, size_t size, const void *data,
                             size_t data_size, const int *fds, size_t n_fds)
{
    ck_assert_int_eq(transfer_send(peer->fd, packet, size, data, data_size, fds, n_fds), 0);
    fixture_steps();
}

static inline void peer_drop_fds(struct peer *peer)
{
    for (size_t i = 0; i < peer->n_fds; i++)
        close(peer->fds[i]);
    peer->n_fds = 0;
}

/* The next reply or notice: its size, or 0 when there is none (nothing, or the end of file). */
static inline size_t peer_receive(struct peer *peer, void *fixed, size_t size)
{
    static uint8_t packet[PACKET_MAX_BYTES];
    ssize_t n;

    peer_drop_fds(peer);
    n = transfer_receive(peer->fd, packet, sizeof(packet), peer->fds, &peer->n_fds);
    if (n <= 0)
        return 0;
    ck_assert_int_ge(n, (ssize_t)size);
    memcpy(fixed, packet, size);
    peer->data_size = (uint32_t)((size_t)n - size);
    memcpy(peer->data, packet + size, peer->data_size);
    return (size_t)n;
}

/* Has the server closed the socket? */
static inline bool peer_is_dropped(struct peer *peer)
{
    char byte;

    fixture_steps();
    closer_drain(peer->server->closer);
    return recv(peer->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

/* Sends and lets the server take no step: what comes next comes in the same batch. */
#define SEND_ONLY(peer, name, ...)                                                                 \
    do {                                                                                           \
        struct name##_request request_ = {__VA_ARGS__};                                            \
        request_.header =                                                                          \
            (struct request_header){.code = REQ_##name, .sequence = ++(peer)->sequence};           \
        ck_assert_int_eq(transfer_send((peer)->fd, &request_, sizeof(request_), NULL, 0, NULL, 0), \
                         0);                                                                       \
    } while (0)

/* Sends; the status of the reply, or STATUS_PENDING when none came. */
static inline status_t peer_call(struct peer *peer, uint16_t code, void *request,
                                 size_t request_size, void *ret_reply, size_t reply_size,
                                 const void *data, uint32_t data_size, const int *fds,
                                 uint16_t n_fds)
{
    struct request_header *header = request;
    struct reply_header *reply = ret_reply;

    *header = (struct request_header){
        .code = code, .n_fds = n_fds, .data_size = data_size, .sequence = ++peer->sequence};
    peer_send(peer, request, request_size, data, data_size, fds, n_fds);
    if (!peer_receive(peer, ret_reply, reply_size))
        return STATUS_PENDING;
    ck_assert_uint_eq(reply->code, code);
    ck_assert_uint_eq(reply->sequence, peer->sequence);
    ck_assert_uint_eq(reply->data_size, peer->data_size);
    ck_assert_uint_eq(reply->n_fds, peer->n_fds);
    return reply->status;
}

/* CALL(peer, event_query, &reply, .handle = h) and the same with data. */
#define CALL_DATA(peer, name, reply, bytes, n_bytes, ...)                                        \
    ({                                                                                           \
        struct name##_request request_ = {__VA_ARGS__};                                          \
        peer_call(peer, REQ_##name, &request_, sizeof(request_), reply, sizeof(*(reply)), bytes, \
                  (uint32_t)(n_bytes), NULL, 0);                                                 \
    })
#define CALL(peer, name, reply, ...) CALL_DATA(peer, name, reply, NULL, 0, __VA_ARGS__)

/* The data of DATA_OBJATTR for an ASCII name ("" for none), then `extra` bytes. Returns its size.
 */
static inline uint32_t objattr_data(uint8_t *ret_bytes, const char *name, uint32_t attributes,
                                    handle_t root, const void *extra, uint32_t extra_size)
{
    uint16_t chars[512];
    struct name wide = name_from_ascii(name, chars);
    struct objattr head = {.root = root, .attributes = attributes, .name_size = wide.length * 2};

    memcpy(ret_bytes, &head, sizeof(head));
    memcpy(ret_bytes + sizeof(head), chars, head.name_size);
    if (extra_size)
        memcpy(ret_bytes + sizeof(head) + head.name_size, extra, extra_size);
    return (uint32_t)sizeof(head) + head.name_size + extra_size;
}

#define CALL_NAMED(peer, name, reply, path, attributes, ...)                    \
    ({                                                                          \
        uint8_t named_[1200];                                                   \
        uint32_t n_named_ = objattr_data(named_, path, attributes, 0, NULL, 0); \
        CALL_DATA(peer, name, reply, named_, n_named_, __VA_ARGS__);            \
    })

static inline status_t peer_hello(struct peer *peer, uint32_t kind, uint32_t thread_id)
{
    struct hello_reply reply;

    return CALL_DATA(peer, hello, &reply, "test", 4, .layout_hash = protocol_hash(),
                     .version = PROTOCOL_VERSION, .kind = kind, .thread_id = thread_id);
}

/* A thread's request socket. */
static inline void peer_start(struct peer *peer, struct server *server, pid_t pid,
                              uint32_t thread_id)
{
    peer_open(peer, server, pid);
    ck_assert_uint_eq(peer_hello(peer, HELLO_REQUEST, thread_id), STATUS_SUCCESS);
}

static inline void peer_end(struct peer *peer)
{
    peer_drop_fds(peer);
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
    fixture_steps();
}

/* The end of the forked process. */
static inline void child_die(pid_t pid)
{
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    fixture_steps();
}
