/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A legacy connection between a client process (this program again) and the test, for tests of
 * libs/portico. */
#pragma once

#include <sys/mman.h>

#include "daemon.h"

#define LEGACY_NAME "\\RPC Control\\legacy"

static inline int legacy_memory(size_t size)
{
    int fd = memfd_create("legacy", MFD_CLOEXEC);

    if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
        abort();
    return fd;
}

static inline status_t legacy_listen(handle_t *ret_port)
{
    struct port_attributes attributes = {.max_message_length = 0x200, .max_information = 0x41};
    struct portico_name name = test_name(LEGACY_NAME);

    return portico_port_create(&name, &attributes, ret_port);
}

static inline status_t legacy_take(handle_t port, struct test_message *message, uint64_t *context)
{
    struct portico_exchange exchange = {.legacy = PORTICO_LEGACY_REPLY,
                                        .receive = &message->header,
                                        .capacity = sizeof(*message),
                                        .deadline_ns = PORTICO_FOREVER};
    status_t status = portico_port_exchange(port, &exchange);

    if (context)
        *context = exchange.ret_port_context;
    return status;
}
