/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#pragma once

#include "ntwait.h"

/* Handles of which at least one is the server's; `signal` is a server handle to signal first, or NULL. */
NTSTATUS wait_mixed(ULONG count, const HANDLE *handles, bool all, HANDLE signal, bool alertable,
                    const LARGE_INTEGER *timeout);
