/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Pipes that NtCreateNamedPipeFile made, and their clients' ends. */
#pragma once

#include "io_operation.h"
#include <portico/protocol.h>

struct anonymous_pipe;

/* What a pipe's file object knows. A named pipe is the port server's (server/pipe.h): the file
 * object is shared with it from its beginning (nt_object.shared) and asks it for what both ends
 * must know. */
struct pipe_end {
    pthread_mutex_t lock; /* what follows; a leaf */
    bool is_server, is_anonymous;
    bool is_message_type;
    bool end_is_known;   /* the other end has gone, the status is: */
    NTSTATUS end_status; /* STATUS_PIPE_BROKEN or STATUS_PIPE_DISCONNECTED */
    bool reads_messages; /* a message's boundary ends a read */
    bool does_not_wait;  /* PIPE_NOWAIT */
    atomic_bool has_written;
    bool is_in_message;    /* part of one was read: */
    uint32_t message_left; /* its rest, bytes; a peer's word */
    enum pipe_state state; /* a server's end; a client's is always PIPE_CONNECTED */
    struct anonymous_pipe
        *anonymous;           /* a server's end whose client has not opened; pipe.c's lock */
    pthread_mutex_t turns[2]; /* synchronous messages are read and written one after another */
};

static inline bool pipe_is_named(const struct file *file)
{
    return file->pipe && !file->pipe->is_anonymous;
}
struct pipe_end *pipe_end_new(bool is_server, uint32_t type, uint32_t mode);
void pipe_end_free(struct file *file);
/* The last handle of this process was closed. */
void pipe_end_closed(struct file *file);
/* A file object that came from the server (inherited, duplicated): it is an end of a pipe. */
NTSTATUS pipe_arrived(struct file *file, handle_t server);
/* In the file_kind that the server keeps: what it has is a pipe's end. */
#define FILE_KIND_OF_PIPE 0x100u

/* The client end; user_quality: of who opens it (create.h). STATUS_OBJECT_NAME_NOT_FOUND,
 * STATUS_PIPE_NOT_AVAILABLE, STATUS_ACCESS_DENIED. */
NTSTATUS pipe_open(const WCHAR *name, ACCESS_MASK access, ULONG options, const void *user_quality,
                   struct file **ret_file);

/* pipe_state.c. May bytes flow? STATUS_PIPE_LISTENING, STATUS_PIPE_DISCONNECTED. */
NTSTATUS pipe_check_connected(struct file *file);
/* The other end has gone: how, for who reads or writes. */
NTSTATUS pipe_end_of_stream(struct file *file, bool write_it);
void pipe_listen_operation(struct file *file, struct io_operation *ret_operation);
NTSTATUS pipe_disconnect(struct file *file);
/* Until the other end has read everything. */
NTSTATUS pipe_flush(struct file *file);
NTSTATUS pipe_ask(struct file *file, struct pipe_query_reply *ret_reply);
/* `\name`, to be freed. STATUS_OBJECT_NAME_NOT_FOUND: it has none. */
NTSTATUS pipe_name(struct file *file, WCHAR **ret_name, ULONG *ret_bytes);
/* Before another process gets a handle of it. */
void pipe_share(struct file *file);
NTSTATUS pipe_mode_set(struct file *file, ULONG read_mode, ULONG completion_mode);

/* 100 ns units, not negative, as the server's requests have them. */
static inline int64_t pipe_timeout_ns(int64_t units)
{
    return units > INT64_MAX / 100 ? TIMEOUT_NEVER : units * 100;
}

/* pipe_message.c: steps for a pipe of message type. */
NTSTATUS pipe_message_read(struct io_operation *operation);
NTSTATUS pipe_message_write(struct io_operation *operation);
void pipe_message_abandon(struct io_operation *operation);
void pipe_transceive_operation(struct file *file, struct io_operation *operation);

/* pipe_peek.c. What is there to be read. */
struct pipe_view {
    uint32_t available; /* bytes, without what frames them */
    uint32_t n_messages;
    uint32_t message_length; /* of the first message's unread part */
    uint32_t copied;
};
/* Copies up to `size` bytes (of the first message, when messages are read) to `buffer`, ours. */
NTSTATUS pipe_peek(struct file *file, char *buffer, size_t size, struct pipe_view *ret_view);

/* pipe_control.c. FSCTL_PIPE_*: true when the code was one; ends the request with *ret_status. */
bool pipe_control(struct io_request *request, ULONG code, void *input, ULONG input_length,
                  void *output, ULONG output_length, NTSTATUS *ret_status);
/* FilePipeLocalInformation, FilePipeInformation. */
NTSTATUS pipe_local_information(struct file *file, FILE_PIPE_LOCAL_INFORMATION *ret_info);
FILE_PIPE_INFORMATION pipe_information(struct file *file);
