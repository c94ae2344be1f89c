/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Security identifiers of Linux users: S-1-22-1-<uid>, root is S-1-5-18 (docs/SECURITY.md). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/macro.h"

#define SID_MAX_BYTES 68u

/* Writes the binary SID; its size. */
size_t sid_from_uid(uid_t uid, uint8_t ret_sid[SID_MAX_BYTES]);

/* Is `sid`, a client's bytes, the user's? */
bool sid_is_uid(const uint8_t *sid, size_t size, uid_t uid);
