/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Punycode (RFC 3492): code points as letters, digits and hyphens. */
#pragma once

#include "normal_table.h"

/* Appends. STATUS_INVALID_IDN_NORMALIZATION: the numbers do not fit; STATUS_NO_MEMORY. */
NTSTATUS punycode_encode(const ULONG *points, size_t n, struct points *to);
/* Appends. STATUS_INVALID_IDN_NORMALIZATION: it is none. */
NTSTATUS punycode_decode(const ULONG *text, size_t n, struct points *to);
