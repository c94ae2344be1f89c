/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* See port.h. What the two ends tell each other besides messages goes through shared memory, so
 * that it is in nobody's way. */

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "port.h"

/* Between looks at what is no part of a measurement: who yields instead takes the processor from
 * those who are measured. */
enum { LOOK_US = 50 };

void port_need(status_t status, const char *what)
{
    if (status != STATUS_SUCCESS)
        bench_fail("%s: %08x %s", what, status, portico_start_error());
}

struct port_attributes port_unlimited(uint64_t pool)
{
    return (struct port_attributes){.max_message_length = PORTICO_MESSAGE_MAX,
                                    .memory_bandwidth = UINT64_MAX,
                                    .max_pool_usage = pool ? pool : UINT64_MAX,
                                    .max_section_size = UINT64_MAX,
                                    .max_view_size = UINT64_MAX,
                                    .max_total_section_size = UINT64_MAX,
                                    .dup_object_types = 0xffd,
                                    .flags = 0x00080000};
}

struct portico_name port_name(const char *name)
{
    static const char folder[] = "\\RPC Control\\";
    static uint16_t wide[128];
    uint32_t n = 0;

    for (const char *c = folder; *c; c++)
        wide[n++] = (uint8_t)*c;
    for (const char *c = name; *c && n < 128; c++)
        wide[n++] = (uint8_t)*c;
    return (struct portico_name){.text = wide, .size = 2 * n, .attributes = 0x40};
}

/* ---- the server ---- */

struct serving {
    const struct port_server *server;
    struct port_attributes attributes;
    struct portico_attributes came, back;
    handle_t port;
    struct packet *packet;
};

static void serve_connection(struct serving *serving)
{
    handle_t accepted;

    port_need(portico_port_accept(serving->port, &serving->attributes, 0, &serving->packet->header,
                                  true, &accepted),
              "accept");
}

/* What is to be done with a message; true: it is to be answered. */
static bool serve_message(struct serving *serving)
{
    struct port_shared *shared = serving->server->shared;

    switch (serving->packet->header.type & 0xff) {
    case PORTICO_TYPE_CONNECTION_REQUEST:
        serve_connection(serving);
        return false;
    case PORTICO_TYPE_DATAGRAM:
        __atomic_store_n(&shared->n_datagrams, shared->n_datagrams + 1, __ATOMIC_RELEASE);
        return false;
    case PORTICO_TYPE_PORT_CLOSED:
        __atomic_store_n(&shared->n_closed, shared->n_closed + 1, __ATOMIC_RELEASE);
        return false;
    case PORTICO_TYPE_REQUEST:
        return true;
    default:
        return false;
    }
}

/* What came goes back with the answer. */
static void serve_attributes(struct serving *serving, struct portico_exchange *exchange)
{
    serving->back = (struct portico_attributes){0};
    if (serving->came.valid & PORTICO_ATTRIBUTE_VIEW) {
        serving->back.valid = PORTICO_ATTRIBUTE_VIEW;
        serving->back.view =
            (struct portico_view){.flags = PORTICO_VIEW_RELEASE, .base = serving->came.view.base};
    }
    if (serving->came.valid & PORTICO_ATTRIBUTE_HANDLE && serving->came.handles.handle)
        (void)portico_close(serving->came.handles.handle);
    exchange->send_attributes = serving->back.valid ? &serving->back : NULL;
}

/* A server may have to let its queue grow: asked by a datagram's sender. */
static void hold(struct port_shared *shared)
{
    if (__builtin_expect(!__atomic_load_n(&shared->is_held, __ATOMIC_ACQUIRE), 1))
        return;
    __atomic_store_n(&shared->is_holding, 1, __ATOMIC_RELEASE);
    while (__atomic_load_n(&shared->is_held, __ATOMIC_ACQUIRE))
        sched_yield();
    __atomic_store_n(&shared->is_holding, 0, __ATOMIC_RELEASE);
}

void port_serve(const struct port_server *server)
{
    static struct packet packet;
    struct serving serving = {.server = server,
                              .attributes = port_unlimited(server->pool),
                              .packet = &packet,
                              .came = {.wanted = server->wanted}};
    const struct portico_name name = port_name(server->name);
    struct portico_exchange exchange = {.receive = &packet.header,
                                        .capacity = sizeof(packet),
                                        .receive_attributes = server->wanted ? &serving.came : NULL,
                                        .deadline_ns = PORTICO_FOREVER};

    port_need(portico_start(NULL), "start");
    port_need(portico_port_create(&name, &serving.attributes, &serving.port), "create");
    __atomic_store_n(&server->shared->is_ready, 1, __ATOMIC_RELEASE);
    for (;;) {
        hold(server->shared);
        port_need(portico_port_exchange(serving.port, &exchange), "receive");
        bool is_answered = serve_message(&serving);
        exchange.send = is_answered ? &packet.header : NULL;
        exchange.flags = is_answered ? PORTICO_RELEASE : 0;
        exchange.send_attributes = NULL;
        if (server->wanted && is_answered)
            serve_attributes(&serving, &exchange);
    }
}

static void serve_in_child(void *argument)
{
    const struct port_server *server = argument;

    bench_pin(server->placement, 1);
    port_serve(server);
}

void port_server_start(struct port_server *server)
{
    server->shared = bench_shared(sizeof(*server->shared));
    server->pid = bench_child(serve_in_child, server);
}

void port_server_stop(struct port_server *server)
{
    bench_end(server->pid);
}

/* ---- the client ---- */

handle_t port_connect(const struct port_server *server)
{
    const struct port_attributes attributes = port_unlimited(0);
    struct portico_connect connect = {.name = port_name(server->name),
                                      .attributes = &attributes,
                                      .flags = PORTICO_SYNC,
                                      .deadline_ns = PORTICO_FOREVER};
    handle_t port;

    while (!__atomic_load_n(&server->shared->is_ready, __ATOMIC_ACQUIRE))
        usleep(LOOK_US);
    port_need(portico_start(NULL), "start");
    port_need(portico_port_connect(&connect, &port), "connect");
    return port;
}

void packet_init(struct packet *packet, uint32_t size)
{
    packet->header =
        (struct portico_message){.data_length = (uint16_t)size,
                                 .total_length = (uint16_t)(size + sizeof(struct portico_message))};
}

void port_ask(handle_t port, struct packet *request, struct packet *reply)
{
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .send = &request->header,
                                        .receive = &reply->header,
                                        .capacity = sizeof(*reply),
                                        .deadline_ns = PORTICO_FOREVER};

    port_need(portico_port_exchange(port, &exchange), "exchange");
    if (reply->header.data_length != request->header.data_length)
        bench_fail("a reply of another size");
}

unsigned port_tell(handle_t port, struct packet *packet)
{
    struct portico_exchange exchange = {.flags = PORTICO_RELEASE, .send = &packet->header};
    unsigned n_full = 0;

    for (;;) {
        status_t status = portico_port_exchange(port, &exchange);
        if (status == STATUS_SUCCESS)
            return n_full;
        if (status != STATUS_QUOTA_EXCEEDED)
            port_need(status, "datagram");
        n_full++;
        sched_yield();
    }
}

void port_await(const uint64_t *word, uint64_t value)
{
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) < value)
        usleep(LOOK_US);
}
