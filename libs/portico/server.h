/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Finding and starting the port server. */
#pragma once

#include <stddef.h>

#include "portico/protocol.h"
#include "portico/status.h"

/* The folder of the server's socket: $PORTICO_RUNTIME_DIR, else $XDG_RUNTIME_DIR/portico, else
 * /tmp/portico-<uid>. */
status_t runtime_dir_get(char *ret_path, size_t size);
/* The program to start. */
void server_path_get(char *ret_path, size_t size);
/* Starts the server program and waits until it serves. STATUS_SUCCESS says only that it is worth
 * connecting: another server may have been faster. On failure portico_start_error() has its words.
 */
status_t server_spawn(const char *path);
