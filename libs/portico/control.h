/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* One request socket of one thread. Only its thread uses it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "portico/protocol.h"

struct portico_thread;

struct control {
    int fd;            /* -1: not connected yet */
    uint32_t sequence; /* of the last request */
    struct portico_thread *thread;
    bool may_end; /* hello: the server's end of file is STATUS_PORT_DISCONNECTED, not the end of
                     this process */
    /* For the next call only (portico_control_park). */
    bool parks;
    bool alertable;
    int64_t deadline_ns;
};

/* Sends a request that has no reply. */
void control_tell(struct control *control, enum request_code code, struct request_header *request,
                  size_t size);

/* Connects to the running server's socket; -1 with errno. */
int control_open(const char *runtime_dir);
/* The first packet of a socket. name: of the program, UTF-8. */
status_t control_hello(struct control *control, enum hello_kind kind,
                       struct hello_reply *ret_reply);
