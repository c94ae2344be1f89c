/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Starting the port server when none runs. portserver --quiet makes itself a daemon: its
 * first process ends with status 0 when the socket accepts, and otherwise when another server has
 * the lock of the folder, or it failed; what it has to say it says on standard error (not that it
 * has lost: --quiet), which is kept for the caller's own one line. Several clients may do this at
 * once: the server's lock lets one of them win, and all of them connect to it (process.c).
 *
 * The daemon inherits nothing that it could hold open for somebody else: no descriptor above 2,
 * standard input and output from /dev/null, default signals, a session of its own. */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/place.h"
#include "portico/exit_status.h"
#include "process.h"
#include "server.h"

extern char **environ;

status_t runtime_dir_get(char *ret_path, size_t size)
{
    const char *own = getenv("PORTICO_RUNTIME_DIR"), *xdg = getenv("XDG_RUNTIME_DIR");
    char here[PATH_MAX] = "";
    int length;

    if (own && *own && *own != '/' && !getcwd(here, sizeof(here)))
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (own &&
        *own) /* absolute: the process may leave its folder before its next thread connects */
        length = snprintf(ret_path, size, "%s%s%s", here, *here ? "/" : "", own);
    else if (xdg && *xdg == '/')
        length = snprintf(ret_path, size, "%s/portico", xdg);
    else
        length = snprintf(ret_path, size, "/tmp/portico-%u", (unsigned)geteuid());
    return length < 0 || (size_t)length >= size ? STATUS_NAME_TOO_LONG : STATUS_SUCCESS;
}

status_t portico_runtime_dir(char *ret_path, size_t size)
{
    return runtime_dir_get(ret_path, size);
}

/* ret_path is written whatever the answer. */
static bool is_program_in(const char *folder, char *ret_path, size_t size)
{
    int length = snprintf(ret_path, size, "%s/portserver", folder);

    return length >= 0 && (size_t)length < size && access(ret_path, X_OK) == 0;
}

/* The folder of the library's own file, when it is one (libportico.so, not a program). */
static bool library_folder(char ret_folder[PATH_MAX])
{
    Dl_info info;
    char *slash;

    if (!dladdr(&the_process, &info) || !info.dli_fname || !realpath(info.dli_fname, ret_folder))
        return false;
    slash = strrchr(ret_folder, '/');
    if (slash)
        *slash = '\0';
    return slash;
}

/* Beside this program; where it is configured to be; where that is seen from a libportico.so that
 * was moved. The configured place is the answer when there is none, for the message. */
void server_path_get(char *ret_path, size_t size)
{
    const char *chosen = getenv("PORTICO_SERVER");
    char own[PATH_MAX], moved[PATH_MAX];

    if (chosen && *chosen) {
        snprintf(ret_path, size, "%s", chosen);
        return;
    }
    if (place_of_program(own, sizeof(own)) && is_program_in(own, ret_path, size))
        return;
    if (!is_program_in(PORTICO_BINDIR, ret_path, size) && library_folder(own) &&
        place_moved(own, PORTICO_LIBDIR, PORTICO_BINDIR, moved, sizeof(moved)) &&
        is_program_in(moved, ret_path, size))
        return;
    snprintf(ret_path, size, "%s", PORTICO_BINDIR "/portserver");
}

/* said_fd: what the program writes to standard error. */
static int spawn(const char *path, int said_fd, pid_t *ret_pid)
{
    char *const arguments[] = {(char *)path, (char *)"--quiet", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int error;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, said_fd, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    error = posix_spawn(ret_pid, path, &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* What the server said: its first line goes into ours, others go where they would have gone. */
static status_t server_failed(const char *path, int how, int said_fd)
{
    char said[256];
    ssize_t n = pread(said_fd, said, sizeof(said) - 1, 0);
    size_t line = 0;

    said[n > 0 ? n : 0] = '\0';
    line = strcspn(said, "\n");
    if (n > 0 && said[line] && write(2, said + line + 1, (size_t)n - line - 1) < 0)
        line = 0;
    said[line] = '\0';
    if (WIFSIGNALED(how))
        return process_fail(STATUS_UNSUCCESSFUL, "the port server %s died of signal %d%s%s", path,
                            WTERMSIG(how), *said ? ": " : "", said);
    if (*said)
        return process_fail(STATUS_UNSUCCESSFUL, "cannot start the port server: %s", said);
    return process_fail(STATUS_UNSUCCESSFUL, "the port server %s ended with status %d", path,
                        WEXITSTATUS(how));
}

status_t server_spawn(const char *path)
{
    _cleanup_(fd_closep) int said_fd = memfd_create("portserver says", MFD_CLOEXEC);
    pid_t pid;
    int error = said_fd < 0 ? errno : spawn(path, said_fd, &pid), how;

    if (error)
        return process_fail(STATUS_OBJECT_NAME_NOT_FOUND, "cannot start the port server %s: %s",
                            path, strerror(error));
    while (waitpid(pid, &how, 0) < 0) {
        if (errno == ECHILD) /* the program ignores SIGCHLD: the connection will tell */
            return STATUS_SUCCESS;
        if (errno != EINTR)
            return STATUS_UNSUCCESSFUL;
    }
    if (WIFEXITED(how) && (WEXITSTATUS(how) == 0 || WEXITSTATUS(how) == PORTSERVER_EXIT_RUNNING))
        return STATUS_SUCCESS;
    return server_failed(path, how, said_fd);
}
