/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#pragma once

#include "create.h"
#include "file.h"
#include "file_facts.h"

/* file_open.c: the path that object attributes mean (relative to a directory handle, or absolute).
 */
NTSTATUS file_path_from_creation(const struct creation *creation, struct nt_path *ret_path);
void file_network_open(const struct stat *stat, struct file_facts facts,
                       FILE_NETWORK_OPEN_INFORMATION *ret_info);
/* file_link.c */
bool file_link_is(const char *path);
bool file_link_leads_to_folder(const char *path);
/* Of a link that leads nowhere: is even the folder missing that its target would be in? */
bool file_link_misses_folder(const char *path);
/* The link itself: an O_PATH descriptor. STATUS_FILE_IS_A_DIRECTORY and its like by the options and
 * what it leads to. */
NTSTATUS file_link_open(const struct nt_path *path, ULONG options, int *ret_fd);
/* IO_REPARSE_TAG_SYMLINK, or 0. */
ULONG reparse_tag(struct file_facts facts);
/* file_share.c */
/* Is the file what its name means, and not what a link of that name leads to? With `node`, opened
 * with DELETE; `info` is the file's. */
bool file_means_itself(const struct file *file, const struct stat *info);
/* Has this process something open below the folder? */
bool file_folder_is_used(const struct file *folder);
bool file_is_delete_pending(struct file *file);
/* is_posix: the name goes with this object, whoever else has the file open. */
void file_set_delete_pending(struct file *file, bool pending, bool is_posix);
void file_set_delete_on_close(struct file *file, bool wanted);
void file_path_renamed(struct file *file, char *path); /* takes the path over */
/* folder.c: nothing but . and .. */
bool file_folder_is_empty(const char *path);
