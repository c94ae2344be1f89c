/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* FileBasicInformation: attributes and times.
 *
 * A time of -1 means that what is done by this file object leaves it alone from now on, -2 that it
 * does no more. So does setting the time of last writing, as on Windows (Samba's tests have it as
 * "sticky"): what is written by the same handle afterwards does not touch it. Linux has that for
 * the time of last access (O_NOATIME); the time of last writing is put back after each change.
 *
 * DIFFERS: the change time is Linux' own, it can be neither set nor kept. Other processes with the
 * file object (inherited, duplicated) do not know what times this one keeps. Writes to a mapped
 * view are nobody's. FILE_WRITE_ATTRIBUTES is asked for by file_set.c.
 */
#include "file_info.h"
#include "file_set.h"
#include "ntprocess.h"
#include "ntstatus_errno.h"
#include "nttime.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define LINK_ATTRIBUTES                                                          \
    (FILE_ATTRIBUTE_NORMAL | FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_DIRECTORY | \
     FILE_ATTRIBUTE_REPARSE_POINT)

enum { KEEP = -1, FOLLOW = -2 }; /* in a time's place */

static struct timespec time_to_set(LARGE_INTEGER time)
{
    if (time.QuadPart <= 0)
        return (struct timespec){.tv_nsec = UTIME_OMIT};
    return timespec_from_nt_time(time.QuadPart);
}

static NTSTATUS set_attributes(struct file *file, const struct stat *info, ULONG attributes)
{
    struct file_facts facts = {.attributes = attributes};
    mode_t mode;

    if ((attributes & FILE_ATTRIBUTE_DIRECTORY) && !S_ISDIR(info->st_mode))
        return STATUS_INVALID_PARAMETER;
    mode = info->st_mode & 07777;
    if (S_ISDIR(info->st_mode)) {
        file_facts_set(file->fd, info, FACTS_ATTRIBUTES, facts);
        return STATUS_SUCCESS;
    }
    if (attributes & FILE_ATTRIBUTE_READONLY)
        mode &= ~(mode_t)0222;
    else if (!(mode & 0222))
        mode |= 0200 | (mode & 0444) >> 1;
    /* While it can be written: Linux asks for that. */
    if (mode & 0222 && mode != (info->st_mode & 07777) && fchmod(file->fd, mode))
        return status_from_errno(errno);
    file_facts_set(file->fd, info, FACTS_ATTRIBUTES, facts);
    return mode & 0222 || !fchmod(file->fd, mode) ? STATUS_SUCCESS : status_from_errno(errno);
}

/* Of a link itself Linux keeps the times; attributes it can have none but those that say what it
 * is. */
static NTSTATUS set_link_basic(struct file *file, const FILE_BASIC_INFORMATION *info)
{
    const struct timespec times[] = {time_to_set(info->LastAccessTime),
                                     time_to_set(info->LastWriteTime)};

    if (info->FileAttributes & ~(ULONG)LINK_ATTRIBUTES) {
        unimplemented_once("NtSetInformationFile", "attributes of a symbolic link itself",
                           NO_NUMBER);
        return STATUS_NOT_SUPPORTED;
    }
    return utimensat(file->fd, "", times, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)
               ? status_from_errno(errno)
               : STATUS_SUCCESS;
}

/* ---- times that the file object leaves alone ---- */

/* Linux lets only the owner have it so. */
static NTSTATUS keep_access_time(struct file *file, LONGLONG time)
{
    const int flags = fcntl(file->fd, F_GETFL);
    const int wanted = time == KEEP ? flags | O_NOATIME : flags & ~O_NOATIME;

    if ((time != KEEP && time != FOLLOW) || flags < 0 || wanted == flags)
        return STATUS_SUCCESS;
    return fcntl(file->fd, F_SETFL, wanted) ? status_from_errno(errno) : STATUS_SUCCESS;
}

static void keep_write_time(struct file *file, LONGLONG time)
{
    if (time)
        file->keeps_write_time = time != FOLLOW;
}

void file_times_hold(struct file *file, struct file_held *ret_held)
{
    struct stat info;

    ret_held->is_held = file->keeps_write_time && !fstat(file->fd, &info);
    if (ret_held->is_held)
        ret_held->write = info.st_mtim;
}

void file_times_restore(struct file *file, const struct file_held *held)
{
    const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, held->write};

    const int error = errno; /* what is held around may have failed */

    if (held->is_held)
        (void)futimens(file->fd, times);
    errno = error;
}

/* ---- the call ---- */

static bool times_are_valid(const FILE_BASIC_INFORMATION *info)
{
    return info->CreationTime.QuadPart >= FOLLOW && info->LastAccessTime.QuadPart >= FOLLOW &&
           info->LastWriteTime.QuadPart >= FOLLOW && info->ChangeTime.QuadPart >= FOLLOW;
}

static NTSTATUS set_times(struct file *file, const FILE_BASIC_INFORMATION *info)
{
    const struct timespec times[] = {time_to_set(info->LastAccessTime),
                                     time_to_set(info->LastWriteTime)};

    TRY(keep_access_time(file, info->LastAccessTime.QuadPart));
    keep_write_time(file, info->LastWriteTime.QuadPart);
    if (times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT)
        return STATUS_SUCCESS;
    return futimens(file->fd, times) ? status_from_errno(errno) : STATUS_SUCCESS;
}

NTSTATUS file_set_basic(struct change *change)
{
    struct file *file = change->file;
    FILE_BASIC_INFORMATION info;
    struct stat stat;

    TRY(change_get(change, &info, sizeof(info)));
    if (!times_are_valid(&info))
        return STATUS_INVALID_PARAMETER;
    if (file->kind != FILE_KIND_DISK && file->kind != FILE_KIND_FOLDER)
        return STATUS_INVALID_DEVICE_REQUEST; /* a device's mode is not a program's to change */
    if (fstat(file->fd, &stat))
        return status_from_errno(errno);
    if (S_ISLNK(stat.st_mode))
        return set_link_basic(file, &info);
    if (info.FileAttributes)
        TRY(set_attributes(file, &stat, info.FileAttributes));
    if (info.CreationTime.QuadPart > 0)
        file_facts_set(file->fd, &stat, FACTS_CREATED,
                       (struct file_facts){.created = info.CreationTime.QuadPart});
    return set_times(file, &info);
}
