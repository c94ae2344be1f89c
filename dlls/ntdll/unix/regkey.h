/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Registry keys in this process. The registry is the port server's; a key here is its path and, as
 * soon as one is needed, a server handle.
 *
 * A program that reads a value or two at its start needs no server for it: as long as nobody has
 * changed anything (the server leaves a file in the runtime folder when somebody does) and this
 * process has no connection anyway, opening a key and reading a value by its name are answered from
 * portico/registry.def, of which the server makes its registry. Everything else connects. */
#pragma once

#include "create.h"

#include "portico/portico.h"

struct key {
    struct nt_object header;
    WCHAR *path; /* full, \Registry... */
    size_t units;
    ACCESS_MASK access;
    _Atomic handle_t server; /* 0: none needed yet */
};

extern const struct nt_type key_type;

/* A reference. */
NTSTATUS key_lookup(HANDLE handle, ACCESS_MASK access, struct key **ret_key);
void key_unrefp(struct key **key);
/* The server's handle of the key, connecting when there is none yet. */
NTSTATUS key_server(struct key *key, handle_t *ret_handle);

/* May this process answer from portico/registry.def? */
bool registry_is_untouched(void);
/* Is there such a key in it? A component "*" there is any. */
bool registry_def_has(const WCHAR *path, size_t units);
/* Is this key, there or not, at or below one that only the server knows? */
bool registry_def_is_server_s(const WCHAR *path, size_t units);
/* Or below one that is read-only? */
bool registry_def_is_read_only(const WCHAR *path, size_t units);
/* A value of it: type, and its bytes in buffer (at most size). STATUS_OBJECT_NAME_NOT_FOUND. */
NTSTATUS registry_def_value(const struct key *key, const WCHAR *name, size_t units, ULONG *ret_type,
                            void *buffer, size_t size, size_t *ret_size);
