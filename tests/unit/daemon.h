/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A port server of a test's own, other processes, and a pair of connected ports. For tests of
 * libs/portico.
 *
 *     int main(int argc, char **argv)
 *     {
 *         DAEMON_BEGIN(argc, argv, child_main);      (child_main(name): what a child process does)
 *         UNIT_BEGIN("source"); UNIT_TEST(...);
 *         return DAEMON_END(UNIT_END());
 *     }
 *
 * The server is started by the library, stopped here (watcher.h). */
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/macro.h"
#include "descriptors.h"
#include "portico/portico.h"
#include "unit.h"
#include "watcher.h"

#define ck_status(expression, expected)                                                        \
    do {                                                                                       \
        status_t got_ = (expression);                                                          \
        ck_assert_msg(got_ == (status_t)(expected), "%s is %08x, not %08x", #expression, got_, \
                      (status_t)(expected));                                                   \
    } while (0)
#define ck_ok(expression) ck_status(expression, STATUS_SUCCESS)

/* ---- the server ---- */

static char daemon_dir[64];

static inline void daemon_begin(int argc, char **argv, int (*child_main)(const char *name))
{
    if (argc > 1) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        exit(child_main(argv[1]));
    }
    strcpy(daemon_dir, "/tmp/portico-unit.XXXXXX");
    if (!mkdtemp(daemon_dir))
        abort();
    setenv("PORTICO_RUNTIME_DIR", daemon_dir, 1);
    setenv("PORTICO_SERVER", DAEMON_SERVER, 1);
    watch_begin(daemon_dir);
}
#define DAEMON_BEGIN(argc, argv, child_main) daemon_begin(argc, argv, child_main)

static inline int daemon_end(int status)
{
    return watch_end() ? EXIT_FAILURE : status;
}
#define DAEMON_END(status) daemon_end(status)

/* Memory that the library must find out to be unwritable, as ntdll's hooks would. */
static struct {
    uint8_t *_Atomic from, *_Atomic to; /* a test moves them while a thread of the library asks */
} unwritable;

static inline bool test_probe_out(void *destination, size_t size)
{
    return (uint8_t *)destination + size <= unwritable.from ||
           (uint8_t *)destination >= unwritable.to;
}

/* Up to the fault, as the processor copies. */
static inline bool test_copy_out(void *destination, const void *source, size_t size)
{
    bool is_good = test_probe_out(destination, size);

    if (!is_good)
        size = (uint8_t *)destination < unwritable.from
                   ? (size_t)(unwritable.from - (uint8_t *)destination)
                   : 0;
    memcpy(destination, source, size);
    return is_good;
}

static inline void daemon_connect(void)
{
    const struct portico_hooks hooks = {.copy_out = test_copy_out, .probe_out = test_probe_out};

    die_with_owner();
    status_t status = portico_start(&hooks);

    ck_assert_msg(status == STATUS_SUCCESS, "%08x: %s", status, portico_start_error());
}

/* How many of `n` connections there can be: fewer where the server may have few descriptors. */
static inline unsigned connections_possible(unsigned n)
{
    enum { DESCRIPTORS_OF_ONE = 4 };
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    return (unsigned)MIN(n, limit.rlim_max / 2 / DESCRIPTORS_OF_ONE);
}

/* ---- other processes ---- */

struct child {
    pid_t pid;
    int to, from;
};

/* Starts this program again as `name`. */
static inline struct child child_start(const char *name)
{
    struct child child;
    int to[2], from[2];

    if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
        abort();
    child.pid = fork();
    if (child.pid == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        execl("/proc/self/exe", "child", name, (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    child.to = to[1];
    child.from = from[0];
    return child;
}

/* The next byte that the child wrote; 0 at its end. */
static inline char child_hear(const struct child *child)
{
    char byte = 0;

    return read(child->from, &byte, 1) == 1 ? byte : 0;
}

static inline void child_tell(const struct child *child, char byte)
{
    if (write(child->to, &byte, 1) != 1)
        abort();
}

static inline int child_end(const struct child *child)
{
    int how;

    close(child->to);
    close(child->from);
    if (waitpid(child->pid, &how, 0) != child->pid)
        abort();
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

/* How often it has said something meanwhile. One that its own doing has ended is followed by
 * another. */
static inline uint32_t child_rounds(struct child *child, const char *name)
{
    struct pollfd look = {.fd = child->from, .events = POLLIN};
    uint32_t n = 0;

    while (poll(&look, 1, 0) == 1) {
        if (child_hear(child)) {
            n++;
            continue;
        }
        (void)child_end(child);
        *child = child_start(name);
        look.fd = child->from;
    }
    return n;
}

/* In the child. */
static inline void say(char byte)
{
    if (write(1, &byte, 1) != 1)
        _exit(99);
}

static inline char listen_for(void)
{
    char byte = 0;

    return read(0, &byte, 1) == 1 ? byte : 0;
}

/* ---- messages ---- */

struct test_message {
    struct portico_message header;
    uint8_t data[PORTICO_MESSAGE_DATA_MAX + 1];
};

static inline void message_set(struct test_message *message, size_t size)
{
    message->header = (struct portico_message){
        .data_length = (uint16_t)size, .total_length = (uint16_t)(size + sizeof(message->header))};
}

static inline uint8_t pattern_byte(size_t i, unsigned seed)
{
    return (uint8_t)(i * 31 + (i >> 8) + seed);
}

static inline void message_fill(struct test_message *message, size_t size, unsigned seed)
{
    message_set(message, size);
    for (size_t i = 0; i < size; i++)
        message->data[i] = pattern_byte(i, seed);
}

static inline bool message_has(const struct test_message *message, size_t size, unsigned seed)
{
    if (message->header.data_length != size ||
        message->header.total_length != size + sizeof(message->header))
        return false;
    for (size_t i = 0; i < size; i++)
        if (message->data[i] != pattern_byte(i, seed))
            return false;
    return true;
}

static const struct port_attributes test_attributes = {.max_message_length = PORTICO_MESSAGE_MAX,
                                                       .max_pool_usage = UINT64_MAX,
                                                       .max_section_size = UINT64_MAX,
                                                       .max_view_size = UINT64_MAX,
                                                       .max_total_section_size = UINT64_MAX};

static inline struct portico_name test_name(const char *name)
{
    static __thread uint16_t text[64];
    size_t n = strlen(name);

    for (size_t i = 0; i < n; i++)
        text[i] = (uint8_t)name[i];
    return (struct portico_name){.text = text, .size = (uint32_t)n * 2, .attributes = 0x40};
}

static inline status_t port_send(handle_t port, uint32_t flags, struct test_message *message)
{
    struct portico_exchange exchange = {.flags = flags, .send = &message->header};

    return portico_port_exchange(port, &exchange);
}

static inline status_t port_receive_for(handle_t port, struct test_message *message,
                                        int64_t deadline_ns, struct portico_attributes *attributes)
{
    struct portico_exchange exchange = {.receive = &message->header,
                                        .capacity = sizeof(*message),
                                        .receive_attributes = attributes,
                                        .deadline_ns = deadline_ns};

    return portico_port_exchange(port, &exchange);
}

static inline status_t port_take(handle_t port, struct test_message *message)
{
    return port_receive_for(port, message, PORTICO_FOREVER, NULL);
}

static inline status_t port_call(handle_t port, struct test_message *request,
                                 struct test_message *reply)
{
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .send = &request->header,
                                        .receive = &reply->header,
                                        .capacity = sizeof(*reply),
                                        .deadline_ns = PORTICO_FOREVER};

    return portico_port_exchange(port, &exchange);
}

static inline status_t port_connect_to(const char *name, handle_t *ret_port)
{
    struct portico_connect connect = {.name = test_name(name),
                                      .attributes = &test_attributes,
                                      .flags = PORTICO_SYNC,
                                      .deadline_ns = PORTICO_FOREVER};

    return portico_port_connect(&connect, ret_port);
}

static inline status_t port_make(const char *name, handle_t *ret_port)
{
    struct portico_name wide = test_name(name);

    return portico_port_create(&wide, &test_attributes, ret_port);
}

/* Another handle of the same object. */
static inline handle_t handle_copy(handle_t port)
{
    struct handle_duplicate_request request = {.source_process = HANDLE_SELF,
                                               .source = port,
                                               .target_process = HANDLE_SELF,
                                               .options = HANDLE_SAME_ACCESS};
    struct handle_duplicate_reply reply;

    ck_ok(portico_duplicate(&request, &reply));
    return reply.handle;
}

/* ---- both ends in one process ---- */

struct pair {
    handle_t connection, server, client;
};

struct pair_accept {
    handle_t connection, server;
    uint64_t context;
    status_t status;
};

static inline void *pair_accept_main(void *argument)
{
    struct pair_accept *accept = argument;
    struct test_message *message = malloc(sizeof(*message));

    accept->status = port_take(accept->connection, message);
    if (accept->status == STATUS_SUCCESS)
        accept->status = portico_port_accept(accept->connection, &test_attributes, accept->context,
                                             &message->header, true, &accept->server);
    free(message);
    return NULL;
}

/* Connects once more to `connection`, whose name is `name`. */
static inline handle_t pair_connect(handle_t connection, const char *name, uint64_t context,
                                    handle_t *ret_server)
{
    struct pair_accept accept = {.connection = connection, .context = context};
    handle_t client = 0;
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, pair_accept_main, &accept), 0);
    ck_ok(port_connect_to(name, &client));
    pthread_join(thread, NULL);
    ck_ok(accept.status);
    *ret_server = accept.server;
    return client;
}

static inline struct pair pair_make(const char *name)
{
    struct pair pair;

    daemon_connect();
    ck_ok(port_make(name, &pair.connection));
    pair.client = pair_connect(pair.connection, name, 0x1234, &pair.server);
    return pair;
}

static inline void pair_close(struct pair *pair)
{
    ck_ok(portico_close(pair->client));
    ck_ok(portico_close(pair->server));
    ck_ok(portico_close(pair->connection));
}
