/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The memory of a completion list: which blocks of the program's buffer are free, which messages in
 * it are ready, taken. One lock of the list's owner guards it. */
#pragma once

#include "alpc.h"

#define LIST_PAGE_BYTES 0x1000u
#define LIST_BYTES_MIN  (4 * LIST_PAGE_BYTES) /* [1S] */
#define LIST_BYTES_MAX  0x40000000u
#define LIST_ACTIVE_MAX 0xffffu /* ActiveThreadCount has 16 bits */

struct list_block {
    uint8_t state;
    uint32_t n;          /* of a message: its blocks */
    uint32_t attributes; /* of a message: their offset in it */
};

struct list_memory {
    char *base; /* the program's: read and written with usercopy.h alone */
    ULONG size, attribute_flags, attribute_size;
    uint32_t n_blocks, hint, n_ready, first_ready; /* `ready` is a ring */
    ULONG n_active, n_posted, n_returned, last_message_id, last_callback_id;
    struct list_block *blocks;
    uint32_t *ready; /* first blocks */
};

/* A buffer of a multiple of a page. Writes the header: STATUS_ACCESS_VIOLATION, STATUS_NO_MEMORY.
 */
NTSTATUS list_memory_init(struct list_memory *memory, void *base, ULONG size,
                          ULONG attribute_flags);
void list_memory_deinit(struct list_memory *memory); /* zeroed: nothing */

/* Where the next message may be received, and how many bytes it may have there: NULL, no room. */
void *list_memory_room(const struct list_memory *memory, size_t *ret_size);
/* A message of `size` bytes is there now: ready. Returns where its attributes belong. */
ALPC_MESSAGE_ATTRIBUTES *list_memory_post(struct list_memory *memory, void *message, size_t size);
/* The oldest ready message, now taken, or NULL. */
void *list_memory_take(struct list_memory *memory);
/* Of a taken message; NULL: it is none. */
ALPC_MESSAGE_ATTRIBUTES *list_memory_attributes(struct list_memory *memory, const void *message);
/* Gives a taken message's blocks back; false: it is none. */
bool list_memory_free(struct list_memory *memory, const void *message);
/* The header for who reads it. */
void list_memory_show(const struct list_memory *memory);
