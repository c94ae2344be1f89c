/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the fuzz harnesses share. A harness is LLVMFuzzerTestOneInput: its input is a program of one
 * byte for each operation and bytes that the operation takes; an input that ends in the middle
 * reads as zeros. libFuzzer links it with its own main, everything else with main.c
 * (docs/FUZZING.md). */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The rest of the input. */
struct input {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t input_u8(struct input *in)
{
    return in->left ? (in->left--, *in->at++) : 0;
}

static inline uint32_t input_u32(struct input *in)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < 4; i++)
        value |= (uint32_t)input_u8(in) << 8 * i;
    return value;
}

/* n bytes; what the input lacks is 0. */
static inline void input_bytes(struct input *in, void *to, size_t n)
{
    size_t there = n < in->left ? n : in->left;

    if (there)
        memcpy(to, in->at, there);
    memset((uint8_t *)to + there, 0, n - there);
    in->at += there;
    in->left -= there;
}

/* What must hold whatever the peer has written. */
#define FUZZ_ASSERT(condition)                                                  \
    do {                                                                        \
        if (!(condition)) {                                                     \
            fprintf(stderr, "%s:%d: NOT %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                            \
        }                                                                       \
    } while (0)
