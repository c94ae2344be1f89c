/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The C face of usercopy_asm.S. The null page and kernel addresses need no test of their own: they
 * fault. */

#include "usercopy.h"

#include <stdint.h>

#define PAGE_MASK 0xffful

uint32_t user_copy(void *destination, const void *source, size_t size);
uint32_t user_touch(void *byte);

NTSTATUS user_read(void *destination, const void *user, size_t size)
{
    return user_copy(destination, user, size);
}

NTSTATUS user_write(void *user, const void *source, size_t size)
{
    return user_copy(user, source, size);
}

NTSTATUS user_probe_write(void *user, size_t size)
{
    char *byte = user, *last = byte + size - 1;
    NTSTATUS status;

    if (!size)
        return STATUS_SUCCESS;
    if (last < byte)
        return STATUS_ACCESS_VIOLATION;
    status = user_touch(last);
    for (; !status && ((uintptr_t)byte ^ (uintptr_t)last) > PAGE_MASK; byte += PAGE_MASK + 1)
        status = user_touch(byte);
    return status;
}
