/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* memcpy, memmove, memset, memcmp, memchr: exported, and what the compiler calls for this DLL's own
 * code.
 *
 * Short blocks move in overlapping words, so no byte loop runs for common sizes; long ones use the
 * string instructions, which processors of the last ten years do at full cache-line speed. memcpy
 * is memmove: programs rely on it. */

#include "ntdll.h"

#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr

/* From here on the string instructions win over 16-byte moves. */
enum { STRING_INSTRUCTION_MIN_BYTES = 512 };

typedef uint64_t word64 __attribute__((aligned(1), may_alias));
typedef uint32_t word32 __attribute__((aligned(1), may_alias));
typedef uint16_t word16 __attribute__((aligned(1), may_alias));
typedef char block16 __attribute__((vector_size(16), aligned(1), may_alias));

/* Up to 16 bytes: all loads before the first store, so overlap does not matter. */
static inline void move_short(unsigned char *to, const unsigned char *from, size_t size)
{
    if (size >= 8) {
        word64 head = *(const word64 *)from, tail = *(const word64 *)(from + size - 8);

        *(word64 *)to = head;
        *(word64 *)(to + size - 8) = tail;
    } else if (size >= 4) {
        word32 head = *(const word32 *)from, tail = *(const word32 *)(from + size - 4);

        *(word32 *)to = head;
        *(word32 *)(to + size - 4) = tail;
    } else if (size >= 2) {
        word16 head = *(const word16 *)from, tail = *(const word16 *)(from + size - 2);

        *(word16 *)to = head;
        *(word16 *)(to + size - 2) = tail;
    } else if (size) {
        *to = *from;
    }
}

/* to is below from, or they do not overlap. The last block is loaded first: the moves may overwrite
 * its source. */
static inline void move_upwards(unsigned char *to, const unsigned char *from, size_t size)
{
    block16 tail = *(const block16 *)(from + size - 16);
    size_t at;

    for (at = 0; at + 16 < size; at += 16)
        *(block16 *)(to + at) = *(const block16 *)(from + at);
    *(block16 *)(to + size - 16) = tail;
}

static inline void move_downwards(unsigned char *to, const unsigned char *from, size_t size)
{
    block16 head = *(const block16 *)from;
    size_t left;

    for (left = size; left > 16; left -= 16)
        *(block16 *)(to + left - 16) = *(const block16 *)(from + left - 16);
    *(block16 *)to = head;
}

static inline void move_by_string(void *to, const void *from, size_t size)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

void *__cdecl memmove(void *to, const void *from, size_t size)
{
    if (size <= 16)
        move_short(to, from, size);
    else if ((uintptr_t)to - (uintptr_t)from < size)
        move_downwards(to, from, size);
    else if (size >= STRING_INSTRUCTION_MIN_BYTES && (uintptr_t)from - (uintptr_t)to >= size)
        move_by_string(to, from, size);
    else
        move_upwards(to, from, size);
    return to;
}

void *__cdecl memcpy(void *to, const void *from, size_t size)
{
    return memmove(to, from, size);
}

void *__cdecl memset(void *to, int value, size_t size)
{
    unsigned char *bytes = to;
    uint64_t word = 0x0101010101010101ull * (unsigned char)value;
    size_t at;

    if (size >= STRING_INSTRUCTION_MIN_BYTES) {
        void *end = to;

        __asm__ volatile("rep stosb" : "+D"(end), "+c"(size) : "a"(value) : "memory");
        return to;
    }
    if (size < 8) {
        for (at = 0; at < size; at++)
            bytes[at] = (unsigned char)value;
        return to;
    }
    for (at = 0; at + 8 <= size; at += 8)
        *(word64 *)(bytes + at) = word;
    *(word64 *)(bytes + size - 8) = word;
    return to;
}

int __cdecl memcmp(const void *left, const void *right, size_t size)
{
    const unsigned char *a = left, *b = right;

    for (; size >= 8 && *(const word64 *)a == *(const word64 *)b; size -= 8, a += 8, b += 8)
        ;
    for (; size; size--, a++, b++)
        if (*a != *b)
            return *a < *b ? -1 : 1;
    return 0;
}

void *__cdecl memchr(const void *block, int value, size_t size)
{
    const unsigned char *at = block;

    for (; size; size--, at++)
        if (*at == (unsigned char)value)
            return (void *)at;
    return NULL;
}
