/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What a program that starts another one hands to it: process parameters and inherited handles, as
 * one block in a memfd, and the descriptors behind those handles.
 *
 *     parent (spawn.c)                      child (child_start.c)
 *     portico --child=FD  --------------->  waits at FD, a SOCK_SEQPACKET socket
 *     tells the port server (process_create)
 *     one packet: memfd with the block  -->  reads it
 *     packets of descriptors  ------------>  makes the handles, loads the program
 *     when it starts suspended:
 *         <----------------- one byte  has its memory, which the parent may look at
 *     one byte, as its go ---------->  runs it
 *
 * The two are processes of one user, and the parent may do with the child what it likes: the child
 * checks that the block is whole, so that a wrong call by hand is told, and believes the rest. */
#pragma once

#include "nttypes.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CHILD_MAGIC       0x444C4843u /* "CHLD" */
#define CHILD_FD          3           /* of the socket in the child, before it moves it */
#define CHILD_FDS_PACKET  200u        /* descriptors in one packet */
#define CHILD_HANDLES_MAX 4096u

enum child_string {
    CHILD_PROGRAM, /* Unix path, UTF-8; all others UTF-16 without NUL */
    CHILD_IMAGE,
    CHILD_COMMAND_LINE,
    CHILD_DIRECTORY,
    CHILD_ENVIRONMENT,
    CHILD_TITLE,
    CHILD_DESKTOP,
    CHILD_SHELL,
    CHILD_RUNTIME, /* the C run-time's open files, by handle */
    CHILD_STRINGS
};

/* A place in the block. */
struct child_span {
    uint64_t offset;
    uint64_t size; /* bytes */
};

/* An inherited file: the same handle value in the child. Its descriptor is the one of this place.
 */
struct child_handle {
    uint64_t handle;
    uint32_t granted, attributes; /* of the handle */
    uint32_t kind;                /* enum file_kind */
    uint32_t access, options;     /* of the file */
    uint32_t console;             /* enum file_console */
    struct child_span path; /* Unix, UTF-8, with its NUL; size 0: none */
};

/* An inherited event, semaphore, mutant or section: the same handle value in the child, for an
 * object that is the server's (shared.h). */
struct child_shared {
    uint64_t handle;
    uint32_t granted, attributes; /* of the handle */
    uint32_t kind;                /* enum object_kind */
    uint32_t server; /* the child's server handle, put in when the server knows the child */
};

struct child_block {
    uint32_t magic;
    uint32_t n_handles; /* child_handle, behind this struct */
    uint32_t n_shared;  /* child_shared, behind those */
    uint32_t reserved;
    uint64_t size; /* of the whole block */
    struct child_span strings[CHILD_STRINGS];
    uint64_t std_handles[3];
    uint64_t console;
    uint32_t is_suspended;
    uint32_t console_flags;
    uint32_t window[9]; /* dwX ... wShowWindow, in the parameters' order */
    uint32_t process_group;
};

/* ---- the parent's side ---- */

/* What is to be handed over; the descriptors in it belong to it. */
struct child_package {
    int memfd;
    uint32_t n_fds;
    int *fds;
    uint32_t n_shared;
    struct child_shared *shared; /* server: this process' */
    struct nt_object **objects;  /* references, which keep those */
    uint64_t shared_offset;      /* in the block */
};
#define CHILD_PACKAGE_NONE \
    {                      \
        .memfd = -1        \
    }

struct child_options {
    const char *program;                            /* Unix path */
    const RTL_USER_PROCESS_PARAMETERS *user_params; /* the program's memory */
    bool inherits;      /* all inheritable handles, or those of the list */
    const HANDLE *list; /* private copy; NULL: all */
    uint32_t n_list;
    bool is_suspended;
};

/* STATUS_ACCESS_VIOLATION, STATUS_NO_MEMORY, STATUS_TOO_MANY_OPENED_FILES,
 * STATUS_INVALID_PARAMETER. */
NTSTATUS child_package_make(const struct child_options *options, struct child_package *ret_package);
/* Gives the child, which the server knows by now, its server handles. */
NTSTATUS child_package_share(struct child_package *package, pid_t child);
/* Sends it through the socket: 0, or -1 with errno. */
int child_package_send(int socket, const struct child_package *package);
/* A suspended child has all that can be seen before it runs; or it has ended. */
void child_wait_until_ready(int socket);
void child_package_deinit(struct child_package *package);

/* ---- the child's side ---- */

/* The socket of `portico --child=FD`, or -1: this process was not started so. */
struct child_arrival {
    const struct child_block *block; /* mapped for the process' life */
    int socket;                      /* moved out of the way, close-on-exec */
};

/* Waits for the package and makes the inherited handles. Ends the process with one line when it is
 * not whole. */
void child_arrive(int fd, struct child_arrival *ret_arrival);
const void *child_string(const struct child_block *block, enum child_string string);
/* A program that starts suspended waits here for NtResumeThread; its parent's end ends it. */
void child_wait_for_go(const struct child_arrival *arrival);
