/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "token.h"
#include "config.h"
#include <stddef.h>

struct nt_object *token_object_current(void)
{
    return NULL;
}
