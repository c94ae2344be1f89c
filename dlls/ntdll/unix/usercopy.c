/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The C face of usercopy_asm.S. The null page and kernel addresses need no test of their own: they
 * fault. */

#include "usercopy.h"

#include <stdint.h>

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
    NTSTATUS status = size ? (NTSTATUS)user_touch(last) : STATUS_SUCCESS;

    if (last < byte && size)
        return STATUS_ACCESS_VIOLATION;
    for (; size && !status && byte < last; byte = (char *)(((uintptr_t)byte | 0xfff) + 1))
        status = user_touch(byte);
    return status;
}
