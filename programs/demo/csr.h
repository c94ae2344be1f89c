/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What csr-server.exe and csr-client.exe agree on: the shape of the CSR interface over legacy LPC
 * (connection information, a section that both map, messages with an API number, capture buffers
 * whose pointers are rebased), with calls of our own invention. Ordinary Windows programs:
 * mingw-w64's headers, kernel32, ntdll, and nt/ntlpc.h for what those headers lack.
 *
 * A capture buffer lies in the client's section. The client fills in its own addresses, then adds
 * ViewRemoteBase - ViewBase to each pointer that `offsets` names, and to the message's pointer to
 * the buffer itself; the server uses them as they are, after looking that they lie in the view; the
 * client takes the delta off again when the reply has come.
 */
#pragma once

#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include "demo.h"

#define CSR_PORT L"\\Windows\\ApiPort"

enum csr_server { CSR_SERVER = 0, BASE_SERVER = 1, CONSOLE_SERVER = 2, USER_SERVER = 3 };
#define CSR_API(server, api) ((ULONG)(server) << 16 | (api))

enum {
    API_REGISTER = CSR_API(CSR_SERVER, 0),       /* who calls; is its end to be seen as a death? */
    API_SUM = CSR_API(BASE_SERVER, 7),           /* adds captured numbers */
    API_WRITE = CSR_API(CONSOLE_SERVER, 2),      /* a captured text comes back in capitals */
    API_ASK_BACK = CSR_API(USER_SERVER, 5),      /* the server asks back in the waiting thread */
    API_WRONG_POINTER = CSR_API(BASE_SERVER, 8), /* a pointer that is not in the view */
    API_UNKNOWN = CSR_API(USER_SERVER, 0xff),
};

enum {
    CSR_SECTION_BYTES = 0x10000,
    CSR_SHARED_BYTES = 0x10000,
    N_NUMBERS = 1000,
    N_POINTERS_MAX = 4,
    N_CALLBACKS = 3,
};

/* Connection information, in and out. */
struct csr_connect_info {
    HANDLE object_directory;
    PVOID shared_section_base;       /* server's addresses: the client rebases */
    PVOID shared_static_server_data; /* to its view of the shared section */
    PVOID shared_section_heap;
    ULONG debug_flags;
    ULONG peb_data_bytes;
    ULONG teb_data_bytes;
    ULONG n_server_dlls;
    HANDLE server_process_id;
};

struct csr_capture {
    ULONG size;
    struct csr_capture *previous;
    ULONG n_pointers;
    char *end;                         /* of what is in use */
    ULONG_PTR offsets[N_POINTERS_MAX]; /* of pointers, from the message's begin */
    char data[];
};

struct csr_message {
    PORT_MESSAGE header;
    struct csr_capture *capture;
    ULONG api;
    NTSTATUS status;
    ULONG reserved;
    union {
        struct {
            char name[32];
            ULONG record;   /* out */
            ULONG will_die; /* its thread ends before its port is closed */
        } registration;
        struct {
            ULONG *numbers;
            ULONG n;
            ULONGLONG sum; /* out */
        } sum;
        struct {
            char *text;
            ULONG length;
        } write;
        struct {
            ULONG question, answer, total;
        } ask;
    } u;
};

static inline void csr_message_init(struct csr_message *message, ULONG api)
{
    memset(message, 0, sizeof *message);
    message->header.u1.s1.DataLength = sizeof *message - sizeof message->header;
    message->header.u1.s1.TotalLength = sizeof *message;
    message->api = api;
}
