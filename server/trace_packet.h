/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* portserver --trace: requests and replies by field, from requests.def. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "portico/protocol.h"

struct request_data;

void trace_request(pid_t pid, uint32_t thread_id, const void *request,
                   const struct request_data *data);
void trace_reply(pid_t pid, uint32_t thread_id, const struct reply_header *reply);

/* The fields of one packet, for the above and for tests. */
void trace_request_fields(FILE *file, const void *request);
void trace_reply_fields(FILE *file, const void *reply);
