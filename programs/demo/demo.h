/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What csrss.exe and explorer.exe agree on: the port names, the messages, the checksum, and how a
 * step is printed. Both are ordinary Windows programs: mingw-w64's headers, kernel32 and ntdll,
 * nothing of Portico but the declarations of nt/ntalpc.h that those headers lack.
 */
#pragma once

#include <windows.h>

#include <nt/ntalpc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define API_PORT  L"\\Windows\\ApiPort"
#define WORK_PORT L"\\RPC Control\\DemoWork"

enum demo_call { CALL_REGISTER = 1, CALL_NOTE, CALL_WORK, CALL_PICTURE, CALL_ECHO };

enum {
    NAME_BYTES = 32,
    N_NOTES = 5,
    N_ECHOES = 1000,
    PICTURE_SIDE = 4096, /* pixels of 4 bytes: 64 MiB */
    PICTURE_BYTES = PICTURE_SIDE * PICTURE_SIDE * 4,
    MESSAGE_BYTES_MAX = 1024,
};

/* The payload of every message of the demo. */
struct demo_body {
    uint32_t call;
    uint32_t record; /* given by csrss at registration */
    uint64_t value;  /* a number to compute with, a checksum */
    char name[NAME_BYTES];
};

struct demo_message {
    PORT_MESSAGE header;
    struct demo_body body;
};

/* Space for every attribute that the demo allocates. */
struct demo_attributes {
    ALPC_MESSAGE_ATTRIBUTES header;
    uint8_t space[256];
};

static inline void message_init(struct demo_message *message, enum demo_call call)
{
    memset(message, 0, sizeof *message);
    message->header.u1.s1.DataLength = sizeof message->body;
    message->header.u1.s1.TotalLength = sizeof *message;
    message->body.call = call;
}

static inline void name_init(UNICODE_STRING *name, const WCHAR *text)
{
    name->Buffer = (WCHAR *)text;
    name->Length = (USHORT)(wcslen(text) * sizeof *text);
    name->MaximumLength = (USHORT)(name->Length + sizeof *text);
}

static inline void attributes_init(struct demo_attributes *attributes, ULONG flags)
{
    SIZE_T required;

    AlpcInitializeMessageAttribute(flags, &attributes->header, sizeof *attributes, &required);
}

/* FNV-1a over 64-bit words. */
static inline uint64_t checksum(const void *data, size_t size)
{
    const uint64_t *words = data;
    uint64_t sum = 0xcbf29ce484222325u;

    for (size_t i = 0; i < size / sizeof *words; i++)
        sum = (sum ^ words[i]) * 0x100000001b3u;
    return sum;
}

/* One line of the story, at once, whoever reads it. */
static inline void step(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

/* A step that did not happen as it should ends the program with status 1. */
static inline void must(int condition, const char *what, NTSTATUS status)
{
    if (condition)
        return;
    step("FAILED: %s (status %08lx)", what, (unsigned long)status);
    exit(1);
}
