/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What file objects of all processes tell each other through Linux' locks: access and sharing, byte
 * ranges. */
#pragma once

#include "file.h"

/* For this file object; held by its descriptor, so by whoever inherits it, and gone with the last
 * of them. STATUS_SHARING_VIOLATION. */
NTSTATUS file_claim(struct file *file, ACCESS_MASK access, ULONG sharing);
/* For a section of the file's first `size` bytes, or for an image of it; held as the first by the
 * descriptor, and by what is mapped of it. Nobody may write to an image's file then. */
void file_claim_section(int fd, uint64_t size, bool writes);
void file_claim_image(int fd);
/* Has somebody a section or view of bytes that lie behind this size, or an image, by an open other
 * than this one? (As Windows does, whole pages are meant.) */
bool file_is_mapped_behind(int fd, uint64_t size);
bool file_is_image(int fd);
/* Would deleting or replacing the file of this path be refused? STATUS_SHARING_VIOLATION. */
NTSTATUS file_claim_check_delete(const char *path);

/* Byte ranges. STATUS_LOCK_NOT_GRANTED: another process has a lock there. */
NTSTATUS file_range_lock(struct file *file, uint64_t offset, uint64_t length, bool exclusive);
void file_range_unlock(struct file *file, uint64_t offset, uint64_t length);
/* Does a lock of another file object stand in the way of reading or writing? */
bool file_range_is_locked(struct file *file, uint64_t offset, uint64_t length, bool write_it);
