/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Pages that will be written to soon, made present in one call. */
#pragma once

#include <stddef.h>

/* Those of the loader itself that every start needs: call it first. */
void prefault_loader(void);
/* Writable memory, whole pages around this range. Without effect where Linux does not know how. */
void prefault(void *base, size_t size);
