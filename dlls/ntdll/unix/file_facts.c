/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Attributes and the time of creation.
 *
 * Read-only is a file's mode without a write bit; in a read-only folder Windows lets everybody
 * write, so Linux is not told of it, and it stands with the others. Hidden, system, archive,
 * temporary, offline and not indexed are the extended attribute user.DOSATTRIB, as Samba and Wine
 * have it: "0x22"; absent it means archive for a file and nothing for a folder. The time of
 * creation stands behind them in the same attribute ("0x20 132223104000000000") once a program has
 * set it; else it is the file system's birth time, else the older of modification and change.
 *
 * DIFFERS: a file system without user attributes keeps read-only alone, and says nothing; writing
 * to a file does not set its archive attribute again.
 */
#include "file.h"
#include "file_facts.h"
#include "nttime.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#define XATTR_NAME "user.DOSATTRIB"

#define KEPT                                                                  \
    (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE | \
     FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_OFFLINE | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED)

struct stored {
    ULONG kept;
    int64_t created; /* 0: not set */
};

static ULONG kept_of(const struct stat *stat)
{
    return S_ISDIR(stat->st_mode) ? KEPT | FILE_ATTRIBUTE_READONLY : KEPT;
}

static ULONG default_kept(const struct stat *stat)
{
    if (S_ISFIFO(stat->st_mode) || S_ISSOCK(stat->st_mode))
        return FILE_ATTRIBUTE_DEVICE; /* so that nobody takes it for a file to be read */
    return S_ISDIR(stat->st_mode) ? 0 : FILE_ATTRIBUTE_ARCHIVE;
}

static struct stored stored_get(const char *path, const struct stat *stat)
{
    struct stored stored = {.kept = default_kept(stat)};
    char text[64], *rest;
    ssize_t n = -1;

    if (S_ISREG(stat->st_mode) || S_ISDIR(stat->st_mode))
        n = getxattr(path, XATTR_NAME, text, sizeof(text) - 1);
    if (n < 3 || text[0] != '0' || text[1] != 'x')
        return stored;
    text[n] = 0;
    stored.kept = (ULONG)strtoul(text, &rest, 16) & kept_of(stat);
    stored.created = strtoll(rest, NULL, 10);
    return stored;
}

/* at, path, flags: as statx takes them. */
static int64_t birth_time(int at, const char *path, int flags, const struct stat *stat)
{
    struct timespec first = stat->st_mtim;
    struct statx extended;

    if (!statx(at, path, flags, STATX_BTIME, &extended) && (extended.stx_mask & STATX_BTIME))
        first = (struct timespec){extended.stx_btime.tv_sec, extended.stx_btime.tv_nsec};
    else if (stat->st_ctim.tv_sec < first.tv_sec)
        first = stat->st_ctim;
    return nt_time_from_timespec(first);
}

struct file_facts file_facts_get(const char *path, const struct stat *stat)
{
    struct stored stored = stored_get(path, stat);
    struct file_facts facts = {.attributes = stored.kept, .created = stored.created};

    if (S_ISDIR(stat->st_mode))
        facts.attributes |= FILE_ATTRIBUTE_DIRECTORY;
    facts.attributes |= attributes_from_stat(stat) & FILE_ATTRIBUTE_READONLY;
    if (!facts.attributes)
        facts.attributes = FILE_ATTRIBUTE_NORMAL;
    if (facts.created <= 0)
        facts.created = birth_time(AT_FDCWD, path, 0, stat);
    return facts;
}

struct file_facts file_facts_of_link(int at, const char *name, bool leads_to_folder,
                                     struct stat *stat)
{
    const int flags = *name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH;

    stat->st_size = stat->st_blocks = 0;
    return (struct file_facts){
        .attributes = FILE_ATTRIBUTE_REPARSE_POINT |
                      (leads_to_folder ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_ARCHIVE),
        .created = birth_time(at, name, flags, stat)};
}

/* Also of a descriptor that is only a path (O_PATH). */
static void fd_path(int fd, char path[32])
{
    snprintf(path, 32, "/proc/self/fd/%d", fd);
}

struct file_facts file_facts_of_fd(int fd, const struct stat *stat)
{
    char path[32];

    fd_path(fd, path);
    return file_facts_get(path, stat);
}

void file_facts_set(int fd, const struct stat *stat, unsigned which, struct file_facts facts)
{
    struct stored stored;
    char path[32], text[64];

    fd_path(fd, path);
    stored = stored_get(path, stat);
    if (which & FACTS_ATTRIBUTES)
        stored.kept = facts.attributes & kept_of(stat);
    if (which & FACTS_CREATED)
        stored.created = facts.created;
    if (stored.kept == default_kept(stat) && !stored.created)
        (void)removexattr(path, XATTR_NAME);
    else if (snprintf(text, sizeof(text), stored.created ? "0x%x %lld" : "0x%x",
                      (unsigned)stored.kept, (long long)stored.created) > 0)
        (void)setxattr(path, XATTR_NAME, text, strlen(text), 0);
}
