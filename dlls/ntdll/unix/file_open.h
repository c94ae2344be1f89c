/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Opening files: what is asked, and what stands at its end. */
#pragma once

#include "file.h"
#include "ntpath.h"

struct open_request {
    ACCESS_MASK access; /* mapped */
    ULONG attributes, sharing, disposition, options;
    struct nt_path path;
    const void *user_quality;
    ULONG information; /* FILE_OPENED ... */
};

/* file_finish.c: the file object for an open descriptor, which is taken over; share modes entered,
 * truncated if `information` says so. */
NTSTATUS file_finish(struct open_request *request, int fd, struct file **ret_file);
