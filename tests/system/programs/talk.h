/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the two programs of the conversation tests share: ordinary Windows programs, no Portico
 * header. */
#pragma once

#include <windows.h>

#include <nt/ntalpc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DATA_BYTES_MAX = 65495 };

struct talk_message {
    PORT_MESSAGE header;
    uint8_t data[DATA_BYTES_MAX];
};

static inline void talk_say(const char *line, unsigned long value)
{
    printf("%s %lx\n", line, value);
    fflush(stdout);
}

static inline uint32_t talk_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static inline void talk_size(struct talk_message *message, unsigned size)
{
    memset(&message->header, 0, sizeof message->header);
    message->header.u1.s1.DataLength = (SHORT)size;
    message->header.u1.s1.TotalLength = (SHORT)(size + sizeof message->header);
}

static inline void talk_attributes(ALPC_PORT_ATTRIBUTES *attributes)
{
    memset(attributes, 0, sizeof *attributes);
    attributes->MaxMessageLength = 0xffff;
    attributes->MaxPoolUsage = (SIZE_T)-1;
}
