/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The parent's side of child.h: the program's parameters and inheritable handles as a block.
 *
 * Everything in the program's memory is copied once, by fault-safe routines. Handles below the
 * local ones are the port server's: it copies them at process_create. Of the local ones files are
 * handed over here (pipes, terminals and disk files alike: the child has the same open file
 * description, so one position, as on Windows). The three standard handles go along even when
 * nothing is inherited: a console program's output has to go somewhere (Windows passes them for
 * console programs too).
 * Unnamed events, semaphores, mutants and sections become the server's (shared.c); the child gets
 * handles of it, behind local handles of the same values. */

#include "child.h"

#include "cmdline.h"
#include "file.h"
#include "ntprocess.h"
#include "shared.h"
#include "usermem.h"
#include <errno.h>
#include <fcntl.h>
#include <portico/portico.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define ENVIRONMENT_MAX_BYTES 0x10000000u /* its size becomes part of a ULONG */

struct inheritable {
    HANDLE handle;
    struct nt_object *object; /* reference */
    ACCESS_MASK granted;
};

/* What is gathered: handles with their descriptors, and the bytes behind them. */
struct gathering {
    const struct child_options *options;
    struct inheritable *inheritables;
    uint32_t n_inheritables;
    bool failed; /* no memory for one of them */
    struct child_block block;
    struct child_handle *handles;
    int *fds;
    struct child_package shared; /* its shared part only */
    struct text bytes;           /* spans are relative to it until the block is written */
};

static void shared_release(struct child_package *package)
{
    for (uint32_t i = 0; i < package->n_shared; i++)
        nt_object_unref(package->objects[i]);
    free(package->objects);
    free(package->shared);
}

static void gathering_deinit(struct gathering *gathering)
{
    for (uint32_t i = 0; i < gathering->n_inheritables; i++)
        nt_object_unref(gathering->inheritables[i].object);
    free(gathering->inheritables);
    free(gathering->handles);
    shared_release(&gathering->shared);
    text_deinit(&gathering->bytes);
    if (gathering->fds)
        for (uint32_t i = 0; i < gathering->block.n_handles; i++)
            close(gathering->fds[i]);
    free(gathering->fds);
}

static struct child_span span_append(struct text *bytes, const void *from, size_t size)
{
    struct child_span span = {bytes->size, size};

    text_append(bytes, from, size);
    text_append(bytes, "\0", bytes->size % 2 ? 1 : 2); /* a NUL, and UTF-16 stays aligned */
    return span;
}

/* ---- strings ---- */

static NTSTATUS user_bytes_append(struct gathering *gathering, const void *user, size_t size,
                                  struct child_span *ret_span)
{
    void *copy = malloc(size + 1);
    NTSTATUS status = copy ? user_read(copy, user, size) : STATUS_NO_MEMORY;

    if (!status)
        *ret_span = span_append(&gathering->bytes, copy, size);
    free(copy);
    return status;
}

static NTSTATUS string_append(struct gathering *gathering, enum child_string index,
                              const UNICODE_STRING *string, const char *relative_to)
{
    const char *user = (const char *)string->Buffer + (uintptr_t)relative_to;

    if (!string->Length)
        return STATUS_SUCCESS;
    return user_bytes_append(gathering, user, string->Length, &gathering->block.strings[index]);
}

/* Its size is not always told: then it is counted, to the empty string that ends it. */
static NTSTATUS environment_append_user(struct gathering *gathering,
                                        const RTL_USER_PROCESS_PARAMETERS *params,
                                        const char *relative_to)
{
    const WCHAR *user = (const WCHAR *)((const char *)params->Environment + (uintptr_t)relative_to);
    size_t size = params->EnvironmentSize;
    WCHAR pair[2] = {0};

    if (!params->Environment)
        return STATUS_SUCCESS;
    for (size_t i = 0; !size && i < ENVIRONMENT_MAX_BYTES / sizeof(WCHAR); i++) {
        TRY(user_read(pair, user + i, sizeof(pair)));
        if (!pair[0] && !pair[1])
            size = (i + 2) * sizeof(WCHAR);
    }
    if (!size || size > ENVIRONMENT_MAX_BYTES)
        return STATUS_INVALID_PARAMETER;
    return user_bytes_append(gathering, user, size, &gathering->block.strings[CHILD_ENVIRONMENT]);
}

static NTSTATUS strings_append(struct gathering *gathering,
                               const RTL_USER_PROCESS_PARAMETERS *params)
{
    const char *user = (const char *)gathering->options->user_params;
    const char *base = params->Flags & PROCESS_PARAMS_FLAG_NORMALIZED ? NULL : user;
    const struct {
        enum child_string index;
        const UNICODE_STRING *string;
    } strings[] = {
        {CHILD_IMAGE, &params->ImagePathName},
        {CHILD_COMMAND_LINE, &params->CommandLine},
        {CHILD_DIRECTORY, &params->CurrentDirectory.DosPath},
        {CHILD_TITLE, &params->WindowTitle},
        {CHILD_DESKTOP, &params->Desktop},
        {CHILD_SHELL, &params->ShellInfo},
        {CHILD_RUNTIME, &params->RuntimeInfo},
    };

    gathering->block.strings[CHILD_PROGRAM] = span_append(
        &gathering->bytes, gathering->options->program, strlen(gathering->options->program));
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        TRY(string_append(gathering, strings[i].index, strings[i].string, base));
    return environment_append_user(gathering, params, base);
}

/* ---- handles ---- */

static bool is_listed(const struct child_options *options, HANDLE handle)
{
    for (uint32_t i = 0; i < options->n_list; i++)
        if (options->list[i] == handle)
            return true;
    return !options->list;
}

static bool is_gathered(const struct gathering *gathering, HANDLE handle)
{
    for (uint32_t i = 0; i < gathering->block.n_handles; i++)
        if (gathering->handles[i].handle == (uintptr_t)handle)
            return true;
    for (uint32_t i = 0; i < gathering->shared.n_shared; i++)
        if (gathering->shared.shared[i].handle == (uintptr_t)handle)
            return true;
    return false;
}

/* Room for one more, which is a power of two at each doubling. */
static bool room_make(void **items, uint32_t n, size_t item_size)
{
    void *grown;

    if (n & (n - 1))
        return true;
    grown = realloc(*items, 2 * (n + 1) * item_size);
    if (grown)
        *items = grown;
    return grown;
}

static NTSTATUS file_gather(struct gathering *gathering, HANDLE handle, struct file *file,
                            ACCESS_MASK granted, ULONG attributes)
{
    _cleanup_nt_(path_freep) char *path = file_path(file);
    struct child_handle *entry;
    int fd;

    if (gathering->block.n_handles == CHILD_HANDLES_MAX)
        return STATUS_TOO_MANY_OPENED_FILES;
    if (!room_make((void **)&gathering->handles, gathering->block.n_handles,
                   sizeof(*gathering->handles)) ||
        !room_make((void **)&gathering->fds, gathering->block.n_handles, sizeof(int)))
        return STATUS_NO_MEMORY;
    fd = file->fd < 0 ? -1 : fd_copy_high(file->fd);
    if (fd < 0)
        return file->fd < 0 ? STATUS_SUCCESS : STATUS_TOO_MANY_OPENED_FILES;
    entry = &gathering->handles[gathering->block.n_handles];
    *entry = (struct child_handle){.handle = (uintptr_t)handle,
                                   .granted = granted,
                                   .attributes = attributes,
                                   .kind = file->kind,
                                   .access = file->access,
                                   .options = file->options,
                                   .console = file->console};
    if (path)
        entry->path = span_append(&gathering->bytes, path, strlen(path) + 1);
    gathering->fds[gathering->block.n_handles++] = fd;
    return STATUS_SUCCESS;
}

/* Under the lock of the handle table, a leaf: only remembers. */
static void inheritable_note(HANDLE handle, struct nt_object *object, ACCESS_MASK granted,
                             void *argument)
{
    struct gathering *gathering = argument;

    if (!is_listed(gathering->options, handle))
        return;
    if (!room_make((void **)&gathering->inheritables, gathering->n_inheritables,
                   sizeof(*gathering->inheritables))) {
        gathering->failed = true;
        return;
    }
    gathering->inheritables[gathering->n_inheritables++] =
        (struct inheritable){handle, nt_object_ref(object), granted};
}

static NTSTATUS shared_gather(struct gathering *gathering, const struct inheritable *each,
                              ULONG attributes)
{
    struct child_package *shared = &gathering->shared;
    handle_t server;

    if (shared->n_shared == CHILD_HANDLES_MAX)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!room_make((void **)&shared->shared, shared->n_shared, sizeof(*shared->shared)) ||
        !room_make((void **)&shared->objects, shared->n_shared, sizeof(struct nt_object *)))
        return STATUS_NO_MEMORY;
    TRY(object_share(each->object, &server));
    shared->shared[shared->n_shared] = (struct child_shared){.handle = (uintptr_t)each->handle,
                                                             .granted = each->granted,
                                                             .attributes = attributes,
                                                             .kind = shared_kind_of(each->object),
                                                             .server = server};
    shared->objects[shared->n_shared++] = nt_object_ref(each->object);
    return STATUS_SUCCESS;
}

static NTSTATUS inheritables_gather(struct gathering *gathering)
{
    handle_for_each_inherited(inheritable_note, gathering);
    if (gathering->failed)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < gathering->n_inheritables; i++) {
        const struct inheritable *each = &gathering->inheritables[i];

        if (each->object->type == &file_type && shared_kind_of(each->object) == OBJECT_ANY)
            TRY(file_gather(gathering, each->handle, (struct file *)each->object, each->granted,
                            OBJ_INHERIT));
        else if (shared_kind_of(each->object) != OBJECT_ANY)
            TRY(shared_gather(gathering, each, OBJ_INHERIT));
        else
            unimplemented_once("CreateProcess", "inheriting an unnamed object by its handle",
                               (unsigned)(uintptr_t)each->handle);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS std_handle_gather(struct gathering *gathering, HANDLE handle)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    ACCESS_MASK granted;

    if (!handle_is_local(handle) || is_gathered(gathering, handle) ||
        handle_lookup_access(handle, 0, &file_type, &object, &granted))
        return STATUS_SUCCESS; /* none, or none that can be written to */
    if (shared_kind_of(object) != OBJECT_ANY)
        return shared_gather(gathering, &(struct inheritable){handle, object, granted}, 0);
    return file_gather(gathering, handle, (struct file *)object, granted, 0);
}

static NTSTATUS handles_gather(struct gathering *gathering,
                               const RTL_USER_PROCESS_PARAMETERS *params)
{
    const HANDLE std[3] = {params->hStdInput, params->hStdOutput, params->hStdError};

    if (gathering->options->inherits)
        TRY(inheritables_gather(gathering));
    for (int i = 0; i < 3; i++) {
        gathering->block.std_handles[i] = (uintptr_t)std[i];
        TRY(std_handle_gather(gathering, std[i]));
    }
    return STATUS_SUCCESS;
}

/* ---- the block ---- */

static void spans_shift(struct gathering *gathering, uint64_t by)
{
    for (int i = 0; i < CHILD_STRINGS; i++)
        gathering->block.strings[i].offset += by;
    for (uint32_t i = 0; i < gathering->block.n_handles; i++)
        gathering->handles[i].path.offset += by;
}

static bool block_write(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size) {
        ssize_t n = write(fd, at, size);

        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static NTSTATUS block_make(struct gathering *gathering, struct child_package *ret_package)
{
    struct child_block *block = &gathering->block;
    size_t handles_size = block->n_handles * sizeof(*gathering->handles);
    size_t shared_size = gathering->shared.n_shared * sizeof(*gathering->shared.shared);
    int fd;

    if (gathering->bytes.failed)
        return STATUS_NO_MEMORY;
    block->n_shared = gathering->shared.n_shared;
    block->size = sizeof(*block) + handles_size + shared_size + gathering->bytes.size;
    spans_shift(gathering, sizeof(*block) + handles_size + shared_size);
    fd = memfd_create("portico-child", MFD_CLOEXEC);
    if (fd < 0)
        return STATUS_TOO_MANY_OPENED_FILES;
    if (!block_write(fd, block, sizeof(*block)) ||
        !block_write(fd, gathering->handles, handles_size) ||
        !block_write(fd, gathering->shared.shared, shared_size) ||
        !block_write(fd, gathering->bytes.bytes, gathering->bytes.size)) {
        close(fd);
        return STATUS_NO_MEMORY;
    }
    *ret_package = gathering->shared;
    ret_package->memfd = fd;
    ret_package->n_fds = block->n_handles;
    ret_package->fds = gathering->fds;
    ret_package->shared_offset = sizeof(*block) + handles_size;
    gathering->fds = NULL; /* they are the package's now */
    gathering->shared = (struct child_package){.memfd = -1};
    return STATUS_SUCCESS;
}

static void numbers_put(struct child_block *block, const RTL_USER_PROCESS_PARAMETERS *params)
{
    const uint32_t window[9] = {
        params->dwX,           params->dwY,           params->dwXSize,         params->dwYSize,
        params->dwXCountChars, params->dwYCountChars, params->dwFillAttribute, params->dwFlags,
        params->wShowWindow};

    block->magic = CHILD_MAGIC;
    block->console = (uintptr_t)params->ConsoleHandle;
    block->console_flags = params->ConsoleFlags;
    block->process_group = params->ProcessGroupId;
    memcpy(block->window, window, sizeof(window));
}

NTSTATUS child_package_make(const struct child_options *options, struct child_package *ret_package)
{
    _cleanup_nt_(gathering_deinit) struct gathering gathering = {.options = options};
    RTL_USER_PROCESS_PARAMETERS params;

    TRY(USER_GET(params, options->user_params));
    numbers_put(&gathering.block, &params);
    gathering.block.is_suspended = options->is_suspended;
    TRY(strings_append(&gathering, &params));
    TRY(handles_gather(&gathering, &params));
    return block_make(&gathering, ret_package);
}

/* ---- the server's part ---- */

static NTSTATUS shared_duplicate(struct child_package *package, uint32_t i, handle_t child)
{
    struct handle_duplicate_request request = {.source_process = HANDLE_SELF,
                                               .source = package->shared[i].server,
                                               .target_process = child,
                                               .options = HANDLE_SAME_ACCESS};
    struct handle_duplicate_reply reply;
    off_t at = (off_t)(package->shared_offset + i * sizeof(*package->shared) +
                       offsetof(struct child_shared, server));

    TRY((NTSTATUS)call_handle_duplicate(portico_control(), &request, &reply, NULL));
    return pwrite(package->memfd, &reply.handle, sizeof(reply.handle), at) == sizeof(reply.handle)
               ? STATUS_SUCCESS
               : STATUS_NO_MEMORY;
}

NTSTATUS child_package_share(struct child_package *package, pid_t pid)
{
    NTSTATUS status = STATUS_SUCCESS;
    handle_t child;

    if (!package->n_shared)
        return STATUS_SUCCESS;
    TRY(shared_process_new(pid, &child));
    for (uint32_t i = 0; i < package->n_shared && !status; i++)
        status = shared_duplicate(package, i, child);
    (void)!portico_close(child);
    return status;
}

/* ---- sending ---- */

static int fds_send(int socket, const int *fds, uint32_t n_fds)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(CHILD_FDS_PACKET * sizeof(int))];
    char byte = 0;
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = CMSG_SPACE(n_fds * sizeof(int))};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    memset(control, 0, sizeof(control));
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
    memcpy(CMSG_DATA(header), fds, n_fds * sizeof(int));
    return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

int child_package_send(int socket, const struct child_package *package)
{
    if (fds_send(socket, &package->memfd, 1))
        return -1;
    for (uint32_t done = 0; done < package->n_fds; done += CHILD_FDS_PACKET) {
        uint32_t left = package->n_fds - done;

        if (fds_send(socket, package->fds + done,
                     left < CHILD_FDS_PACKET ? left : CHILD_FDS_PACKET))
            return -1;
    }
    return 0;
}

void child_package_deinit(struct child_package *package)
{
    if (package->memfd >= 0)
        close(package->memfd);
    for (uint32_t i = 0; i < package->n_fds; i++)
        close(package->fds[i]);
    free(package->fds);
    shared_release(package);
}

void child_wait_until_ready(int socket)
{
    char byte;

    while (recv(socket, &byte, 1, 0) < 0 && errno == EINTR)
        ;
}
