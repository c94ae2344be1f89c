/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* See binding_file.h.
 *
 * The file is a header and entries one behind the other. It is nobody's only copy: whatever is odd
 * about it, it is as if it were not there, and the next program that starts writes a new one. It is
 * believed when it belongs to this user, nobody else can write to it and its checksum is right
 * (against damage, not against its owner, who could change the DLLs as well). It is replaced by
 * rename, never written to, and read once, so it cannot change under its reader. A new one keeps
 * what is of the same loader: with a new ntdll.dll, and when it would be too large, it begins anew.
 */

#include "binding_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/own_folder.h"

enum {
    FILE_BYTES_MAX = 1 << 20,
    SETTLED_S = 2, /* longer than any clock tick that file times are taken from */
};

struct file_header {
    char magic[16];
    uint64_t size; /* of the entries */
    uint64_t checksum;
};

struct entry {
    struct binding_key key;
    uint64_t n; /* of rvas; as many as make whole words follow */
    uint32_t rvas[];
};

static const char magic[sizeof(((struct file_header *)0)->magic)] = "bindings 1";

struct file_id file_id_of(const struct stat *file)
{
    return (struct file_id){
        .device = file->st_dev,
        .inode = file->st_ino,
        .size = (uint64_t)file->st_size,
        .modified_s = file->st_mtim.tv_sec,
        .modified_ns = file->st_mtim.tv_nsec,
        .changed_s = file->st_ctim.tv_sec,
        .changed_ns = file->st_ctim.tv_nsec,
    };
}

bool file_id_is_settled(const struct file_id *id, int64_t now_s)
{
    return now_s - id->changed_s > SETTLED_S;
}

/* A word that differs makes the sum differ: the factor is odd. */
static uint64_t checksum(const struct binding_bytes *bytes, uint64_t sum)
{
    uint64_t word;

    for (size_t i = 0; i + sizeof(word) <= bytes->size; i += sizeof(word)) {
        memcpy(&word, bytes->bytes + i, sizeof(word));
        sum = sum * 0x9e3779b97f4a7c15u + word;
    }
    return sum;
}

static size_t entry_size(uint64_t n)
{
    const size_t size = sizeof(struct entry) + n * sizeof(uint32_t);

    return (size + 7) & ~(size_t)7;
}

/* Only a folder that the port server would take too: in another a link could lead what is written
 * here anywhere. *ret_name: the path's last part. */
static int folder_open(const char *path, const char **ret_name)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX];

    if (!slash || slash - path >= PATH_MAX)
        return -1;
    *ret_name = slash + 1;
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = '\0';
    return own_folder_open(folder, false);
}

static bool is_ours(int fd, size_t *ret_size)
{
    struct stat file;

    if (fstat(fd, &file) || !S_ISREG(file.st_mode) || file.st_uid != geteuid() ||
        (file.st_mode & (S_IWGRP | S_IWOTH)))
        return false;
    *ret_size = (size_t)file.st_size;
    return file.st_size >= (off_t)sizeof(struct file_header) && file.st_size <= FILE_BYTES_MAX;
}

static bool is_whole(const struct file_header *header, const struct binding_bytes *entries)
{
    return !memcmp(header->magic, magic, sizeof(magic)) && header->size == entries->size &&
           header->size % sizeof(uint64_t) == 0 && header->checksum == checksum(entries, 0);
}

bool binding_file_read(struct binding_file *file, const char *path)
{
    const char *name;
    _cleanup_(fd_closep) int folder = folder_open(path, &name);
    _cleanup_(fd_closep) int fd =
        folder < 0 ? -1 : openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct file_header header;
    struct iovec vectors[2] = {{&header, sizeof(header)}};
    struct binding_bytes entries;
    size_t size;

    if (fd < 0 || !is_ours(fd, &size))
        return false;
    entries.size = size - sizeof(header);
    entries.bytes = malloc(entries.size);
    vectors[1] = (struct iovec){entries.bytes, entries.size};
    if (entries.bytes && readv(fd, vectors, 2) == (ssize_t)size && is_whole(&header, &entries)) {
        file->known = entries;
        return true;
    }
    free(entries.bytes);
    return false;
}

static const struct entry *entry_find(const struct binding_bytes *entries,
                                      const struct binding_key *key)
{
    size_t at = 0;

    while (entries->size - at >= sizeof(struct entry)) {
        const struct entry *entry = (const struct entry *)(entries->bytes + at);

        if (entry->n > FILE_BYTES_MAX || entry_size(entry->n) > entries->size - at)
            return NULL;
        if (!memcmp(&entry->key, key, sizeof(*key)))
            return entry;
        at += entry_size(entry->n);
    }
    return NULL;
}

const uint32_t *binding_file_find(const struct binding_file *file, const struct binding_key *key,
                                  size_t *ret_n)
{
    const struct entry *entry = entry_find(&file->known, key);

    *ret_n = entry ? entry->n : 0;
    return entry ? entry->rvas : NULL;
}

bool binding_file_add(struct binding_file *file, const struct binding_key *key,
                      const uint32_t *rvas, size_t n)
{
    struct binding_bytes *added = &file->added;
    const size_t size = entry_size(n);
    uint8_t *bytes = realloc(added->bytes, added->size + size);
    struct entry *entry;

    if (!bytes)
        return false;
    entry = (struct entry *)(bytes + added->size);
    memset(entry, 0, size);
    entry->key = *key;
    entry->n = n;
    memcpy(entry->rvas, rvas, n * sizeof(*rvas));
    added->bytes = bytes;
    added->size += size;
    return true;
}

static void binding_bytes_deinit(struct binding_bytes *bytes)
{
    free(bytes->bytes);
}

/* What is known of the loader whose entries were added, one behind the other in `ret_kept`. */
static bool known_keep(const struct binding_file *file, struct binding_bytes *ret_kept)
{
    const struct entry *added = (const struct entry *)file->added.bytes;
    size_t size;

    *ret_kept = (struct binding_bytes){.bytes = malloc(file->known.size + 1)};
    if (!ret_kept->bytes)
        return false;
    for (size_t at = 0; file->known.size - at >= sizeof(struct entry); at += size) {
        const struct entry *entry = (const struct entry *)(file->known.bytes + at);

        size = entry->n > FILE_BYTES_MAX ? SIZE_MAX : entry_size(entry->n);
        if (size > file->known.size - at)
            break;
        if (memcmp(&entry->key.loader, &added->key.loader, sizeof(added->key.loader)) != 0)
            continue;
        memcpy(ret_kept->bytes + ret_kept->size, entry, size);
        ret_kept->size += size;
    }
    return true;
}

static bool file_fill(int fd, const struct binding_bytes *known, const struct binding_bytes *added)
{
    struct file_header header = {.size = known->size + added->size,
                                 .checksum = checksum(added, checksum(known, 0))};
    struct iovec vectors[] = {
        {&header, sizeof(header)}, {known->bytes, known->size}, {added->bytes, added->size}};

    memcpy(header.magic, magic, sizeof(magic));
    return writev(fd, vectors, 3) == (ssize_t)(sizeof(header) + header.size);
}

bool binding_file_write(const struct binding_file *file, const char *path)
{
    _cleanup_(binding_bytes_deinit) struct binding_bytes kept = {0};
    const char *name;
    _cleanup_(fd_closep) int folder = folder_open(path, &name);
    char made[NAME_MAX + 1];
    bool is_written;
    int fd;

    if (folder < 0 || !file->added.size || !known_keep(file, &kept))
        return false;
    if (sizeof(struct file_header) + kept.size + file->added.size > FILE_BYTES_MAX)
        kept.size = 0;
    if (snprintf(made, sizeof(made), "%s.%d", name, (int)getpid()) >= (int)sizeof(made))
        return false;
    (void)unlinkat(folder, made, 0); /* of a process that was killed here and had this number */
    fd = openat(folder, made, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    is_written = file_fill(fd, &kept, &file->added);
    close(fd);
    if (is_written && !renameat(folder, made, folder, name))
        return true;
    unlinkat(folder, made, 0);
    return false;
}

void binding_file_deinit(struct binding_file *file)
{
    free(file->known.bytes);
    free(file->added.bytes);
    *file = (struct binding_file){0};
}
