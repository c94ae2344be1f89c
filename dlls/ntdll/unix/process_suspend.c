/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtSuspendProcess and NtResumeProcess: the port server stops the process as a whole and counts.
 * What was asked for is there when the call returns: no thread of the process runs.
 *
 * DIFFERS: a thread of a suspended process may be in the middle of a system call, and those who
 * share a port with it may have to wait for it there; a thread's own count (SuspendThread,
 * ResumeThread) has no part in this. */
#include "client.h"
#include "named.h"
#include "named_call.h"
#include "ntprocess.h"
#include "process_facts.h"
#include "usermem.h"
#include <dirent.h>
#include <stdio.h>
#include <time.h>

#define LOOK_AGAIN_NS 200000
#define LOOKS_MAX     25000 /* five seconds: then somebody else has let it run again */

/* 'T' stopped, 't' by a tracer, 'Z' and 'X' ended. */
static bool task_is_still(pid_t pid, const char *task)
{
    struct proc_stat stat;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/task/%.16s/stat", (int)pid, task);
    return !proc_stat_read(path, &stat) || stat.state == 'T' || stat.state == 't' ||
           stat.state == 'Z' || stat.state == 'X';
}

static bool process_is_still(pid_t pid)
{
    struct dirent *entry;
    char path[64];
    bool still = true;
    DIR *folder;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    folder = opendir(path);
    while (folder && still && (entry = readdir(folder)))
        still = entry->d_name[0] == '.' || task_is_still(pid, entry->d_name);
    if (folder)
        closedir(folder);
    return still;
}

static NTSTATUS suspend(HANDLE handle, bool on, pid_t *ret_pid)
{
    struct process_suspend_request request = {.handle = HANDLE_SELF, .on = on};
    struct process_suspend_reply reply;
    NTSTATUS exit_status;
    bool is_current;

    TRY(process_is_current(handle, &is_current));
    client_need();
    *ret_pid = 0;
    if (!is_current || handle_is_server(handle)) {
        TRY(named_process_query(handle, ret_pid, &exit_status));
        request.handle = server_handle(handle);
    }
    if (is_current)
        *ret_pid = 0;
    return (NTSTATUS)call_process_suspend(portico_control(), &request, &reply, NULL);
}

NTSTATUS WINAPI NtSuspendProcess(HANDLE handle)
{
    const struct timespec pause = {.tv_nsec = LOOK_AGAIN_NS};
    pid_t pid;

    TRY(suspend(handle, true, &pid));
    for (int i = 0; pid && i < LOOKS_MAX && !process_is_still(pid); i++)
        nanosleep(&pause, NULL);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtResumeProcess(HANDLE handle)
{
    pid_t pid;

    return suspend(handle, false, &pid);
}
