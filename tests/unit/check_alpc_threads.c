/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Both ends of lanes and all holders of a port as threads over one mapping, on the real kernel: for
 * ThreadSanitizer, which knows memory by its address and so sees nothing of what two mappings
 * share. Without it this is a stress test of the same code that tests/model explores. */

#include <pthread.h>

#include "alpc_rig.h"

enum { N_SENDERS = 2, N_RECEIVERS = 3, N_MESSAGES = 3000, REPLY_BYTES = 40, ANY_SIZE = 1500 };

static struct rig rig;

struct sender_thread {
    pthread_t thread;
    struct rig_sender *sender;
    uint32_t n_replies, n_wrong;
};

struct receiver_thread {
    pthread_t thread;
    struct port_view *view;
    uint32_t n_received, n_wrong;
};

static void fill(uint8_t *bytes, uint32_t id, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        bytes[i] = rig_byte(id, i);
}

static bool is_filled(const uint8_t *bytes, uint32_t id, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (bytes[i] != rig_byte(id, i))
            return false;
    return true;
}

/* ---- senders ---- */

static void send_one(struct sender_thread *self, const struct lane_message *message)
{
    struct lane_producer *producer = &self->sender->producer;
    struct lane_wake wake;
    uint8_t bytes[ANY_SIZE];

    wake_init(&wake, -1);
    fill(bytes, message->message_id, message->data_size);
    while (producer_send(producer, message, NULL, bytes) != LANE_OK)
        self->n_wrong +=
            producer_wait(producer, 0, message->data_size, &wake, SYS_FOREVER) != LANE_OK;
}

static void call_one(struct sender_thread *self, struct lane_message *message)
{
    struct rig_sender *s = self->sender;
    const struct lane_view *view = &s->producer.view;
    struct lane_wake wake;
    struct slot_reply reply;
    int slot = slot_acquire(&s->pool, view);

    wake_init(&wake, -1);
    message->kind = LANE_REQUEST;
    message->flags = LANE_SYNC;
    message->slot = (uint32_t)slot + 1;
    message->slot_word = slot_arm(&s->pool, view, (uint32_t)slot);
    send_one(self, message);
    if (slot_wait(&s->pool, view, (uint32_t)slot, message->slot_word, &wake, SYS_FOREVER) ==
            LANE_OK &&
        slot_read(view, (uint32_t)slot, &reply) == LANE_OK &&
        reply.message_id == message->message_id && reply.data_size == REPLY_BYTES &&
        is_filled(slot_areas(view, (uint32_t)slot, reply.in_extent), reply.message_id + 1,
                  REPLY_BYTES))
        self->n_replies++;
    else
        self->n_wrong++;
    slot_release(&s->pool, (uint32_t)slot);
}

static void *sender_main(void *argument)
{
    struct sender_thread *self = argument;
    struct rig_sender *s = self->sender;

    for (uint32_t i = 0; i < N_MESSAGES; i++) {
        struct lane_message message =
            rig_message(s, LANE_DATAGRAM, LANE_RELEASE, s->next_id++, i * 53 % ANY_SIZE);
        if (i % 4)
            send_one(self, &message);
        else
            call_one(self, &message);
    }
    return NULL;
}

/* ---- receivers ---- */

static void answer(struct receiver_thread *self, const struct port_message *message,
                   struct port_route *route)
{
    const struct slot_reply reply = {.kind = LANE_CONTINUATION,
                                     .flags = LANE_RELEASE,
                                     .message_id = message->message_id,
                                     .data_size = REPLY_BYTES};

    if (port_continue_begin(self->view, message->message_id, message->callback_id,
                            PORT_CONTINUE_RELEASE, false, 0, route) != STATUS_SUCCESS ||
        route->kind != PORT_ROUTE_SLOT ||
        slot_claim(route->lane_view, route->slot, route->slot_word) != LANE_OK) {
        self->n_wrong++;
        return;
    }
    fill(slot_areas(route->lane_view, route->slot, false), message->message_id + 1, REPLY_BYTES);
    self->n_wrong +=
        slot_finish(route->lane_view, route->slot, route->slot_word, &reply) != LANE_OK;
}

static void *receiver_main(void *argument)
{
    struct receiver_thread *self = argument;
    struct port_receive_args args = {.capacity = PORT_DATA_MAX_BYTES};
    struct port_message message;
    struct port_route route;
    struct lane_wake wake;

    wake_init(&wake, -1);
    for (;;) {
        args.may_wait = true;
        enum port_result result = port_receive(self->view, &args, &message);
        if (result == PORT_ENDED)
            return NULL;
        if (result == PORT_WAIT) {
            (void)!doorbell_sleep(rig.bells.outer, &wake, SYS_FOREVER);
            args.was_waiting = true;
            continue;
        }
        if (result != PORT_RECEIVED ||
            !is_filled(message.data, message.message_id, message.data_length))
            self->n_wrong++;
        self->n_received++;
        port_receive_end(self->view, &message, true);
        if (message.type & LPC_CONTINUATION) {
            answer(self, &message, &route);
            args.finished = &route;
        }
    }
}

/* ---- the test ---- */

/* The holders use the senders' own mappings. */
static void share_mappings(struct port_view *view, bool share)
{
    for (unsigned i = 0; i < N_SENDERS; i++) {
        struct port_lane_map *map = &view->lanes[rig.senders[i].lane];
        map->view = rig.senders[i].producer.view;
        map->generation = share ? rig.senders[i].generation : 0;
    }
}

static void set_up(void)
{
    rig_open(&rig, &rig_small, 0);
    rig_second_holder(&rig);
    for (unsigned i = 0; i < N_SENDERS; i++)
        rig_add_sender(&rig);
    share_mappings(&rig.views[0], true);
    share_mappings(&rig.views[1], true);
}

START_TEST(senders_and_holders_in_threads_lose_and_tear_nothing)
{
    struct sender_thread senders[N_SENDERS] = {0};
    struct receiver_thread receivers[N_RECEIVERS] = {0};
    uint32_t n_received = 0;

    set_up();
    for (unsigned i = 0; i < N_RECEIVERS; i++) {
        receivers[i].view = &rig.views[i == 0];
        pthread_create(&receivers[i].thread, NULL, receiver_main, &receivers[i]);
    }
    for (unsigned i = 0; i < N_SENDERS; i++) {
        senders[i].sender = &rig.senders[i];
        pthread_create(&senders[i].thread, NULL, sender_main, &senders[i]);
    }
    for (unsigned i = 0; i < N_SENDERS; i++) {
        pthread_join(senders[i].thread, NULL);
        ck_assert_uint_eq(senders[i].n_wrong, 0);
        ck_assert_uint_eq(senders[i].n_replies, N_MESSAGES / 4);
    }
    port_keeper_end(&rig.keeper, STATUS_PORT_CLOSED);
    for (unsigned i = 0; i < N_RECEIVERS; i++)
        doorbell_ring(rig.bells.daemon_bell);
    for (unsigned i = 0; i < N_RECEIVERS; i++) {
        pthread_join(receivers[i].thread, NULL);
        ck_assert_uint_eq(receivers[i].n_wrong, 0);
        n_received += receivers[i].n_received;
    }
    ck_assert_uint_eq(n_received, N_SENDERS * N_MESSAGES);
    ck_assert_uint_eq(rig.n_broken, 0);
    share_mappings(&rig.views[0], false);
    share_mappings(&rig.views[1], false);
    rig_close(&rig);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("alpc_threads");
    UNIT_TEST(senders_and_holders_in_threads_lose_and_tear_nothing);
    return UNIT_END();
}
