/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Share modes and byte-range locks between processes, kept by Linux.
 *
 * An NT file object is a Linux open file description, and such a description can own record locks
 * (F_OFD_SETLK): they are inherited with it, and go when the last descriptor of it is closed, also
 * by a death. So nobody is asked when a file is opened, and the port server knows nothing of it. An
 * open places read locks on bytes far behind any file's end, one for each right it has and each it
 * denies others, and then looks whether another description has placed the opposite:
 *
 *     byte      0            1             2               3      4       5
 *     means     denies reading  denies writing  denies deletion  reads  writes  deletes
 *
 * Two that open at once may see each other and both step back: each looks again without its own
 * claim, and is refused only when the other is still there.
 *
 * A section of a file, and a view of it, is a read lock on the byte MAPPED_BASE + its pages, by a
 * description of the section's own, which its descriptors and mappings keep: while there is one
 * behind what a file is cut to, it is not cut, nor deleted. An image denies writing, and has a mark
 * of its own: who may open such a file to delete it on close is told from who may not.
 *
 * A byte-range lock is a Linux lock of the same bytes, so that Linux programs see it, and theirs
 * count here. The bytes from MAPPED_BASE on cannot be locked so.
 *
 * DIFFERS: other processes do not see what needs a permission that the user has not (a claim needs
 * a descriptor for reading, an exclusive lock one for writing) or what the file system refuses to
 * lock.
 */
#include "file_claim.h"
#include "virtual.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#define CLAIM_BASE   UINT64_C(0x7fffffffffffff00)
#define MAPPED_BASE  UINT64_C(0x7ffff00000000000) /* the pages of 2^55 bytes, at least, follow */
#define IMAGE_MARK   (CLAIM_BASE - 1)
#define N_CLAIM_BITS 6
#define ATTEMPTS     8

enum {
    DENIES_READ = 1,
    DENIES_WRITE = 2,
    DENIES_DELETE = 4,
    READS = 8,
    WRITES = 16,
    DELETES = 32,
};

/* One lock call for each run of set bits. False: refused, or (F_OFD_GETLK) somebody is there. */
static bool bits_call(int fd, int command, short type, unsigned bits)
{
    for (unsigned first = 0; first < N_CLAIM_BITS; first++) {
        struct flock lock = {.l_type = type, .l_whence = SEEK_SET};
        unsigned n = 0;

        while (bits & (1u << (first + n)))
            n++;
        if (!n)
            continue;
        lock.l_start = (off_t)(CLAIM_BASE + first);
        lock.l_len = (off_t)n;
        if (fcntl(fd, command, &lock) || (command == F_OFD_GETLK && lock.l_type != F_UNLCK))
            return false;
        first += n;
    }
    return true;
}

static unsigned bits_of(ACCESS_MASK access, ULONG sharing)
{
    unsigned bits = (access & (FILE_READ_DATA | FILE_EXECUTE) ? READS : 0) |
                    (access & (FILE_WRITE_DATA | FILE_APPEND_DATA) ? WRITES : 0) |
                    (access & DELETE ? DELETES : 0);

    if (!bits) /* who only looks at attributes takes no part */
        return 0;
    return bits | (sharing & FILE_SHARE_READ ? 0 : DENIES_READ) |
           (sharing & FILE_SHARE_WRITE ? 0 : DENIES_WRITE) |
           (sharing & FILE_SHARE_DELETE ? 0 : DENIES_DELETE);
}

/* What others must not have claimed. */
static unsigned opposite(unsigned bits)
{
    return bits >> 3 | (bits & 7) << 3;
}

NTSTATUS file_claim(struct file *file, ACCESS_MASK access, ULONG sharing)
{
    unsigned bits = bits_of(access, sharing);

    if (!bits)
        return STATUS_SUCCESS;
    for (int i = 0; i < ATTEMPTS; i++) {
        if (!bits_call(file->fd, F_OFD_SETLK, F_RDLCK, bits))
            return STATUS_SUCCESS; /* not lockable: see DIFFERS above */
        if (bits_call(file->fd, F_OFD_GETLK, F_WRLCK, opposite(bits)))
            return STATUS_SUCCESS;
        (void)bits_call(file->fd, F_OFD_SETLK, F_UNLCK, bits);
        sched_yield();
        if (!bits_call(file->fd, F_OFD_GETLK, F_WRLCK, opposite(bits)))
            return STATUS_SHARING_VIOLATION;
    }
    return STATUS_SHARING_VIOLATION;
}

/* ---- sections ---- */

/* The byte of a section of this size; of what lies behind a size, the byte before. */
static uint64_t mapped_at(uint64_t size)
{
    const uint64_t pages = size / VIRTUAL_PAGE + !!(size % VIRTUAL_PAGE);

    return pages < IMAGE_MARK - MAPPED_BASE ? MAPPED_BASE + pages : IMAGE_MARK - 1;
}

static void mark_set(int fd, uint64_t at)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = (off_t)at, .l_len = 1};

    (void)fcntl(fd, F_OFD_SETLK, &lock);
}

/* Has another description a mark in [from, CLAIM_BASE)? */
static bool has_marks(int fd, uint64_t from)
{
    struct flock lock = {.l_type = F_WRLCK,
                         .l_whence = SEEK_SET,
                         .l_start = (off_t)from,
                         .l_len = (off_t)(CLAIM_BASE - from)};

    return !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

void file_claim_section(int fd, uint64_t size, bool writes)
{
    mark_set(fd, mapped_at(size));
    if (writes)
        (void)bits_call(fd, F_OFD_SETLK, F_RDLCK, WRITES);
}

void file_claim_image(int fd)
{
    mark_set(fd, IMAGE_MARK);
    (void)bits_call(fd, F_OFD_SETLK, F_RDLCK, DENIES_WRITE);
}

bool file_is_mapped_behind(int fd, uint64_t size)
{
    return has_marks(fd, mapped_at(size) + 1);
}

bool file_is_image(int fd)
{
    return has_marks(fd, IMAGE_MARK);
}

/* ---- before a deletion ---- */

NTSTATUS file_claim_check_delete(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
    bool is_free = fd < 0 || (bits_call(fd, F_OFD_GETLK, F_WRLCK, DENIES_DELETE) &&
                              !file_is_mapped_behind(fd, 0));

    if (fd >= 0)
        close(fd);
    return is_free ? STATUS_SUCCESS : STATUS_SHARING_VIOLATION;
}

/* ---- byte ranges ---- */

static bool range_make(uint64_t offset, uint64_t length, short type, struct flock *ret_lock)
{
    if (!length || offset >= MAPPED_BASE)
        return false;
    if (length > MAPPED_BASE - offset)
        length = MAPPED_BASE - offset;
    *ret_lock = (struct flock){
        .l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)offset, .l_len = (off_t)length};
    return true;
}

/* An exclusive lock needs a descriptor that can write: a file that was opened for reading alone
 * gets another one for its locks, with its first lock. */
static int range_fd(struct file *file)
{
    char path[32];

    if (file->lock_fd >= 0)
        return file->lock_fd;
    if ((fcntl(file->fd, F_GETFL) & O_ACCMODE) == O_RDWR)
        return file->fd;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
    file->lock_fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    return file->lock_fd >= 0 ? file->lock_fd : file->fd;
}

NTSTATUS file_range_lock(struct file *file, uint64_t offset, uint64_t length, bool exclusive)
{
    struct flock lock;

    if (!range_make(offset, length, exclusive ? F_WRLCK : F_RDLCK, &lock) ||
        !fcntl(range_fd(file), F_OFD_SETLK, &lock))
        return STATUS_SUCCESS;
    return errno == EAGAIN || errno == EACCES ? STATUS_LOCK_NOT_GRANTED : STATUS_SUCCESS;
}

void file_range_unlock(struct file *file, uint64_t offset, uint64_t length)
{
    struct flock lock;

    if (range_make(offset, length, F_UNLCK, &lock))
        (void)fcntl(range_fd(file), F_OFD_SETLK, &lock);
}

bool file_range_is_locked(struct file *file, uint64_t offset, uint64_t length, bool write_it)
{
    int fd = file->lock_fd >= 0 ? file->lock_fd : file->fd;
    struct flock lock;

    return range_make(offset, length, write_it ? F_WRLCK : F_RDLCK, &lock) &&
           !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}
