/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtCreateFile, NtOpenFile, NtDeleteFile.
 *
 * The disposition decides by what exists: the name is resolved without case first (ntpath.c), then
 * opened by the path found, with O_EXCL or O_CREAT as the disposition allows, so that two processes
 * that create the same file are told apart by Linux. Truncation happens after the share modes have
 * been checked.
 *
 * Access decides how the descriptor is opened: reading, writing, both; where only attributes are
 * wanted a read-only one, or O_PATH when not even that is permitted. A read-only file (no write
 * bit) cannot be overwritten.
 *
 * A symbolic link is followed, but for FILE_OPEN_REPARSE_POINT. Deleting and renaming by a handle
 * that followed it mean the link all the same, as Win32's do, which open it so on Windows.
 */
#include "common/trace.h"
#include "create.h"
#include "file_info.h"
#include "file_open.h"
#include "ntprocess.h"
#include "ntstatus_errno.h"
#include "pipe.h"
#include "usermem.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The name relative to a directory handle, or absolute. An empty relative name is the directory (or
 * file) itself. */
NTSTATUS file_path_from_creation(const struct creation *creation, struct nt_path *ret_path)
{
    _cleanup_nt_(file_unrefp) struct file *root = NULL;
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    _cleanup_nt_(path_freep) char *folder = NULL;
    size_t units = 0;

    *ret_path = (struct nt_path){0};
    if (creation->has_name)
        TRY(name_copy(&creation->user_name, &name, &units));
    if (!creation->root)
        return units ? nt_path_from_name(name, units, ret_path) : STATUS_OBJECT_PATH_SYNTAX_BAD;
    TRY(file_lookup(creation->root, 0, &root));
    folder = file_path(root);
    if (!folder) {
        if (root->kind != FILE_KIND_PIPE || root->fd >= 0 || !units)
            return STATUS_OBJECT_TYPE_MISMATCH;
        ret_path->kind = PATH_PIPE;
        ret_path->pipe_name = name;
        name = NULL;
        return STATUS_SUCCESS;
    }
    if (units && root->kind != FILE_KIND_FOLDER)
        return STATUS_NOT_A_DIRECTORY;
    return nt_path_under(folder, name ? name : u"", units, ret_path);
}

/* asked: the access before generic rights are mapped; the write of all has FILE_APPEND_DATA. */
static NTSTATUS request_check(const struct open_request *request, ACCESS_MASK asked)
{
    ULONG both = FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE;
    ULONG synchronous = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;

    if (request->disposition > FILE_MAXIMUM_DISPOSITION)
        return STATUS_INVALID_PARAMETER;
    if ((request->options & both) == both || (request->options & synchronous) == synchronous)
        return STATUS_INVALID_PARAMETER;
    if ((request->options & synchronous) && !(request->access & SYNCHRONIZE))
        return STATUS_INVALID_PARAMETER;
    if ((request->options & FILE_DELETE_ON_CLOSE) && !(request->access & DELETE))
        return STATUS_INVALID_PARAMETER;
    if ((request->options & FILE_NO_INTERMEDIATE_BUFFERING) && (asked & FILE_APPEND_DATA))
        return STATUS_INVALID_PARAMETER;
    if ((request->options & FILE_DIRECTORY_FILE) && request->disposition != FILE_OPEN &&
        request->disposition != FILE_CREATE && request->disposition != FILE_OPEN_IF)
        return STATUS_INVALID_PARAMETER;
    if (request->options & FILE_OPEN_BY_FILE_ID) {
        unimplemented_once("NtCreateFile", "open by file id", NO_NUMBER);
        return STATUS_NOT_SUPPORTED;
    }
    return STATUS_SUCCESS;
}

static bool wants_read(ACCESS_MASK access)
{
    return access & (FILE_READ_DATA | FILE_EXECUTE);
}

static bool wants_write(ACCESS_MASK access)
{
    return access & (FILE_WRITE_DATA | FILE_APPEND_DATA);
}

/* Opens what exists, or with O_CREAT | O_EXCL. A plain file that is written is opened for reading
 * too if that is permitted (`reads`), for its claims (file_claim.c). */
static int open_unix(const char *path, ACCESS_MASK access, bool reads, int flags, mode_t mode)
{
    int how = wants_write(access) ? (reads || wants_read(access) ? O_RDWR : O_WRONLY) : O_RDONLY;
    int fd = open(path, how | flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, mode);

    if (fd < 0 && errno == EACCES && how == O_RDWR && !wants_read(access))
        fd = open(path, O_WRONLY | flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, mode);

    if (fd < 0 && (errno == EACCES || errno == ENXIO) && !wants_read(access) &&
        !wants_write(access) && !(flags & O_CREAT))
        fd = open(path, O_PATH | O_CLOEXEC);
    else if (fd >= 0)
        fcntl(fd, F_SETFL, 0); /* O_NONBLOCK was only for opening FIFOs and devices */
    return fd;
}

static NTSTATUS open_error(const struct open_request *request, int error)
{
    if (error == ENOENT &&
        (!request->path.parent_exists || file_link_misses_folder(request->path.unix_path)))
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (error == EISDIR)
        return STATUS_ACCESS_DENIED;
    if (error == EAGAIN || error == ETXTBSY)
        return STATUS_SHARING_VIOLATION;
    return status_from_errno(error);
}

/* exclusive: O_EXCL, or 0 to create what a link leads to. */
static NTSTATUS create_file(struct open_request *request, int exclusive, int *ret_fd)
{
    mode_t mode = request->attributes & FILE_ATTRIBUTE_READONLY ? 0444 : 0666;

    if (request->path.has_trailing_separator)
        return STATUS_OBJECT_NAME_INVALID;
    *ret_fd = open_unix(request->path.unix_path, request->access, true, O_CREAT | exclusive, mode);
    return *ret_fd < 0 ? open_error(request, errno) : STATUS_SUCCESS;
}

static NTSTATUS create_folder(struct open_request *request, int *ret_fd)
{
    if (mkdir(request->path.unix_path, 0777))
        return open_error(request, errno);
    *ret_fd = open(request->path.unix_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *ret_fd < 0 ? open_error(request, errno) : STATUS_SUCCESS;
}

/* A hidden or system file is replaced only by one who says that it is to be such a one again. */
static NTSTATUS overwrite_check(const struct open_request *request, const struct stat *info)
{
    struct file_facts facts = file_facts_get(request->path.unix_path, info);

    return facts.attributes & ~request->attributes & (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM)
               ? STATUS_ACCESS_DENIED
               : STATUS_SUCCESS;
}

/* What leads nowhere can only be deleted or renamed. */
static bool means_link(const struct open_request *request, bool leads_nowhere, bool overwrites)
{
    if (overwrites)
        return false;
    if (leads_nowhere && (request->access & DELETE) && !wants_read(request->access) &&
        !wants_write(request->access))
        return true;
    return (request->options & FILE_OPEN_REPARSE_POINT) && file_link_is(request->path.unix_path);
}

static bool creates(const struct open_request *request)
{
    return !(request->options & FILE_DIRECTORY_FILE) &&
           (request->disposition == FILE_OPEN_IF || request->disposition == FILE_OVERWRITE_IF ||
            request->disposition == FILE_SUPERSEDE);
}

static NTSTATUS open_existing(struct open_request *request, int *ret_fd)
{
    struct open_request *r = request;
    struct stat info;
    bool overwrites = r->disposition == FILE_OVERWRITE || r->disposition == FILE_OVERWRITE_IF ||
                      r->disposition == FILE_SUPERSEDE;
    bool leads_nowhere = stat(r->path.unix_path, &info);
    NTSTATUS status;

    if (leads_nowhere && lstat(r->path.unix_path, &info))
        return open_error(r, errno);
    if (means_link(r, leads_nowhere, overwrites))
        return file_link_open(&r->path, r->options, ret_fd);
    if (leads_nowhere && creates(r)) {
        r->information = FILE_CREATED;
        return create_file(r, 0, ret_fd);
    }
    if (S_ISDIR(info.st_mode)) {
        if (r->options & FILE_NON_DIRECTORY_FILE)
            return STATUS_FILE_IS_A_DIRECTORY;
        if (overwrites)
            return STATUS_OBJECT_NAME_COLLISION;
        *ret_fd = open(r->path.unix_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (*ret_fd < 0 && errno == EACCES && !(r->access & FILE_LIST_DIRECTORY))
            *ret_fd = open(r->path.unix_path, O_PATH | O_CLOEXEC);
        return *ret_fd < 0 ? open_error(r, errno) : STATUS_SUCCESS;
    }
    if (r->options & FILE_DIRECTORY_FILE)
        return STATUS_NOT_A_DIRECTORY;
    if (r->path.has_trailing_separator)
        return STATUS_OBJECT_NAME_INVALID;
    if (overwrites)
        TRY(overwrite_check(r, &info));
    if ((overwrites || wants_write(r->access)) && S_ISREG(info.st_mode) &&
        (attributes_from_stat(&info) & FILE_ATTRIBUTE_READONLY))
        return STATUS_ACCESS_DENIED; /* whoever the user is */
    status = file_share_check(&info, r->access | (overwrites ? FILE_WRITE_DATA : 0), r->sharing);
    if (status)
        return status;
    *ret_fd = open_unix(r->path.unix_path, r->access | (overwrites ? FILE_WRITE_DATA : 0),
                        S_ISREG(info.st_mode), 0, 0);
    return *ret_fd < 0 ? open_error(r, errno) : STATUS_SUCCESS;
}

static NTSTATUS create_new(struct open_request *request, int *ret_fd)
{
    request->information = FILE_CREATED;
    if (!request->path.parent_exists)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    return request->options & FILE_DIRECTORY_FILE ? create_folder(request, ret_fd)
                                                  : create_file(request, O_EXCL, ret_fd);
}

/* What the disposition says, given what exists. A file that appears or goes in between changes the
 * answer: once more. */
static NTSTATUS open_by_disposition(struct open_request *request, int *ret_fd)
{
    ULONG disposition = request->disposition;
    NTSTATUS status;

    for (int attempt = 0;; attempt++) {
        if (request->path.exists) {
            if (disposition == FILE_CREATE)
                return STATUS_OBJECT_NAME_COLLISION;
            request->information =
                disposition == FILE_SUPERSEDE ? FILE_SUPERSEDED
                : disposition == FILE_OVERWRITE || disposition == FILE_OVERWRITE_IF
                    ? FILE_OVERWRITTEN
                    : FILE_OPENED;
            status = open_existing(request, ret_fd);
            if (status != STATUS_OBJECT_NAME_NOT_FOUND || disposition == FILE_OPEN || attempt)
                return status;
            request->path.exists = false;
        } else {
            if (disposition == FILE_OPEN || disposition == FILE_OVERWRITE)
                return request->path.parent_exists ? STATUS_OBJECT_NAME_NOT_FOUND
                                                   : STATUS_OBJECT_PATH_NOT_FOUND;
            status = create_new(request, ret_fd);
            if (status != STATUS_OBJECT_NAME_COLLISION || disposition == FILE_CREATE || attempt)
                return status;
            request->path.exists = true;
        }
    }
}

/* The terminal that the process belongs to. Without one: what a process without a console is told.
 */
static NTSTATUS open_console(struct open_request *request, struct file **ret_file)
{
    bool writes = request->path.kind == PATH_CONSOLE ? wants_write(request->access)
                                                     : request->path.kind == PATH_CONSOLE_OUT;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (fd < 0) {
        absent_once("the console device (CONIN$, CONOUT$, AllocConsole)",
                    "the process belongs to no terminal");
        return STATUS_INVALID_HANDLE;
    }
    request->information = FILE_OPENED;
    TRY(file_new(fd, NULL, FILE_KIND_TTY, request->access,
                 (request->options & FILE_MODE_OPTIONS) | FILE_SYNCHRONOUS_IO_NONALERT, ret_file));
    (*ret_file)->console = writes ? CONSOLE_OUTPUT : CONSOLE_INPUT;
    return STATUS_SUCCESS;
}

static NTSTATUS open_path(struct open_request *request, struct file **ret_file)
{
    NTSTATUS status;
    int fd = -1;

    switch (request->path.kind) {
    case PATH_NULL:
        if (request->options & FILE_DIRECTORY_FILE)
            return STATUS_NOT_A_DIRECTORY;
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        /* UNKNOWN: what Windows' driver tells, but not FILE_OPENED: Rust's File::create would take
         * its "already exists" as a reason to cut the file, which a device refuses. */
        request->information = 0;
        return fd < 0 ? status_from_errno(errno)
                      : file_new(fd, NULL, FILE_KIND_NULL, request->access,
                                 request->options & FILE_MODE_OPTIONS, ret_file);
    case PATH_PIPE:
        request->information = FILE_OPENED;
        return pipe_open(request->path.pipe_name, request->access, request->options,
                         request->user_quality, ret_file);
    case PATH_MOUNT_MANAGER: /* it is asked by control codes alone */
        request->information = FILE_OPENED;
        TRY(file_new(open("/dev/null", O_PATH | O_CLOEXEC), NULL, FILE_KIND_DEVICE, request->access,
                     request->options & FILE_MODE_OPTIONS, ret_file));
        (*ret_file)->is_mount_manager = true;
        return STATUS_SUCCESS;
    case PATH_CONSOLE:
    case PATH_CONSOLE_IN:
    case PATH_CONSOLE_OUT:
        return open_console(request, ret_file);
    case PATH_VOLUME:
    case PATH_FILE:
    default:
        break;
    }
    status = open_by_disposition(request, &fd);
    return status ? status : file_finish(request, fd, ret_file);
}

static ACCESS_MASK maximum_access(const char *path)
{
    ACCESS_MASK access = FILE_ALL_ACCESS;

    if (path && access && !euidaccess(path, F_OK) && euidaccess(path, W_OK))
        access &= ~(ACCESS_MASK)(FILE_WRITE_DATA | FILE_APPEND_DATA);
    return access;
}

/* What was found, else what was asked for. */
static void open_trace(const struct open_request *request, const struct creation *creation,
                       struct file *file, NTSTATUS status)
{
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    _cleanup_nt_(path_freep) char *path = file ? file_path(file) : NULL;
    size_t units = 0;

    if (!path && request->path.unix_path)
        path = strdup(request->path.unix_path);
    if (!path && creation->has_name && !name_copy(&creation->user_name, &name, &units))
        path = utf8_from_utf16(name, units);
    TRACE(file, "%s, access %x, sharing %x, disposition %u, options %x: %08x", path ? path : "?",
          (unsigned)request->access, (unsigned)request->sharing, (unsigned)request->disposition,
          (unsigned)request->options, (unsigned)status);
}

/* Wine's nsi.dll: all that iphlpapi tells comes from that device, and each of its calls fails
 * without a word when it is not there. */
static void network_missed(const struct creation *creation)
{
    static const WCHAR wanted[] = u"\\??\\NSI";
    _cleanup_nt_(name_freep) WCHAR *name = NULL;
    size_t units = 0, i = 0;

    if (creation->root || name_copy(&creation->user_name, &name, &units))
        return;
    while (i < units && wanted[i] && upcase(name[i]) == wanted[i])
        i++;
    if (i == units && !wanted[i])
        absent_once("iphlpapi", "there is no network");
}

static NTSTATUS file_create(PHANDLE ret_handle, struct open_request *request,
                            const OBJECT_ATTRIBUTES *attributes, PIO_STATUS_BLOCK user_iosb)
{
    IO_STATUS_BLOCK iosb = {.Information = 0};
    ACCESS_MASK asked = request->access;
    struct creation creation;
    struct file *file = NULL;
    NTSTATUS status;

    TRY(create_begin(ret_handle, attributes, &creation));
    TRY(user_probe_write(user_iosb, sizeof(iosb)));
    if (!attributes)
        return STATUS_INVALID_PARAMETER;
    request->access = access_map(&file_type, asked & ~(ACCESS_MASK)MAXIMUM_ALLOWED);
    TRY(request_check(request, asked));
    request->user_quality = creation.user_quality;
    status = file_path_from_creation(&creation, &request->path);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        network_missed(&creation);
    if (!status) {
        if (asked & MAXIMUM_ALLOWED)
            request->access = maximum_access(request->path.unix_path);
        status = open_path(request, &file);
    }
    if (TRACE_ON(file))
        open_trace(request, &creation, status ? NULL : file, status);
    nt_path_deinit(&request->path);
    if (status)
        return status;
    TRY(create_end(ret_handle, &file->header.header, request->access, &creation));
    iosb.Status = STATUS_SUCCESS;
    iosb.Information = request->information;
    return USER_PUT(user_iosb, iosb);
}

NTSTATUS WINAPI NtCreateFile(PHANDLE ret_handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                             PIO_STATUS_BLOCK iosb, PLARGE_INTEGER allocation,
                             ULONG file_attributes, ULONG sharing, ULONG disposition, ULONG options,
                             PVOID ea, ULONG ea_length)
{
    struct open_request request = {.access = access,
                                   .attributes = file_attributes,
                                   .sharing = sharing,
                                   .disposition = disposition,
                                   .options = options};

    (void)allocation; /* a hint */
    if (ea && ea_length)
        return STATUS_EAS_NOT_SUPPORTED;
    return file_create(ret_handle, &request, attributes, iosb);
}

NTSTATUS WINAPI NtOpenFile(PHANDLE ret_handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                           PIO_STATUS_BLOCK iosb, ULONG sharing, ULONG options)
{
    struct open_request request = {
        .access = access, .sharing = sharing, .disposition = FILE_OPEN, .options = options};

    return file_create(ret_handle, &request, attributes, iosb);
}

NTSTATUS WINAPI NtDeleteFile(POBJECT_ATTRIBUTES attributes)
{
    struct open_request request = {.access = DELETE,
                                   .sharing =
                                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                   .disposition = FILE_OPEN,
                                   .options = FILE_DELETE_ON_CLOSE};
    struct creation creation = {0};
    struct file *file;
    NTSTATUS status;

    if (!attributes)
        return STATUS_INVALID_PARAMETER;
    TRY(create_read(attributes, &creation));
    status = file_path_from_creation(&creation, &request.path);
    if (!status && request.path.kind != PATH_FILE)
        status = STATUS_INVALID_DEVICE_REQUEST;
    if (!status)
        status = open_path(&request, &file);
    nt_path_deinit(&request.path);
    if (status)
        return status;
    /* The deletion happens at the object's end. */
    nt_object_unref(&file->header.header);
    return STATUS_SUCCESS;
}
