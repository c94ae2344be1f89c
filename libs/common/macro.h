/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The few macros that every room needs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define MIN(a, b)         ((a) < (b) ? (a) : (b))
#define MAX(a, b)         ((a) > (b) ? (a) : (b))
/* ALIGN_UP's alignment is a power of two; the caller has excluded wrap-around. */
#define ALIGN_UP(value, alignment) \
    (((value) + ((__typeof__(value))(alignment)-1)) & ~((__typeof__(value))(alignment)-1))
#define IS_POWER_OF_TWO(value) ((value) != 0 && ((value) & ((value)-1)) == 0)
#define CONTAINER_OF(ptr, type, member) \
    ((type *)(void *)((char *)(1 ? (ptr) : &((type *)0)->member) - offsetof(type, member)))

#define _unused_           __attribute__((__unused__))
#define _must_check_       __attribute__((__warn_unused_result__))
#define _printf_(fmt, arg) __attribute__((__format__(__printf__, fmt, arg)))
#define LIKELY(x)          __builtin_expect(!!(x), 1)
#define UNLIKELY(x)        __builtin_expect(!!(x), 0)

/* Checked arithmetic: true and *ret_sum set only when the result is exact. Any integer types. */
#define checked_add(a, b, ret_sum) (!__builtin_add_overflow(a, b, ret_sum))
#define checked_sub(a, b, ret_sum) (!__builtin_sub_overflow(a, b, ret_sum))
#define checked_mul(a, b, ret_sum) (!__builtin_mul_overflow(a, b, ret_sum))
