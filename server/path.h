/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* NT object paths. Pure: no objects here. */
#pragma once

#include "name.h"
#include "portico/status.h"

/* Takes the next component off the front of `rest` (which does not begin with a backslash).
 * STATUS_SUCCESS; STATUS_OBJECT_NAME_INVALID for an empty component ("a\\\\b", "a\\"). `last` says
 * that nothing follows. */
status_t path_next(struct name *rest, struct name *ret_component, bool *ret_last) _must_check_;

/* Strips the leading backslash of an absolute path (relative: must have none).
 * STATUS_OBJECT_PATH_SYNTAX_BAD. */
status_t path_begin(struct name path, bool relative, struct name *ret_rest) _must_check_;

/* A symbolic link's target and what followed the link, as one path. Owned by the caller; NULL
 * without memory or too long. */
uint16_t *path_join(struct name target, struct name rest, struct name *ret_path);
