/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Views for tests of libs/portico. */
#pragma once

#include <sys/mman.h>

#include "common/macro.h"
#include "daemon.h"

static struct test_message message; /* the last one sent or received */

static inline uint32_t section_make(handle_t port, uint32_t flags, uint64_t wanted)
{
    uint32_t section;
    uint64_t size;

    ck_ok(portico_section_create(port, flags, 0, wanted, &section, &size));
    ck_assert_uint_ge(size, wanted);
    return section;
}

static inline struct portico_view view_make(handle_t port, uint32_t section, size_t size)
{
    struct portico_view view = {.section = section, .size = size};

    ck_ok(portico_view_create(port, &view));
    ck_assert_uint_eq(view.size, size);
    ck_assert_ptr_nonnull(view.base);
    return view;
}

static inline status_t view_continue(handle_t port, uint32_t flags, const struct portico_view *view)
{
    struct portico_attributes attributes = {.valid = PORTICO_ATTRIBUTE_VIEW, .view = *view};
    struct portico_exchange exchange = {
        .flags = flags, .send = &message.header, .send_attributes = &attributes};

    return portico_port_exchange(port, &exchange);
}

static inline status_t view_send_to(handle_t port, uint32_t flags, const struct portico_view *view)
{
    message_fill(&message, 4, 1);
    return view_continue(port, flags, view);
}

/* Receives a message with a view, of any flags. */
static inline struct portico_view view_take_any(handle_t port)
{
    struct portico_attributes attributes = {.wanted = PORTICO_ATTRIBUTE_VIEW};

    ck_ok(port_receive_for(port, &message, PORTICO_FOREVER, &attributes));
    ck_assert_uint_eq(attributes.valid, PORTICO_ATTRIBUTE_VIEW);
    ck_assert_uint_eq(attributes.view.section, 0);
    return attributes.view;
}

static inline struct portico_view view_take_from(handle_t port)
{
    struct portico_view view = view_take_any(port);

    ck_assert_uint_eq(view.flags, 0);
    return view;
}

/* Receives a message of which no view arrives. */
static inline void view_take_none(handle_t port)
{
    struct portico_attributes attributes = {.wanted = PORTICO_ATTRIBUTE_VIEW};

    ck_ok(port_receive_for(port, &message, PORTICO_FOREVER, &attributes));
    ck_assert_uint_eq(attributes.valid, 0);
}

static inline bool is_mapped(const void *base)
{
    return msync((void *)base, 0x1000, MS_ASYNC) == 0;
}

static inline bool bytes_are(const struct portico_view *view, uint8_t byte)
{
    for (size_t i = 0; i < view->size; i++)
        if (((uint8_t *)view->base)[i] != byte)
            return false;
    return true;
}
