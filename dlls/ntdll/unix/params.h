/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* RTL_USER_PROCESS_PARAMETERS of a process started from Unix. */
#pragma once

#include "child.h"
#include "nttypes.h"

struct params_source {
    const char *image_path;   /* absolute Unix path */
    char *const *arguments;   /* behind the program's name, NULL-terminated */
    char *const *environment;
    const char *directory;    /* absolute Unix path */
};

/* One view with the block and its strings. STATUS_INVALID_BUFFER_SIZE: the command line is too long;
 * STATUS_NAME_TOO_LONG: a path; STATUS_TOO_MANY_OPENED_FILES; STATUS_NO_MEMORY. */
NTSTATUS params_new(const struct params_source *source, RTL_USER_PROCESS_PARAMETERS **ret_params);
/* The same for a process that another program started. */
NTSTATUS params_new_child(const struct child_block *block,
                          RTL_USER_PROCESS_PARAMETERS **ret_params);
