/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* What a program that watches a folder is told: records in the order of the events, kept until they
 * fit into a buffer of the program's. Equal modifications in a row are told once. More than
 * RECORDS_MAX are not kept: it has overflown. */
#include "folder_records.h"
#include "usermem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS_MAX 16384u /* as many as the kernel's queue holds */

struct record {
    struct ntlist link;
    ULONG action;
    ULONG filter; /* FILE_NOTIFY_CHANGE_*: who asks for one of these is told */
    WCHAR *name;
    size_t units;
};

static void record_free(struct record *record)
{
    free(record->name);
    free(record);
}

static void record_take_out(struct folder_records *records, struct record *record)
{
    ntlist_unlink(&record->link);
    if (records->last == record)
        records->last = NULL;
    records->n_records--;
    record_free(record);
}

void folder_records_drop(struct folder_records *records)
{
    while (!ntlist_is_empty(&records->list))
        record_take_out(records, ntlist_entry(records->list.next, struct record, link));
}

char *folder_join(const char *folder, const char *name)
{
    char *path;

    return asprintf(&path, "%s%s%s", folder, *folder ? "/" : "", name) < 0 ? NULL : path;
}

static bool is_repeated(const struct folder_records *records, const struct record *record)
{
    const struct record *last = records->last;

    return last && record->action == FILE_ACTION_MODIFIED && last->action == record->action &&
           last->filter == record->filter && last->units == record->units &&
           !memcmp(last->name, record->name, record->units * sizeof(WCHAR));
}

void folder_record_add(struct folder_records *records, ULONG action, ULONG filter,
                       const char *folder, const char *name)
{
    struct record *record = calloc(1, sizeof(*record));
    char *path = folder_join(folder, name);

    if (record && path)
        record->name = utf16_from_utf8(path, strlen(path), &record->units);
    free(path);
    if (!record || !record->name || records->n_records == RECORDS_MAX) {
        records->has_overflown = true;
        free(record ? record->name : NULL);
        free(record);
        return;
    }
    for (size_t i = 0; i < record->units; i++)
        if (record->name[i] == '/')
            record->name[i] = '\\';
    record->action = action;
    record->filter = filter;
    if (is_repeated(records, record)) {
        record_free(record);
        return;
    }
    ntlist_append(&records->list, &record->link);
    records->last = record;
    records->n_records++;
}

void folder_records_drop_unwanted(struct folder_records *records, ULONG filter)
{
    struct ntlist *link = records->list.next, *next;

    for (; link != &records->list; link = next) {
        struct record *record = ntlist_entry(link, struct record, link);

        next = link->next;
        if (!(record->filter & filter))
            record_take_out(records, record);
    }
}

/* One record at `at`, the last so far. */
static NTSTATUS record_put(struct io_operation *operation, size_t at, const struct record *record)
{
    const size_t header = offsetof(FILE_NOTIFY_INFORMATION, FileName);
    FILE_NOTIFY_INFORMATION info = {.Action = record->action,
                                    .FileNameLength = (ULONG)(record->units * sizeof(WCHAR))};

    TRY(user_write(operation->buffer + at, &info, header));
    return user_write(operation->buffer + at + header, record->name, info.FileNameLength);
}

static size_t record_size(const struct record *record)
{
    return offsetof(FILE_NOTIFY_INFORMATION, FileName) + record->units * sizeof(WCHAR);
}

/* As many records as fit; they are gone when the program has them. */
NTSTATUS folder_records_put(struct io_operation *operation, struct folder_records *records)
{
    size_t at = 0, last = 0;

    while (!ntlist_is_empty(&records->list)) {
        struct record *record = ntlist_entry(records->list.next, struct record, link);
        ULONG offset = (ULONG)(at - last);

        if (at + record_size(record) > operation->length)
            break;
        TRY(record_put(operation, at, record));
        if (at)
            TRY(user_write(operation->buffer + last, &offset, sizeof(offset)));
        operation->done = at + record_size(record);
        last = at;
        at = (operation->done + 3) & ~(size_t)3;
        record_take_out(records, record);
    }
    return STATUS_SUCCESS;
}
