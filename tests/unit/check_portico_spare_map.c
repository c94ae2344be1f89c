/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "portico/spare_map.h"

#include <sys/mman.h>

#include "daemon.h"
#include "portico/handle.h"
#include "portico/local_port.h"
#include "portico/receiver.h"

static const char name[] = "\\RPC Control\\spare-map";

static struct spare_map mapping(uint64_t id)
{
    struct spare_map spare = {.id = id, .size = 4096};

    spare.base = mmap(NULL, spare.size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(spare.base, MAP_FAILED);
    return spare;
}

static bool is_mapped(const struct spare_map *spare)
{
    unsigned char in_core;

    return mincore(spare->base, spare->size, &in_core) == 0;
}

START_TEST(the_newest_comes_first_and_the_oldest_goes)
{
    struct spare_map spares[6], taken;

    for (unsigned i = 0; i < 6; i++)
        spares[i] = mapping(i + 1);
    for (unsigned i = 0; i < 6; i++)
        spare_map_put(&spares[i]);
    ck_assert(!is_mapped(&spares[0]));
    ck_assert(!is_mapped(&spares[1]));
    for (unsigned i = 6; i-- > 2;) {
        spare_map_take(&taken);
        ck_assert_uint_eq(taken.id, i + 1);
        ck_assert_ptr_eq(taken.base, spares[i].base);
        spare_map_leave(&taken);
        ck_assert(!is_mapped(&spares[i]));
    }
    spare_map_take(&taken);
    ck_assert_uint_eq(taken.id, 0);
    spare_map_leave(&taken);
}
END_TEST

/* The client's memory, and how it came. */
static void *memory_of(handle_t handle, uint64_t *ret_id)
{
    struct port *port;

    ck_ok(handle_get_port(handle, &port));
    void *memory = port->receiver->memory;
    *ret_id = port->receiver->memory_id;
    port_unref(port);
    return memory;
}

/* Whether the server has kept it is a matter of time: so is only what must hold in any case. */
START_TEST(messages_come_through_each_of_many_connections)
{
    static struct test_message message, reply;
    uint64_t id;

    for (unsigned i = 0; i < 50; i++) {
        struct pair pair = pair_make(name);

        ck_assert_ptr_nonnull(memory_of(pair.client, &id));
        ck_assert_uint_ne(id, 0);
        message_fill(&message, 100, i);
        ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
        ck_ok(port_take(pair.connection, &reply));
        ck_assert(message_has(&reply, 100, i));
        message_fill(&message, 2000, i);
        ck_ok(port_send(pair.server, PORTICO_RELEASE, &message));
        ck_ok(port_take(pair.client, &reply));
        ck_assert(message_has(&reply, 2000, i));
        pair_close(&pair);
    }
}
END_TEST

/* Of a connection through which so many requests have come, unanswered. */
static bool is_offered_after(unsigned n_requests)
{
    static struct test_message message, request;
    struct pair pair = pair_make(name);
    struct spare_map taken;
    uint64_t id;

    (void)memory_of(pair.client, &id);
    for (unsigned i = 0; i < n_requests; i++) {
        message_fill(&message, 100, i);
        ck_ok(port_send(pair.server, 0, &message));
        ck_ok(port_take(pair.client, &request));
    }
    pair_close(&pair);
    spare_map_take(&taken);
    bool is_it = taken.id == id;
    spare_map_leave(&taken);
    return is_it;
}

START_TEST(memory_of_which_much_was_used_is_not_kept)
{
    ck_assert(is_offered_after(0));
    ck_assert(is_offered_after(1));
    ck_assert(!is_offered_after(20));
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("spare_map");
    UNIT_TEST(the_newest_comes_first_and_the_oldest_goes);
    UNIT_TEST(messages_come_through_each_of_many_connections);
    UNIT_TEST(memory_of_which_much_was_used_is_not_kept);
    return DAEMON_END(UNIT_END());
}
