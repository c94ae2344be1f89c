/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* FSCTL_SET_SPARSE, FSCTL_SET_ZERO_DATA, FSCTL_QUERY_ALLOCATED_RANGES, compression, reparse points.
 *
 * Every file of Linux may have holes, so one that is made sparse is so already; "not sparse" fills
 * its holes with blocks. DIFFERS: FILE_ATTRIBUTE_SPARSE_FILE is not shown. No file is compressed.
 * The only reparse points are symbolic links (file_link.c).
 */
#include "file_space.h"

#include "ntprocess.h"
#include "ntstatus_errno.h"
#include "usermem.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <winioctl.h>

/* As in winioctl.h of Windows; Wine's lacks them. */
struct zero_data {
    int64_t from, to;
};
struct allocated_range {
    int64_t offset, length;
};

/* access: one of these rights is enough. */
static NTSTATUS writable_file(const struct space_call *call, ACCESS_MASK access)
{
    if (call->file->kind != FILE_KIND_DISK)
        return STATUS_INVALID_DEVICE_REQUEST;
    return call->granted & access ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

static NTSTATUS set_sparse(struct space_call *call)
{
    BOOLEAN sparse = TRUE;
    struct stat info;

    TRY(writable_file(call, FILE_WRITE_DATA | FILE_APPEND_DATA));
    if (call->input_length)
        TRY(USER_GET(sparse, (const BOOLEAN *)call->input));
    if (sparse)
        return STATUS_SUCCESS;
    if (fstat(call->file->fd, &info))
        return status_from_errno(errno);
    return info.st_size && fallocate(call->file->fd, 0, 0, info.st_size) ? status_from_errno(errno)
                                                                         : STATUS_SUCCESS;
}

/* Where the file system makes no holes, zeros are written. */
static NTSTATUS zeros_write(int fd, int64_t from, int64_t to)
{
    static const char zeros[65536];

    while (from < to) {
        int64_t n = to - from < (int64_t)sizeof(zeros) ? to - from : (int64_t)sizeof(zeros);
        ssize_t done = pwrite(fd, zeros, (size_t)n, from);

        if (done < 0)
            return status_from_errno(errno);
        from += done;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS zeros_make(int fd, int64_t from, int64_t to)
{
    if (!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, to - from))
        return STATUS_SUCCESS;
    return errno == EOPNOTSUPP ? zeros_write(fd, from, to) : status_from_errno(errno);
}

/* The file keeps its size: what lies behind its end is left. */
static NTSTATUS set_zero_data(struct space_call *call)
{
    struct zero_data range;
    struct file_held held;
    struct stat info;
    NTSTATUS status;

    if (call->input_length < sizeof(range))
        return STATUS_INVALID_PARAMETER;
    TRY(writable_file(call, FILE_WRITE_DATA));
    TRY(USER_GET(range, (const struct zero_data *)call->input));
    if (range.from < 0 || range.to < range.from)
        return STATUS_INVALID_PARAMETER;
    if (fstat(call->file->fd, &info))
        return status_from_errno(errno);
    if (range.to > info.st_size)
        range.to = info.st_size;
    if (range.from >= range.to)
        return STATUS_SUCCESS;
    file_times_hold(call->file, &held);
    status = zeros_make(call->file->fd, range.from, range.to);
    file_times_restore(call->file, &held);
    return status;
}

/* The next run of data in [at, end); false when there is none. */
static bool range_next(int fd, int64_t at, int64_t end, struct allocated_range *ret_range)
{
    int64_t data = lseek(fd, at, SEEK_DATA), hole;

    if (data < 0 || data >= end)
        return false;
    hole = lseek(fd, data, SEEK_HOLE);
    if (hole < 0 || hole > end)
        hole = end;
    *ret_range = (struct allocated_range){data, hole - data};
    return true;
}

/* The position lock is held: the search moves the position. */
static NTSTATUS ranges_put(struct space_call *call, struct allocated_range asked)
{
    struct allocated_range range = {0};
    int64_t at = asked.offset, end = asked.offset + asked.length;

    while (at < end && range_next(call->file->fd, at, end, &range)) {
        if (call->used + sizeof(range) > call->output_length)
            return call->used ? STATUS_BUFFER_OVERFLOW : STATUS_BUFFER_TOO_SMALL;
        TRY(user_write((char *)call->output + call->used, &range, sizeof(range)));
        call->used += sizeof(range);
        at = range.offset + range.length;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS query_ranges(struct space_call *call)
{
    struct allocated_range asked;
    NTSTATUS status;
    off_t before;

    if (call->file->kind != FILE_KIND_DISK)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (call->input_length < sizeof(asked))
        return STATUS_INVALID_PARAMETER;
    TRY(USER_GET(asked, (const struct allocated_range *)call->input));
    if (asked.offset < 0 || asked.length < 0 || asked.length > INT64_MAX - asked.offset)
        return STATUS_INVALID_PARAMETER;
    pthread_mutex_lock(&call->file->position_lock);
    before = lseek(call->file->fd, 0, SEEK_CUR);
    status = ranges_put(call, asked);
    if (before >= 0)
        (void)lseek(call->file->fd, before, SEEK_SET);
    pthread_mutex_unlock(&call->file->position_lock);
    return status;
}

static NTSTATUS get_compression(struct space_call *call)
{
    const USHORT none = 0;

    if (call->output_length < sizeof(none))
        return STATUS_INVALID_PARAMETER;
    call->used = sizeof(none);
    return USER_PUT((USHORT *)call->output, none);
}

static NTSTATUS set_compression(struct space_call *call)
{
    USHORT format;

    if (call->input_length < sizeof(format))
        return STATUS_INVALID_PARAMETER;
    TRY(USER_GET(format, (const USHORT *)call->input));
    if (!format)
        return STATUS_SUCCESS;
    unimplemented_once("FSCTL_SET_COMPRESSION", "format", format);
    return STATUS_INVALID_DEVICE_REQUEST;
}

bool file_space_control(struct space_call *call, ULONG code, NTSTATUS *ret_status)
{
    switch (code) {
    case FSCTL_SET_SPARSE:
        *ret_status = set_sparse(call);
        return true;
    case FSCTL_SET_ZERO_DATA:
        *ret_status = set_zero_data(call);
        return true;
    case FSCTL_QUERY_ALLOCATED_RANGES:
        *ret_status = query_ranges(call);
        return true;
    case FSCTL_GET_COMPRESSION:
        *ret_status = get_compression(call);
        return true;
    case FSCTL_SET_COMPRESSION:
        *ret_status = set_compression(call);
        return true;
    case FSCTL_GET_REPARSE_POINT:
        *ret_status = file_link_query(call);
        return true;
    default:
        return false;
    }
}
