/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* portserver: options, becoming a daemon, exit statuses (portserver(8)).
 *
 *     0  ended as asked (or: the daemon accepts connections)
 *     1  something failed; one line says what
 *     2  wrong usage
 *     3  another portserver runs on this folder
 *     4  --status, --stop: no portserver runs on this folder
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/output.h"
#include "common/own_folder.h"
#include "inherited_limits.h"
#include "portico/exit_status.h"
#include "remote.h"
#include "runtime_dir.h"
#include "server.h"

#define LOG_NAME          "log"
#define LINGER_DEFAULT_NS INT64_C(5000000000)
#define LINGER_FIRST_NS   INT64_C(30000000000) /* it was started for somebody: he gets longer */
#define LINGER_MAX_S      31536000

enum action { ACTION_SERVE, ACTION_STOP, ACTION_STATUS };

struct options {
    enum action action;
    bool foreground, trace, quiet;
    int64_t linger_ns, first_linger_ns;
};

struct signals {
    struct source source;
    struct server *server;
};

static int usage(FILE *file, int status)
{
    fputs("Usage: portserver [OPTION]...\n"
          "The port server of Portico: names, handles and connections of ALPC programs.\n"
          "\n"
          "  -f, --foreground           stay in the foreground, log to standard error\n"
          "  -p, --persistent[=SECONDS] do not end by itself, or SECONDS after the last client\n"
          "                             (default: 5 seconds after it)\n"
          "  -q, --quiet                say nothing when a server runs already\n"
          "  -t, --trace                print each request and reply\n"
          "      --status               print what the running server holds\n"
          "      --stop                 end the running server and wait until it has ended\n"
          "      --version              print the version\n"
          "  -h, --help                 print this text\n"
          "\n"
          "The socket is in $PORTICO_RUNTIME_DIR, else $XDG_RUNTIME_DIR/portico, else "
          "/tmp/portico-UID.\n"
          "Exit status: 0 done, 1 failure, 2 usage, 3 a server runs already, 4 no server runs.\n",
          file);
    return status;
}

static int told(void)
{
    return output_is_written("portserver") ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool seconds_parse(const char *text, int64_t *ret_ns)
{
    char *end;
    long seconds;

    errno = 0;
    seconds = strtol(text, &end, 10);
    if (errno || end == text || *end || seconds < 0 || seconds > LINGER_MAX_S)
        return false;
    *ret_ns = (int64_t)seconds * 1000000000;
    return true;
}

enum { OPTION_STATUS = 256, OPTION_STOP, OPTION_VERSION };

static enum action action_of(int option)
{
    return option == OPTION_STATUS ? ACTION_STATUS : ACTION_STOP;
}

/* -1: go on; else the exit status. */
static int options_parse(int argc, char **argv, struct options *options)
{
    static const struct option table[] = {
        {"foreground", no_argument, NULL, 'f'},
        {"persistent", optional_argument, NULL, 'p'},
        {"quiet", no_argument, NULL, 'q'},
        {"trace", no_argument, NULL, 't'},
        {"status", no_argument, NULL, OPTION_STATUS},
        {"stop", no_argument, NULL, OPTION_STOP},
        {"version", no_argument, NULL, OPTION_VERSION},
        {"help", no_argument, NULL, 'h'},
        {0},
    };

    for (int c; (c = getopt_long(argc, argv, "fp::qth", table, NULL)) != -1;) {
        switch (c) {
        case 'f':
            options->foreground = true;
            break;
        case 'p':
            options->linger_ns = -1;
            if (optarg && !seconds_parse(optarg, &options->linger_ns)) {
                fprintf(stderr, "portserver: --persistent=%s: not a number of seconds\n", optarg);
                return PORTSERVER_EXIT_USAGE;
            }
            options->first_linger_ns = options->linger_ns;
            break;
        case 'q':
            options->quiet = true;
            break;
        case 't':
            options->trace = true;
            break;
        case OPTION_STATUS:
        case OPTION_STOP:
            if (options->action != ACTION_SERVE && options->action != action_of(c)) {
                fputs("portserver: --status and --stop exclude each other\n", stderr);
                return usage(stderr, PORTSERVER_EXIT_USAGE);
            }
            options->action = action_of(c);
            break;
        case OPTION_VERSION:
            puts("portserver (" PACKAGE_NAME ") " PACKAGE_VERSION);
            return told();
        case 'h':
            (void)usage(stdout, EXIT_SUCCESS);
            return told();
        default:
            return usage(stderr, PORTSERVER_EXIT_USAGE);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "portserver: %s: no such argument\n", argv[optind]);
        return usage(stderr, PORTSERVER_EXIT_USAGE);
    }
    return -1;
}

static int not_running(const char *path, int error)
{
    if (error == -ENOENT || error == -ECONNREFUSED) {
        fprintf(stderr, "portserver: no server runs in %s\n", path);
        return PORTSERVER_EXIT_NOT_RUNNING;
    }
    fprintf(stderr, "portserver: %s: %s\n", path, strerror(-error));
    return EXIT_FAILURE;
}

static int another_version(const char *path, const struct remote_other *other, const char *what)
{
    fprintf(stderr, "portserver: %s: the server there, process %d, is of another version", path,
            (int)other->pid);
    if (*other->version)
        fprintf(stderr, " or build (%s; this is %s)", other->version, PACKAGE_VERSION);
    fprintf(stderr, ": %s\n", what);
    return EXIT_FAILURE;
}

static int status_other(const char *path, int dir_fd)
{
    struct remote_other other;
    int r = remote_other(path, dir_fd, &other);
    _cleanup_(fd_closep) int pidfd _unused_ = other.pidfd;

    return r ? not_running(path, r)
             : another_version(path, &other, "portserver --stop ends it, nothing else is known");
}

/* No request of ours means the same to it; SIGTERM does. */
static int stop_other(const char *path, int dir_fd)
{
    struct remote_other other;
    int r = remote_other(path, dir_fd, &other);
    _cleanup_(fd_closep) int pidfd = other.pidfd;

    if (r)
        return not_running(path, r);
    if (pidfd < 0)
        return another_version(path, &other, "it is no portserver of this user's, end it by hand");
    if (syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0) < 0 && errno != ESRCH)
        return another_version(path, &other, strerror(errno));
    r = listener_wait_end(dir_fd);
    return r ? not_running(path, r) : EXIT_SUCCESS;
}

/* Another's descriptor may take for ever to close. */
#define SETTLE_MS 2000u

static int action_status(const char *path, int dir_fd)
{
    _cleanup_(fd_closep) int fd = remote_open(path, dir_fd);
    struct server_status_request request = {.settle_ms = SETTLE_MS};
    struct server_status_reply reply;
    char version[64] = "";
    int r;

    if (fd < 0)
        return fd == -EPROTO ? status_other(path, dir_fd) : not_running(path, fd);
    r = remote_call(fd, REQ_server_status, &request.header, sizeof(request), &reply.header,
                    sizeof(reply), version, sizeof(version) - 1);
    if (r)
        return not_running(path, r);
    printf("version: %s\npid: %u\nfolder: %s\nuptime: %.1f s\n", version, reply.server_id, path,
           (double)reply.uptime_ns / 1e9);
    if (reply.linger_s == UINT32_MAX)
        puts("persistent: yes");
    else
        printf("persistent: %u s after its last client\n", reply.linger_s);
    printf("processes: %u\nsockets: %u\nobjects: %u\nhandles: %u\ndescriptors: %u\n",
           reply.n_processes, reply.n_clients, reply.n_objects, reply.n_handles, reply.n_fds);
    if (reply.n_closing_fds)
        printf("closing: %u\n", reply.n_closing_fds);
    printf("ports: %u\nconnections: %u\nlanes: %u\nlane bytes: %llu\nparked requests: %u\n",
           reply.n_ports, reply.n_connections, reply.n_lanes, (unsigned long long)reply.lane_bytes,
           reply.n_parked);
    return told();
}

static int action_stop(const char *path, int dir_fd)
{
    _cleanup_(fd_closep) int fd = remote_open(path, dir_fd);
    struct server_stop_request request = {0};
    struct server_stop_reply reply;
    int r;

    if (fd < 0)
        return fd == -EPROTO ? stop_other(path, dir_fd) : not_running(path, fd);
    _cleanup_(fd_closep) int pidfd = remote_pidfd(fd);
    r = remote_call(fd, REQ_server_stop, &request.header, sizeof(request), &reply.header,
                    sizeof(reply), NULL, 0);
    /* It may have been stopped by somebody else meanwhile: what counts is that it ends. */
    if (r == 0)
        remote_wait_end(fd, pidfd);
    r = listener_wait_end(dir_fd);
    return r ? not_running(path, r) : EXIT_SUCCESS;
}

/* What it does not need. Sanitizers look at the process from outside, which a non-dumpable one
 * forbids. */
static void privileges_drop(void)
{
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#ifndef __SANITIZE_ADDRESS__
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

static void signals_ready(struct source *source, uint32_t events _unused_)
{
    server_stop(CONTAINER_OF(source, struct signals, source)->server);
}

static int signals_setup(struct signals *signals, struct server *server, int *ret_fd)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit on files' size holds for shared memory too: an error */
    signal(SIGHUP, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -errno;
    *ret_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (*ret_fd < 0)
        return -errno;
    signals->server = server;
    return source_add(&signals->source, &server->loop, *ret_fd, EPOLLIN, signals_ready);
}

/* Standard descriptors of a daemon: nothing in, the log out. */
static void output_detach(int dir_fd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int log =
        openat(dir_fd, LOG_NAME, /* not blocking: it may be a FIFO that nobody reads */
               O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(log >= 0 ? log : null, STDERR_FILENO);
    }
    if (null > STDERR_FILENO)
        close(null);
    if (log > STDERR_FILENO)
        close(log);
}

/* Tells the starting process (ready_fd) and goes on alone. */
static void started(struct server *server, int ready_fd)
{
    char status = EXIT_SUCCESS;

    if (ready_fd < 0)
        return;
    output_detach(server->listener.dir_fd);
    while (write(ready_fd, &status, 1) < 0 && errno == EINTR)
        ;
    close(ready_fd);
}

static int serve_failed(const struct options *options, const char *path, int r)
{
    if (r == LISTENER_RUNNING) {
        if (!options->quiet)
            fprintf(stderr, "portserver: another server runs in %s\n", path);
        return PORTSERVER_EXIT_RUNNING;
    }
    fprintf(stderr, "portserver: %s: %s\n", path, strerror(-r));
    return EXIT_FAILURE;
}

static int serve(const struct options *options, const char *path, int dir_fd, int ready_fd)
{
    static struct server server;
    struct signals signals = {0};
    _cleanup_(fd_closep) int signal_fd = -1;
    int r;

    privileges_drop();
    if (server_init(&server, options->trace)) {
        fputs("portserver: no memory or descriptors to start with\n", stderr);
        return EXIT_FAILURE;
    }
    server.linger_ns = options->linger_ns;
    server.first_linger_ns = options->first_linger_ns;
    r = signals_setup(&signals, &server, &signal_fd);
    if (!r)
        r = listener_open(&server.listener, &server, path, dir_fd);
    if (!r) {
        server_clients_changed(&server);
        started(&server, ready_fd);
        if (options->trace)
            fprintf(stderr, "portserver: serves %s\n", path);
        listener_started(&server.listener);
        r = loop_run(&server.loop);
    }
    source_remove(&signals.source);
    if (server_deinit(&server) && !r)
        r = -ENOTRECOVERABLE;
    return r ? serve_failed(options, path, r) : EXIT_SUCCESS;
}

/* The starting process: returns the exit status that the daemon reports. */
static int wait_ready(int ready_fd)
{
    char status = EXIT_FAILURE;
    ssize_t n;

    do
        n = read(ready_fd, &status, 1);
    while (n < 0 && errno == EINTR);
    return n == 1 ? status : EXIT_FAILURE;
}

/* Said where the starting program's errors go: there is no log yet. */
static void limits_leave(void)
{
    const uint64_t seconds = inherited_limits_raise();

    if (seconds)
        fprintf(
            stderr,
            "portserver: the limit of processor time (ulimit -t %llu) cannot be raised: when it "
            "is reached, the port server ends, and with it all programs that use it\n",
            (unsigned long long)seconds);
}

static int daemonize(const struct options *options, const char *path, int dir_fd)
{
    int pipe_fds[2];
    char status;

    if (pipe2(pipe_fds, O_CLOEXEC) < 0)
        return serve_failed(options, path, -errno);
    fflush(NULL);
    switch (fork()) {
    case -1:
        return serve_failed(options, path, -errno);
    case 0:
        close(pipe_fds[0]);
        setsid();
        limits_leave();
        if (chdir("/") < 0)
            return serve_failed(options, "/", -errno);
        status = (char)serve(options, path, dir_fd, pipe_fds[1]);
        /* When it never got ready; else the reading end has gone. */
        (void)!write(pipe_fds[1], &status, 1);
        return status;
    default:
        close(pipe_fds[1]);
        return wait_ready(pipe_fds[0]);
    }
}

static const char *environment(const char *name)
{
    return getenv(name);
}

int main(int argc, char **argv)
{
    static char path[4096];
    struct options options = {.linger_ns = LINGER_DEFAULT_NS, .first_linger_ns = LINGER_FIRST_NS};
    if (argc)
        argv[0] = (char *)"portserver"; /* for getopt's messages */
    int r = options_parse(argc, argv, &options);
    int dir_fd;

    if (r >= 0)
        return r;
    umask(077);
    /* What the starter left open (a job server's pipe, say) must not be kept open by a daemon. */
    if (options.action == ACTION_SERVE && !options.foreground)
        (void)close_range(STDERR_FILENO + 1, ~0u, 0);
    r = runtime_dir_path(path, sizeof(path), environment);
    dir_fd = r ? r : own_folder_open(path, options.action == ACTION_SERVE);
    if (dir_fd == -ENOENT && options.action != ACTION_SERVE)
        return not_running(path, dir_fd);
    if (dir_fd == -EPERM) {
        fprintf(stderr, "portserver: %s must belong to this user and be writable by nobody else\n",
                path);
        return EXIT_FAILURE;
    }
    if (dir_fd < 0)
        return serve_failed(&options, path, dir_fd);
    if (options.action == ACTION_STATUS)
        return action_status(path, dir_fd);
    if (options.action == ACTION_STOP)
        return action_stop(path, dir_fd);
    return options.foreground ? serve(&options, path, dir_fd, -1)
                              : daemonize(&options, path, dir_fd);
}
