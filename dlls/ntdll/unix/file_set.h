/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What NtSetInformationFile is made of. */
#pragma once

#include "file.h"
#include "usermem.h"

struct change {
    struct file *file;
    ACCESS_MASK granted; /* to the handle */
    const void *buffer;  /* the program's */
    ULONG length;
};

static inline NTSTATUS change_get(const struct change *change, void *info, ULONG size)
{
    if (change->length < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    return user_read(info, change->buffer, size);
}

NTSTATUS file_set_basic(struct change *change);               /* file_basic.c */
NTSTATUS file_set_name(struct change *change, bool extended); /* file_rename.c */
NTSTATUS file_set_link(struct change *change);                /* the same */
