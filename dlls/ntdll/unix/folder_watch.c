/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtNotifyChangeDirectoryFile: what changes in a folder, by inotify.
 *
 * The first call on a handle begins to watch; what happens between calls waits in the kernel's
 * queue, and what did not fit into the program's buffer in ours. A call is an operation that waits
 * for the inotify descriptor (io_operation.c). For a subtree every folder below gets a watch of its
 * own, also one that appears later; what lies in such a one already is told as added, once more if
 * it appears just then.
 *
 * A rename within a folder is two records, between folders a removal and an addition, as on
 * Windows. Equal modifications in a row are told once.
 *
 * A buffer without room for one record, no buffer at all (FindFirstChangeNotification), or a queue
 * that has run over is STATUS_NOTIFY_ENUM_DIR: look for yourself. So is a tree with more folders
 * than the kernel watches.
 *
 * DIFFERS: that the watched folder itself is removed ends no call: Linux tells of it when the last
 * descriptor of the folder is closed, and the handle is one.
 */
#include "folder_records.h"
#include "folder_watch.h"
#include "io_operation.h"
#include "ntstatus_errno.h"
#include "usermem.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64 /* of folders in folders that are watched */

#define NAME_EVENTS (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
#define ALL_EVENTS  (NAME_EVENTS | IN_MODIFY | IN_ATTRIB | IN_ACCESS)

/* In place of a watch: */
#define WD_NONE (-1) /* the kernel refused */
#define WD_AWAY (-2) /* it was renamed meanwhile: looked for again when that has been read */

struct watched {
    int wd;
    char *path; /* relative to the folder, "" for itself */
};

struct folder_watch {
    int fd;
    char root[32]; /* /proc/self/fd/N of the folder */
    ULONG filter;  /* of the first call, like the next: later calls' count for nothing, as on NT */
    bool is_subtree, is_gone;
    struct watched *watched;
    size_t n_watched;
    struct folder_records records; /* what the program has not been told yet */
};

void folder_watch_free(struct folder_watch *watch)
{
    if (!watch)
        return;
    folder_records_drop(&watch->records);
    for (size_t i = 0; i < watch->n_watched; i++)
        free(watch->watched[i].path);
    free(watch->watched);
    close(watch->fd);
    free(watch);
}

/* ---- which folders ---- */

static const char *path_of(const struct folder_watch *watch, int wd)
{
    for (size_t i = 0; i < watch->n_watched; i++)
        if (watch->watched[i].wd == wd)
            return watch->watched[i].path;
    return NULL;
}

/* Not every file system says so in the listing. */
static bool entry_is_folder(DIR *stream, const struct dirent *entry)
{
    struct stat info;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return !fstatat(dirfd(stream), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) &&
           S_ISDIR(info.st_mode);
}

/* Takes `path` over. `tells`: what lies in it is told as added. */
static void watched_add(struct folder_watch *watch, char *path, bool tells, int depth)
{
    struct watched *grown = realloc(watch->watched, (watch->n_watched + 1) * sizeof(*grown));
    char *full = path ? folder_join(watch->root, path) : NULL;
    struct dirent *entry;
    DIR *stream;
    int wd;

    watch->watched = grown ? grown : watch->watched;
    if (!grown || !full) {
        watch->records.has_overflown = true; /* not watched: say so */
        free(path);
        free(full);
        return;
    }
    wd = inotify_add_watch(watch->fd, full, ALL_EVENTS | IN_ONLYDIR | (*path ? IN_DONT_FOLLOW : 0));
    watch->records.has_overflown |= wd < 0 && (errno == ENOSPC || errno == ENOMEM);
    if (wd < 0)
        wd = errno == ENOENT && *path ? WD_AWAY : WD_NONE;
    grown[watch->n_watched++] = (struct watched){wd, path};
    stream = wd < 0 || !watch->is_subtree || depth >= DEPTH_MAX ? NULL : opendir(full);
    free(full);
    while (stream && (entry = readdir(stream))) {
        bool is_folder = entry_is_folder(stream, entry);

        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (tells)
            folder_record_add(&watch->records, FILE_ACTION_ADDED,
                              is_folder ? FILE_NOTIFY_CHANGE_DIR_NAME
                                        : FILE_NOTIFY_CHANGE_FILE_NAME,
                              path, entry->d_name);
        if (is_folder)
            watched_add(watch, folder_join(path, entry->d_name), tells, depth + 1);
    }
    if (stream)
        closedir(stream);
}

/* The rest of `path` behind `folder`: "" or beginning with a slash; NULL: it lies elsewhere. */
static const char *below(const char *path, const char *folder)
{
    size_t n = strlen(folder);

    return strncmp(path, folder, n) || (path[n] && path[n] != '/') ? NULL : path + n;
}

/* By the names they have now: what was renamed before it could be watched. */
static void watched_retry(struct folder_watch *watch)
{
    for (size_t i = watch->n_watched; i-- > 0;) {
        char *path = watch->watched[i].path;

        if (watch->watched[i].wd != WD_AWAY)
            continue;
        watch->watched[i] = watch->watched[--watch->n_watched];
        watched_add(watch, path, true, 0);
    }
}

/* A folder and all below it that are not watched. */
static void watched_forget(struct folder_watch *watch, const char *folder)
{
    for (size_t i = watch->n_watched; i-- > 0;) {
        if (watch->watched[i].wd >= 0 || !below(watch->watched[i].path, folder))
            continue;
        free(watch->watched[i].path);
        watch->watched[i] = watch->watched[--watch->n_watched];
    }
}

/* A folder and all below it: gone to `to`, or (NULL) from the tree. */
static void watched_move(struct folder_watch *watch, const char *from, const char *to)
{
    for (size_t i = 0; i < watch->n_watched; i++) {
        struct watched *each = &watch->watched[i];
        const char *rest = below(each->path, from);
        char *path;

        if (!rest)
            continue;
        if (!to) {
            (void)inotify_rm_watch(watch->fd, each->wd); /* IN_IGNORED takes it out of the list */
        } else if (asprintf(&path, "%s%s", to, rest) >= 0) {
            free(each->path);
            each->path = path;
        }
    }
}

static void watched_remove(struct folder_watch *watch, int wd)
{
    for (size_t i = 0; i < watch->n_watched; i++)
        if (watch->watched[i].wd == wd) {
            watch->is_gone |= !*watch->watched[i].path;
            free(watch->watched[i].path);
            watch->watched[i] = watch->watched[--watch->n_watched];
            return;
        }
}

static struct folder_watch *watch_new(struct file *file, ULONG filter, bool subtree)
{
    struct folder_watch *watch = calloc(1, sizeof(*watch));

    if (!watch)
        return NULL;
    watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    watch->is_subtree = subtree;
    watch->filter = filter;
    folder_records_init(&watch->records);
    snprintf(watch->root, sizeof(watch->root), "/proc/self/fd/%d/", file->fd);
    if (watch->fd >= 0)
        watched_add(watch, strdup(""), false, 0);
    if (watch->fd >= 0 && watch->n_watched && watch->watched[0].wd >= 0)
        return watch;
    folder_watch_free(watch);
    return NULL;
}

/* ---- what happens ---- */

static ULONG name_filter(const struct inotify_event *event)
{
    return event->mask & IN_ISDIR ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME;
}

static void modified(struct folder_watch *watch, const struct inotify_event *event,
                     const char *folder)
{
    ULONG filter = 0;

    if (event->mask & IN_MODIFY)
        filter |= FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE;
    if (event->mask & IN_ATTRIB) /* modes and times: inotify does not tell which */
        filter |= FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_LAST_WRITE |
                  FILE_NOTIFY_CHANGE_CREATION | FILE_NOTIFY_CHANGE_SECURITY;
    if (event->mask & IN_ACCESS)
        filter |= FILE_NOTIFY_CHANGE_LAST_ACCESS;
    if (filter && event->len)
        folder_record_add(&watch->records, FILE_ACTION_MODIFIED, filter, folder, event->name);
}

static void appeared(struct folder_watch *watch, const struct inotify_event *event,
                     const char *folder)
{
    folder_record_add(&watch->records, FILE_ACTION_ADDED, name_filter(event), folder, event->name);
    if ((event->mask & IN_ISDIR) && watch->is_subtree)
        watched_add(watch, folder_join(folder, event->name), true, 0);
}

static void vanished(struct folder_watch *watch, const struct inotify_event *event,
                     const char *folder)
{
    char *path = event->mask & IN_ISDIR ? folder_join(folder, event->name) : NULL;

    folder_record_add(&watch->records, FILE_ACTION_REMOVED, name_filter(event), folder,
                      event->name);
    if (path)
        watched_forget(watch, path);
    if (path && (event->mask & IN_MOVED_FROM))
        watched_move(watch, path, NULL);
    free(path);
}

/* From one name to another in one folder, or between two. */
static void renamed(struct folder_watch *watch, const struct inotify_event *from,
                    const struct inotify_event *to)
{
    const char *old_folder = path_of(watch, from->wd), *new_folder = path_of(watch, to->wd);
    char *old_path = old_folder ? folder_join(old_folder, from->name) : NULL;
    char *new_path = new_folder ? folder_join(new_folder, to->name) : NULL;
    bool same = from->wd == to->wd;

    if (old_path)
        folder_record_add(&watch->records,
                          same ? FILE_ACTION_RENAMED_OLD_NAME : FILE_ACTION_REMOVED,
                          name_filter(from), old_folder, from->name);
    if (new_path)
        folder_record_add(&watch->records, same ? FILE_ACTION_RENAMED_NEW_NAME : FILE_ACTION_ADDED,
                          name_filter(to), new_folder, to->name);
    if (old_path && new_path && (from->mask & IN_ISDIR))
        watched_move(watch, old_path, new_path);
    free(old_path);
    free(new_path);
}

static void event_take(struct folder_watch *watch, const struct inotify_event *event)
{
    const char *folder = path_of(watch, event->wd);

    if (event->mask & IN_Q_OVERFLOW)
        watch->records.has_overflown = true;
    if (event->mask & IN_IGNORED)
        watched_remove(watch, event->wd);
    else if (!folder)
        return;
    else if (event->mask & (IN_CREATE | IN_MOVED_TO))
        appeared(watch, event, folder);
    else if (event->mask & (IN_DELETE | IN_MOVED_FROM))
        vanished(watch, event, folder);
    else
        modified(watch, event, folder);
}

/* Bytes at the end that were left: the first half of a rename, whose other may still come. */
static size_t events_take(struct folder_watch *watch, const char *bytes, size_t size, bool is_last)
{
    const struct inotify_event *event, *next;

    for (size_t at = 0; at < size; at += sizeof(*event) + event->len) {
        size_t after;

        event = (const struct inotify_event *)(const void *)(bytes + at);
        after = at + sizeof(*event) + event->len;
        if ((event->mask & IN_MOVED_FROM) && after == size && !is_last)
            return size - at;
        next = (const struct inotify_event *)(const void *)(bytes + after);
        if ((event->mask & IN_MOVED_FROM) && after < size && (next->mask & IN_MOVED_TO) &&
            next->cookie == event->cookie) {
            renamed(watch, event, next);
            at = after;
            event = next;
        } else {
            event_take(watch, event);
        }
    }
    return 0;
}

static void events_read(struct folder_watch *watch)
{
    _Alignas(struct inotify_event) char bytes[16384];
    size_t size, n_left = 0;
    ssize_t n;

    do {
        n = read(watch->fd, bytes + n_left, sizeof(bytes) - n_left);
        size = n_left + (n > 0 ? (size_t)n : 0);
        n_left = events_take(watch, bytes, size, n <= 0);
        memmove(bytes, bytes + size - n_left, n_left);
    } while (n > 0);
    watched_retry(watch);
}

/* ---- telling ---- */

static NTSTATUS watch_step(struct io_operation *operation)
{
    struct folder_watch *watch = operation->file->watch;
    NTSTATUS status = STATUS_SUCCESS;

    events_read(watch);
    folder_records_drop_unwanted(&watch->records, watch->filter);
    if (folder_records_are_none(&watch->records) && !watch->records.has_overflown)
        return watch->is_gone ? STATUS_DELETE_PENDING : STATUS_PENDING;
    if (!watch->records.has_overflown)
        status = folder_records_put(operation, &watch->records);
    if (status || operation->done)
        return status;
    folder_records_drop(&watch->records);
    watch->records.has_overflown = false;
    return STATUS_NOTIFY_ENUM_DIR;
}

NTSTATUS WINAPI NtNotifyChangeDirectoryFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc,
                                            void *apc_context, PIO_STATUS_BLOCK iosb, void *buffer,
                                            ULONG length, ULONG filter, BOOLEAN subtree)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;
    struct io_operation operation = {
        .step = watch_step, .events = POLLIN, .buffer = buffer, .length = length};
    struct io_request request;
    bool is_watched;

    if (!(filter & 0xfff) || (filter & ~0xfffu))
        return STATUS_INVALID_PARAMETER;
    TRY(file_lookup(handle, FILE_LIST_DIRECTORY, &file));
    if (file->kind != FILE_KIND_FOLDER)
        return STATUS_INVALID_PARAMETER;
    TRY(user_probe_write(buffer, length));
    pthread_mutex_lock(&file->position_lock);
    if (!file->watch)
        file->watch = watch_new(file, filter, subtree);
    is_watched = file->watch;
    pthread_mutex_unlock(&file->position_lock);
    if (!is_watched)
        return STATUS_INSUFFICIENT_RESOURCES;
    TRY(io_begin(&request, file, event, (void *)apc, apc_context, iosb));
    operation.file = file;
    operation.fd = file->watch->fd;
    /* DIFFERS: a synchronous handle's call does not wait either: Wine's kernelbase opens such a
     * one, waits by itself, and believes a result only after STATUS_PENDING. */
    return io_start_pending(&request, &operation);
}
