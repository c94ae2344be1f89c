/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The child's side of child.h: before anything else of the program exists, the block is read and
 * the inherited handles get their values. Descriptors 0 and 1 lead to /dev/null as in every program
 * (std.c); 2, where our own messages go, is the program's standard error when that is a file. */

#include "child.h"

#include "fatal.h"
#include "file.h"
#include "shared.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* One packet's descriptors, moved above the first hundred; how many. */
static uint32_t fds_receive(int socket, int *ret_fds, uint32_t capacity)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(CHILD_FDS_PACKET * sizeof(int))];
    char byte;
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    struct cmsghdr *header;
    uint32_t n = 0;
    ssize_t size;

    do
        size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (size < 0 && errno == EINTR);
    if (!size) /* the parent has gone, and has said why if there was anything to say */
        _exit(PORTICO_EXIT_NO_RESOURCES);
    header = size == 1 ? CMSG_FIRSTHDR(&message) : NULL;
    if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
        return 0;
    while (n < (header->cmsg_len - CMSG_LEN(0)) / sizeof(int)) {
        int fd, moved;

        memcpy(&fd, CMSG_DATA(header) + n * sizeof(fd), sizeof(fd));
        moved = fd_copy_high(fd);
        close(fd);
        if (moved < 0 || n == capacity)
            return 0;
        ret_fds[n++] = moved;
    }
    return n;
}

static void broken(const char *what) __attribute__((noreturn));
static void broken(const char *what)
{
    fatal(PORTICO_EXIT_USAGE, "--child is for portico itself: %s", what);
}

static const struct child_block *block_map(int fd)
{
    const struct child_block *block;
    struct stat file;

    if (fstat(fd, &file) || file.st_size < (off_t)sizeof(*block))
        broken("the block is too short");
    block = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (block == MAP_FAILED)
        fatal(PORTICO_EXIT_NO_RESOURCES, "no memory for the process parameters");
    if (block->magic != CHILD_MAGIC || block->size != (uint64_t)file.st_size ||
        block->n_handles > CHILD_HANDLES_MAX || block->n_shared > CHILD_HANDLES_MAX ||
        sizeof(*block) + block->n_handles * sizeof(struct child_handle) +
                block->n_shared * sizeof(struct child_shared) >
            block->size)
        broken("the block is not one");
    return block;
}

static const void *span_at(const struct child_block *block, const struct child_span *span)
{
    if (span->offset > block->size || span->size > block->size - span->offset)
        broken("a text lies outside the block");
    return (const char *)block + span->offset;
}

const void *child_string(const struct child_block *block, enum child_string string)
{
    return span_at(block, &block->strings[string]);
}

static NTSTATUS handle_make(const struct child_block *block, const struct child_handle *entry,
                            int fd)
{
    const char *path = entry->path.size ? span_at(block, &entry->path) : NULL;
    struct file *file;
    NTSTATUS status = file_new(fd, path ? strdup(path) : NULL, (enum file_kind)entry->kind,
                               entry->access, entry->options, &file);

    if (status)
        return status;
    file->console = entry->console;
    status = handle_new_at((HANDLE)(uintptr_t)entry->handle, &file->header.header, entry->granted,
                           entry->attributes);
    nt_object_unref(&file->header.header);
    return status;
}

static void handles_make(int socket, const struct child_block *block)
{
    const struct child_handle *handles = (const struct child_handle *)(block + 1);
    int fds[CHILD_FDS_PACKET];
    uint32_t n;

    for (uint32_t done = 0; done < block->n_handles; done += n) {
        n = fds_receive(socket, fds, CHILD_FDS_PACKET);
        if (!n || n > block->n_handles - done)
            broken("a descriptor is missing");
        for (uint32_t i = 0; i < n; i++) {
            const struct child_handle *entry = &handles[done + i];

            if (entry->handle == block->std_handles[2])
                dup2(fds[i], STDERR_FILENO);
            if (handle_make(block, entry, fds[i]))
                fatal(PORTICO_EXIT_NO_RESOURCES, "no memory for the inherited handles");
        }
    }
}

static void shared_make(const struct child_block *block)
{
    const struct child_handle *handles = (const struct child_handle *)(block + 1);
    const struct child_shared *shared = (const struct child_shared *)(handles + block->n_handles);

    for (uint32_t i = 0; i < block->n_shared; i++)
        if (shared_arrived((enum object_kind)shared[i].kind, shared[i].server,
                           (HANDLE)(uintptr_t)shared[i].handle, shared[i].granted,
                           shared[i].attributes))
            fatal(PORTICO_EXIT_NO_RESOURCES, "an inherited object cannot be taken over");
}

void child_arrive(int fd, struct child_arrival *ret_arrival)
{
    int socket = fd_copy_high(fd), memfd;

    if (socket < 0 && errno != EBADF)
        fatal(PORTICO_EXIT_NO_RESOURCES, "too few descriptors: %s", strerror(errno));
    if (socket < 0)
        broken("no such descriptor");
    close(fd);
    signal(SIGPIPE, SIG_IGN);
    if (fds_receive(socket, &memfd, 1) != 1)
        broken("nobody speaks to it there");
    ret_arrival->socket = socket;
    ret_arrival->block = block_map(memfd);
    handles_make(socket, ret_arrival->block);
    shared_make(ret_arrival->block);
}

/* DIFFERS: on Windows a program whose starter ended without resuming it stays suspended for ever.
 */
void child_wait_for_go(const struct child_arrival *arrival)
{
    ssize_t n = 1;
    char byte;

    if (arrival->block->is_suspended) {
        (void)!send(arrival->socket, "", 1, MSG_NOSIGNAL);
        do
            n = recv(arrival->socket, &byte, 1, 0);
        while (n < 0 && errno == EINTR);
    }
    if (n != 1)
        _exit(PORTICO_EXIT_NO_RESOURCES);
    close(arrival->socket);
}
