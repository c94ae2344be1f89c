/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See list_memory.h. The buffer: the documented header (reference 1.7: filled in for who reads it;
 * nothing here believes it), then from 0x1000 on data in blocks of 64 bytes: a message, its
 * attributes behind it, 8-aligned. Which blocks are free and which messages are ready is private
 * memory, so a program that writes over the buffer harms its own messages alone.
 *
 * A message is received into the first free run from `hint` on that takes any message, or the
 * largest, and what it does not use stays free. */
#include "list_memory.h"

#include "usermem.h"
#include <stdlib.h>

#define DATA_OFFSET LIST_PAGE_BYTES
#define BLOCK_BYTES 64u
#define START_MAGIC 0xdeadbeefbaadf00dull
#define END_MAGIC   0xbaadf00ddeadbeefull
#define NO_INDEX    0xffffffu

enum { BLOCK_FREE = 0, BLOCK_READY, BLOCK_TAKEN, BLOCK_MORE /* not a message's first */ };

static NTSTATUS header_write(const struct list_memory *memory)
{
    ALPC_COMPLETION_LIST_HEADER header = {.StartMagic = START_MAGIC,
                                          .TotalSize = memory->size,
                                          .ListOffset = DATA_OFFSET,
                                          .BitmapOffset = DATA_OFFSET,
                                          .DataOffset = DATA_OFFSET,
                                          .DataSize = memory->size - DATA_OFFSET,
                                          .AttributeFlags = memory->attribute_flags,
                                          .AttributeSize = memory->attribute_size,
                                          .State.s1.Head = NO_INDEX,
                                          .EndMagic = END_MAGIC};

    return USER_PUT((ALPC_COMPLETION_LIST_HEADER *)memory->base, header);
}

NTSTATUS list_memory_init(struct list_memory *memory, void *base, ULONG size, ULONG attribute_flags)
{
    *memory = (struct list_memory){
        .base = base,
        .size = size,
        .attribute_flags = attribute_flags,
        .attribute_size = alpc_attributes_size(attribute_flags),
        .n_blocks = (size - DATA_OFFSET) / BLOCK_BYTES,
    };
    memory->blocks = calloc(memory->n_blocks, sizeof(*memory->blocks));
    memory->ready = calloc(memory->n_blocks, sizeof(*memory->ready));
    return memory->blocks && memory->ready ? header_write(memory) : STATUS_NO_MEMORY;
}

void list_memory_deinit(struct list_memory *memory)
{
    free(memory->blocks);
    free(memory->ready);
}

static uint32_t blocks_of(size_t bytes)
{
    return (uint32_t)((bytes + BLOCK_BYTES - 1) / BLOCK_BYTES);
}

static char *block_address(const struct list_memory *memory, uint32_t block)
{
    return memory->base + DATA_OFFSET + (size_t)block * BLOCK_BYTES;
}

static uint32_t run_at(const struct list_memory *memory, uint32_t at, uint32_t enough)
{
    uint32_t n = 0;

    while (at + n < memory->n_blocks && n < enough && memory->blocks[at + n].state == BLOCK_FREE)
        n++;
    return n;
}

/* The first run from `hint` on that takes any message, else the largest there is. */
static uint32_t run_find(const struct list_memory *memory, uint32_t *ret_n)
{
    const uint32_t enough = blocks_of(PORTICO_MESSAGE_MAX + 8 + memory->attribute_size);
    uint32_t best = 0, best_n = 0;

    for (uint32_t seen = 0, at = memory->hint; seen < memory->n_blocks && best_n < enough;) {
        uint32_t n = run_at(memory, at, enough);

        if (n > best_n) {
            best = at;
            best_n = n;
        }
        seen += n + 1;
        at += n + 1;
        if (at >= memory->n_blocks)
            at = 0;
    }
    *ret_n = best_n;
    return best;
}

void *list_memory_room(const struct list_memory *memory, size_t *ret_size)
{
    uint32_t n, first = run_find(memory, &n);
    size_t room = (size_t)n * BLOCK_BYTES, behind = 7 + memory->attribute_size;

    if (room < sizeof(PORT_MESSAGE) + behind)
        return NULL;
    *ret_size = room - behind;
    return block_address(memory, first);
}

ALPC_MESSAGE_ATTRIBUTES *list_memory_post(struct list_memory *memory, void *message, size_t size)
{
    uint32_t first = (uint32_t)(((char *)message - memory->base - DATA_OFFSET) / BLOCK_BYTES);
    uint32_t attributes = (uint32_t)((size + 7) & ~(size_t)7);
    uint32_t n = blocks_of(attributes + memory->attribute_size);

    for (uint32_t i = 1; i < n; i++)
        memory->blocks[first + i].state = BLOCK_MORE;
    memory->blocks[first] = (struct list_block){BLOCK_READY, n, attributes};
    memory->ready[(memory->first_ready + memory->n_ready++) % memory->n_blocks] = first;
    memory->hint = first + n < memory->n_blocks ? first + n : 0;
    memory->n_posted++;
    return (ALPC_MESSAGE_ATTRIBUTES *)((char *)message + attributes);
}

void *list_memory_take(struct list_memory *memory)
{
    uint32_t first;

    if (!memory->n_ready)
        return NULL;
    first = memory->ready[memory->first_ready];
    memory->first_ready = (memory->first_ready + 1) % memory->n_blocks;
    memory->n_ready--;
    memory->blocks[first].state = BLOCK_TAKEN;
    return block_address(memory, first);
}

static struct list_block *taken_find(struct list_memory *memory, const void *message)
{
    uintptr_t offset = (uintptr_t)message - (uintptr_t)memory->base - DATA_OFFSET;

    if (offset % BLOCK_BYTES || offset / BLOCK_BYTES >= memory->n_blocks ||
        memory->blocks[offset / BLOCK_BYTES].state != BLOCK_TAKEN)
        return NULL;
    return &memory->blocks[offset / BLOCK_BYTES];
}

ALPC_MESSAGE_ATTRIBUTES *list_memory_attributes(struct list_memory *memory, const void *message)
{
    const struct list_block *block = taken_find(memory, message);

    return block ? (ALPC_MESSAGE_ATTRIBUTES *)((char *)message + block->attributes) : NULL;
}

bool list_memory_free(struct list_memory *memory, const void *message)
{
    struct list_block *block = taken_find(memory, message);

    if (!block)
        return false;
    for (uint32_t i = block->n; i-- > 0;)
        block[i].state = BLOCK_FREE;
    memory->n_returned++;
    return true;
}

/* A fault is the program's, which has taken the buffer away. */
void list_memory_show(const struct list_memory *memory)
{
    ALPC_COMPLETION_LIST_HEADER *header = (void *)memory->base;
    ALPC_COMPLETION_LIST_STATE state = {
        .s1 = {.Head = memory->n_ready ? memory->first_ready : NO_INDEX,
               .Tail = (memory->first_ready + memory->n_ready) % memory->n_blocks,
               .ActiveThreadCount = memory->n_active}};

    (void)!USER_PUT(&header->State, state);
    (void)!USER_PUT(&header->LastMessageId, memory->last_message_id);
    (void)!USER_PUT(&header->LastCallbackId, memory->last_callback_id);
    (void)!USER_PUT(&header->PostCount, memory->n_posted);
    (void)!USER_PUT(&header->ReturnCount, memory->n_returned);
}
