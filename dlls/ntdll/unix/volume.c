/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtQueryVolumeInformationFile: what kind of device a handle is (class 4 is GetFileType, and
 * decides whether msvcrt buffers), and sizes and names of the file system behind it. */
#include "file.h"
#include "ntprocess.h"
#include "ntstatus_errno.h"
#include "usermem.h"
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>
#include <winioctl.h>

static NTSTATUS query_device(struct file *file, void *buffer, ULONG length, ULONG *ret_used)
{
    static const DEVICE_TYPE types[] = {
        [FILE_KIND_DISK] = FILE_DEVICE_DISK,
        /* DIFFERS: FILE_DEVICE_DISK; Wine's GetDriveType knows only this one. */
        [FILE_KIND_FOLDER] = FILE_DEVICE_DISK_FILE_SYSTEM,
        [FILE_KIND_PIPE] = FILE_DEVICE_NAMED_PIPE,
        [FILE_KIND_TTY] = FILE_DEVICE_CONSOLE,
        [FILE_KIND_NULL] = FILE_DEVICE_NULL,
        [FILE_KIND_DEVICE] = FILE_DEVICE_UNKNOWN,
    };
    FILE_FS_DEVICE_INFORMATION info = {.DeviceType = types[file->kind]};

    if (length < sizeof(info))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (file->kind == FILE_KIND_DISK || file->kind == FILE_KIND_FOLDER)
        info.Characteristics = FILE_DEVICE_IS_MOUNTED;
    *ret_used = sizeof(info);
    return user_write(buffer, &info, sizeof(info));
}

static NTSTATUS file_statvfs(struct file *file, struct statvfs *ret_info)
{
    if (file->kind != FILE_KIND_DISK && file->kind != FILE_KIND_FOLDER)
        return STATUS_INVALID_DEVICE_REQUEST;
    return fstatvfs(file->fd, ret_info) ? status_from_errno(errno) : STATUS_SUCCESS;
}

static NTSTATUS query_size(struct file *file, void *buffer, ULONG length, bool full,
                           ULONG *ret_used)
{
    FILE_FS_SIZE_INFORMATION size;
    FILE_FS_FULL_SIZE_INFORMATION full_size;
    struct statvfs info;

    if (length < (full ? sizeof(full_size) : sizeof(size)))
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(file_statvfs(file, &info));
    size.TotalAllocationUnits.QuadPart = (LONGLONG)info.f_blocks;
    size.AvailableAllocationUnits.QuadPart = (LONGLONG)info.f_bavail;
    size.SectorsPerAllocationUnit = (ULONG)(info.f_frsize / SECTOR);
    size.BytesPerSector = SECTOR;
    full_size.TotalAllocationUnits = size.TotalAllocationUnits;
    full_size.CallerAvailableAllocationUnits = size.AvailableAllocationUnits;
    full_size.ActualAvailableAllocationUnits.QuadPart = (LONGLONG)info.f_bfree;
    full_size.SectorsPerAllocationUnit = size.SectorsPerAllocationUnit;
    full_size.BytesPerSector = SECTOR;
    *ret_used = full ? sizeof(full_size) : sizeof(size);
    return full ? user_write(buffer, &full_size, sizeof(full_size))
                : user_write(buffer, &size, sizeof(size));
}

/* Text behind a fixed part; truncated text is STATUS_BUFFER_OVERFLOW. */
static NTSTATUS put_text(void *buffer, ULONG length, ULONG header, const WCHAR *text, ULONG bytes,
                         ULONG *ret_used)
{
    ULONG room = length - header;
    ULONG n = bytes < room ? bytes : room;

    *ret_used = header + n;
    TRY(user_write((char *)buffer + header, text, n));
    return n < bytes ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS query_attributes(struct file *file, void *buffer, ULONG length, ULONG *ret_used)
{
    static const WCHAR name[] = u"NTFS";
    const ULONG header = offsetof(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName);
    FILE_FS_ATTRIBUTE_INFORMATION info = {.FileSystemAttributes =
                                              FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK |
                                              FILE_SUPPORTS_SPARSE_FILES | FILE_SUPPORTS_HARD_LINKS,
                                          .MaximumComponentNameLength = 255,
                                          .FileSystemNameLength = sizeof(name) - sizeof(WCHAR)};
    struct statvfs vfs;

    if (length < header)
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(file_statvfs(file, &vfs));
    if (vfs.f_flag & ST_RDONLY)
        info.FileSystemAttributes |= FILE_READ_ONLY_VOLUME;
    TRY(user_write(buffer, &info, header));
    return put_text(buffer, length, header, name, info.FileSystemNameLength, ret_used);
}

static NTSTATUS query_volume(struct file *file, void *buffer, ULONG length, ULONG *ret_used)
{
    static const WCHAR label[] = u"Linux";
    const ULONG header = offsetof(FILE_FS_VOLUME_INFORMATION, VolumeLabel);
    FILE_FS_VOLUME_INFORMATION info = {.VolumeLabelLength = sizeof(label) - sizeof(WCHAR)};
    struct statvfs vfs;

    if (length < header)
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(file_statvfs(file, &vfs));
    info.VolumeSerialNumber = (ULONG)(vfs.f_fsid ^ vfs.f_fsid >> 32);
    TRY(user_write(buffer, &info, header));
    return put_text(buffer, length, header, label, info.VolumeLabelLength, ret_used);
}

NTSTATUS WINAPI NtQueryVolumeInformationFile(HANDLE handle, PIO_STATUS_BLOCK user_iosb,
                                             PVOID buffer, ULONG length, FS_INFORMATION_CLASS class)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;
    IO_STATUS_BLOCK iosb = {.Information = 0};
    NTSTATUS status;
    ULONG used = 0;

    TRY(file_lookup(handle, 0, &file));
    switch (class) {
    case FileFsDeviceInformation:
        status = query_device(file, buffer, length, &used);
        break;
    case FileFsSizeInformation:
        status = query_size(file, buffer, length, false, &used);
        break;
    case FileFsFullSizeInformation:
        status = query_size(file, buffer, length, true, &used);
        break;
    case FileFsAttributeInformation:
        status = query_attributes(file, buffer, length, &used);
        break;
    case FileFsVolumeInformation:
        status = query_volume(file, buffer, length, &used);
        break;
    default:
        unimplemented_once(__func__, "class", class);
        return STATUS_INVALID_INFO_CLASS;
    }
    iosb.Status = status;
    iosb.Information = used;
    if (status >= 0 || status == STATUS_BUFFER_OVERFLOW)
        TRY(USER_PUT(user_iosb, iosb));
    return status;
}

NTSTATUS WINAPI NtSetVolumeInformationFile(HANDLE handle, PIO_STATUS_BLOCK iosb, PVOID buffer,
                                           ULONG length, FS_INFORMATION_CLASS class)
{
    (void)handle, (void)iosb, (void)buffer, (void)length;
    if (class == FileFsLabelInformation)
        unimplemented_once(__func__, "setting a volume's label", NO_NUMBER);
    else
        unimplemented_once(__func__, "class", class);
    return STATUS_INVALID_INFO_CLASS;
}
