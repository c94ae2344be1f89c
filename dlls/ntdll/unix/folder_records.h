/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What a program that watches a folder has not been told yet. */
#pragma once

#include "io_operation.h"

struct record;
struct folder_records {
    struct ntlist list;  /* struct record, oldest first */
    struct record *last; /* of them, or NULL */
    size_t n_records;
    bool has_overflown; /* something is missing: the program must look for itself */
};

static inline void folder_records_init(struct folder_records *records)
{
    ntlist_init(&records->list);
}

static inline bool folder_records_are_none(const struct folder_records *records)
{
    return ntlist_is_empty(&records->list);
}

/* `folder/name`, or `name` when the folder is ""; to be freed, NULL without memory. */
char *folder_join(const char *folder, const char *name);
/* filter: FILE_NOTIFY_CHANGE_*: who asks for one of these is told. */
void folder_record_add(struct folder_records *records, ULONG action, ULONG filter,
                       const char *folder, const char *name);
void folder_records_drop(struct folder_records *records);
void folder_records_drop_unwanted(struct folder_records *records, ULONG filter);
/* As many records as fit; they are gone when the program has them. */
NTSTATUS folder_records_put(struct io_operation *operation, struct folder_records *records);
