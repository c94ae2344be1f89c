/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What every NtCreateX shares: the out handle is zero until the call succeeds, the object
 * attributes are read once into a copy, the handle is made last. */
#pragma once

#include "ntobject.h"

#define NAME_MAX_UNITS 0x7fff /* of a UNICODE_STRING */

struct creation {
    HANDLE root;
    ULONG attributes; /* OBJ_* */
    bool has_name;
    UNICODE_STRING user_name; /* a copied header: Buffer still points to the program's memory */
    PSECURITY_DESCRIPTOR security;
    const void *user_quality; /* SECURITY_QUALITY_OF_SERVICE in the program's memory, or NULL */
};

/* STATUS_INVALID_PARAMETER for wrong attributes; *ret_handle is cleared. */
NTSTATUS create_begin(PHANDLE ret_handle, const OBJECT_ATTRIBUTES *attributes,
                      struct creation *ret_creation);
/* Only the copy of the attributes. */
NTSTATUS create_read(const OBJECT_ATTRIBUTES *attributes, struct creation *ret_creation);
/* Makes the handle and gives up the caller's reference, also on failure. */
NTSTATUS create_end(PHANDLE ret_handle, struct nt_object *object, ACCESS_MASK access,
                    const struct creation *creation);
/* A copy of the name, NUL-terminated, to be freed; *ret_units without the NUL. */
NTSTATUS name_copy(const UNICODE_STRING *copied_header, WCHAR **ret_name, size_t *ret_units);
/* The same of a string in the program's memory. */
NTSTATUS name_get(const UNICODE_STRING *user_string, WCHAR **ret_name, size_t *ret_units);
void name_freep(WCHAR **name);
