/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The shared beginning and end of creating an object with a handle (create.h). */
#include "create.h"
#include "usermem.h"
#include <stdlib.h>

NTSTATUS create_read(const OBJECT_ATTRIBUTES *attributes, struct creation *creation)
{
    OBJECT_ATTRIBUTES copy;

    TRY(USER_GET(copy, attributes));
    if (copy.Length != sizeof(copy))
        return STATUS_INVALID_PARAMETER;
    creation->root = copy.RootDirectory;
    creation->attributes = copy.Attributes;
    creation->security = copy.SecurityDescriptor;
    creation->user_quality = copy.SecurityQualityOfService;
    if (!copy.ObjectName)
        return STATUS_SUCCESS;
    TRY(USER_GET(creation->user_name, copy.ObjectName));
    if (creation->user_name.Length & 1)
        return STATUS_OBJECT_NAME_INVALID;
    creation->has_name = creation->user_name.Length != 0;
    return STATUS_SUCCESS;
}

NTSTATUS create_begin(PHANDLE ret_handle, const OBJECT_ATTRIBUTES *attributes,
                      struct creation *ret_creation)
{
    HANDLE none = NULL;

    *ret_creation = (struct creation){0};
    TRY(USER_PUT(ret_handle, none));
    return attributes ? create_read(attributes, ret_creation) : STATUS_SUCCESS;
}

NTSTATUS create_end(PHANDLE ret_handle, struct nt_object *object, ACCESS_MASK access,
                    const struct creation *creation)
{
    NTSTATUS status;
    HANDLE handle;

    status = handle_new(object, access, creation->attributes, &handle);
    nt_object_unref(object);
    if (status)
        return status;
    status = USER_PUT(ret_handle, handle);
    if (status)
        handle_close(handle);
    return status;
}

NTSTATUS name_copy(const UNICODE_STRING *copied_header, WCHAR **ret_name, size_t *ret_units)
{
    size_t units = copied_header->Length / sizeof(WCHAR);
    WCHAR *name = malloc((units + 1) * sizeof(*name));
    NTSTATUS status;

    if (!name)
        return STATUS_NO_MEMORY;
    status = user_read(name, copied_header->Buffer, units * sizeof(*name));
    if (status) {
        free(name);
        return status;
    }
    name[units] = 0;
    *ret_name = name;
    *ret_units = units;
    return STATUS_SUCCESS;
}

NTSTATUS name_get(const UNICODE_STRING *user_string, WCHAR **ret_name, size_t *ret_units)
{
    UNICODE_STRING header;

    TRY(USER_GET(header, user_string));
    return name_copy(&header, ret_name, ret_units);
}

void name_freep(WCHAR **name)
{
    free(*name);
}
