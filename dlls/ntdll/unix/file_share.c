/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Share modes and deletion at last close.
 *
 * Every open disk file or folder stands in the list of its inode. An open is refused with
 * STATUS_SHARING_VIOLATION when it wants what an earlier one does not share, or does not share what
 * an earlier one has. Opens that ask for neither reading, writing nor deleting conflict with
 * nothing.
 *
 * What is deleted is a name: a file's other names, and the file that a link leads to, stay. Another
 * process may have put something else there meanwhile, so only what the file was opened by goes
 * (name_device, name_inode), from where it is now.
 *
 * Other processes take part through Linux' locks (file_claim.c). DIFFERS: a file that is to be
 * deleted goes when this process closes it last, also while another has it open, as on Windows with
 * FILE_DISPOSITION_POSIX_SEMANTICS (which here says that it goes with the object that asked, others
 * of this process or not); and it stays when the process is killed (SIGKILL,
 * TerminateProcess from outside): Linux deletes nothing then.
 */
#include "common/seldom.h"
#include "file_claim.h"
#include "file_info.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_BUCKETS 256

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct ntlist buckets[N_BUCKETS] SELDOM;

#define READ_ACCESS   (FILE_READ_DATA | FILE_EXECUTE)
#define WRITE_ACCESS  (FILE_WRITE_DATA | FILE_APPEND_DATA)
#define DELETE_ACCESS DELETE

void files_lock(void)
{
    pthread_mutex_lock(&lock);
}

void files_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

static struct ntlist *bucket_of(const struct stat *info)
{
    struct ntlist *bucket = &buckets[(info->st_ino ^ info->st_dev) % N_BUCKETS];

    if (!bucket->next)
        ntlist_init(bucket);
    return bucket;
}

static struct file_node *node_find_locked(const struct stat *info)
{
    struct ntlist *bucket = bucket_of(info);

    for (struct ntlist *link = bucket->next; link != bucket; link = link->next) {
        struct file_node *node = ntlist_entry(link, struct file_node, link);

        if (node->device == info->st_dev && node->inode == info->st_ino)
            return node;
    }
    return NULL;
}

static struct file_node *node_get_locked(const struct stat *info)
{
    struct ntlist *bucket = bucket_of(info);
    struct file_node *node = node_find_locked(info);

    if (node)
        return node;
    node = calloc(1, sizeof(*node));
    if (!node)
        return NULL;
    node->device = info->st_dev;
    node->inode = info->st_ino;
    ntlist_init(&node->opens);
    ntlist_append(bucket, &node->link);
    return node;
}

static bool denies(ULONG sharing, ACCESS_MASK access)
{
    return ((access & READ_ACCESS) && !(sharing & FILE_SHARE_READ)) ||
           ((access & WRITE_ACCESS) && !(sharing & FILE_SHARE_WRITE)) ||
           ((access & DELETE_ACCESS) && !(sharing & FILE_SHARE_DELETE));
}

static bool takes_part(ACCESS_MASK access)
{
    return access & (READ_ACCESS | WRITE_ACCESS | DELETE_ACCESS);
}

static NTSTATUS node_check_locked(struct file_node *node, ACCESS_MASK access, ULONG sharing)
{
    for (struct ntlist *link = node->opens.next; link != &node->opens; link = link->next) {
        struct file *other = ntlist_entry(link, struct file, node_link);

        if (other->delete_pending)
            return STATUS_DELETE_PENDING;
        if (takes_part(access) && takes_part(other->access) &&
            (denies(other->sharing, access) || denies(sharing, other->access)))
            return STATUS_SHARING_VIOLATION;
    }
    return STATUS_SUCCESS;
}

static void node_drop_if_unused_locked(struct file_node *node)
{
    if (!ntlist_is_empty(&node->opens))
        return;
    ntlist_unlink(&node->link);
    free(node);
}

/* Only who may delete it asks for it. A name that another process has taken away since it was
 * opened, from a link above all, is none: nothing goes. */
static void name_remember(struct file *file, const struct stat *info)
{
    struct stat name = *info;

    if ((file->access & DELETE) && file->path &&
        (lstat(file->path, &name) ||
         (!S_ISLNK(name.st_mode) && (name.st_dev != info->st_dev || name.st_ino != info->st_ino))))
        name = (struct stat){0};
    file->name_device = name.st_dev;
    file->name_inode = name.st_ino;
}

NTSTATUS file_share_enter(struct file *file, const struct stat *info, ULONG sharing)
{
    NTSTATUS status = STATUS_NO_MEMORY;
    struct file_node *node;

    files_lock();
    node = node_get_locked(info);
    if (node) {
        status = node_check_locked(node, file->access, sharing);
        if (!status)
            status = file_claim(file, file->access, sharing);
        if (status) {
            node_drop_if_unused_locked(node);
        } else {
            file->sharing = sharing;
            file->node = node;
            name_remember(file, info);
            ntlist_append(&node->opens, &file->node_link);
        }
    }
    files_unlock();
    return status;
}

/* Would an open with this access be refused? Asked before a file is truncated. */
NTSTATUS file_share_check(const struct stat *info, ACCESS_MASK access, ULONG sharing)
{
    NTSTATUS status = STATUS_NO_MEMORY;
    struct file_node *node;

    files_lock();
    node = node_get_locked(info);
    if (node) {
        status = node_check_locked(node, access_map(&file_type, access), sharing);
        node_drop_if_unused_locked(node);
    }
    files_unlock();
    return status;
}

bool file_name_is_pending(const char *path, const struct stat *info)
{
    bool is_pending = false;
    struct file_node *node;

    files_lock();
    node = node_find_locked(info);
    for (struct ntlist *link = node ? node->opens.next : NULL;
         link && link != &node->opens && !is_pending; link = link->next) {
        const struct file *file = ntlist_entry(link, struct file, node_link);

        is_pending = file->delete_pending && file->path && !strcmp(file->path, path);
    }
    files_unlock();
    return is_pending;
}

bool file_means_itself(const struct file *file, const struct stat *info)
{
    return file->name_inode == info->st_ino && file->name_device == info->st_dev;
}

static bool name_is(const struct file *file, const char *path, struct stat *ret_name)
{
    return path && !lstat(path, ret_name) && ret_name->st_dev == file->name_device &&
           ret_name->st_ino == file->name_inode;
}

/* As Linux knows it; the size. */
static size_t fd_path(int fd, char path[PATH_MAX])
{
    char link[32];
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, PATH_MAX - 1);
    path[n < 0 ? 0 : n] = 0;
    return n < 0 ? 0 : (size_t)n;
}

/* Another process may have renamed it. */
static char *path_now_locked(const struct file *file, struct stat *ret_name)
{
    char path[PATH_MAX];

    if (name_is(file, file->path, ret_name))
        return strdup(file->path);
    (void)fd_path(file->fd, path);
    return name_is(file, path, ret_name) ? strdup(path) : NULL;
}

char *file_path_now(struct file *file)
{
    struct stat name;
    char *path;

    files_lock();
    if (file->node)
        path = path_now_locked(file, &name);
    else
        path = file->path ? strdup(file->path) : NULL;
    files_unlock();
    return path;
}

static void name_remove_locked(const struct file *file)
{
    struct stat name;
    char *path = path_now_locked(file, &name);

    if (path)
        (void)(S_ISDIR(name.st_mode) ? rmdir(path) : unlink(path));
    free(path);
}

/* The next object of the same name, from `link` on; NULL: none. One inode may have several names,
 * and each goes by itself. */
static struct file *same_name_locked(const struct file *file, const struct ntlist *link)
{
    for (; link != &file->node->opens; link = link->next) {
        struct file *other = ntlist_entry(link, struct file, node_link);

        if (other == file || (other->path && file->path && !strcmp(other->path, file->path)))
            return other;
    }
    return NULL;
}

static void pending_set_locked(struct file *file, bool pending)
{
    struct file *each = same_name_locked(file, file->node->opens.next);

    for (; each; each = same_name_locked(file, each->node_link.next)) {
        each->delete_pending = pending;
        each->name_device = file->name_device; /* who reads has not looked */
        each->name_inode = file->name_inode;
        each->is_posix_deletion &= pending; /* whoever asked for it: it is called off */
    }
}

/* The name goes with its last object. */
static void name_leave_locked(struct file *file)
{
    struct ntlist *opens = &file->node->opens;

    if (file->delete_on_close)
        pending_set_locked(file, true);
    if (file->delete_pending) {
        const bool is_posix = file->is_posix_deletion;

        ntlist_unlink(&file->node_link);
        if (is_posix || !same_name_locked(file, opens->next))
            name_remove_locked(file);
        if (is_posix)
            pending_set_locked(file, false); /* it is gone */
        file->delete_pending = false;
    } else {
        ntlist_unlink(&file->node_link);
    }
}

void file_share_leave(struct file *file)
{
    struct file_node *node;

    files_lock();
    node = file->node;
    if (node) {
        name_leave_locked(file);
        file->node = NULL;
        node_drop_if_unused_locked(node);
    }
    files_unlock();
}

bool file_is_delete_pending(struct file *file)
{
    bool pending;

    files_lock();
    pending = file && file->delete_pending;
    files_unlock();
    return pending;
}

void file_set_delete_pending(struct file *file, bool pending, bool is_posix)
{
    files_lock();
    if (file->node)
        pending_set_locked(file, pending);
    file->is_posix_deletion = pending && is_posix;
    files_unlock();
}

void file_set_delete_on_close(struct file *file, bool wanted)
{
    files_lock();
    file->delete_on_close = wanted;
    files_unlock();
}

/* The objects of that name, and those whose own has gone another way, go by the new one; a second
 * name of the inode, or a link to it, is what it was. */
void file_path_renamed(struct file *file, char *path)
{
    struct file_node *node;
    struct stat name;

    files_lock();
    node = file->node;
    for (struct ntlist *link = node ? node->opens.next : NULL; node && link != &node->opens;
         link = link->next) {
        struct file *other = ntlist_entry(link, struct file, node_link);
        char *copy = other == file || name_is(other, other->path, &name) ? NULL : strdup(path);

        if (copy) {
            free(other->path);
            other->path = copy;
        }
    }
    free(file->path);
    file->path = path;
    files_unlock();
}

static bool is_below(const struct file *file, const char *folder, size_t n)
{
    char path[PATH_MAX];
    struct stat info;

    return fd_path(file->fd, path) > n && !strncmp(path, folder, n) && path[n] == '/' &&
           !fstat(file->fd, &info) && info.st_nlink;
}

static bool node_is_below_locked(const struct file_node *node, const char *folder, size_t n)
{
    for (struct ntlist *link = node->opens.next; link != &node->opens; link = link->next)
        if (is_below(ntlist_entry(link, struct file, node_link), folder, n))
            return true;
    return false;
}

bool file_folder_is_used(const struct file *folder)
{
    char path[PATH_MAX];
    const size_t n = fd_path(folder->fd, path);
    bool is_used = false;

    files_lock();
    for (struct ntlist *bucket = buckets; n && !is_used && bucket < buckets + N_BUCKETS; bucket++)
        for (struct ntlist *link = bucket->next; link && link != bucket; link = link->next)
            is_used = is_used ||
                      node_is_below_locked(ntlist_entry(link, struct file_node, link), path, n);
    files_unlock();
    return is_used;
}
