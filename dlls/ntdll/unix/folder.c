/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "folder.h"
#include <stdlib.h>

void folder_scan_free(struct folder_scan *scan)
{
    free(scan);
}
