/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* usercopy.h in the form in which the Nt* families use it. No lock may be held. */
#pragma once

#include "usercopy.h"

/* One scalar or struct. */
#define USER_GET(local, pointer) user_read(&(local), (pointer), sizeof(local))
#define USER_PUT(pointer, local) user_write((pointer), &(local), sizeof(local))

/* Returns from the calling function when `expression` is not a success. */
#define TRY(expression)                     \
    do {                                    \
        NTSTATUS try_status = (expression); \
        if (try_status < 0)                 \
            return try_status;              \
    } while (0)
