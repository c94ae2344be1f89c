/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Named pipes: names, their instances, who waits for one.
 *
 *     pipe_create                    pipe_open                  client's last handle
 *  --------------->  LISTENING  --------------->  CONNECTED  ---------------------->  CLOSING
 *                        ^                            |                                  |
 *                        | pipe_listen                | pipe_disconnect                  |
 *                        +----------  DISCONNECTED  <-+----------------------------------+
 *
 * An instance is a pair of connected stream sockets, made here and given to the two ends; what goes
 * through them the daemon never sees. Each end is a file object (file.h) with `pipe` set, so that
 * handles of it are duplicated, inherited, sent in messages and closed at a process' death like any
 * file's. An instance leaves its name with its server's end, a name goes with its last instance; a
 * client's end keeps the two for who asks about it.
 */
#pragma once

#include "client.h"
#include "file.h"
#include "name.h"

struct token;

struct pipe_name {
    struct list link; /* of server->pipes, while it has instances */
    uint32_t refs;    /* instances, also those that have left it */
    uint16_t *chars;
    uint32_t length;
    uint32_t type, configuration; /* FILE_PIPE_* */
    uint32_t max_instances, n_instances;
    uint32_t quota_in, quota_out;
    int64_t timeout_ns;
    struct list instances; /* oldest first */
    struct list waiters;   /* struct pipe_waiter (pipe.c) */
};

struct pipe_instance {
    struct list link; /* of name->instances, while the server's end is open */
    struct pipe_name *name;
    enum pipe_state state;
    struct file *server_end, *client_end; /* NULL: closed; the client's also: not opened yet */
    int client_fd;                        /* while it listens; -1 */
    uint32_t n_cut;                       /* client ends that were thrown out and are still open */
    uint32_t server_process_id, client_process_id;
    struct token
        *client_token; /* reference: who opened the client's end, as it may be impersonated */
    struct charge fd_charge;
};

struct pipe_params {
    struct name name;
    struct pipe_name kind; /* type, configuration, max_instances, quotas, timeout_ns */
    uint32_t disposition;
    struct file_params file;
};

/* STATUS_INSTANCE_NOT_AVAILABLE, STATUS_ACCESS_DENIED, STATUS_OBJECT_NAME_NOT_FOUND (disposition).
 */
status_t pipe_new(struct client *client, const struct pipe_params *params, bool *ret_existed,
                  struct object **ret_object) _must_check_;
/* The client's end; level: enum token_level, STATUS_BAD_IMPERSONATION_LEVEL.
 * STATUS_OBJECT_NAME_NOT_FOUND, STATUS_PIPE_NOT_AVAILABLE, STATUS_ACCESS_DENIED.
 */
status_t pipe_open(struct client *client, struct name name, const struct file_params *file,
                   uint32_t access, uint32_t level, struct object **ret_object) _must_check_;
/* *ret_is_new: the end's descriptor is another one. STATUS_PIPE_CONNECTED, STATUS_PIPE_CLOSING. */
status_t pipe_listen(struct file *end, bool *ret_is_new) _must_check_;
/* STATUS_PIPE_LISTENING, STATUS_PIPE_DISCONNECTED. */
status_t pipe_disconnect(struct file *end) _must_check_;
enum pipe_state pipe_state_of(const struct file *end);
/* The thread acts as the client of this server's end. STATUS_CANNOT_IMPERSONATE. */
status_t pipe_impersonate(const struct file *end, struct client *client) _must_check_;
/* The last handle of an end has gone. */
void pipe_end_closed(struct file *end);

/* Answers at once, or parks. STATUS_OBJECT_NAME_NOT_FOUND, STATUS_IO_TIMEOUT. */
status_t pipe_wait(struct client *client, struct name name, int64_t timeout_ns) _must_check_;
