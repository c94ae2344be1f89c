/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A circular doubly linked list; the head is an entry of its own. An entry that is in no list
 * points to itself, so that unlinking twice is harmless. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct ntlist {
    struct ntlist *next, *previous;
};

static inline void ntlist_init(struct ntlist *list)
{
    list->next = list->previous = list;
}

static inline bool ntlist_is_empty(const struct ntlist *list)
{
    return list->next == list;
}

static inline void ntlist_link_before(struct ntlist *position, struct ntlist *entry)
{
    entry->next = position;
    entry->previous = position->previous;
    position->previous->next = entry;
    position->previous = entry;
}

static inline void ntlist_append(struct ntlist *list, struct ntlist *entry)
{
    ntlist_link_before(list, entry);
}

static inline void ntlist_prepend(struct ntlist *list, struct ntlist *entry)
{
    ntlist_link_before(list->next, entry);
}

static inline void ntlist_unlink(struct ntlist *entry)
{
    entry->next->previous = entry->previous;
    entry->previous->next = entry->next;
    ntlist_init(entry);
}

#define ntlist_entry(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))
