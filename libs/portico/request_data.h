/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The memory that a legacy request describes (PORT_DATA_INFORMATION), at its sender. */
#pragma once

#include "portico/portico.h"

struct request_data;

/* Reads what the message at `send` describes, as it is sent; header: checked. *ret_data NULL: no
 * memory. STATUS_INVALID_PARAMETER: it does not lie in the message. */
status_t request_data_read(const struct portico_message *send, const struct portico_message *header,
                           struct request_data **ret_data);
void request_data_free(struct request_data *data);

/* The calling thread waits with message_id from now on / no longer. data NULL: nothing happens. */
void request_data_begin(struct request_data *data, uint32_t message_id);
void request_data_end(struct request_data *data);
/* After a wake-up: serves what is wanted. */
void request_data_serve(struct request_data *data);

/* A thread does not wait with that message (any more). */
void request_data_refuse(uint32_t thread_id, uint32_t message_id);
