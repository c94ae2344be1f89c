/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Ownership of locals. A local that owns something says so at its declaration:
 *
 *     _cleanup_(freep) char *name = NULL;
 *     _cleanup_(port_unrefp) struct port *port = NULL;
 *     ...
 *     *ret_port = TAKE(port);
 *
 * DEFINE_CLEANUP(struct port *, port_unref) makes port_unrefp from a destructor that accepts NULL.
 */
#pragma once

#include <stdlib.h>

#define _cleanup_(function) __attribute__((__cleanup__(function)))

/* Moves the value out; the variable no longer owns it. For pointers. */
#define TAKE(variable)                            \
    ({                                            \
        __typeof__(variable) taken_ = (variable); \
        (variable) = NULL;                        \
        taken_;                                   \
    })

#define DEFINE_CLEANUP(type, function)             \
    static inline void function##p(type *variable) \
    {                                              \
        if (*variable)                             \
            function(*variable);                   \
    }

static inline void freep(void *variable)
{
    free(*(void **)variable);
}
