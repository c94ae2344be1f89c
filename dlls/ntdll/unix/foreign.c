/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The loader itself, glibc, their stacks and the memory shared with other processes lie in the same
 * address space as the program. A program that looks for a free place (a hook that must lie near
 * its target, a JIT) asks what is free, so they are told as reserved. Only the kernel knows them
 * all: its list is read, but only for an address that is in no view. It has one line a mapping,
 * "from-to rights ...", sorted; read in pieces, a line may be cut anywhere.
 */

#include "foreign.h"

#include "common/fd.h"
#include <fcntl.h>
#include <unistd.h>

/* A line being read: the two numbers at its start. */
struct scan {
    uintptr_t numbers[2];
    unsigned n; /* of them that are complete; 2: the rest of the line does not matter */
};

/* true when a line's range is complete. */
static bool scan_character(struct scan *scan, char c)
{
    if (c == '\n')
        *scan = (struct scan){0};
    else if (scan->n < 2 && (c == '-' || c == ' '))
        return ++scan->n == 2;
    else if (scan->n < 2)
        scan->numbers[scan->n] =
            scan->numbers[scan->n] << 4 | (uintptr_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    return false;
}

/* Takes in one mapping; true when the range above the address is complete. */
static bool range_add(struct foreign_range *range, struct foreign_range mapping,
                      struct foreign_range within, uintptr_t address)
{
    if (mapping.end <= within.begin)
        return false;
    if (mapping.begin >= within.end)
        return true;
    if (mapping.begin < within.begin)
        mapping.begin = within.begin;
    if (mapping.end > within.end)
        mapping.end = within.end;
    if (mapping.begin <= range->end)
        range->end = mapping.end;
    else if (range->end > address)
        return true;
    else
        *range = mapping;
    return false;
}

bool foreign_find(uintptr_t address, struct foreign_range within, struct foreign_range *ret_range)
{
    _cleanup_(fd_closep) int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    struct foreign_range range = {0, 0};
    struct scan scan = {0};
    char text[4096];
    bool done = false;
    ssize_t n;

    while (!done && (n = read(fd, text, sizeof(text))) > 0)
        for (ssize_t i = 0; i < n && !done; i++)
            if (scan_character(&scan, text[i]))
                done = range_add(&range, (struct foreign_range){scan.numbers[0], scan.numbers[1]},
                                 within, address);
    *ret_range = range;
    return range.end > address;
}
