/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Folders in places that are everybody's, as /tmp is. */
#pragma once

#include <stdbool.h>

#include "common/macro.h"

/* Opens a folder into which nobody else can put anything: it belongs to this user, others may not
 * write to it, and it is no link. `make`: it is made (0700) when it is not there. Returns a
 * descriptor; -EPERM when ownership or mode are wrong, -ENOTDIR, or -errno. */
int own_folder_open(const char *path, bool make) _must_check_;
