/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The process's token: made from the Linux user, one for the life of the process. */
#pragma once

#include "ntobject.h"
#include <sys/types.h>

struct nt_object *token_object_current(void); /* borrowed */
/* The SID of a Linux user or group: its size in bytes. */
size_t token_sid_of_user(uid_t uid, uint32_t ret_sid[8]);
size_t token_sid_of_group(gid_t gid, uint32_t ret_sid[8]);
