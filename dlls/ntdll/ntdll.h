/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What every source of ntdll's PE half includes, after config.h: the NT types (Wine's headers), the
 * TEB and PEB, the private calls to the ELF half and the helpers that the rooms of this DLL share.
 */
#ifndef PORTICO_NTDLL_H
#define PORTICO_NTDLL_H

/* The order matters; clang-format sorts within a block. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <ntstatus.h>

#define WIN32_NO_STATUS
#include <windef.h>

#include <winbase.h>

#include <winnls.h>

#include <winternl.h>

#include "unixcalls.h"

#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define _cleanup_(f)   __attribute__((cleanup(f)))

static inline TEB *teb(void)
{
    return NtCurrentTeb();
}
static inline PEB *peb(void)
{
    return NtCurrentTeb()->Peb;
}
static inline HANDLE process_heap(void)
{
    return NtCurrentTeb()->Peb->ProcessHeap;
}

/* The base of this DLL, from the linker. */
extern IMAGE_DOS_HEADER __ImageBase;

/* log.c: one line, "portico: " before it, on stderr. Formats: %s (char *), %S (WCHAR *), %u %d %x
 * (32 bits), %p (64 bits, hexadecimal), %c, %%; nothing else. */
void log_line(const char *format, ...);
SIZE_T log_format(char *buffer, SIZE_T size, const char *format, va_list arguments);
SIZE_T text_format(char *buffer, SIZE_T size, const char *format, ...);

/* One stub's record, in exports.S and ldr_import.c, and where every stub ends. */
struct stub_record {
    char has_said_it;
    char name[];
};
__attribute__((noreturn)) void stub_called(struct stub_record *record);
__attribute__((noreturn)) void import_called(struct stub_record *record);

/* "portico: <function>: class N is not implemented", once for each (function, class). */
void log_unimplemented_class(const char *function, ULONG class_number);

#endif
