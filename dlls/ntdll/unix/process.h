/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* This process: PEB, the images it began with, how it ends. */
#pragma once

#include "image.h"
#include "ntwait.h"
#include "nttypes.h"
#include <stdbool.h>
#include <sys/types.h>

/* The PE code that the ELF half enters, by name from ntdll's exports. */
struct pe_entries {
    void *LdrInitializeThunk;
    void *RtlUserThreadStart;
    void *KiUserExceptionDispatcher;
    void *KiUserApcDispatcher;
};

struct process {
    struct notification header;
    pid_t pid;
    PEB *peb;
    struct image_info exe_info;
    void *exe_base;
    void *ntdll_base;
    struct pe_entries entries;
    uint64_t create_time;
    bool is_child; /* another program started it */
};

extern struct process process;
extern const struct nt_type process_type;

PEB *process_peb(void);
bool process_is_child(void);
pid_t process_object_pid(struct nt_object *object); /* 0: not a process */
/* The 8 bits that Linux keeps of a program's exit code: portico/exit_status.h. */
int exit_status_from_code(uint32_t code);
/* Ends the process at once. */
void process_exit(uint32_t code) __attribute__((noreturn));
uint64_t nt_time_now(void); /* 100 ns since 1601 */
