/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Base relocations and exports of a mapped image. */
#pragma once

#include "image.h"

/* The image lies at base instead of info->base; all its pages are writable. A relocation outside of the mapped pages or of an
 * unknown kind: STATUS_INVALID_IMAGE_FORMAT. */
NTSTATUS pe_relocate(char *base, const struct image_info *info);
