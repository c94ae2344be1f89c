/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* File objects: disk files, folders, pipes, terminals, /dev/null. */
#pragma once

#include "event.h"
#include "ntpath.h"
#include "ntwait.h"
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

/* A duplicate that stays above what may become 0 to 2 of a child, close-on-exec: above the first
 * hundred, or where a smaller limit on descriptors leaves room. -1 with errno. */
static inline int fd_copy_high(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 100);

    return copy >= 0 ? copy : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

enum file_kind {
    FILE_KIND_DISK,
    FILE_KIND_FOLDER,
    FILE_KIND_PIPE,
    FILE_KIND_TTY,
    FILE_KIND_NULL,
    FILE_KIND_DEVICE
};

/* What a stream of the console is for (console.c). */
enum file_console { CONSOLE_NONE, CONSOLE_INPUT, CONSOLE_OUTPUT };

struct completion;

/* What several file objects of one inode share within the process; files_lock. */
struct file_node {
    struct ntlist link;
    dev_t device;
    ino_t inode;
    struct ntlist opens; /* struct file by node_link */
};

struct file {
    struct notification header; /* signalled while no operation is pending */
    enum file_kind kind;
    int fd;        /* -1: the pipe device itself */
    char *path;    /* Unix path, or NULL; files_lock (a rename changes it) */
    ULONG options; /* FILE_* of NtCreateFile: the mode bits */
    ACCESS_MASK access;
    ULONG sharing;
    dev_t name_device;        /* of what the path named when the file was opened: the file itself, */
    ino_t name_inode;         /* or a link to it; with `node` */
    bool delete_on_close;
    bool delete_pending;      /* the name is to go; files_lock */
    bool is_posix_deletion;   /* it goes with this object; files_lock */
    bool is_append_only;    /* FILE_APPEND_DATA without FILE_WRITE_DATA */
    bool is_fifo;           /* opened by its name: the descriptor does not wait */
    bool is_mount_manager;  /* volume_names.c */
    bool keeps_write_time;  /* what is written by this object does not change it (file_basic.c) */
    enum file_console console; /* of a stream that `portico` was started with, or of CONIN$ */
    struct file_node *node; /* NULL for what has no share modes */
    struct ntlist node_link;
    pthread_mutex_t position_lock; /* around the fd's position, for synchronous handles */
    struct folder_scan *scan;      /* directory enumeration; position_lock */
    struct folder_watch *watch;    /* of a folder (folder_watch.c); position_lock */
    struct pipe_end *pipe;         /* of what NtCreateNamedPipeFile made */
    struct ntlist
        pendings;  /* overlapped operations (io_operation.c), oldest first; position_lock */
    int polled_fd; /* what the pump waits for on their behalf; position_lock */
    short polled_events;
    struct completion *completion; /* dispatcher lock; a reference */
    ULONG_PTR completion_key;
    ULONG notification_flags; /* FILE_SKIP_* */
    struct ntlist locks;      /* byte ranges; files_lock */
    int lock_fd;              /* for Linux' locks if fd cannot write (file_claim.c); files_lock */
    int lock_timer;           /* of who waits for a range, or -1; files_lock */
    unsigned n_lock_waiters;  /* the same */
    struct ntlist lock_waiting_link; /* the same */
};

extern const struct nt_type file_type;

enum { SECTOR = 0x200 }; /* as the volumes tell it */

#define FILE_MODE_OPTIONS                                                         \
    (FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | FILE_NO_INTERMEDIATE_BUFFERING | \
     FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT | FILE_DELETE_ON_CLOSE)

/* Takes over fd and path, also on failure. */
NTSTATUS file_new(int fd, char *path, enum file_kind kind, ACCESS_MASK access, ULONG options,
                  struct file **ret_file);
NTSTATUS file_lookup(HANDLE handle, ACCESS_MASK access, struct file **ret_file);
/* And what the handle may do, which is less than what the file was opened for where a copy of the
 * handle was made with fewer rights. */
NTSTATUS file_lookup_granted(HANDLE handle, struct file **ret_file, ACCESS_MASK *ret_granted);
void file_unrefp(struct file **file);
enum file_kind file_kind_of(int fd, const struct stat *info);
static inline bool file_is_synchronous(const struct file *file)
{
    return file->options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);
}
/* A copy of the file's present path, or NULL. */
char *file_path(struct file *file);
/* The same, but never what has come to stand there since: where the file is now, or NULL. */
char *file_path_now(struct file *file);
/* The path without the links on the way, as Windows names an open file. */
char *file_real_path(struct file *file);
/* Was it opened as the symbolic link itself (FILE_OPEN_REPARSE_POINT)? Its fd is O_PATH then. */
bool file_is_link(const struct file *file);
int file_fd_or_status(struct file *file, NTSTATUS *ret_status);

/* Share modes (file_share.c). Enter: STATUS_SHARING_VIOLATION, STATUS_DELETE_PENDING. */
NTSTATUS file_share_enter(struct file *file, const struct stat *info, ULONG sharing);
NTSTATUS file_share_check(const struct stat *info, ACCESS_MASK access, ULONG sharing);
/* Is this name of that file or link to go, because an object of this process is to delete it? */
bool file_name_is_pending(const char *path, const struct stat *info);
void file_share_leave(struct file *file);
void files_lock(void);
void files_unlock(void);

/* Around what writes to the file or sets its size: its time of last writing stays, if the file
 * object is to leave it alone (file_basic.c). */
struct file_held {
    struct timespec write;
    bool is_held;
};
void file_times_hold(struct file *file, struct file_held *ret_held);
void file_times_restore(struct file *file, const struct file_held *held);

/* The end of an operation (file_io.c): status block, event, APC, completion packet. */
struct io_request {
    struct file *file;
    struct event *event; /* a reference, or NULL */
    HANDLE server_event; /* the program's handle of one of the server's, or NULL */
    void *apc;
    void *apc_context;
    IO_STATUS_BLOCK *user_iosb;
};
NTSTATUS io_begin(struct io_request *request, struct file *file, HANDLE event, void *apc,
                  void *apc_context, IO_STATUS_BLOCK *user_iosb);
NTSTATUS io_end(struct io_request *request, NTSTATUS status, ULONG_PTR information);
void io_event_set_locked(struct io_request *request); /* dispatcher lock held */
void io_release(struct io_request *request);

/* Handles for the process's descriptors 0, 1, 2; NULL for one that is closed. Descriptors 0 and 1
 * then point to /dev/null, so that closing the handle closes the pipe. */
NTSTATUS std_handles_init(HANDLE ret_handles[3]);

/* Times and attributes; what Linux does not keep: file_facts.h. */
ULONG attributes_from_stat(const struct stat *info);
int64_t time_from_timespec(struct timespec t);
struct file_times {
    LARGE_INTEGER access, write, change;
};
struct file_times times_from_stat(const struct stat *info);
