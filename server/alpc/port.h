/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* ALPC port objects. One struct, three kinds:
 *
 *     connection port             receives for itself and for all server communication ports
 * accepted from it server communication port   one end of a connection; receives nothing itself
 *     client communication port   the other end; receives
 *
 * Connections (connect.h) are what joins them; a port's last handle ends its connections.
 */
#pragma once

#include "object.h"
#include "receiver.h"

#define PORT_ACCESS_CONNECT 0x0001u
#define PORT_ALL_ACCESS     0x001f0001u

/* Port attribute flags (reference 2.1). */
#define PORT_FLAG_ALLOW_IMPERSONATION 0x00010000u
#define PORT_FLAG_ACCEPT_REQUESTS     0x00020000u /* always set on a connection port */
#define PORT_FLAG_WAITABLE            0x00040000u
#define PORT_FLAG_ALLOW_DUP_OBJECT    0x00080000u
#define PORT_FLAG_SYSTEM_PROCESS      0x00100000u /* kernel only: refused */
#define PORT_FLAG_ALLOW_MULTIHANDLE   0x02000000u

#define MESSAGE_HEADER_BYTES 40u
#define MESSAGE_MAX_BYTES    0xffffu

struct connection;

struct port {
    struct object object;
    enum port_kind kind;
    struct port_attributes attributes; /* as given, or defaults */
    bool has_own_attributes;           /* server communication port: given when it was accepted */
    uint32_t flags;                    /* as AlpcBasicInformation reads them */
    uint32_t max_message_length;       /* header included */
    uint64_t port_context;             /* server communication port */
    uint32_t owner_process_id;         /* of the creator */
    struct process *creator;  /* reference, connection ports: who sends to its clients at first */
    struct receiver receiver; /* connection and client ports */
    struct connection *connection; /* communication ports; NULL once there is none to speak of */
    struct list
        connections; /* struct connection, of a connection port: pending and open, newest first */
    struct list closed_connections; /* ended ones that have a client or server port yet */
    struct list closing; /* those that have none: until the receiver has taken their close */
    bool closed;         /* last handle closed, or disconnected as a whole */
    struct list security_contexts; /* struct security_context */
    struct list sections;          /* struct port_section */
    uint64_t sections_size;
};

extern const struct object_ops port_ops;

struct port *port_from_object(struct object *object);

/* What a client's attributes come to. on_connect: too large a length is clamped instead of refused
 * (reference D-22). inherited: what a missing structure means, NULL: the defaults.
 * STATUS_INVALID_PARAMETER. */
status_t port_attributes_check(const struct port_attributes *given, bool has_attributes,
                               bool on_connect, const struct port *inherited,
                               struct port_attributes *ret_attributes) _must_check_;

/* A port of this kind, with its memory when it receives (memory_id: see receiver_init). A
 * reference. */
status_t port_new(struct server *server, struct process *creator, enum port_kind kind,
                  const struct port_attributes *attributes, uint64_t memory_id,
                  struct port **ret_port) _must_check_;

/* The receiver behind a port of any kind; NULL: a server port whose connection port has gone. */
struct receiver *port_receiver(struct port *port);

/* Handle to port, a reference. */
status_t port_lookup(struct process *process, handle_t handle, struct port **ret_port) _must_check_;

/* Handle to port for a request: looks first whether something of it has drained. A reference. */
status_t port_get(struct process *process, handle_t handle, struct port **ret_port) _must_check_;
/* Which connection, and in which direction, a port handle and an index name for sending: the index
 * counts only for a connection port. *ret_port is a reference, also after an error (then perhaps
 * NULL). The connection's status. */
/* direction_get, of a connection that is pending too. */
status_t direction_get_live(struct process *process, handle_t handle, uint32_t index,
                            struct port **ret_port, struct connection **ret_connection,
                            bool *ret_to_server) _must_check_;
status_t direction_get(struct process *process, handle_t handle, uint32_t index,
                       struct port **ret_port, struct connection **ret_connection,
                       bool *ret_to_server) _must_check_;

static inline struct port *port_ref(struct port *port)
{
    if (port)
        object_ref(&port->object);
    return port;
}

static inline struct port *port_unref(struct port *port)
{
    if (port)
        object_unref(&port->object);
    return NULL;
}
DEFINE_CLEANUP(struct port *, port_unref)
