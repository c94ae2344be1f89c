/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Where the files of an installation lie that was moved, or unpacked under a DESTDIR. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The place of what was configured to lie in the folder `wanted`, seen from `folder`, which was
 * configured as `own`: what both configured folders begin with stands for what `folder` begins
 * with. own /usr/bin, wanted /usr/lib/portico, folder /opt/x/bin: /opt/x/lib/portico. False: folder
 * does not end as own does, or size is too small. */
bool place_moved(const char *folder, const char *own, const char *wanted, char *ret_path,
                 size_t size);

/* The folder of this program's file, without the last slash; false: unknown. */
bool place_of_program(char *ret_folder, size_t size);
