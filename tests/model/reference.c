/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* See reference.h. Written from the reference, not from the implementation; where the reference is
 * silent it follows what docs/API.md says under UNKNOWN. */

#include "reference.h"

#include <assert.h>
#include <string.h>

enum event_kind {
    NEW,      /* a request or datagram */
    CONTINUE, /* a reply or continuation */
    TAKE,     /* its sender takes it back */
    REFUSE,   /* its receiver cancels it */
    GIVEN,    /* a message that was taken back has been seen: the end of it */
    CONNECT,
    REPLY, /* to a connection request */
    CLOSE,
};

static enum reference_side other(enum reference_side side)
{
    return side == AT_SERVER ? AT_CLIENT : AT_SERVER;
}

static struct reference_queue *queue_of(struct reference *reference, enum reference_side side,
                                        uint32_t client)
{
    return side == AT_SERVER ? &reference->server : &reference->clients[client].queue;
}

static void push(struct reference *reference, enum reference_side to, struct reference_event event)
{
    struct reference_queue *queue = queue_of(reference, to, event.client);

    assert(queue->tail < REFERENCE_EVENTS);
    queue->events[queue->tail++] = event;
}

static void push_about(struct reference *reference, enum reference_side to, enum event_kind kind,
                       uint32_t message, bool is_release)
{
    push(reference, to,
         (struct reference_event){.kind = (uint8_t)kind,
                                  .client = reference->messages[message].client,
                                  .message = message,
                                  .is_release = is_release});
}

void reference_init(struct reference *reference)
{
    memset(reference, 0, sizeof(*reference));
}

void reference_connect(struct reference *reference, uint32_t client)
{
    reference->clients[client] = (struct reference_client){
        .is_used = true, .is_pending = true, .reserve_message = REFERENCE_MESSAGES};
    push(reference, AT_SERVER,
         (struct reference_event){.kind = CONNECT, .client = (uint8_t)client});
}

void reference_answer(struct reference *reference, uint32_t client, bool accept)
{
    reference->clients[client].is_pending = false;
    reference->clients[client].is_accepted = accept;
    if (accept)
        push(reference, AT_CLIENT,
             (struct reference_event){.kind = REPLY, .client = (uint8_t)client});
}

void reference_close(struct reference *reference, uint32_t client)
{
    struct reference_client *its = &reference->clients[client];

    its->is_open = its->is_used = false;
    for (uint32_t i = 0; i < reference->n_messages; i++)
        if (reference->messages[i].client == client)
            reference->messages[i].state[AT_CLIENT] = REFERENCE_GONE;
    if (its->is_accepted)
        push(reference, AT_SERVER,
             (struct reference_event){.kind = CLOSE, .client = (uint8_t)client});
}

static uint32_t message_new(struct reference *reference, uint32_t client)
{
    assert(reference->n_messages < REFERENCE_MESSAGES);
    reference->messages[reference->n_messages].client = (uint8_t)client;
    return reference->n_messages++;
}

uint32_t reference_send(struct reference *reference, enum reference_side side, uint32_t client,
                        bool is_datagram)
{
    uint32_t message = message_new(reference, client);

    reference->messages[message].is_datagram = is_datagram;
    reference->messages[message].state[side] = is_datagram ? REFERENCE_GONE : REFERENCE_SENT;
    push_about(reference, other(side), NEW, message, is_datagram);
    return message;
}

uint32_t reference_send_sync(struct reference *reference, uint32_t client)
{
    uint32_t message = message_new(reference, client);

    reference->messages[message].is_sync = true;
    push_about(reference, AT_SERVER, NEW, message, false);
    push_about(reference, AT_SERVER, TAKE, message, false);
    return message;
}

uint32_t reference_call(struct reference *reference, uint32_t client, bool release, bool canceled)
{
    uint32_t message = message_new(reference, client);

    if (!release && !canceled) {
        reference->messages[message].state[AT_SERVER] = REFERENCE_SENT;
        reference->messages[message].state[AT_CLIENT] = REFERENCE_HELD;
    }
    return message;
}

bool reference_continue(struct reference *reference, enum reference_side side, uint32_t message,
                        bool release)
{
    struct reference_message *its = &reference->messages[message];

    if (its->state[side] != REFERENCE_HELD)
        return false;
    /* Nobody waits for the answer of a SYNC request that was given up. */
    if (its->is_sync) {
        its->state[side] = REFERENCE_GONE;
        return true;
    }
    its->state[side] = release ? REFERENCE_GONE : REFERENCE_SENT;
    push_about(reference, other(side), CONTINUE, message, release);
    return true;
}

enum reference_cancel reference_cancel(struct reference *reference, enum reference_side side,
                                       uint32_t message)
{
    struct reference_message *its = &reference->messages[message];

    switch ((enum reference_state)its->state[side]) {
    case REFERENCE_HELD:
        its->state[side] = REFERENCE_GONE;
        if (!its->is_sync)
            push_about(reference, other(side), REFUSE, message, true);
        return CANCEL_PENDING;
    case REFERENCE_SENT:
        its->state[side] = REFERENCE_TAKEN;
        push_about(reference, other(side), TAKE, message, true);
        return CANCEL_PENDING;
    case REFERENCE_TAKEN:
        return CANCEL_ALREADY;
    case REFERENCE_GONE:
    case REFERENCE_FLUSHED:
        break;
    }
    return CANCEL_NOT_FOUND;
}

static struct reference_expected expected(uint32_t type, uint32_t client, uint32_t message)
{
    return (struct reference_expected){
        .type = type, .client = client, .message = message, .has_data = type != 12};
}

static struct reference_expected receive_new(struct reference_message *its,
                                             const struct reference_event *event,
                                             enum reference_side side, bool is_closed)
{
    its->is_received = true;
    if (is_closed)
        return expected(12, event->client, event->message);
    if (its->is_datagram)
        return expected(3, event->client, event->message);
    its->state[side] = REFERENCE_HELD;
    return expected(0x2001, event->client, event->message);
}

static struct reference_expected receive_continuation(struct reference_message *its,
                                                      const struct reference_event *event,
                                                      enum reference_side side)
{
    if (its->state[side] == REFERENCE_TAKEN && event->is_release)
        its->state[side] = REFERENCE_GONE;
    if (its->state[side] != REFERENCE_SENT)
        return expected(0, 0, 0);
    its->state[side] = event->is_release ? REFERENCE_GONE : REFERENCE_HELD;
    return expected(event->is_release ? 2 : 0x2001, event->client, event->message);
}

static struct reference_expected receive_cancel(struct reference *reference,
                                                struct reference_message *its,
                                                const struct reference_event *event,
                                                enum reference_side side)
{
    uint8_t state = its->state[side];

    its->state[side] = REFERENCE_GONE;
    if (event->kind == TAKE && !its->is_sync &&
        (state == REFERENCE_HELD || state == REFERENCE_SENT))
        push_about(reference, other(side), GIVEN, event->message, true);
    return state == REFERENCE_HELD || state == REFERENCE_SENT
               ? expected(12, event->client, event->message)
               : expected(0, 0, 0);
}

/* What the server still had of a client that has closed comes as LPC_CANCELED first, in any order.
 */
static struct reference_expected receive_close(struct reference *reference, uint32_t client)
{
    struct reference_client *its = &reference->clients[client];

    its->n_flushing = 0;
    for (uint32_t i = 0; i < reference->n_messages; i++) {
        struct reference_message *message = &reference->messages[i];
        if (message->client != client)
            continue;
        if (message->state[AT_SERVER] == REFERENCE_TAKEN)
            message->state[AT_SERVER] = REFERENCE_GONE;
        if (message->state[AT_SERVER] == REFERENCE_GONE)
            continue;
        message->state[AT_SERVER] = REFERENCE_FLUSHED;
        its->n_flushing++;
    }
    return expected(5, client, REFERENCE_MESSAGES);
}

bool reference_flushed(struct reference *reference, uint32_t client, uint32_t id)
{
    for (uint32_t i = 0; i < reference->n_messages; i++) {
        struct reference_message *message = &reference->messages[i];
        if (message->client != client || message->state[AT_SERVER] != REFERENCE_FLUSHED ||
            message->id != id)
            continue;
        message->state[AT_SERVER] = REFERENCE_GONE;
        reference->clients[client].n_flushing--;
        return true;
    }
    return false;
}

static struct reference_expected receive_event(struct reference *reference,
                                               const struct reference_event *event,
                                               enum reference_side side)
{
    struct reference_message *message = &reference->messages[event->message];
    struct reference_client *client = &reference->clients[event->client];
    bool is_closed = side == AT_SERVER && !client->is_used;

    switch ((enum event_kind)event->kind) {
    case NEW:
        return receive_new(message, event, side, is_closed);
    case CONTINUE:
        return is_closed ? expected(0, 0, 0) : receive_continuation(message, event, side);
    case TAKE:
    case REFUSE:
        return is_closed ? expected(0, 0, 0) : receive_cancel(reference, message, event, side);
    case GIVEN:
        message->state[side] = REFERENCE_GONE;
        return expected(0, 0, 0);
    case CONNECT:
        /* Its client has gone before: the server never knows of it. */
        return client->is_used ? expected(0x200a, event->client, REFERENCE_MESSAGES)
                               : expected(0, 0, 0);
    case REPLY:
        client->is_open = true;
        return expected(11, event->client, REFERENCE_MESSAGES);
    case CLOSE:
        return receive_close(reference, event->client);
    }
    return expected(0, 0, 0);
}

struct reference_expected reference_receive(struct reference *reference, enum reference_side side,
                                            uint32_t client)
{
    struct reference_queue *queue = queue_of(reference, side, client);
    struct reference_expected next = expected(0, 0, 0);

    while (!next.type && queue->head < queue->tail) {
        const struct reference_event *event = &queue->events[queue->head];
        struct reference_client *its = &reference->clients[event->client];

        /* A close that has begun to flush stays until all has come. */
        if (event->kind == CLOSE && its->n_flushing) {
            next = expected(12, event->client, REFERENCE_MESSAGES);
            next.any_canceled = true;
            return next;
        }
        if (event->kind == CLOSE && !its->is_accepted) { /* flushed */
            queue->head++;
            return expected(5, event->client, REFERENCE_MESSAGES);
        }
        next = receive_event(reference, event, side);
        if (event->kind == CLOSE) {
            its->is_accepted = false;
            if (its->n_flushing)
                next = expected(0, 0, 0);
            else
                queue->head++;
            continue;
        }
        queue->head++;
    }
    return next;
}

bool reference_reserve_is_busy(const struct reference *reference, uint32_t client)
{
    uint32_t index = reference->clients[client].reserve_message;

    if (index == REFERENCE_MESSAGES)
        return false;
    const struct reference_message *message = &reference->messages[index];
    return message->is_datagram ? !message->is_received
                                : message->state[AT_CLIENT] != REFERENCE_GONE;
}
