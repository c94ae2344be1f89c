/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the Rtl rooms of the PE half share: the NT types (Wine's headers), small helpers, and the
 * few internal functions that cross files. Everything here is PE code and runs on the program's own
 * stack; a bad pointer is an ordinary exception at the place where it is used.
 *
 * The C functions that ntdll exports (memcpy, wcslen, ...) are declared here by hand: the
 * compiler's own headers would decorate them.
 */
#pragma once

#include "ntdll.h"

static inline void *rtl_alloc(SIZE_T size)
{
    return RtlAllocateHeap(process_heap(), 0, size);
}

static inline void rtl_free(void *ptr)
{
    if (ptr)
        RtlFreeHeap(process_heap(), 0, ptr);
}

/* For __attribute__((cleanup)): a local that owns a process-heap block. */
static inline void rtl_freep(void *ptr)
{
    rtl_free(*(void **)ptr);
}
#define _cleanup_free_ _cleanup_(rtl_freep)

static inline size_t wide_length(const WCHAR *text)
{
    size_t n = 0;

    while (text[n])
        n++;
    return n;
}

/* casing.c: simple case mapping by l_intl.nls, or of ASCII until that table is loaded. */
WCHAR wide_upcase(WCHAR ch);
WCHAR wide_downcase(WCHAR ch);
int wide_compare(const WCHAR *a, size_t n_a, const WCHAR *b, size_t n_b, BOOLEAN ignore_case);
void rtl_case_set_table(const USHORT *table);

/* utf8.c: conversions that never write past the end and say how much they would need. */
NTSTATUS utf8_to_wide(WCHAR *dst, ULONG dst_bytes, ULONG *ret_bytes, const char *src,
                      ULONG src_bytes);
NTSTATUS utf8_from_wide(char *dst, ULONG dst_bytes, ULONG *ret_bytes, const WCHAR *src,
                        ULONG src_bytes);

/* codepage.c: one character of a code page at a time. Each returns how many source units it took
 * (at least one), gives the result and its length, and FALSE in *ret_mapped for a replacement
 * character.
 */
size_t codepage_decode(const CPTABLEINFO *page, const char *src, size_t n, WCHAR ret_text[2],
                       int *ret_n, BOOL *ret_mapped);
size_t codepage_encode(const CPTABLEINFO *page, const WCHAR *src, size_t n, char ret_text[4],
                       int *ret_n, BOOL *ret_mapped);
extern CPTABLEINFO ansi_page, oem_page;
void rtl_init_nls(void);

/* Format into a buffer: see printf.c for the results. */
int format_narrow(char *dst, size_t n_max, const char *format, __ms_va_list args);
int format_wide(WCHAR *dst, size_t n_max, const WCHAR *format, __ms_va_list args);

/* C functions of ntdll. */
int __cdecl _snprintf(char *dst, size_t n_max, const char *format, ...);
int __cdecl _snwprintf(WCHAR *dst, size_t n_max, const WCHAR *format, ...);

/* waitaddress.c: sleep while *address equals *compare; wakers name the key, which need not be the
 * address. Timeout as everywhere in NT (NULL for ever, negative relative).
 */
NTSTATUS key_wait(const void *key, const void *address, const void *compare, SIZE_T size,
                  const LARGE_INTEGER *timeout);
void key_wake(const void *key, BOOL all);

static inline void cpu_relax(void)
{
    __builtin_ia32_pause();
}

/* start.c: what ldr calls when the process and each thread begin and end. */
void rtl_process_init(void);
/* curdir.c: the handle of the folder that the process was started in. */
void current_directory_open(void);
void rtl_thread_init(void);
void rtl_thread_exit(void);
void rtl_process_exit(void);

/* waitaddress.c: the process is down to one thread and ends; with this status if it would wait for ever. */
void process_ending_set(ULONG status);
BOOL process_ending(void);
