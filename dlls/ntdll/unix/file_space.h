/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* File system controls about what a file's bytes stand on (file_space.c). */
#pragma once

#include "file.h"

struct space_call {
    struct file *file;
    ACCESS_MASK granted; /* to the handle */
    const void *input; /* the program's, as output is */
    ULONG input_length;
    void *output;
    ULONG output_length;
    ULONG used; /* of the output, in bytes */
};

/* FSCTL_GET_REPARSE_POINT (file_link.c). */
NTSTATUS file_link_query(struct space_call *call);
/* False: not one of these codes. */
bool file_space_control(struct space_call *call, ULONG code, NTSTATUS *ret_status);
