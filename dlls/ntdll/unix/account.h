/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Linux' users and groups by their names: the one place that knows who the user is called. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { ACCOUNT_NAME_BYTES = 256 }; /* with the NUL */
enum account_kind { ACCOUNT_USER, ACCOUNT_GROUP };

/* By its uid or gid. False: there is no name for it. */
bool account_name(enum account_kind kind, uint32_t id, char ret_name[ACCOUNT_NAME_BYTES]);
/* By its name, case ignored, as Windows does. */
bool account_id(enum account_kind kind, const char *name, uint32_t *ret_id);

/* What Windows programs know this process' user by, which is his folder's name in C:\users too
 * (shell32 thinks so): root is SYSTEM, whose SID he has (common/sid.h), everybody else is called as
 * Linux calls him if that can be a folder's name. Constant. */
const char *account_user(void);
