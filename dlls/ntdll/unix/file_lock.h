/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#pragma once

#include "file.h"

/* STATUS_FILE_LOCK_CONFLICT when another handle's byte range forbids it. */
NTSTATUS file_locks_check(struct file *file, LONGLONG offset, ULONG length, bool write_it);
void file_locks_drop(struct file *file);
