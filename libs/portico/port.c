/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Ports: making, asking, ending. Structs are recycled (handle.h, race 1): port_unref of the last
 * reference gives receiver, outbound and views back and puts the struct on a free list. A count of
 * zero is never raised by a reader (port_try_ref), so that only one thread recycles a struct.
 *
 * Race 1. The other end closes before the port is in the table: the notice finds no port. The
 * server writes the end into port memory before it sends the notice, so one of the two is seen
 * (port_enter_as). */

#include <stdlib.h>
#include <string.h>

#include "handle.h"
#include "legacy_view.h"
#include "local_port.h"
#include "outbound.h"
#include "process.h"
#include "receiver.h"
#include "reserve.h"
#include "section.h"
#include "security.h"
#include "thread.h"

#define PORTS_A_TIME 16u

static pthread_mutex_t free_lock = PTHREAD_MUTEX_INITIALIZER;
static struct list free_ports = LIST_INIT(free_ports);

/* Side by side: a program with thousands of them uses few pages. */
static void ports_make_locked(void)
{
    struct port *ports = aligned_alloc(LANE_LINE_BYTES, PORTS_A_TIME * sizeof(*ports));

    if (!ports)
        abort();
    memset(ports, 0, PORTS_A_TIME * sizeof(*ports));
    for (unsigned i = 0; i < PORTS_A_TIME; i++) {
        pthread_mutex_init(&ports[i].lock, NULL);
        list_append(&free_ports, &ports[i].free_link);
    }
}

struct port *port_new(void)
{
    struct port *port;

    pthread_mutex_lock(&free_lock);
    if (list_is_empty(&free_ports))
        ports_make_locked();
    port = list_first(&free_ports, struct port, free_link);
    list_remove(&port->free_link);
    pthread_mutex_unlock(&free_lock);
    port->refs = 1;
    return port;
}

bool port_try_ref(struct port *port)
{
    uint32_t refs = port->refs;

    while (refs != 0)
        if (atomic_compare_exchange_weak(&port->refs, &refs, refs + 1))
            return true;
    return false;
}

static void take_legacy_views(struct port *port, void *argument)
{
    struct port *gone = argument;

    if (gone->legacy_views && port != gone && port->port_id == gone->port_id)
        port->legacy_views = TAKE(gone->legacy_views);
}

/* They are mapped as long as the port has a handle. */
static void legacy_views_leave(struct port *port)
{
    if (port->legacy_views)
        handle_for_each_port(take_legacy_views, port);
    legacy_views_free(port->legacy_views);
    port->legacy_views = NULL;
}

static void port_recycle(struct port *port)
{
    struct outbound *outbound = atomic_exchange(&port->outbound, NULL);
    struct receiver *receiver = port->receiver;

    sections_port_gone(port);
    security_port_gone(port);
    port->lends_thread = false;
    reserves_port_gone(port);
    if (outbound)
        outbound_leave(outbound);
    legacy_views_leave(port);
    port->receiver = NULL;
    atom_poke(&port->memory, NULL);
    port->peer_flags = 0;
    port->connect_context = 0;
    port->handle = 0;
    port->port_id = 0;
    port->ended_status = 0;
    if (receiver)
        receiver_unref(receiver);
    pthread_mutex_lock(&free_lock);
    list_append(&free_ports, &port->free_link);
    pthread_mutex_unlock(&free_lock);
}

void port_unref(struct port *port)
{
    if (--port->refs == 0)
        port_recycle(port);
}

status_t port_check_open(const struct port *port)
{
    switch ((enum port_life)port->life) {
    case LIFE_PENDING:
        return STATUS_LPC_REQUESTS_NOT_ALLOWED;
    case LIFE_ENDED:
        return port->ended_status;
    case LIFE_LISTENING:
    case LIFE_OPEN:
        break;
    }
    return STATUS_SUCCESS;
}

void port_end(struct port *port, status_t status)
{
    uint32_t none = 0;

    atomic_compare_exchange_strong(&port->ended_status, &none, status);
    port->life = LIFE_ENDED;
    threads_wake_waiting_on(port);
    watches_port_ended(port);
}

struct closing {
    const struct connection_closed_notice *notice;
};

static void end_if_meant(struct port *port, void *argument)
{
    const struct connection_closed_notice *notice = ((struct closing *)argument)->notice;

    if (port->kind == PORT_KIND_CLIENT
            ? port->port_id != notice->port_id
            : port->kind != PORT_KIND_SERVER || !port->receiver ||
                  receiver_id(port->receiver) != notice->port_id ||
                  port->connection != notice->connection || port->generation != notice->generation)
        return;
    port_end(port, notice->status);
}

void port_connection_closed(const struct connection_closed_notice *notice)
{
    struct closing closing = {notice};

    handle_for_each_port(end_if_meant, &closing);
}

static bool has_ended_meanwhile(const struct port *port, status_t *ret_status)
{
    struct port_connection_facts facts;
    const struct receiver *receiver = port->receiver;

    *ret_status = STATUS_PORT_DISCONNECTED;
    if (!receiver || port->kind == PORT_KIND_CONNECTION)
        return false;
    if (port->kind == PORT_KIND_CLIENT)
        return (*ret_status = port_ended(port->memory)) != STATUS_SUCCESS;
    return !port_connection_read(&receiver->view, port->connection, &facts) ||
           facts.generation != port->generation || facts.state == PORT_CONNECTION_CLOSED;
}

/* Race 1: entered first, then looked at. */
static status_t port_enter_as(struct port *port, const uint32_t *removals)
{
    status_t ended, status;

    atom_poke(&port->memory, port->receiver ? port->receiver->view.at.memory : NULL);
    port->refs++;
    status = removals ? handle_enter_found(port->handle, port, *removals)
                      : handle_enter_port(port->handle, port);
    if (status == STATUS_SUCCESS && port->life != LIFE_ENDED && has_ended_meanwhile(port, &ended))
        port_end(port, ended);
    port_unref(port);
    return status;
}

status_t port_enter(struct port *port)
{
    return port_enter_as(port, NULL);
}

struct finding {
    const struct receiver *receiver;
    enum port_kind kind;
    uint32_t connection; /* PORT_KIND_SERVER */
    struct port *found;
};

static void find_if_meant(struct port *port, void *argument)
{
    struct finding *finding = argument;
    bool is_server = finding->kind == PORT_KIND_SERVER;

    if (finding->found || port->kind != finding->kind || port->receiver != finding->receiver ||
        (is_server && (port->connection != finding->connection || port->life != LIFE_OPEN)))
        return;
    if (port_try_ref(port))
        finding->found = port;
}

struct port *port_find_server(const struct receiver *receiver, uint32_t connection)
{
    struct finding finding = {receiver, PORT_KIND_SERVER, connection, NULL};

    handle_for_each_port(find_if_meant, &finding);
    return finding.found;
}

struct port *port_find_listener(const struct receiver *receiver)
{
    struct finding finding = {receiver, PORT_KIND_CONNECTION, 0, NULL};

    handle_for_each_port(find_if_meant, &finding);
    return finding.found;
}

struct other {
    const struct port *port;
    handle_t handle;
};

static void note_if_other(struct port *port, void *argument)
{
    struct other *other = argument;

    if (port != other->port && port->port_id == other->port->port_id)
        other->handle = port->handle;
}

handle_t port_other_handle(const struct port *port)
{
    struct other other = {.port = port};

    handle_for_each_port(note_if_other, &other);
    return other.handle;
}

/* The notice of its end may come at this moment: the end stays. */
static void open_if_pending(struct port *port, void *argument)
{
    const struct port *opened = argument;
    uint32_t pending = LIFE_PENDING;

    if (port->port_id == opened->port_id)
        atomic_compare_exchange_strong(&port->life, &pending, LIFE_OPEN);
}

void port_opened(const struct port *port)
{
    handle_for_each_port(open_if_pending, (void *)port);
}

void port_closed_here(struct port *port)
{
    port_end(port, STATUS_PORT_DISCONNECTED);
}

static enum port_life life_of_wire(const struct alpc_query_reply *reply)
{
    if (reply->kind == PORT_KIND_CONNECTION)
        return LIFE_LISTENING;
    switch ((enum connection_wire_state)reply->state) {
    case CONNECTION_WIRE_PENDING:
        return LIFE_PENDING;
    case CONNECTION_WIRE_OPEN:
        return LIFE_OPEN;
    case CONNECTION_WIRE_REFUSED:
    case CONNECTION_WIRE_CLOSED:
        break;
    }
    return LIFE_ENDED;
}

static status_t query(handle_t handle, struct alpc_query_reply *ret_reply, struct call_extra *extra)
{
    struct alpc_query_request request = {.port = handle};
    struct control *control = portico_control();

    return control ? call_alpc_query(control, &request, ret_reply, extra)
                   : STATUS_INSUFFICIENT_RESOURCES;
}

bool port_lends_thread(enum port_kind kind, const struct port_attributes *attributes)
{
    return kind == PORT_KIND_CLIENT && (attributes->flags & PORTICO_PORT_ALLOW_IMPERSONATION) &&
           attributes->context_tracking == 1;
}

status_t port_open_unknown(handle_t handle)
{
    struct alpc_query_reply reply;
    struct call_extra extra = {0};
    _cleanup_(port_unrefp) struct port *port = NULL;
    uint32_t removals;
    status_t status;

    handle_ask_begin(handle, &removals);
    status = query(handle, &reply, &extra);
    if (status != STATUS_SUCCESS)
        return status;
    port = port_new();
    port->handle = handle;
    port->kind = (enum port_kind)reply.kind;
    port->flags = reply.flags;
    port->max_message_length = reply.max_message_length;
    port->lends_thread = port_lends_thread(port->kind, &reply.attributes);
    port->connection = reply.connection;
    port->generation = reply.connection_generation;
    port->server_process_id = reply.peer_process_id;
    port->peer_flags = reply.peer_flags;
    port->port_context = reply.port_context;
    port->life = life_of_wire(&reply);
    if (port->life == LIFE_ENDED)
        port->ended_status = reply.state == CONNECTION_WIRE_REFUSED ? STATUS_PORT_CONNECTION_REFUSED
                                                                    : STATUS_PORT_DISCONNECTED;
    if (extra.n_ret_fds)
        status = receiver_adopt(
            reply.receiver_id,
            &(struct port_memory_here){.size = reply.memory_size, .fd = extra.ret_fds[0]},
            port->kind == PORT_KIND_CLIENT, &port->receiver);
    else
        port->receiver = receiver_find(reply.receiver_id);
    if (status == STATUS_SUCCESS && reply.receiver_id && !port->receiver)
        status = STATUS_INSUFFICIENT_RESOURCES; /* this process had no room for its descriptor */
    if (status != STATUS_SUCCESS)
        return status;
    port->port_id = reply.port_id; /* not before: what belongs to it goes with its last struct */
    return port_enter_as(TAKE(port), &removals);
}

/* A port that the server has just made for this process, with its memory. */
static status_t port_enter_made(const struct alpc_create_port_reply *reply, int memory_fd)
{
    _cleanup_(port_unrefp) struct port *port = port_new();
    status_t status;

    port->handle = reply->port;
    port->kind = PORT_KIND_CONNECTION;
    port->flags = reply->flags;
    port->max_message_length = reply->max_message_length;
    port->port_id = reply->port_id;
    port->life = LIFE_LISTENING;
    status = receiver_adopt(reply->port_id,
                            &(struct port_memory_here){.size = reply->memory_size, .fd = memory_fd},
                            false, &port->receiver);
    if (status != STATUS_SUCCESS)
        return status;
    return port_enter(TAKE(port));
}

status_t portico_port_create(const struct portico_name *name,
                             const struct port_attributes *attributes, handle_t *ret_port)
{
    struct alpc_create_port_request request = {.has_attributes = attributes != NULL};
    struct alpc_create_port_reply reply;
    struct objattr objattr;
    struct call_extra extra = {0};
    struct control *control = portico_control();
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (attributes)
        request.attributes = *attributes;
    name_put(name, &objattr, &extra);
    status = call_alpc_create_port(control, &request, &reply, &extra);
    if (status != STATUS_SUCCESS)
        return status;
    status = port_enter_made(&reply, extra.ret_fds[0]);
    if (status != STATUS_SUCCESS) {
        if (portico_close(reply.port) != STATUS_SUCCESS)
            abort();
        return status;
    }
    *ret_port = reply.port;
    return STATUS_SUCCESS;
}

/* UNKNOWN: whether Windows refuses a server communication port whose client has gone, as it refuses
 * a port that has been disconnected. Here it is this end's first disconnection: a success. */
status_t portico_port_disconnect(handle_t handle, uint32_t flags)
{
    struct alpc_disconnect_request request = {.port = handle, .flags = flags};
    struct alpc_disconnect_reply reply;
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct control *control = portico_control();
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = handle_get_port(handle, &port);
    if (status != STATUS_SUCCESS)
        return status;
    status = call_alpc_disconnect(control, &request, &reply, NULL);
    if (status == STATUS_SUCCESS)
        port_end(port, STATUS_PORT_DISCONNECTED);
    return status;
}

status_t portico_port_query(handle_t handle, struct portico_port_info *ret_info)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = handle_get_port(handle, &port);

    if (status != STATUS_SUCCESS)
        return status;
    *ret_info = (struct portico_port_info){
        .id = port->port_id,
        .kind = port->kind,
        .server_process_id = port->server_process_id,
        .flags = port->flags,
        .max_message_length = port->max_message_length,
        .port_context = port->port_context,
        .sequence = port->receiver ? receiver_sequence(port->receiver, port) : 0,
    };
    return STATUS_SUCCESS;
}

void name_put(const struct portico_name *name, struct objattr *objattr, struct call_extra *extra)
{
    *objattr = (struct objattr){0};
    extra->objattr = objattr;
    if (!name)
        return;
    objattr->root = name->root;
    objattr->attributes = name->attributes;
    objattr->name_size = name->text ? name->size : 0;
    objattr->sd_size = name->sd ? name->sd_size : 0;
    extra->name = name->text;
    extra->sd = name->sd;
}
