/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Intrusive doubly linked list with a head. An unlinked entry points to itself, so unlinking twice
 * is harmless and list_is_linked() is exact. Private memory only: shared memory uses indices. */
#pragma once

#include "common/macro.h"

struct list {
    struct list *next, *prev;
};

#define LIST_INIT(name)  \
    {                    \
        &(name), &(name) \
    }

static inline void list_init(struct list *list)
{
    list->next = list->prev = list;
}

/* A head in a zeroed table becomes an empty list when it is first used: a table costs no pages
 * before. */
static inline struct list *list_ready(struct list *head)
{
    if (!head->next)
        list_init(head);
    return head;
}

static inline bool list_is_empty(const struct list *list)
{
    return list->next == list;
}

static inline bool list_is_linked(const struct list *entry)
{
    return entry->next != entry;
}

static inline void list_insert_before(struct list *where, struct list *entry)
{
    entry->next = where;
    entry->prev = where->prev;
    where->prev->next = entry;
    where->prev = entry;
}

static inline void list_append(struct list *list, struct list *entry)
{
    list_insert_before(list, entry);
}

static inline void list_prepend(struct list *list, struct list *entry)
{
    list_insert_before(list->next, entry);
}

static inline void list_remove(struct list *entry)
{
    entry->prev->next = entry->next;
    entry->next->prev = entry->prev;
    list_init(entry);
}

#define list_entry(ptr, type, member) CONTAINER_OF(ptr, type, member)
#define list_first(list, type, member) \
    (list_is_empty(list) ? NULL : list_entry((list)->next, type, member))
#define list_last(list, type, member) \
    (list_is_empty(list) ? NULL : list_entry((list)->prev, type, member))

#define list_for_each(entry, list, member)                                                       \
    for (entry = list_entry((list)->next, __typeof__(*entry), member); &entry->member != (list); \
         entry = list_entry(entry->member.next, __typeof__(*entry), member))

/* The body may unlink or free the entry. */
#define list_for_each_safe(entry, tmp, list, member)                      \
    for (entry = list_entry((list)->next, __typeof__(*entry), member),    \
        tmp = list_entry(entry->member.next, __typeof__(*entry), member); \
         &entry->member != (list);                                        \
         entry = tmp, tmp = list_entry(tmp->member.next, __typeof__(*entry), member))
