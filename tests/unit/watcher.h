/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Whatever ends a test, kill -9 too, its port server and its folder go with it. A process of its
 * own waits for the end of a pipe that the test's processes hold (no program that they start does),
 * then stops the server.
 *
 *     watch_begin(folder);     folder: the server's; removed at the end
 *     die_with_owner();        in a forked test, as Check makes them
 *     status = watch_end();
 *
 * DAEMON_SERVER is the built server's path. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t watch_pid, watch_owner;
static int watch_fd = -1;

static inline int daemon_run(const char *option)
{
    pid_t pid = fork();
    int how;

    if (pid == 0) {
        execl(DAEMON_SERVER, "portserver", option, (char *)NULL);
        _exit(127);
    }
    return waitpid(pid, &how, 0) == pid && WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

/* With 256 descriptors: the daemon inherits the limit. */
static inline int daemon_run_with_few(const char *option)
{
    struct rlimit few = {256, 256};
    pid_t pid = fork();
    int how;

    if (pid == 0)
        _exit(setrlimit(RLIMIT_NOFILE, &few) ? EXIT_FAILURE : daemon_run(option));
    return waitpid(pid, &how, 0) == pid && WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

/* In the watcher: nothing of the test's is kept open but the pipe, and no signal to its group
 * arrives. */
static inline void watch(const char *folder, int fd)
{
    char byte, command[128];
    int null = open("/dev/null", O_RDWR);

    setsid();
    for (int i = 0; i < 3; i++)
        dup2(null, i);
    dup2(fd, 3);
    close_range(4, ~0u, 0);
    while (read(3, &byte, 1) < 0 && errno == EINTR)
        ;
    setenv("PORTICO_RUNTIME_DIR", folder, 1);
    daemon_run("--stop");
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    _exit(system(command) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static inline void watch_begin(const char *folder)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) < 0)
        abort();
    watch_pid = fork();
    if (watch_pid < 0)
        abort();
    if (watch_pid == 0) {
        close(fds[1]);
        watch(folder, fds[0]);
    }
    close(fds[0]);
    watch_fd = fds[1];
}

static inline int watch_end(void)
{
    int how;

    close(watch_fd);
    if (waitpid(watch_pid, &how, 0) != watch_pid)
        abort();
    return WIFEXITED(how) ? WEXITSTATUS(how) : EXIT_FAILURE;
}

__attribute__((constructor)) static void watch_owner_note(void)
{
    watch_owner = getpid();
}

static inline void die_with_owner(void)
{
    if (getpid() == watch_owner)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != watch_owner) /* it was faster */
        _exit(EXIT_FAILURE);
}
