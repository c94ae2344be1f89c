/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Attaching to port memory, holders, lane mappings, generations of table places. */

#include <stdio.h>

#include "alpc_rig.h"

START_TEST(memory_that_is_not_a_port_is_refused)
{
    struct rig rig;
    struct port_view view;

    rig_open(&rig, &rig_small, 0);
    struct port_memory *memory = rig.memory;
    ck_assert_uint_eq(port_view_init(&view, memory, 64, 1, &rig_ops, &rig),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(port_view_init(&view, memory, rig.size - 1, 1, &rig_ops, &rig),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(port_view_init(&view, memory, rig.size, 0, &rig_ops, &rig),
                      STATUS_INVALID_PARAMETER);
    memory->version++;
    ck_assert_uint_eq(port_view_init(&view, memory, rig.size, 1, &rig_ops, &rig),
                      STATUS_INVALID_PARAMETER);
    memory->version--;
    memory->magic++;
    ck_assert_uint_eq(port_view_init(&view, memory, rig.size, 1, &rig_ops, &rig),
                      STATUS_INVALID_PARAMETER);
    memory->magic--;
    memory->geometry.n_buckets = 3;
    ck_assert_uint_eq(port_view_init(&view, memory, rig.size, 1, &rig_ops, &rig),
                      STATUS_INVALID_PARAMETER);
    memory->geometry = rig_small;
    rig_close(&rig);
}
END_TEST

START_TEST(holders_are_limited_and_leave_their_place)
{
    static struct port_view views[PORT_HOLDERS_MAX];
    struct port_view more;
    struct rig rig;

    rig_open(&rig, &rig_small, 0);
    for (unsigned i = 1; i < PORT_HOLDERS_MAX; i++)
        ck_assert_uint_eq(port_view_init(&views[i], rig.memory, rig.size, 100 + i, &rig_ops, &rig),
                          STATUS_SUCCESS);
    ck_assert_uint_eq(port_view_init(&more, rig.memory, rig.size, 99, &rig_ops, &rig),
                      STATUS_INSUFFICIENT_RESOURCES);
    port_view_deinit(&views[5]);
    ck_assert_uint_eq(port_view_init(&more, rig.memory, rig.size, 99, &rig_ops, &rig),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(more.holder, 5);
    port_view_deinit(&more);
    for (unsigned i = 1; i < PORT_HOLDERS_MAX; i++)
        port_view_deinit(&views[i]);
    rig_close(&rig);
}
END_TEST

START_TEST(a_lane_that_is_not_mapped_is_asked_for_once)
{
    struct rig rig;
    struct port_message message;
    struct port_receive_args args = {.capacity = 100};
    struct lane_view mapped;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_datagram(s, 4);
    ck_assert_int_eq(port_receive(&rig.views[0], &args, &message), PORT_MAP_LANE);
    ck_assert_uint_eq(message.lane, s->lane);
    ck_assert_uint_eq(message.lane_generation, s->generation);
    rig_map(&rig, &rig.views[0], s->lane, s->generation);
    /* Another thread was told the same: its mapping is not wanted. */
    ck_assert_int_eq(lane_map(s->fd, &s->geometry, &mapped), 0);
    ck_assert(!port_view_set_lane(&rig.views[0], s->lane, s->generation, &mapped));
    lane_unmap(&mapped);
    ck_assert(!port_view_set_lane(&rig.views[0], 0, 1, &mapped));
    ck_assert(!port_view_set_lane(&rig.views[0], rig_small.n_lanes, 1, &mapped));
    ck_assert_int_eq(port_receive(&rig.views[0], &args, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, id);
    rig_close(&rig);
}
END_TEST

START_TEST(a_pinned_message_keeps_its_mapping)
{
    struct rig rig;
    struct port_message message;
    struct lane_view mapped;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    rig_datagram(s, 5000);
    ck_assert_int_eq(rig_receive(&rig, &message), PORT_RECEIVED);
    ck_assert_uint_ne(message.pin, 0);
    ck_assert_int_eq(lane_map(s->fd, &s->geometry, &mapped), 0);
    ck_assert(!port_view_set_lane(&rig.views[0], s->lane, s->generation + 2, &mapped));
    port_receive_end(&rig.views[0], &message, true);
    ck_assert(port_view_set_lane(&rig.views[0], s->lane, s->generation + 2, &mapped));
    rig_close(&rig);
}
END_TEST

/* Does the process map this memfd at `base`? Zeros that took its place are no file. */
static bool is_mapped_file(const void *base)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    bool is_file = false;

    ck_assert_ptr_nonnull(maps);
    while (fgets(line, sizeof(line), maps))
        if (strtoull(line, NULL, 16) == (uintptr_t)base)
            is_file = strstr(line, "memfd:") != NULL;
    fclose(maps);
    return is_file;
}

static bool is_mapped(const void *base)
{
    unsigned char resident;

    return mincore((void *)(uintptr_t)base, 4096, &resident) == 0;
}

START_TEST(what_is_glanced_at_stays_mapped)
{
    struct rig rig;
    struct lane_view mapped[3];

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    struct port_view *view = &rig.views[0];
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(lane_map(s->fd, &s->geometry, &mapped[i]), 0);
    const void *first = mapped[0].base, *second = mapped[1].base;
    ck_assert(port_view_set_lane(view, s->lane, s->generation, &mapped[0]));
    port_glance_begin(view);
    ck_assert(port_view_set_lane(view, s->lane, s->generation + 1, &mapped[1]));
    ck_assert(is_mapped(first));
    /* One is kept for each place: who would fill it once more asks again. */
    ck_assert(!port_view_set_lane(view, s->lane, s->generation + 2, &mapped[2]));
    ck_assert(is_mapped(first) && is_mapped(second));
    port_glance_end(view);
    ck_assert(port_view_set_lane(view, s->lane, s->generation + 2, &mapped[2]));
    ck_assert(!is_mapped(first) && !is_mapped(second));
    rig_close(&rig);
}
END_TEST

START_TEST(the_memory_of_a_lane_that_is_over_is_let_go)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    struct port_view *view = &rig.views[0];
    rig_datagram(s, 5000);
    ck_assert_int_eq(rig_receive(&rig, &message), PORT_RECEIVED);
    const struct port_lane_map *map = &view->lanes[s->lane];
    const uint32_t *word = (const uint32_t *)(const void *)map->view.base;
    ck_assert_uint_eq(*word, LANE_MAGIC);
    port_view_let_go(view);
    ck_assert(is_mapped_file(word)); /* in use */
    port_keeper_lane_died(&rig.keeper, s->lane);
    rig_expect_none(&rig);
    port_view_let_go(view);
    ck_assert(is_mapped_file(word)); /* the message is still being copied */
    port_receive_end(view, &message, true);
    port_view_let_go(view);
    ck_assert(!is_mapped_file(word));
    ck_assert_uint_eq(*word, 0);
    ck_assert_uint_eq(map->generation, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(a_new_generation_of_a_place_starts_clean)
{
    struct rig rig;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    struct port_view *view = &rig.views[0];
    ck_assert(port_lock(view));
    struct port_connection *connection = connection_at_locked(view, s->connection);
    connection->port_context = 5;
    connection->sequence = 6;
    struct port_lane *lane = lane_at_locked(view, s->lane);
    lane->cursor.next = 640;
    lane->marks = PORT_LANE_BROKEN;
    port_unlock(view);
    port_keeper_free_connection(&rig.keeper, s->connection);
    port_keeper_free_lane(&rig.keeper, s->lane);
    ck_assert_ptr_null(connection_at_locked(view, s->connection));
    ck_assert_ptr_null(lane_at_locked(view, s->lane));
    ck_assert_ptr_null(connection_at_locked(view, rig_small.n_connections));
    ck_assert_ptr_null(lane_at_locked(view, rig_small.n_lanes));
    struct rig_sender *t = rig_add_sender(&rig);
    ck_assert_uint_eq(t->connection, s->connection);
    ck_assert_uint_eq(t->lane, s->lane);
    ck_assert_uint_eq(t->generation, s->generation + 2);
    connection = connection_at_locked(view, t->connection);
    ck_assert_uint_eq(connection->port_context, 0);
    ck_assert_uint_eq(connection->sequence, 0);
    ck_assert_ptr_null(connection_open_locked(view, s->connection, s->connection_generation));
    ck_assert_ptr_nonnull(connection_open_locked(view, t->connection, t->connection_generation));
    lane = lane_at_locked(view, t->lane);
    ck_assert_uint_eq(lane->cursor.next, 0);
    ck_assert_uint_eq(lane->marks, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(a_connection_knows_its_senders)
{
    struct rig rig;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    const struct port_connection *connection = connection_at_locked(&rig.views[0], s->connection);
    ck_assert(connection_has_sender(connection, s->sender));
    ck_assert(!connection_has_sender(connection, s->sender + 1));
    ck_assert(!connection_has_sender(connection, 0));
    ck_assert_uint_eq(port_keeper_add_sender(&rig.keeper, s->connection, 90), STATUS_SUCCESS);
    ck_assert(connection_has_sender(connection, 90));
    rig_close(&rig);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("view");
    UNIT_TEST(memory_that_is_not_a_port_is_refused);
    UNIT_TEST(holders_are_limited_and_leave_their_place);
    UNIT_TEST(a_lane_that_is_not_mapped_is_asked_for_once);
    UNIT_TEST(a_pinned_message_keeps_its_mapping);
    UNIT_TEST(what_is_glanced_at_stays_mapped);
    UNIT_TEST(the_memory_of_a_lane_that_is_over_is_let_go);
    UNIT_TEST(a_new_generation_of_a_place_starts_clean);
    UNIT_TEST(a_connection_knows_its_senders);
    return UNIT_END();
}
