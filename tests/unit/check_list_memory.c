/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The memory of a completion list: messages do not overlap, what is freed is used again. */

#include "list_memory.h"
#include "unit.h"
#include "usercopy.h"
#include <stdlib.h>
#include <string.h>

#define LIST_BYTES 0x8000u

static _Alignas(4096) char buffer[LIST_BYTES];
static struct list_memory memory;

/* What the list needs of the rest of ntdll. */
ULONG alpc_attributes_size(ULONG flags)
{
    return flags ? 40 : 8;
}

NTSTATUS user_write(void *user, const void *source, size_t size)
{
    memcpy(user, source, size);
    return STATUS_SUCCESS;
}

static void list_open(ULONG attribute_flags)
{
    memset(buffer, 0, sizeof(buffer));
    ck_assert_int_eq(list_memory_init(&memory, buffer, LIST_BYTES, attribute_flags), 0);
}

/* A message of `size` bytes, filled; NULL: no room. */
static char *post(size_t size, int byte)
{
    size_t room;
    char *message = list_memory_room(&memory, &room);
    ALPC_MESSAGE_ATTRIBUTES *attributes;

    if (!message || room < size)
        return NULL;
    ck_assert_uint_eq((uintptr_t)message % 64, 0);
    ck_assert(message >= buffer + 0x1000);
    memset(message, byte, size);
    attributes = list_memory_post(&memory, message, size);
    ck_assert_uint_eq((uintptr_t)attributes % 8, 0);
    ck_assert((char *)attributes >= message + size);
    ck_assert((char *)attributes + memory.attribute_size <= buffer + LIST_BYTES);
    memset(attributes, byte, memory.attribute_size);
    return message;
}

START_TEST(messages_are_taken_in_order_and_freed_once)
{
    char *first, *second;

    list_open(1);
    ck_assert_ptr_null(list_memory_take(&memory));
    first = post(100, 1);
    second = post(200, 2);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(list_memory_attributes(&memory, first)); /* ready, not taken */
    ck_assert(!list_memory_free(&memory, first));
    ck_assert_ptr_eq(list_memory_take(&memory), first);
    ck_assert_ptr_eq(list_memory_take(&memory), second);
    ck_assert_ptr_null(list_memory_take(&memory));
    ck_assert_ptr_eq((char *)list_memory_attributes(&memory, first), first + 104);
    ck_assert(list_memory_free(&memory, first));
    ck_assert(!list_memory_free(&memory, first));
    ck_assert(!list_memory_free(&memory, second + 64)); /* within a message */
    ck_assert(!list_memory_free(&memory, second + 1));
    ck_assert(!list_memory_free(&memory, buffer));
    ck_assert(!list_memory_free(&memory, buffer + LIST_BYTES));
    ck_assert(!list_memory_free(&memory, NULL));
    ck_assert(list_memory_free(&memory, second));
    ck_assert_uint_eq(memory.n_posted, 2);
    ck_assert_uint_eq(memory.n_returned, 2);
    list_memory_deinit(&memory);
}
END_TEST

START_TEST(a_full_list_has_no_room_until_something_is_freed)
{
    char *last = NULL, *next;
    unsigned n = 0;

    list_open(0);
    while ((next = post(1000, 3))) {
        last = next;
        n++;
    }
    ck_assert_uint_eq(n, (LIST_BYTES - 0x1000) / 1024);
    while ((next = list_memory_take(&memory)) && next != last)
        ck_assert(list_memory_free(&memory, next));
    ck_assert_ptr_eq(next, last);
    ck_assert_ptr_nonnull(post(1000, 4));
    list_memory_deinit(&memory);
}
END_TEST

struct held {
    char *message;
    size_t size;
    int byte;
};

static void held_check(const struct held *held)
{
    const char *attributes = (char *)list_memory_attributes(&memory, held->message);

    ck_assert_ptr_nonnull(attributes);
    for (size_t i = 0; i < held->size; i++)
        ck_assert_int_eq(held->message[i], held->byte);
    for (size_t i = 0; i < memory.attribute_size; i++)
        ck_assert_int_eq(attributes[i], held->byte);
}

/* Posts, takes and frees at random: each message keeps its bytes as long as it is held. */
START_TEST(messages_never_overlap)
{
    struct held held[64] = {{0}};
    unsigned n_posted = 0;

    srand(5);
    list_open(1);
    for (int i = 0; i < 20000; i++) {
        struct held *one = &held[rand() % 64];

        if (one->message) {
            held_check(one);
            ck_assert(list_memory_free(&memory, one->message));
            one->message = NULL;
        } else {
            one->size = 40 + (size_t)(rand() % 1500);
            one->byte = rand() % 100;
            one->message = post(one->size, one->byte);
            n_posted += one->message != NULL;
            if (one->message)
                ck_assert_ptr_eq(list_memory_take(&memory), one->message);
        }
    }
    ck_assert_uint_gt(n_posted, 5000);
    for (unsigned i = 0; i < 64; i++)
        if (held[i].message)
            ck_assert(list_memory_free(&memory, held[i].message));
    ck_assert_uint_eq(memory.n_posted, memory.n_returned);
    ck_assert_ptr_nonnull(post(LIST_BYTES - 0x1000 - 64, 9)); /* all of it is one run again */
    list_memory_deinit(&memory);
}
END_TEST

START_TEST(the_header_tells_what_the_list_has)
{
    const ALPC_COMPLETION_LIST_HEADER *header = (void *)buffer;

    list_open(1);
    ck_assert_uint_eq(header->TotalSize, LIST_BYTES);
    ck_assert_uint_eq(header->AttributeSize, 40);
    post(50, 1);
    post(50, 1);
    list_memory_free(&memory, list_memory_take(&memory));
    list_memory_show(&memory);
    ck_assert_uint_eq(header->PostCount, 2);
    ck_assert_uint_eq(header->ReturnCount, 1);
    ck_assert_uint_eq(header->State.s1.Tail - header->State.s1.Head, 1);
    list_memory_deinit(&memory);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("list_memory");
    UNIT_TEST(messages_are_taken_in_order_and_freed_once);
    UNIT_TEST(a_full_list_has_no_room_until_something_is_freed);
    UNIT_TEST(messages_never_overlap);
    UNIT_TEST(the_header_tells_what_the_list_has);
    return UNIT_END();
}
