/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A lying client against the real daemon, with few descriptors (RLIMIT_NOFILE 256): whatever it
 * does, an honest one is served and the daemon holds afterwards what it held before. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/own_folder.h"
#include "listener.h"
#include "remote.h"
#include "runtime_dir.h"
#include "transfer.h"
#include "unit.h"
#include "watcher.h"

static char dir[64];
static int dir_fd;

static struct server_status_reply honest(void)
{
    struct server_status_request request = {0};
    struct server_status_reply reply;
    char version[32];
    int fd = remote_open(dir, dir_fd);

    ck_assert_msg(fd >= 0, "remote_open: %s", strerror(-fd));
    ck_assert_int_eq(remote_call(fd, REQ_server_status, &request.header, sizeof(request),
                                 &reply.header, sizeof(reply), version, sizeof(version)),
                     0);
    close(fd);
    return reply;
}

/* What the daemon holds once it has noticed that everybody else is gone: it asks until only the
 * asker is there. */
static struct server_status_reply settled(void)
{
    struct server_status_reply reply;

    do
        reply = honest();
    while (reply.n_clients > 1 || reply.n_closing_fds > 0);
    return reply;
}

static void daemon_start(void)
{
    strcpy(dir, "/tmp/portico-unit.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    setenv("PORTICO_RUNTIME_DIR", dir, 1);
    die_with_owner();
    watch_begin(dir);
    ck_assert_int_eq(daemon_run_with_few("--persistent"), 0);
    dir_fd = own_folder_open(dir, 0);
    ck_assert_int_ge(dir_fd, 0);
}

static void daemon_end(void)
{
    ck_assert_int_eq(daemon_run("--stop"), 0);
    ck_assert_int_eq(watch_end(), 0);
}

static struct server_status_reply before;

static void start(void)
{
    daemon_start();
    (void)settled();
    before = settled();
}

static void end(void)
{
    struct server_status_reply after = settled();

    ck_assert_uint_eq(after.server_id, before.server_id);
    ck_assert_uint_eq(after.n_objects, before.n_objects);
    ck_assert_uint_eq(after.n_handles, before.n_handles);
    ck_assert_uint_eq(after.n_fds, before.n_fds);
    ck_assert_uint_eq(after.n_processes, before.n_processes);
    ck_assert_uint_eq(after.lane_bytes, before.lane_bytes);
    daemon_end();
}

static int raw(void)
{
    int fd = listener_connect(dir, dir_fd);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static int greeted(void)
{
    int fd = remote_open(dir, dir_fd);

    ck_assert_int_ge(fd, 0);
    return fd;
}

/* Blocks until the daemon closes the socket. */
static void expect_dropped(int fd)
{
    remote_wait_end(fd, -1);
    close(fd);
}

START_TEST(garbage_drops_its_sender_only)
{
    unsigned seed = 3;
    uint8_t bytes[300];

    start();
    for (int i = 0; i < 300; i++) {
        int fd = i % 2 ? raw() : greeted();
        size_t size = 1 + (size_t)(rand_r(&seed) % 299);

        for (size_t j = 0; j < size; j++)
            bytes[j] = (uint8_t)rand_r(&seed);
        bytes[1] = 0xff; /* no such request */
        ck_assert_int_eq(send(fd, bytes, size, 0), (ssize_t)size);
        expect_dropped(fd);
    }
    end();
}
END_TEST

START_TEST(hostile_descriptors_are_taken_and_closed)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct linger linger = {.l_onoff = 1, .l_linger = 3600};
    struct request_header header = {.code = REQ_section_create, .n_fds = 7};
    int fifo[2], many[TRANSFER_FDS_MAX], tcp, listening, fd;
    socklen_t size = sizeof(address);

    start();
    listening = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listening, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(listening, 1), 0);
    ck_assert_int_eq(getsockname(listening, (struct sockaddr *)&address, &size), 0);
    tcp = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(tcp, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(setsockopt(tcp, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
    ck_assert_int_eq(pipe(fifo), 0);
    int kinds[] = {fifo[0],
                   tcp,
                   open("/", O_PATH),
                   memfd_create("unsealed", 0),
                   open("/dev/zero", O_RDONLY),
                   socket(AF_UNIX, SOCK_DGRAM, 0),
                   dir_fd};
    for (size_t i = 0; i < ARRAY_SIZE(many); i++)
        many[i] = kinds[i % ARRAY_SIZE(kinds)];
    for (size_t n = 1; n <= 40; n += 13) {
        fd = greeted();
        header.n_fds = (uint16_t)n;
        ck_assert_int_eq(transfer_send(fd, &header, sizeof(header), NULL, 0, many, n), 0);
        expect_dropped(fd);
        (void)honest();
    }
    /* In flight when the sender goes: closed with the socket, off the daemon's thread. */
    fd = raw();
    ck_assert_int_eq(transfer_send(fd, &header, sizeof(header), NULL, 0, many, 7), 0);
    close(fd);
    close(tcp);
    end();
}
END_TEST

START_TEST(more_descriptors_than_the_daemon_may_open)
{
    struct request_header header = {.code = REQ_event_query, .n_fds = 253};
    int many[TRANSFER_FDS_MAX], fd, zero = open("/dev/zero", O_RDONLY);

    start();
    for (size_t i = 0; i < ARRAY_SIZE(many); i++)
        many[i] = zero;
    for (int i = 0; i < 20; i++) {
        fd = greeted();
        ck_assert_int_eq(
            transfer_send(fd, &header, sizeof(header), NULL, 0, many, ARRAY_SIZE(many)), 0);
        expect_dropped(fd);
    }
    end();
}
END_TEST

START_TEST(sockets_without_end_leave_the_daemon_alive)
{
    int fds[400];
    size_t n = 0;

    start();
    while (n < ARRAY_SIZE(fds) && (fds[n] = listener_connect(dir, dir_fd)) >= 0)
        n++;
    ck_assert_uint_gt(n, 200);
    /* Those that the daemon holds are the user's whole quota: an honest one may come when it has
     * seen that they are gone. */
    for (size_t i = 0; i < n; i++)
        (void)shutdown(fds[i], SHUT_WR);
    for (size_t i = 0; i < n; i++)
        expect_dropped(fds[i]);
    end();
}
END_TEST

/* Connects and says nothing until it is killed. */
static pid_t silent_start(void)
{
    int ready[2], n = 0;
    char byte;
    pid_t pid;

    ck_assert_int_eq(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (n < 60 && listener_connect(dir, dir_fd) >= 0)
            n++;
        if (n < 60 || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

START_TEST(those_who_say_nothing_keep_nobody_out)
{
    pid_t pids[3];

    start();
    for (size_t i = 0; i < ARRAY_SIZE(pids); i++) /* each may have half of the sockets */
        pids[i] = silent_start();
    ck_assert_uint_gt(honest().n_clients, 40);
    for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
        kill(pids[i], SIGKILL);
        ck_assert_int_eq(waitpid(pids[i], NULL, 0), pids[i]);
    }
    end();
}
END_TEST

START_TEST(a_flood_that_is_never_read_is_cut_off)
{
    struct list_objects_request request = {.header = {.code = REQ_list_objects}};
    int fd;

    start();
    fd = greeted();
    /* Until the daemon has had enough: then sending fails. */
    while (send(fd, &request, sizeof(request), MSG_NOSIGNAL) > 0)
        ;
    ck_assert(errno == EPIPE || errno == ECONNRESET);
    close(fd);
    end();
}
END_TEST

START_TEST(handles_without_end_reach_their_limit_and_go_with_their_process)
{
    struct {
        struct event_create_request request;
        struct objattr objattr;
    } packet = {
        .request = {.header = {.code = REQ_event_create, .data_size = sizeof(struct objattr)}}};
    struct event_create_reply reply;
    int fd;

    start();
    fd = greeted();
    for (int i = 0; i < 50000; i++) {
        ck_assert_int_eq(send(fd, &packet, sizeof(packet), 0), (ssize_t)sizeof(packet));
        ck_assert_int_eq(recv(fd, &reply, sizeof(reply), 0), (ssize_t)sizeof(reply));
        ck_assert_uint_eq(reply.header.status, STATUS_SUCCESS);
    }
    close(fd);
    end();
}
END_TEST

START_TEST(ports_without_end_reach_a_quota)
{
    struct {
        struct alpc_create_port_request request;
        struct objattr objattr;
    } packet = {
        .request = {.header = {.code = REQ_alpc_create_port, .data_size = sizeof(struct objattr)}}};
    struct alpc_create_port_reply reply;
    int fd, received[TRANSFER_FDS_MAX], n = 0;
    size_t n_fds;
    ssize_t size;

    start();
    fd = greeted();
    do {
        ck_assert_int_eq(send(fd, &packet, sizeof(packet), 0), (ssize_t)sizeof(packet));
        while ((size = transfer_receive(fd, &reply, sizeof(reply), received, &n_fds)) == -EAGAIN)
            ;
        ck_assert_int_eq(size, (ssize_t)sizeof(reply));
        for (size_t i = 0; i < n_fds; i++)
            close(received[i]);
        ck_assert_int_lt(++n, 10000);
    } while (reply.header.status == STATUS_SUCCESS);
    ck_assert_uint_eq(reply.header.status, STATUS_QUOTA_EXCEEDED);
    (void)honest();
    close(fd);
    end();
}
END_TEST

START_TEST(a_process_killed_while_it_waits_leaves_nothing)
{
    struct {
        struct event_create_request request;
        struct objattr objattr;
    } create = {
        .request = {.header = {.code = REQ_event_create, .data_size = sizeof(struct objattr)},
                    .access = 0x1f0003}};
    struct {
        struct wait_request request;
        handle_t handle;
    } wait_packet = {.request = {.header = {.code = REQ_wait, .data_size = sizeof(handle_t)},
                                 .timeout_ns = TIMEOUT_NEVER},
                     .handle = 4};
    int ready[2];
    char byte;
    pid_t pid;

    start();
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(pipe(ready), 0);
        pid = fork();
        if (pid == 0) {
            int fd = greeted();
            if (send(fd, &create, sizeof(create), 0) < 0 || recv(fd, &byte, 1, 0) < 0 ||
                send(fd, &wait_packet, sizeof(wait_packet.request) + sizeof(handle_t), 0) < 0 ||
                write(ready[1], "x", 1) != 1)
                _exit(1);
            for (;;)
                pause();
        }
        ck_assert_int_eq(read(ready[0], &byte, 1), 1);
        kill(pid, SIGKILL);
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
        close(ready[0]);
        close(ready[1]);
    }
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("lying client");
    UNIT_TEST(garbage_drops_its_sender_only);
    UNIT_TEST(hostile_descriptors_are_taken_and_closed);
    UNIT_TEST(more_descriptors_than_the_daemon_may_open);
    UNIT_TEST(sockets_without_end_leave_the_daemon_alive);
    UNIT_TEST(those_who_say_nothing_keep_nobody_out);
    UNIT_TEST(a_flood_that_is_never_read_is_cut_off);
    UNIT_TEST(handles_without_end_reach_their_limit_and_go_with_their_process);
    UNIT_TEST(ports_without_end_reach_a_quota);
    UNIT_TEST(a_process_killed_while_it_waits_leaves_nothing);
    return UNIT_END();
}
