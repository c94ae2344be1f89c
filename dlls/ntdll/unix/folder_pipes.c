/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Listing \Device\NamedPipe, which programs do as `\\.\pipe\*`: the port server's names. Pipes of
 * this process alone (CreatePipe) have no name that others could use, and are not told. */
#include "folder_scan.h"

#include "client.h"
#include "ntpath.h"
#include "usermem.h"
#include <portico/portico.h>
#include <stdlib.h>
#include <string.h>

/* The entries of one answer. */
static NTSTATUS entries_add(struct folder_scan *scan, const char *data, uint32_t size)
{
    struct pipe_entry entry;

    for (uint32_t at = 0; size - at >= sizeof(entry);) {
        _cleanup_nt_(path_freep) char *name = NULL;

        memcpy(&entry, data + at, sizeof(entry));
        at += (uint32_t)sizeof(entry);
        if (entry.name_size > size - at)
            return STATUS_DATA_ERROR;
        name = utf8_from_utf16((const WCHAR *)(data + at), entry.name_size / sizeof(WCHAR));
        if (!name || !folder_scan_add(scan, name, entry.n_instances, entry.max_instances))
            return STATUS_NO_MEMORY;
        at += (entry.name_size + 7) & ~7u;
        if (at > size)
            break;
    }
    return STATUS_SUCCESS;
}

NTSTATUS folder_scan_pipes(struct folder_scan *scan)
{
    struct pipe_list_request request = {.cursor = 0};
    struct pipe_list_reply reply = {.n_entries = 0};
    char *data = malloc(PACKET_DATA_MAX_BYTES);
    NTSTATUS status = data ? STATUS_SUCCESS : STATUS_NO_MEMORY;

    client_need();
    while (!status) {
        struct call_extra extra = {.ret_data = data, .ret_capacity = PACKET_DATA_MAX_BYTES};

        status = (NTSTATUS)call_pipe_list(portico_control(), &request, &reply, &extra);
        if (status || !reply.n_entries)
            break;
        status = entries_add(scan, data, extra.ret_size);
        request.cursor = reply.cursor;
    }
    free(data);
    return status;
}
