/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Which image holds an address: without a lock, so that it works in every exception. */
#ifndef PORTICO_FUNCTION_TABLE_H
#define PORTICO_FUNCTION_TABLE_H

#include <stdbool.h>

/* A mapped image and its .pdata. */
struct image_range {
    ULONG_PTR base;
    ULONG_PTR end;
    const RUNTIME_FUNCTION *functions;
    ULONG n_functions;
};

/* Writers hold the loader lock. */
NTSTATUS image_table_insert(void *base);
void image_table_remove(void *base);
bool image_table_find(ULONG_PTR address, struct image_range *ret_range);

#endif
