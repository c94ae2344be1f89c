/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The process handle that nearly every memory call takes, and the one line said about what is
 * missing. */
#include "named.h"
#include "ntprocess.h"
#include "usermem.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

NTSTATUS process_is_current(HANDLE process, bool *ret_is_current)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    NTSTATUS exit_status;
    pid_t pid;

    *ret_is_current = process == (HANDLE)(intptr_t)-1;
    if (*ret_is_current)
        return STATUS_SUCCESS;
    if (handle_is_server(process)) {
        TRY(named_process_query(process, &pid, &exit_status));
        *ret_is_current = pid == getpid();
        return STATUS_SUCCESS;
    }
    TRY(handle_lookup(process, 0, NULL, &object));
    *ret_is_current = process_object_current && object == process_object_current();
    if (!*ret_is_current && (!process_object_pid || !process_object_pid(object)))
        return STATUS_OBJECT_TYPE_MISMATCH;
    return STATUS_SUCCESS;
}

NTSTATUS process_require_current(const char *caller, HANDLE process)
{
    bool is_current;

    TRY(process_is_current(process, &is_current));
    if (is_current)
        return STATUS_SUCCESS;
    unimplemented_once(caller, "another process", NO_NUMBER);
    return STATUS_NOT_SUPPORTED;
}

/* Was this said before? A small hash set: a full table only means that a line may be repeated. */
static uint64_t text_hash(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash;
}

static bool is_said(const char *function, const char *what, unsigned number)
{
    static _Atomic uint64_t said[256];
    const uint64_t hash = text_hash(text_hash(0xcbf29ce484222325u ^ number, function), what) | 1;

    for (unsigned i = 0; i < 256; i++) {
        uint64_t empty = 0;
        _Atomic uint64_t *slot = &said[(hash + i) % 256];

        if (*slot == hash)
            return true;
        if (!*slot && atomic_compare_exchange_strong(slot, &empty, hash))
            return false;
        if (empty == hash)
            return true;
    }
    return false;
}

void unimplemented_once(const char *function, const char *what, unsigned number)
{
    if (is_said(function, what, number))
        return;
    if (number == NO_NUMBER)
        dprintf(STDERR_FILENO, "portico: %s: %s is not implemented\n", function, what);
    else
        dprintf(STDERR_FILENO, "portico: %s: %s %u is not implemented\n", function, what, number);
}

void absent_once(const char *what, const char *why)
{
    if (!is_said(what, why, 0))
        dprintf(STDERR_FILENO, "portico: %s is not available: %s\n", what, why);
}
