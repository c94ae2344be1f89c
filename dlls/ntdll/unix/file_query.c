/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtQueryInformationFile, NtQueryAttributesFile, NtQueryFullAttributesFile.
 *
 * Most classes are a rearrangement of one fstat. Names are told without the drive, as NT does:
 * `\folder\file`. A buffer that is too small for a name gets what fits and STATUS_BUFFER_OVERFLOW.
 */
#include "create.h"
#include "file_info.h"
#include "ntprocess.h"
#include "ntstatus_errno.h"
#include "pipe.h"
#include "usermem.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct query {
    struct file *file;
    ACCESS_MASK granted; /* to the handle */
    void *buffer;
    ULONG length;
    ULONG used;
    struct stat stat;
    struct file_facts facts;
};

static NTSTATUS answer(struct query *query, const void *info, ULONG size)
{
    if (query->length < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    query->used = size;
    return user_write(query->buffer, info, size);
}

static NTSTATUS fill_basic(struct query *query, FILE_BASIC_INFORMATION *info)
{
    struct file_times times = times_from_stat(&query->stat);

    *info = (FILE_BASIC_INFORMATION){.CreationTime.QuadPart = query->facts.created,
                                     .LastAccessTime = times.access,
                                     .LastWriteTime = times.write,
                                     .ChangeTime = times.change,
                                     .FileAttributes = query->facts.attributes};
    return STATUS_SUCCESS;
}

static LARGE_INTEGER large(uint64_t value)
{
    return (LARGE_INTEGER){.QuadPart = (LONGLONG)value};
}

static void fill_standard(struct query *query, FILE_STANDARD_INFORMATION *info)
{
    bool is_folder = query->file->kind == FILE_KIND_FOLDER;

    *info = (FILE_STANDARD_INFORMATION){
        .AllocationSize = large(is_folder ? 0 : (uint64_t)query->stat.st_blocks * 512),
        .EndOfFile = large(is_folder ? 0 : (uint64_t)query->stat.st_size),
        .NumberOfLinks = is_folder ? 1 : (ULONG)query->stat.st_nlink,
        .DeletePending = file_is_delete_pending(query->file),
        .Directory = is_folder};
}

static NTSTATUS query_basic(struct query *query)
{
    FILE_BASIC_INFORMATION info;

    (void)fill_basic(query, &info);
    return answer(query, &info, sizeof(info));
}

static NTSTATUS query_standard(struct query *query)
{
    FILE_STANDARD_INFORMATION info;

    fill_standard(query, &info);
    return answer(query, &info, sizeof(info));
}

static LONGLONG position(struct file *file)
{
    off_t at = file->kind == FILE_KIND_DISK ? lseek(file->fd, 0, SEEK_CUR) : 0;

    return at < 0 ? 0 : at;
}

static NTSTATUS query_position(struct query *query)
{
    FILE_POSITION_INFORMATION info = {large((uint64_t)position(query->file))};

    return answer(query, &info, sizeof(info));
}

static NTSTATUS query_network_open(struct query *query)
{
    FILE_NETWORK_OPEN_INFORMATION info;

    file_network_open(&query->stat, query->facts, &info);
    return answer(query, &info, sizeof(info));
}

void file_network_open(const struct stat *stat, struct file_facts facts,
                       FILE_NETWORK_OPEN_INFORMATION *ret_info)
{
    struct file_times times = times_from_stat(stat);
    bool is_folder = facts.attributes & FILE_ATTRIBUTE_DIRECTORY;

    *ret_info = (FILE_NETWORK_OPEN_INFORMATION){
        .CreationTime.QuadPart = facts.created,
        .LastAccessTime = times.access,
        .LastWriteTime = times.write,
        .ChangeTime = times.change,
        .AllocationSize = large(is_folder ? 0 : (uint64_t)stat->st_blocks * 512),
        .EndOfFile = large(is_folder ? 0 : (uint64_t)stat->st_size),
        .FileAttributes = facts.attributes};
}

/* A name behind `header` bytes of fixed part (whose last field is the name's length). */
static NTSTATUS answer_name(struct query *query, const void *fixed, ULONG header, const WCHAR *name,
                            ULONG bytes)
{
    ULONG room = query->length > header ? query->length - header : 0;
    ULONG n = bytes < room ? bytes : room;

    if (query->length < header + sizeof(WCHAR))
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(user_write(query->buffer, fixed, header));
    TRY(user_write((char *)query->buffer + header, name, n));
    query->used = header + n;
    return n < bytes ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* `\folder\file`, to be freed. */
static NTSTATUS name_without_drive(struct file *file, WCHAR **ret_name, ULONG *ret_bytes)
{
    _cleanup_nt_(path_freep) char *path = file_real_path(file);
    WCHAR *name;
    SIZE_T bytes;

    if (!path && file->pipe)
        return pipe_name(file, ret_name, ret_bytes);
    if (!path)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    TRY(path_to_nt(path, &name, &bytes));
    memmove(name, name + 6, bytes - 6 * sizeof(WCHAR) + sizeof(WCHAR)); /* \??\C: */
    *ret_name = name;
    *ret_bytes = (ULONG)(bytes - 6 * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static NTSTATUS query_name(struct query *query)
{
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    ULONG bytes;

    TRY(name_without_drive(query->file, &name, &bytes));
    return answer_name(query, &bytes, offsetof(FILE_NAME_INFORMATION, FileName), name, bytes);
}

static NTSTATUS query_all(struct query *query)
{
    const ULONG header = offsetof(FILE_ALL_INFORMATION, NameInformation.FileName);
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    FILE_ALL_INFORMATION info = {0};
    ULONG bytes = 0;

    TRY(name_without_drive(query->file, &name, &bytes));
    (void)fill_basic(query, &info.BasicInformation);
    fill_standard(query, &info.StandardInformation);
    info.InternalInformation.IndexNumber = large(query->stat.st_ino);
    info.AccessInformation.AccessFlags = query->granted;
    info.PositionInformation.CurrentByteOffset = large((uint64_t)position(query->file));
    info.ModeInformation.Mode = query->file->options & FILE_MODE_OPTIONS;
    info.NameInformation.FileNameLength = bytes;
    return answer_name(query, &info, header, name, bytes);
}

static NTSTATUS query_pipe_local(struct query *query)
{
    FILE_PIPE_LOCAL_INFORMATION info;

    TRY(pipe_local_information(query->file, &info));
    return answer(query, &info, sizeof(info));
}

static NTSTATUS query_id(struct query *query)
{
    FILE_ID_INFORMATION info = {.VolumeSerialNumber = query->stat.st_dev};

    memcpy(info.FileId.Identifier, &query->stat.st_ino, sizeof(query->stat.st_ino));
    return answer(query, &info, sizeof(info));
}

/* Only the unnamed stream exists. */
static NTSTATUS query_streams(struct query *query)
{
    static const WCHAR name[] = u"::$DATA";
    FILE_STREAM_INFORMATION info = {.StreamNameLength = sizeof(name) - sizeof(WCHAR),
                                    .StreamSize = large((uint64_t)query->stat.st_size),
                                    .StreamAllocationSize =
                                        large((uint64_t)query->stat.st_blocks * 512)};

    if (query->file->kind != FILE_KIND_DISK)
        return STATUS_SUCCESS;
    return answer_name(query, &info, offsetof(FILE_STREAM_INFORMATION, StreamName), name,
                       info.StreamNameLength);
}

/* FILE_COMPRESSION_INFORMATION, which Wine's headers lack. Linux' own compression, if a file system
 * has it, is not seen. */
static NTSTATUS query_compression(struct query *query)
{
    struct {
        LARGE_INTEGER size;
        USHORT format; /* 0: none */
        UCHAR shifts[3], reserved[3];
    } info = {.size = large((uint64_t)query->stat.st_blocks * 512)};

    return answer(query, &info, sizeof(info));
}

static NTSTATUS query_dword(struct query *query, ULONG value)
{
    return answer(query, &value, sizeof(value));
}

ULONG reparse_tag(struct file_facts facts)
{
    return facts.attributes & FILE_ATTRIBUTE_REPARSE_POINT ? IO_REPARSE_TAG_SYMLINK : 0;
}

static NTSTATUS query_class(struct query *query, FILE_INFORMATION_CLASS class)
{
    FILE_PIPE_INFORMATION pipe = pipe_information(query->file);
    FILE_ATTRIBUTE_TAG_INFORMATION tag = {.FileAttributes = query->facts.attributes,
                                          .ReparseTag = reparse_tag(query->facts)};
    LARGE_INTEGER index = large(query->stat.st_ino);
    BOOLEAN remote = FALSE;

    switch ((unsigned)class) {
    case FileBasicInformation:
        return query_basic(query);
    case FileStandardInformation:
        return query_standard(query);
    case FileInternalInformation:
        return answer(query, &index, sizeof(index));
    case FileEaInformation:
        return query_dword(query, 0);
    case FileAccessInformation:
        return query_dword(query, query->granted);
    case FileNameInformation:
    case FileNormalizedNameInformation:
        return query_name(query);
    case FilePositionInformation:
        return query_position(query);
    case FileModeInformation:
        return query_dword(query, query->file->options & FILE_MODE_OPTIONS);
    case FileAlignmentInformation:
        return query_dword(query, 0);
    case FileAllInformation:
        return query_all(query);
    case FileStreamInformation:
        return query_streams(query);
    case FilePipeInformation:
        return query->file->kind == FILE_KIND_PIPE ? answer(query, &pipe, sizeof(pipe))
                                                   : STATUS_INVALID_PARAMETER;
    case FilePipeLocalInformation:
        return query_pipe_local(query);
    case FileNetworkOpenInformation:
        return query_network_open(query);
    case FileAttributeTagInformation:
        return answer(query, &tag, sizeof(tag));
    case FileIoCompletionNotificationInformation:
        return query_dword(query, query->file->notification_flags);
    case FileIsRemoteDeviceInformation:
        return answer(query, &remote, sizeof(remote));
    case FileCompressionInformation:
        return query_compression(query);
    case FileIdInformation:
        return query_id(query);
    default:
        unimplemented_once("NtQueryInformationFile", "class", class);
        return STATUS_INVALID_INFO_CLASS;
    }
}

static bool tells_facts(FILE_INFORMATION_CLASS class)
{
    return class == FileBasicInformation || class == FileAllInformation ||
           class == FileNetworkOpenInformation || class == FileAttributeTagInformation;
}

NTSTATUS WINAPI NtQueryInformationFile(HANDLE handle, PIO_STATUS_BLOCK user_iosb, PVOID buffer,
                                       ULONG length, FILE_INFORMATION_CLASS class)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;
    struct query query = {.buffer = buffer, .length = length};
    IO_STATUS_BLOCK iosb = {.Information = 0};
    NTSTATUS status;

    TRY(file_lookup_granted(handle, &file, &query.granted));
    query.file = file;
    if (file->fd >= 0 && fstat(file->fd, &query.stat))
        return status_from_errno(errno);
    if (S_ISLNK(query.stat.st_mode))
        query.facts = file_facts_of_link(file->fd, "", file->kind == FILE_KIND_FOLDER, &query.stat);
    else if (tells_facts(class))
        query.facts = file_facts_of_fd(file->fd, &query.stat);
    status = query_class(&query, class);
    iosb.Status = status;
    iosb.Information = query.used;
    if (status >= 0 || status == STATUS_BUFFER_OVERFLOW)
        TRY(USER_PUT(user_iosb, iosb));
    return status;
}

/* DIFFERS: of a symbolic link Windows tells the link's own size and times; here it is told that it
 * is one, and the rest of what it leads to: the C run times of Wine make their stat() of this,
 * those of Windows open the file for it. */
static NTSTATUS facts_by_path(const char *path, struct stat *ret_stat, struct file_facts *ret_facts)
{
    struct stat link;

    if (lstat(path, &link))
        return status_from_errno(errno);
    *ret_stat = link;
    if (file_name_is_pending(path, &link))
        return STATUS_DELETE_PENDING;
    if (S_ISLNK(link.st_mode) && stat(path, ret_stat)) {
        *ret_facts = file_facts_of_link(AT_FDCWD, path, false, &link);
        *ret_stat = link;
        return STATUS_SUCCESS;
    }
    *ret_facts = file_facts_get(path, ret_stat);
    if (S_ISLNK(link.st_mode))
        ret_facts->attributes =
            (ret_facts->attributes & ~(ULONG)FILE_ATTRIBUTE_NORMAL) | FILE_ATTRIBUTE_REPARSE_POINT;
    return STATUS_SUCCESS;
}

/* By name, without a handle. */
static NTSTATUS stat_by_name(const OBJECT_ATTRIBUTES *attributes, struct stat *ret_stat,
                             struct file_facts *ret_facts)
{
    struct creation creation = {0};
    struct nt_path path;
    NTSTATUS status;

    if (!attributes)
        return STATUS_INVALID_PARAMETER;
    TRY(create_read(attributes, &creation));
    TRY(file_path_from_creation(&creation, &path));
    if (!path.unix_path)
        status =
            path.kind == PATH_NULL ? STATUS_INVALID_DEVICE_REQUEST : STATUS_OBJECT_NAME_NOT_FOUND;
    else if (!path.exists)
        status = path.parent_exists ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_NOT_FOUND;
    else
        status = facts_by_path(path.unix_path, ret_stat, ret_facts);
    if (!status && path.has_trailing_separator && !S_ISDIR(ret_stat->st_mode))
        status = STATUS_OBJECT_NAME_INVALID;
    nt_path_deinit(&path);
    return status;
}

NTSTATUS WINAPI NtQueryAttributesFile(const OBJECT_ATTRIBUTES *attributes,
                                      FILE_BASIC_INFORMATION *user_info)
{
    struct query query = {.file = NULL};
    FILE_BASIC_INFORMATION info;

    TRY(stat_by_name(attributes, &query.stat, &query.facts));
    (void)fill_basic(&query, &info);
    return USER_PUT(user_info, info);
}

NTSTATUS WINAPI NtQueryFullAttributesFile(const OBJECT_ATTRIBUTES *attributes,
                                          FILE_NETWORK_OPEN_INFORMATION *user_info)
{
    FILE_NETWORK_OPEN_INFORMATION info;
    struct file_facts facts;
    struct stat stat;

    TRY(stat_by_name(attributes, &stat, &facts));
    file_network_open(&stat, facts, &info);
    return USER_PUT(user_info, info);
}
