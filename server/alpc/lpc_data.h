/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* NtReadRequestData and NtWriteRequestData: the receiver of a legacy request wants a part of the
 * memory that the request describes. No process reads another's here: the wish waits with the
 * thread that sent the request, which is given a notice, takes the wish, copies, and answers.
 *
 *     receiver  lpc_data (parked) --------------------------------------> answered
 *     sender          notice -> lpc_data_take ... copies ... lpc_data_done --^
 */
#pragma once

#include "client.h"

struct connection;

/* What of which message; checked by its sender, who knows what it described. */
struct lpc_wish {
    uint32_t message_id;
    uint32_t index;
    uint64_t offset;
    uint32_t size; /* bytes, at most PACKET_DATA_MAX_BYTES */
    bool is_write;
};

/* Parks `receiver` with its wish at the thread of the connection's other end. data: size bytes of a
 * write. STATUS_REPLY_MESSAGE_MISMATCH: no such thread. */
status_t lpc_wish_make(struct client *receiver, const struct connection *connection, bool to_server,
                       uint32_t process_id, uint32_t thread_id, const struct lpc_wish *wish,
                       const uint8_t *data) _must_check_;
/* The oldest wish at this thread that nobody has taken; its data is borrowed. NULL: none. */
const struct lpc_wish *lpc_wish_take(struct client *sender, const uint8_t **ret_data);
/* Answers the wish that was taken. data: what was read. STATUS_INVALID_PARAMETER: none was. */
status_t lpc_wish_answer(struct client *sender, status_t status, const uint8_t *data,
                         uint32_t size) _must_check_;
/* Ends the wishes at a thread of the caller's process about a message, or all (0). */
void lpc_wishes_refuse(struct client *caller, uint32_t thread_id, uint32_t message_id);
/* The thread has ended. */
void lpc_wishes_end(struct client *sender);
