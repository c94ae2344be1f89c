/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#pragma once

#include "image.h"
#include "ntobject.h"
#include <stdbool.h>
#include <stdint.h>

struct section {
    struct nt_object header;
    int fd;               /* memfd or a duplicate of the file's */
    uint64_t size;        /* of the file part, as asked for or as the file was */
    ULONG protection;     /* of the section: the most a view may have */
    ULONG attributes;     /* SEC_* */
    bool is_file;
    char *path;           /* of a file; may be NULL */
    struct image_info image;
};

extern const struct nt_type section_type;
NTSTATUS section_lookup(HANDLE handle, ACCESS_MASK access, struct section **ret_section);
/* What this process knows of the file of a section that came from elsewhere, by its descriptor: its
 * path, and an image's headers, which are checked here as the maker of the section checked them. */
NTSTATUS section_file_inspect(struct section *section);
/* Does a section of this protection permit a view of that one? */
bool section_permits(ULONG section_protection, ULONG view_protection);
