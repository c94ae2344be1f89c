/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A native program. on_terminal ROWS COLUMNS [AWAIT SEND]... -- COMMAND...: runs the command on a
 * terminal of that size that belongs to it alone. Each time AWAIT has come from it, SEND goes to
 * it. Prints what came, and whether the terminal's modes are as they were; returns the command's
 * exit status. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static char seen[65536];
static size_t n_seen;
static int master, slave; /* slave keeps the modes; -1: the command has ended */
static struct termios after;

static void slave_leave(void)
{
    if (slave < 0)
        return;
    tcgetattr(slave, &after);
    close(slave);
    slave = -1;
}

/* Nothing more comes when nobody has the terminal open. */
static int see_more(int command)
{
    struct pollfd fds[2] = {{.fd = master, .events = POLLIN}, {.fd = command, .events = POLLIN}};
    ssize_t n;

    if (slave >= 0 && poll(fds, 2, -1) > 0 && !(fds[0].revents & POLLIN))
        slave_leave();
    n = read(master, seen + n_seen, sizeof(seen) - 1 - n_seen);
    if (n <= 0)
        return 0;
    n_seen += (size_t)n;
    return 1;
}

/* As at a terminal, also where the tests were started in the background or by who ignores some. */
static void signals_reset(void)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void run(const char *terminal, char **command)
{
    int fd;

    setsid();
    signals_reset();
    fd = open(terminal, O_RDWR);
    if (fd < 0 || ioctl(fd, TIOCSCTTY, 0))
        _exit(99);
    for (int i = 0; i < 3; i++)
        dup2(fd, i);
    if (fd > 2)
        close(fd);
    execvp(*command, command);
    _exit(99);
}

int main(int argc, char **argv)
{
    struct winsize size = {0};
    struct termios before = {0};
    int command, status, is_same, end = 3;
    const char *at;
    size_t from = 0;
    pid_t child;

    master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    while (end < argc && strcmp(argv[end], "--"))
        end++;
    if (end + 1 >= argc || master < 0 || grantpt(master) || unlockpt(master))
        return 98;
    size.ws_row = (unsigned short)atoi(argv[1]);
    size.ws_col = (unsigned short)atoi(argv[2]);
    slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0 || ioctl(slave, TIOCSWINSZ, &size) || tcgetattr(slave, &before))
        return 98;
    child = fork();
    if (!child)
        run(ptsname(master), argv + end + 1);
    command = (int)syscall(SYS_pidfd_open, child, 0);
    if (command < 0)
        return 98;
    for (int i = 3; i + 1 < end; i += 2) {
        while (!(at = strstr(seen + from, argv[i])))
            if (!see_more(command))
                return 97;
        from = (size_t)(at - seen) + strlen(argv[i]);
        if (write(master, argv[i + 1], strlen(argv[i + 1])) < 0)
            return 98;
    }
    while (!strstr(seen + from, "the end"))
        if (!see_more(command))
            return 97;
    waitpid(child, &status, 0);
    fwrite(seen, 1, n_seen, stdout);
    slave_leave();
    is_same = before.c_lflag == after.c_lflag && before.c_iflag == after.c_iflag &&
              before.c_oflag == after.c_oflag && !memcmp(before.c_cc, after.c_cc, NCCS);
    printf("\nmodes %s\n", is_same ? "as before" : "changed");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 96;
}
