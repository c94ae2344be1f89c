/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What a wait is for, by handle: objects of this process and the server's, mixed. */
#pragma once

#include "nttime.h"
#include "ntwait.h"
#include <portico/protocol.h>

struct wait_subject {
    struct nt_object *object; /* a reference; NULL: the server's */
    handle_t server;
};

struct wait_set {
    unsigned n;
    struct wait_subject subjects[MAXIMUM_WAIT_OBJECTS];
};

/* Looks the handle up, with SYNCHRONIZE. STATUS_OBJECT_TYPE_MISMATCH: cannot be waited for. */
NTSTATUS wait_set_add(struct wait_set *set, HANDLE handle);
void wait_set_release(struct wait_set *set);
/* Does any part of it live at the server (now)? */
bool wait_set_is_mixed(const struct wait_set *set);

/* A wait in which the server takes part. signal: a server handle that is signalled first, when all
 * of the set is the server's; or 0. STATUS_RETRY: an object has moved meanwhile, begin again. */
NTSTATUS wait_mixed(const struct wait_set *set, bool all, handle_t signal, bool alertable,
                    const struct deadline *deadline);
