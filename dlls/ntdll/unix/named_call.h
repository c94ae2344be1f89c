/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Between named.c and named_handles.c: requests about server handles. */
#pragma once

#include "nttypes.h"
#include <portico/portico.h>
#include <stdint.h>

/* Connected at the first need; NULL: no socket for this thread. */
struct control *named_control(void);
/* NULL also when this process has no handle of the server's. */
struct control *named_control_if_any(void);

static inline handle_t server_handle(HANDLE handle)
{
    return (handle_t)(uintptr_t)handle & ~(handle_t)3;
}

static inline HANDLE program_handle(handle_t handle)
{
    return (HANDLE)(uintptr_t)handle;
}

/* A server that cannot be reached has no handle of ours. */
/* clang-format off */
#define CONTROL_OR_RETURN(control)                      \
    struct control *control = named_control_if_any();   \
    if (!(control))                                     \
    return STATUS_INVALID_HANDLE
/* clang-format on */

/* The handle goes to the program, or is closed again when it cannot be written; `status` back. */
NTSTATUS named_handle_give(PHANDLE ret_handle, handle_t handle, NTSTATUS status);
