/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The Alpc* attribute helpers against the tables of reference 1.5. */

#include "test.h"

#include "nt/ntalpc.h"

enum { POISON = 0x5a };

static const struct {
    ULONG flags;
    ULONG size;
} sizes[] = {
    {0, 0x08},          {0x00000001, 0x08}, {0x01ffffff, 0x08}, {0x80000000, 0x20},
    {0x40000000, 0x28}, {0x20000000, 0x28}, {0x10000000, 0x20}, {0x08000000, 0x20},
    {0x04000000, 0x10}, {0x02000000, 0x10}, {0xf0000000, 0x78}, {0xfe000000, 0xa0},
    {0xffffffff, 0xa0}, {0x81000000, 0x20},
};

static const struct {
    ULONG flag;
    ULONG offset; /* with all seven allocated */
} offsets[] = {
    {0x80000000, 0x08}, {0x40000000, 0x20}, {0x20000000, 0x40}, {0x10000000, 0x60},
    {0x08000000, 0x78}, {0x04000000, 0x90}, {0x02000000, 0x98},
};

#define N(a) (sizeof(a) / sizeof((a)[0]))

static unsigned char buffer[0x100];

static void poison(void)
{
    unsigned i;

    for (i = 0; i < sizeof(buffer); i++)
        buffer[i] = POISON;
}

/* How many bytes at the front were written. */
static int n_written(void)
{
    int n = sizeof(buffer);

    while (n && buffer[n - 1] == POISON)
        n--;
    return n;
}

static void test_sizes(void)
{
    ULONG a, b, n_wrong = 0;
    unsigned i;

    for (i = 0; i < N(sizes); i++)
        is_number(AlpcGetHeaderSize(sizes[i].flags), sizes[i].size, "fact 1: the size for flags %x",
                  (unsigned)sizes[i].flags);
    for (a = 0; a < 128; a++)
        for (b = 0; b < 128; b++)
            if (!(a & b) && AlpcGetHeaderSize(a << 25 | b << 25) !=
                                AlpcGetHeaderSize(a << 25) + AlpcGetHeaderSize(b << 25) - 8)
                n_wrong++;
    is_number(n_wrong, 0, "fact 1: sizes of disjoint sets of attributes add up");
    is_number(AlpcMaxAllowedMessageLength(), 0xffff, "the longest message");
}

static void test_initialize(void)
{
    ALPC_MESSAGE_ATTRIBUTES *attributes = (void *)buffer;
    SIZE_T required;

    poison();
    required = 0;
    is_status(AlpcInitializeMessageAttribute(0xfe000000, attributes, 0x9f, &required),
              (LONG)0xc0000023, "fact 1: a buffer one byte too small is refused");
    is_number(required, 0xa0, "the size needed is written all the same");
    is_number(n_written(), 0, "the buffer is untouched");
    is_status(AlpcInitializeMessageAttribute(0xfe000000, attributes, 0xa0, &required), 0,
              "a buffer of the size needed");
    is_number(n_written(), 8, "fact 1: only the header is written");
    is_number(attributes->AllocatedAttributes, 0xfe000000, "AllocatedAttributes is what was asked");
    is_number(attributes->ValidAttributes, 0, "nothing is valid yet");
    is_status(AlpcInitializeMessageAttribute(0xffffffff, attributes, 0x100, &required), 0,
              "unknown bits are no error");
    is_number(attributes->AllocatedAttributes, 0xffffffff, "and are kept");
    is_status(AlpcInitializeMessageAttribute(0x80000000, NULL, 0x20, &required), 0,
              "no buffer, a sufficient size");
    is_status(AlpcInitializeMessageAttribute(0x80000000, NULL, 0, &required), (LONG)0xc0000023,
              "no buffer, size 0: asks for the size");
    is_number(required, 0x20, "which is given");
}

static void test_get(void)
{
    ALPC_MESSAGE_ATTRIBUTES *attributes = (void *)buffer;
    unsigned i;

    attributes->AllocatedAttributes = 0xfe000000;
    attributes->ValidAttributes = 0;
    for (i = 0; i < N(offsets); i++)
        ok(AlpcGetMessageAttribute(attributes, offsets[i].flag) == buffer + offsets[i].offset,
           "fact 1: attribute %x lies at %x when all are allocated", (unsigned)offsets[i].flag,
           (unsigned)offsets[i].offset);
    ok(!AlpcGetMessageAttribute(attributes, 0), "flag 0 has no body");
    ok(!AlpcGetMessageAttribute(attributes, 0xc0000000), "fact 1: two flags have no body");
    attributes->AllocatedAttributes = 0xffffffff;
    ok(!AlpcGetMessageAttribute(attributes, 0x01000000), "an unknown flag has no body");
    attributes->AllocatedAttributes = 0x20000000;
    attributes->ValidAttributes = 0xfe000000;
    ok(!AlpcGetMessageAttribute(attributes, 0x80000000),
       "what is valid but not allocated has no body");
    ok(AlpcGetMessageAttribute(attributes, 0x20000000) == buffer + 8,
       "a single attribute follows the header");
}

static void test_main(void)
{
    test_sizes();
    test_initialize();
    test_get();
}
