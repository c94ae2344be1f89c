/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What Windows keeps with a file and Linux does not: attributes, the time of creation. */
#pragma once

#include "nttypes.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct file_facts {
    ULONG attributes; /* FILE_ATTRIBUTE_* */
    int64_t created;  /* NT time */
};

/* Of the file of this path, a link's target; `stat` is its own. */
struct file_facts file_facts_get(const char *path, const struct stat *stat);
struct file_facts file_facts_of_fd(int fd, const struct stat *stat);
/* Of a symbolic link itself: `name` below the folder `at` (or AT_FDCWD), or "" for `at`, which was
 * opened as the link. Its stat loses its size: where it leads to is no content. */
struct file_facts file_facts_of_link(int at, const char *name, bool leads_to_folder,
                                     struct stat *stat);

#define FACTS_ATTRIBUTES 1u
#define FACTS_CREATED    2u
/* Sets what `which` names; of a file FILE_ATTRIBUTE_READONLY is no part of it (it is its mode). */
void file_facts_set(int fd, const struct stat *stat, unsigned which, struct file_facts facts);
