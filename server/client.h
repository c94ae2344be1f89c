/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* One socket of a client process: a thread's request socket, or the process' notice socket.
 *
 * At most one request is parked at a time. What ends a parked request: (A) completion, (B)
 * cancel_request, (C) its time-out, (D) the end of the socket. Each calls parked_finish() or
 * parked->cancel(), which calls it; after (D) the reply goes nowhere.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/list.h"
#include "loop.h"
#include "portico/protocol.h"
#include "portico/status.h"
#include "user.h"

struct client;
struct process;
struct server;

struct parked {
    struct client *client;
    uint16_t code;
    uint32_t sequence;
    struct timer timer;
    /* Undoes the waiting, then calls parked_finish() with `why`: STATUS_CANCELLED (B, D) or
     * STATUS_TIMEOUT (C). */
    void (*cancel)(struct parked *parked, status_t why);
};

struct client {
    struct source source;
    struct server *server;
    struct list link;         /* of server->clients */
    struct list process_link; /* of process->clients */
    struct list doomed_link;  /* of server->doomed */
    struct process *process;  /* reference; NULL before hello */
    uint32_t kind;            /* enum hello_kind; 0 before hello */
    uint32_t thread_id;
    pid_t pid;
    uid_t uid;
    int fd;
    int pidfd; /* of the peer until hello takes it; -1 */
    struct charge charge;
    struct user *user; /* reference */
    struct parked *parked;
    struct connection *mapping;  /* its connect while it maps the server's view (alpc/lpc.h) */
    struct list terminate_ports; /* struct terminate_port (alpc/lpc.c) */
    struct list wishes;          /* struct waiting_wish (alpc/lpc_data.c) */
    uint16_t code;               /* of the request being handled */
    uint32_t sequence;
    struct list output; /* struct output */
    size_t n_output, output_bytes;
};

/* What comes with a request beside the fixed struct, checked against the kind declared for it.
 * Slices of the packet. */
struct request_data {
    struct objattr objattr;
    const uint8_t *name; /* objattr.name_size bytes, 2-aligned */
    const uint8_t *sd;
    const uint8_t *bytes; /* DATA_BYTES, DATA_HANDLES, rest of DATA_OBJATTR_BYTES */
    uint32_t size;
    uint32_t n_fds;
    int fds[PACKET_FDS_MAX]; /* a handler that keeps one puts -1 in its place; the others go to the
                                closer */
};

/* What goes with a reply. */
struct reply_extra {
    const void *data;
    void *owned_data; /* freed after sending; data is set to it when data is NULL */
    uint32_t data_size;
    uint32_t n_fds;
    int fds[PACKET_FDS_MAX]; /* borrowed */
};

void client_accept(struct server *server, int fd);

/* Sends or queues; a client that does not read is dropped when its queue is full. Nothing happens
 * after doom. */
void client_send(struct client *client, const void *head, size_t head_size,
                 const struct reply_extra *extra);
void client_reply(struct client *client, uint16_t code, uint32_t sequence, status_t status,
                  struct reply_header *reply, size_t reply_size, const struct reply_extra *extra);

/* The request being handled gets its reply later. timeout_ns > 0 or TIMEOUT_NEVER. A handler that
 * parks returns STATUS_PENDING. */
status_t client_park(struct client *client, struct parked *parked, int64_t timeout_ns,
                     void (*cancel)(struct parked *parked, status_t why)) _must_check_;
/* Ends it and replies. The caller frees what `parked` is embedded in. */
void parked_finish(struct parked *parked, status_t status, struct reply_header *reply,
                   size_t reply_size, const struct reply_extra *extra);

/* The client goes at the end of the batch; `why` is printed when it is the client's fault (not
 * NULL). */
void client_doom(struct client *client, const char *why);
void clients_doom_all(struct server *server);
/* Frees the doomed. */
void clients_bury(struct server *server);
