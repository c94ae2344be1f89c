/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A sequential reference of ALPC's message rules (reference 4.2, 4.4, 4.9, 3.8, 3.11): one
 * connection port, a few clients, one thread that does one thing after the other. What it says must
 * happen, must happen in the implementation: which message the next receive brings, at which end,
 * and what each call returns.
 *
 * A message has a state at each of its two ends; what travels is an event in the queue of the end
 * it goes to.
 *
 *     SENT     sent from here: the other end must continue it
 *     HELD     received here: to be continued from here
 *     TAKEN    sent from here and cancelled from here
 *     FLUSHED  its connection's close has been reached: its LPC_CANCELED is about to be received
 *     GONE     nothing is left of it here
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { REFERENCE_CLIENTS = 4, REFERENCE_MESSAGES = 4000, REFERENCE_EVENTS = 16384 };

enum reference_side { AT_SERVER = 0, AT_CLIENT = 1 };

enum reference_state {
    REFERENCE_GONE = 0,
    REFERENCE_SENT,
    REFERENCE_HELD,
    REFERENCE_TAKEN,
    REFERENCE_FLUSHED,
};

struct reference_message {
    uint32_t id; /* the implementation's; 0: not known yet */
    uint8_t client;
    bool is_datagram, is_sync; /* sync: its sender has given it up */
    bool is_received;          /* a datagram: it has left the queue */
    uint8_t state[2];          /* enum reference_state at each side */
};

/* What a receive must bring. */
struct reference_expected {
    uint32_t type; /* 0: nothing. With 0x2000 */
    uint32_t client;
    uint32_t
        message; /* REFERENCE_MESSAGES: none (a connection request or reply, LPC_PORT_CLOSED) */
    bool any_canceled; /* any message of that client that is in `flush` (reference_is_flushed) */
    bool has_data;
};

struct reference_event {
    uint8_t kind; /* private */
    uint8_t client;
    bool is_release;
    uint32_t message;
};

struct reference_queue {
    struct reference_event events[REFERENCE_EVENTS];
    uint32_t head, tail;
};

struct reference_client {
    bool is_used, is_open; /* accepted, and its acceptance received */
    bool is_pending;       /* its request waits at the server */
    bool is_accepted;
    uint32_t n_flushing;      /* LPC_CANCELED that its close has still to bring */
    uint32_t reserve_message; /* of its reserve; REFERENCE_MESSAGES: free */
    struct reference_queue queue;
};

struct reference {
    struct reference_message messages[REFERENCE_MESSAGES];
    uint32_t n_messages;
    struct reference_client clients[REFERENCE_CLIENTS];
    struct reference_queue server;
};

void reference_init(struct reference *reference);

void reference_connect(struct reference *reference, uint32_t client);
/* The server answers its connection request. */
void reference_answer(struct reference *reference, uint32_t client, bool accept);
void reference_close(struct reference *reference, uint32_t client);

/* A new message from `side`, over the client's connection; its index. */
uint32_t reference_send(struct reference *reference, enum reference_side side, uint32_t client,
                        bool is_datagram);
/* A SYNC request of a client that timed out at once. */
uint32_t reference_send_sync(struct reference *reference, uint32_t client);
/* A SYNC request that was answered while its sender waited. release false: the client holds it now.
 */
uint32_t reference_call(struct reference *reference, uint32_t client, bool release, bool canceled);
/* What a continuation from `side` returns; it has happened then. */
bool reference_continue(struct reference *reference, enum reference_side side, uint32_t message,
                        bool release);
enum reference_cancel { CANCEL_PENDING, CANCEL_ALREADY, CANCEL_NOT_FOUND };
enum reference_cancel reference_cancel(struct reference *reference, enum reference_side side,
                                       uint32_t message);

/* The next message at the connection port, or at a client's port. It has been received then. */
struct reference_expected reference_receive(struct reference *reference, enum reference_side side,
                                            uint32_t client);
/* A flushed message was received: true when it was one that had to come. */
bool reference_flushed(struct reference *reference, uint32_t client, uint32_t id);

/* Does the message of the client's reserve live? */
bool reference_reserve_is_busy(const struct reference *reference, uint32_t client);
