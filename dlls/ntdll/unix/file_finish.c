/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* From an open descriptor to a file object: its kind, share modes, deletion on close, truncation,
 * the attributes of what is new. The path that was opened is the object's from then on. */
#include "file_claim.h"
#include "file_info.h"
#include "file_open.h"
#include "ntprocess.h"
#include "ntstatus_errno.h"
#include "usermem.h"
#include <errno.h>
#include <unistd.h>

/* What was made or made anew has the attributes that were asked for, and archive. */
static void attributes_begin(const struct open_request *request, int fd, const struct stat *info)
{
    struct file_facts facts = {.attributes = request->attributes};

    if (request->information == FILE_OPENED)
        return;
    if (!S_ISDIR(info->st_mode))
        facts.attributes |= FILE_ATTRIBUTE_ARCHIVE;
    /* A new one has the default already. */
    if (request->information != FILE_CREATED ||
        (request->attributes &
         (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_TEMPORARY |
          FILE_ATTRIBUTE_OFFLINE | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED)))
        file_facts_set(fd, info, FACTS_ATTRIBUTES, facts);
}

static NTSTATUS delete_on_close(struct file *file, const struct stat *info)
{
    if (file_means_itself(file, info) &&
        ((file_facts_of_fd(file->fd, info).attributes & FILE_ATTRIBUTE_READONLY) ||
         file_is_image(file->fd)))
        return STATUS_CANNOT_DELETE;
    file->delete_on_close = true;
    return STATUS_SUCCESS;
}

static NTSTATUS truncate_now(struct file *file, const struct stat *info)
{
    if (info->st_size && file_is_mapped_behind(file->fd, 0))
        return STATUS_USER_MAPPED_FILE;
    return ftruncate(file->fd, 0) ? status_from_errno(errno) : STATUS_SUCCESS;
}

static enum file_kind kind_of(const struct open_request *request, int fd, const struct stat *info)
{
    if (!S_ISLNK(info->st_mode))
        return file_kind_of(fd, info);
    return file_link_leads_to_folder(request->path.unix_path) ? FILE_KIND_FOLDER : FILE_KIND_DISK;
}

/* In the order in which a refusal leaves nothing done. */
static NTSTATUS file_begin(const struct open_request *request, struct file *file,
                           const struct stat *info)
{
    TRY(file_share_enter(file, info, request->sharing));
    if (request->options & FILE_DELETE_ON_CLOSE)
        TRY(delete_on_close(file, info));
    if (file->kind == FILE_KIND_DISK &&
        (request->information == FILE_OVERWRITTEN || request->information == FILE_SUPERSEDED))
        TRY(truncate_now(file, info));
    return STATUS_SUCCESS;
}

NTSTATUS file_finish(struct open_request *request, int fd, struct file **ret_file)
{
    struct file *file;
    struct stat info;
    NTSTATUS status;

    if (fstat(fd, &info)) {
        close(fd);
        return status_from_errno(errno);
    }
    status = file_new(fd, request->path.unix_path, kind_of(request, fd, &info), request->access,
                      request->options & FILE_MODE_OPTIONS, &file);
    request->path.unix_path = NULL;
    if (status)
        return status;
    file->is_fifo = S_ISFIFO(info.st_mode) && !fcntl(fd, F_SETFL, O_NONBLOCK);
    status = file_begin(request, file, &info);
    if (status) {
        file->delete_on_close = false;
        nt_object_unref(&file->header.header);
        return status;
    }
    attributes_begin(request, fd, &info);
    *ret_file = file;
    return STATUS_SUCCESS;
}
