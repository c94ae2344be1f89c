/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See spelled.h. The names are those that programs of the world ask files and volumes for; a code
 * that is not here is four fields in one number, which hexadecimal shows. */
#include "common/macro.h"
#include "ntprocess.h"
#include "spelled.h"
#include <stdio.h>
#include <winioctl.h>

struct name {
    ULONG number;
    const char *text;
};

#define NAME(number)    \
    {                   \
        number, #number \
    }

static const struct name codes[] = {
    NAME(FSCTL_REQUEST_OPLOCK_LEVEL_1),
    NAME(FSCTL_REQUEST_OPLOCK_LEVEL_2),
    NAME(FSCTL_REQUEST_BATCH_OPLOCK),
    NAME(FSCTL_REQUEST_FILTER_OPLOCK),
    NAME(FSCTL_LOCK_VOLUME),
    NAME(FSCTL_UNLOCK_VOLUME),
    NAME(FSCTL_DISMOUNT_VOLUME),
    NAME(FSCTL_IS_VOLUME_MOUNTED),
    NAME(FSCTL_IS_VOLUME_DIRTY),
    NAME(FSCTL_GET_COMPRESSION),
    NAME(FSCTL_SET_COMPRESSION),
    NAME(FSCTL_FILESYSTEM_GET_STATISTICS),
    NAME(FSCTL_GET_NTFS_VOLUME_DATA),
    NAME(FSCTL_GET_NTFS_FILE_RECORD),
    NAME(FSCTL_GET_VOLUME_BITMAP),
    NAME(FSCTL_GET_RETRIEVAL_POINTERS),
    NAME(FSCTL_MOVE_FILE),
    NAME(FSCTL_ALLOW_EXTENDED_DASD_IO),
    NAME(FSCTL_SET_OBJECT_ID),
    NAME(FSCTL_DELETE_OBJECT_ID),
    NAME(FSCTL_CREATE_OR_GET_OBJECT_ID),
    NAME(FSCTL_SET_REPARSE_POINT),
    NAME(FSCTL_GET_REPARSE_POINT),
    NAME(FSCTL_DELETE_REPARSE_POINT),
    NAME(FSCTL_ENUM_USN_DATA),
    NAME(FSCTL_READ_USN_JOURNAL),
    NAME(FSCTL_CREATE_USN_JOURNAL),
    NAME(FSCTL_QUERY_USN_JOURNAL),
    NAME(FSCTL_DELETE_USN_JOURNAL),
    NAME(FSCTL_READ_FILE_USN_DATA),
    NAME(FSCTL_SET_SPARSE),
    NAME(FSCTL_SET_ZERO_DATA),
    NAME(FSCTL_QUERY_ALLOCATED_RANGES),
    NAME(FSCTL_SET_ENCRYPTION),
    NAME(FSCTL_MARK_HANDLE),
    {0x98344, "FSCTL_DUPLICATE_EXTENTS_TO_FILE"}, /* not in mingw-w64's header */
    NAME(IOCTL_DISK_GET_DRIVE_GEOMETRY),
    NAME(IOCTL_DISK_GET_DRIVE_GEOMETRY_EX),
    NAME(IOCTL_DISK_GET_PARTITION_INFO),
    NAME(IOCTL_DISK_GET_PARTITION_INFO_EX),
    NAME(IOCTL_DISK_GET_DRIVE_LAYOUT_EX),
    NAME(IOCTL_DISK_GET_LENGTH_INFO),
    NAME(IOCTL_DISK_IS_WRITABLE),
    NAME(IOCTL_STORAGE_CHECK_VERIFY),
    NAME(IOCTL_STORAGE_EJECT_MEDIA),
    NAME(IOCTL_STORAGE_GET_DEVICE_NUMBER),
    NAME(IOCTL_STORAGE_GET_HOTPLUG_INFO),
    NAME(IOCTL_STORAGE_QUERY_PROPERTY),
    NAME(IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS),
};

static const struct name security_bits[] = {
    {OWNER_SECURITY_INFORMATION, "OWNER"}, {GROUP_SECURITY_INFORMATION, "GROUP"},
    {DACL_SECURITY_INFORMATION, "DACL"},   {SACL_SECURITY_INFORMATION, "SACL"},
    {LABEL_SECURITY_INFORMATION, "LABEL"}, {0x80000000, "PROTECTED_DACL"},
    {0x40000000, "PROTECTED_SACL"},        {0x20000000, "UNPROTECTED_DACL"},
    {0x10000000, "UNPROTECTED_SACL"},
};

void unimplemented_code_once(const char *function, ULONG code)
{
    char text[64];

    snprintf(text, sizeof(text), "code 0x%x", code);
    for (unsigned i = 0; i < ARRAY_SIZE(codes); i++)
        if (codes[i].number == code)
            snprintf(text, sizeof(text), "code %s", codes[i].text);
    unimplemented_once(function, text, NO_NUMBER);
}

void unimplemented_security_once(const char *function, SECURITY_INFORMATION which)
{
    char text[256] = "security information";
    int length = (int)sizeof("security information") - 1;
    const char *between = " ";

    for (unsigned i = 0; i < ARRAY_SIZE(security_bits); i++) {
        if (!(which & security_bits[i].number))
            continue;
        length += snprintf(text + length, sizeof(text) - (size_t)length, "%s%s", between,
                           security_bits[i].text);
        which &= ~security_bits[i].number;
        between = ", ";
    }
    if (which || *between == ' ')
        snprintf(text + length, sizeof(text) - (size_t)length, "%s0x%x", between, which);
    unimplemented_once(function, text, NO_NUMBER);
}
