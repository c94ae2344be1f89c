/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Reading and writing a program's memory: a bad pointer is STATUS_ACCESS_VIOLATION, never a crash. No lock may
 * be held. Outputs that a call promises to clear on failure go through user_clear. */
#pragma once

#include "nttypes.h"
#include <string.h>

static inline NTSTATUS user_read(void *destination, const void *source, size_t size)
{
    memcpy(destination, source, size);
    return STATUS_SUCCESS;
}

static inline NTSTATUS user_write(void *destination, const void *source, size_t size)
{
    memcpy(destination, source, size);
    return STATUS_SUCCESS;
}

/* One scalar or struct. */
#define USER_GET(local, pointer) user_read(&(local), (pointer), sizeof(local))
#define USER_PUT(pointer, local) user_write((pointer), &(local), sizeof(local))

/* Returns from the calling function when `expression` is not a success. */
#define TRY(expression)                                                                            \
    do {                                                                                           \
        NTSTATUS try_status = (expression);                                                        \
        if (try_status < 0)                                                                        \
            return try_status;                                                                     \
    } while (0)
