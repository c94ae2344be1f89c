/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "alpc/list.h"

#include "server_ports.h"

START_TEST(queued_messages_are_counted)
{
    struct list_ports_reply reply;
    struct port_entry entry;
    struct lane_producer producer;
    uint32_t n_packets, lane, generation;

    pair_start();
    pair_connect();
    pair_producer(&producer);
    holder_bells(&pair.holder, &pair.a, pair.listener);
    for (uint32_t i = 0; i < 5; i++)
        pair_datagram(&producer, i);
    if (port_harvest(&pair.holder.view, &n_packets, &lane, &generation) == PORT_MAP_LANE) {
        struct port_message message;
        ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message),
                         PORT_RECEIVED);
        pair_datagram(&producer, 5);
        ck_assert_int_eq(port_harvest(&pair.holder.view, &n_packets, &lane, &generation),
                         PORT_RECEIVED);
    }
    ck_assert_uint_eq(CALL(&pair.b, list_ports, &reply), STATUS_SUCCESS);
    memcpy(&entry, pair.b.data, sizeof(entry));
    ck_assert_uint_eq(entry.n_queued, 5);
    pair_producer_end(&producer);
    pair_end();
}
END_TEST

START_TEST(a_small_buffer_makes_pages)
{
    uint8_t bytes[200];
    uint32_t size, n, total = 0;
    uint64_t cursor = 0;

    pair_start();
    pair_connect();
    do {
        cursor = ports_list(pair.server, cursor, bytes, sizeof(bytes), &size, &n);
        ck_assert_uint_gt(n, 0);
        total += n;
    } while (cursor);
    ck_assert_uint_eq(total, 3);
    pair_end();
}
END_TEST

START_TEST(ports_are_listed_with_their_names)
{
    struct list_ports_reply reply;
    struct port_entry entry;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(CALL(&pair.b, list_ports, &reply), STATUS_SUCCESS);
    ck_assert_uint_eq(reply.n_entries, 3);
    ck_assert_uint_eq(reply.cursor, 0);
    memcpy(&entry, pair.b.data, sizeof(entry));
    ck_assert_uint_eq(entry.kind, PORT_KIND_CONNECTION);
    ck_assert_uint_eq(entry.owner_process_id, (uint32_t)pair.pid_a);
    ck_assert_uint_eq(entry.n_connections, 1);
    ck_assert_uint_eq(entry.n_lanes, 1);
    ck_assert_uint_eq(entry.name_size, 2 * strlen(PORT_NAME));
    pair_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("list");
    UNIT_TEST(ports_are_listed_with_their_names);
    UNIT_TEST(queued_messages_are_counted);
    UNIT_TEST(a_small_buffer_makes_pages);
    return UNIT_END();
}
