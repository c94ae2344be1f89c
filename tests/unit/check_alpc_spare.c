/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Port memory for the next port of the same process. */
#include "config.h"

#include "alpc/spare.h"

#include "server_ports.h"

/* The answer of b's asynchronous connect with this memory offered. */
static struct alpc_connect_reply connect_with(struct peer *peer, uint64_t memory_id)
{
    struct alpc_connect_reply reply;
    uint8_t data[200];
    uint32_t size = objattr_data(data, PORT_NAME, 0, 0, NULL, 0);

    ck_assert_uint_eq(CALL_DATA(peer, alpc_connect, &reply, data, size,
                                .attributes = pair_attributes, .has_attributes = 1,
                                .timeout_ns = TIMEOUT_NEVER, .memory_id = memory_id),
                      STATUS_SUCCESS);
    return reply;
}

static void *map(struct peer *peer, const struct alpc_connect_reply *reply)
{
    void *memory;

    ck_assert_uint_ne(reply->comes & CONNECT_MEMORY_COMES, 0);
    memory = mmap(NULL, reply->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, peer->fds[0], 0);
    ck_assert_ptr_ne(memory, MAP_FAILED);
    return memory;
}

static void close_port(struct peer *peer, handle_t port)
{
    struct handle_close_reply closed;

    ck_assert_uint_eq(CALL(peer, handle_close, &closed, .handle = port), STATUS_SUCCESS);
}

START_TEST(memory_that_is_offered_becomes_the_next_ports_as_new)
{
    struct alpc_connect_reply first, second;
    struct port_memory *memory;

    pair_start();
    first = connect_with(&pair.b, 0);
    memory = map(&pair.b, &first);
    memory->main.head = 5;
    memory->n_waiters = 3;
    close_port(&pair.b, first.port);
    second = connect_with(&pair.b, first.memory_id);
    ck_assert_uint_eq(second.memory_id, first.memory_id);
    ck_assert_uint_eq(second.comes, 0);
    ck_assert_uint_eq(pair.b.n_fds, 0);
    ck_assert_uint_eq(memory->port_id, second.port_id);
    ck_assert_uint_eq(memory->ended_status, 0);
    ck_assert_uint_eq(memory->main.head, 0);
    ck_assert_uint_eq(memory->n_waiters, 0);
    munmap(memory, first.memory_size);
    pair_end();
}
END_TEST

/* The next port has other memory than the one that closed, or is open still. */
static void expect_other(struct peer *peer, const struct alpc_connect_reply *first,
                         uint64_t memory_id)
{
    struct alpc_connect_reply next = connect_with(peer, memory_id);

    ck_assert_uint_ne(next.memory_id, first->memory_id);
    ck_assert_uint_ne(next.comes & CONNECT_MEMORY_COMES, 0);
}

START_TEST(what_is_not_offered_is_not_used)
{
    struct alpc_connect_reply first;

    pair_start();
    first = connect_with(&pair.b, 0);
    close_port(&pair.b, first.port);
    expect_other(&pair.b, &first, 0);
    expect_other(&pair.b, &first, first.memory_id + 1000);
    pair_end();
}
END_TEST

START_TEST(a_port_that_is_open_keeps_its_memory)
{
    struct alpc_connect_reply first;

    pair_start();
    first = connect_with(&pair.b, 0);
    expect_other(&pair.b, &first, first.memory_id);
    pair_end();
}
END_TEST

START_TEST(another_process_does_not_get_it)
{
    struct alpc_connect_reply first;

    pair_start();
    first = connect_with(&pair.b, 0);
    close_port(&pair.b, first.port);
    expect_other(&pair.a, &first, first.memory_id);
    pair_end();
}
END_TEST

/* b's handle goes to a: it has mapped the memory then. */
START_TEST(memory_that_two_processes_have_held_goes)
{
    struct alpc_connect_reply first;
    struct port *port;

    pair_start();
    first = connect_with(&pair.b, 0);
    ck_assert_uint_eq(port_lookup(pair.b.client->process, first.port, &port), STATUS_SUCCESS);
    ck_assert_uint_eq(receiver_hold(&port->receiver, pair.a.client->process), STATUS_SUCCESS);
    port_unref(port);
    close_port(&pair.b, first.port);
    ck_assert(list_is_empty(&pair.b.client->process->spares));
    expect_other(&pair.b, &first, first.memory_id);
    pair_end();
}
END_TEST

START_TEST(memory_of_which_much_is_in_use_goes)
{
    struct alpc_connect_reply first;
    uint8_t *memory;

    pair_start();
    first = connect_with(&pair.b, 0);
    memory = map(&pair.b, &first);
    for (uint64_t i = 0; i < 64; i++)
        memory[first.memory_size - 1 - i * 4096] = 1;
    close_port(&pair.b, first.port);
    ck_assert(list_is_empty(&pair.b.client->process->spares));
    munmap(memory, first.memory_size);
    pair_end();
}
END_TEST

START_TEST(a_count_that_the_holder_made_up_costs_it_its_spare)
{
    struct alpc_connect_reply first;
    struct port_memory *memory;

    pair_start();
    first = connect_with(&pair.b, 0);
    memory = map(&pair.b, &first);
    memory->nodes_used = UINT32_MAX;
    close_port(&pair.b, first.port);
    expect_other(&pair.b, &first, first.memory_id);
    ck_assert(list_is_empty(&pair.b.client->process->spares));
    munmap(memory, first.memory_size);
    pair_end();
}
END_TEST

START_TEST(spares_go_with_their_process)
{
    struct alpc_connect_reply first;

    pair_start();
    first = connect_with(&pair.b, 0);
    close_port(&pair.b, first.port);
    ck_assert_uint_eq(pair.server->n_rests, 1);
    child_die(pair.pid_b);
    ck_assert_uint_eq(pair.server->n_rests, 0);
    pair.pid_b = fixture_child();
    pair_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("spare");
    UNIT_TEST(memory_that_is_offered_becomes_the_next_ports_as_new);
    UNIT_TEST(what_is_not_offered_is_not_used);
    UNIT_TEST(a_port_that_is_open_keeps_its_memory);
    UNIT_TEST(another_process_does_not_get_it);
    UNIT_TEST(memory_that_two_processes_have_held_goes);
    UNIT_TEST(memory_of_which_much_is_in_use_goes);
    UNIT_TEST(a_count_that_the_holder_made_up_costs_it_its_spare);
    UNIT_TEST(spares_go_with_their_process);
    return UNIT_END();
}
