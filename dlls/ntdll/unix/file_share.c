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
 * Other processes take part through Linux' locks (file_claim.c). DIFFERS: a file that is to be
 * deleted goes when this process closes it last, also while another has it open, as on Windows with
 * FILE_DISPOSITION_POSIX_SEMANTICS (which here says that it goes with the object that asked, others
 * of this process or not); and it stays when the process is killed (SIGKILL,
 * TerminateProcess from outside): Linux deletes nothing then.
 */
#include "common/seldom.h"
#include "file_claim.h"
#include "file_info.h"
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

static struct file_node *node_get_locked(const struct stat *info)
{
    struct ntlist *bucket = &buckets[(info->st_ino ^ info->st_dev) % N_BUCKETS];
    struct file_node *node;

    if (!bucket->next)
        ntlist_init(bucket);
    for (struct ntlist *link = bucket->next; link != bucket; link = link->next) {
        node = ntlist_entry(link, struct file_node, link);
        if (node->device == info->st_dev && node->inode == info->st_ino)
            return node;
    }
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
    if (node->delete_pending)
        return STATUS_DELETE_PENDING;
    if (!takes_part(access))
        return STATUS_SUCCESS;
    for (struct ntlist *link = node->opens.next; link != &node->opens; link = link->next) {
        struct file *other = ntlist_entry(link, struct file, node_link);

        if (takes_part(other->access) &&
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

void file_share_leave(struct file *file)
{
    struct file_node *node;

    files_lock();
    node = file->node;
    file->node = NULL;
    if (node) {
        ntlist_unlink(&file->node_link);
        node->delete_pending |= file->delete_on_close;
        if ((ntlist_is_empty(&node->opens) || file->is_posix_deletion) && node->delete_pending &&
            file->path) {
            /* Another process may have replaced the name: only the inode that was opened is
             * deleted. */
            struct stat now;

            if (!lstat(file->path, &now) && (S_ISLNK(now.st_mode) || now.st_ino == node->inode))
                (void)(S_ISDIR(now.st_mode) ? rmdir(file->path) : unlink(file->path));
            node->delete_pending = false; /* the inode's other names are none of this */
        }
        node_drop_if_unused_locked(node);
    }
    files_unlock();
}

bool file_is_delete_pending(struct file *file)
{
    bool pending;

    files_lock();
    pending = file && file->node && file->node->delete_pending;
    files_unlock();
    return pending;
}

void file_set_delete_pending(struct file *file, bool pending, bool is_posix)
{
    struct file_node *node;

    files_lock();
    node = file->node;
    if (node)
        node->delete_pending = pending;
    if (node && !pending) /* whoever asked for it: it is called off */
        for (struct ntlist *link = node->opens.next; link != &node->opens; link = link->next)
            ntlist_entry(link, struct file, node_link)->is_posix_deletion = false;
    file->is_posix_deletion = pending && is_posix;
    files_unlock();
}

void file_set_delete_on_close(struct file *file, bool wanted)
{
    files_lock();
    file->delete_on_close = wanted;
    files_unlock();
}

/* Every file object of the inode goes by the new name. */
void file_path_renamed(struct file *file, char *path)
{
    struct file_node *node;

    files_lock();
    node = file->node;
    for (struct ntlist *link = node ? node->opens.next : NULL; node && link != &node->opens;
         link = link->next) {
        struct file *other = ntlist_entry(link, struct file, node_link);
        char *copy = other == file ? NULL : strdup(path);

        if (copy) {
            free(other->path);
            other->path = copy;
        }
    }
    free(file->path);
    file->path = path;
    files_unlock();
}
