/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#pragma once

#include "nttypes.h"
#include <stdbool.h>

struct folder_scan;
void folder_scan_free(struct folder_scan *scan); /* NULL is fine */
