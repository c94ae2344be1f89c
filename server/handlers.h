/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The prototypes of all handlers, from requests.def: req_<name>(client, request, data, reply,
 * extra).
 *
 * The reply comes zeroed; its header is filled by dispatch. STATUS_PENDING means that the handler
 * parked the client.
 */
#pragma once

#include "client.h"
#include "portico/protocol.h"

/* clang-format off */
#define REQUEST(name, in, out, fds_in, fds_out) \
    status_t req_##name(struct client *client, const struct name##_request *request, \
                        struct request_data *data, struct name##_reply *ret_reply, \
                        struct reply_extra *extra);
#define ARG(type, field)
#define RET(type, field)
#define END(name)
#define NOTICE(name)
#define FIELD(type, field)
#define NOTICE_END(name)
#include "portico/requests.def"
/* clang-format on */
