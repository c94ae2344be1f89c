/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/ptrace.h>

#include "daemon.h"
#include "lane/sys.h"

static const char name[] = "\\RPC Control\\sync";

struct caller {
    handle_t client;
    int64_t deadline_ns;
    size_t capacity;
    status_t status;
    size_t ret_size;
    struct test_message request, reply;
};

static void *call_main(void *argument)
{
    struct caller *caller = argument;
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .send = &caller->request.header,
                                        .receive = &caller->reply.header,
                                        .capacity = caller->capacity,
                                        .deadline_ns = caller->deadline_ns};

    caller->status = portico_port_exchange(caller->client, &exchange);
    caller->ret_size = exchange.ret_size;
    return NULL;
}

static struct caller *caller_new(handle_t client, size_t size, unsigned seed)
{
    struct caller *caller = calloc(1, sizeof(*caller));

    caller->client = client;
    caller->capacity = sizeof(caller->reply);
    caller->deadline_ns = PORTICO_FOREVER;
    message_fill(&caller->request, size, seed);
    return caller;
}

static void reply_with(handle_t port, struct test_message *received, uint32_t flags, size_t size,
                       unsigned seed)
{
    struct portico_message header = received->header;

    message_fill(received, size, seed);
    received->header.message_id = header.message_id;
    received->header.callback_id = header.callback_id;
    ck_ok(port_send(port, flags, received));
}

static struct test_message message;

START_TEST(a_late_answer_to_a_request_that_timed_out_goes_nowhere)
{
    struct pair pair = pair_make(name);
    struct caller *caller = caller_new(pair.client, 8, 1);

    for (int i = 0; i < 100; i++) {
        caller->deadline_ns = (int64_t)sys_now_ns() + 200000;
        call_main(caller);
        ck_status(caller->status, STATUS_TIMEOUT);
        if (i % 2 == 0 &&
            port_receive_for(pair.connection, &message, PORTICO_POLL, NULL) == STATUS_SUCCESS &&
            (message.header.type & 0xff) == PORTICO_TYPE_REQUEST) {
            struct portico_message header = message.header;
            message_fill(&message, 4, 2);
            message.header.message_id = header.message_id;
            message.header.callback_id = header.callback_id;
            status_t status = port_send(pair.connection, PORTICO_RELEASE, &message);
            ck_assert(status == STATUS_SUCCESS || status == STATUS_REPLY_MESSAGE_MISMATCH);
        }
    }
    while (port_receive_for(pair.connection, &message, PORTICO_POLL, NULL) == STATUS_SUCCESS)
        ;
    /* and the slots come back: more requests than a lane has slots are answered */
    for (unsigned i = 0; i < 200; i++) {
        pthread_t thread;
        caller->deadline_ns = PORTICO_FOREVER;
        message_fill(&caller->request, 8, i);
        pthread_create(&thread, NULL, call_main, caller);
        do
            ck_ok(port_take(pair.connection, &message));
        while ((message.header.type & 0xff) != PORTICO_TYPE_REQUEST);
        ck_assert(message_has(&message, 8, i));
        reply_with(pair.connection, &message, PORTICO_RELEASE, 9, i + 1);
        pthread_join(thread, NULL);
        ck_ok(caller->status);
        ck_assert(message_has(&caller->reply, 9, i + 1));
    }
    ck_status(port_receive_for(pair.client, &message, PORTICO_POLL, NULL), STATUS_TIMEOUT);
    free(caller);
    pair_close(&pair);
}
END_TEST

START_TEST(a_reply_larger_than_the_buffer_waits_in_the_queue)
{
    static const size_t sizes[] = {100, 960, 961, 65495};
    struct pair pair = pair_make(name);

    for (unsigned i = 0; i < 4; i++) {
        struct caller *caller = caller_new(pair.client, 8, 1);
        pthread_t thread;

        caller->capacity = 40 + 50;
        pthread_create(&thread, NULL, call_main, caller);
        ck_ok(port_take(pair.connection, &message));
        reply_with(pair.connection, &message, PORTICO_RELEASE, sizes[i], i);
        pthread_join(thread, NULL);
        ck_status(caller->status, STATUS_BUFFER_TOO_SMALL);
        ck_assert_uint_eq(caller->ret_size, sizes[i] + 40);
        ck_ok(port_receive_for(pair.client, &message, PORTICO_POLL, NULL));
        ck_assert_uint_eq(message.header.type, PORTICO_TYPE_REPLY);
        ck_assert(message_has(&message, sizes[i], i));
        free(caller);
    }
    pair_close(&pair);
}
END_TEST

START_TEST(a_reply_to_memory_that_cannot_be_written_waits_in_the_queue)
{
    static const size_t sizes[] = {0, 600, 961, 65495};
    struct pair pair = pair_make(name);

    for (unsigned i = 0; i < 8; i++) {
        struct caller *caller = caller_new(pair.client, 8, 1);
        size_t size = sizes[i / 2];
        pthread_t thread;

        pthread_create(&thread, NULL, call_main, caller);
        ck_ok(port_take(pair.connection, &message));
        unwritable.to = caller->reply.data + size;
        unwritable.from = size ? unwritable.to - 1 : (uint8_t *)&caller->reply;
        reply_with(pair.connection, &message, i % 2 ? PORTICO_RELEASE : 0, size, i);
        pthread_join(thread, NULL);
        unwritable.from = unwritable.to = NULL;
        ck_status(caller->status, STATUS_ACCESS_VIOLATION);
        ck_ok(port_receive_for(pair.client, &message, PORTICO_POLL, NULL));
        ck_assert(message_has(&message, size, i));
        ck_assert_uint_eq(message.header.type,
                          i % 2 ? PORTICO_TYPE_REPLY
                                : PORTICO_TYPE_REQUEST | PORTICO_TYPE_CONTINUATION_REQUIRED);
        if (i % 2 == 0) {
            reply_with(pair.client, &message, PORTICO_RELEASE, 4, 9);
            ck_ok(port_take(pair.connection, &message));
            ck_assert(message_has(&message, 4, 9));
        }
        free(caller);
    }
    pair_close(&pair);
}
END_TEST

START_TEST(a_continuation_releases_the_sender_and_may_be_continued)
{
    struct pair pair = pair_make(name);
    struct caller *caller = caller_new(pair.client, 8, 1);
    pthread_t thread;

    pthread_create(&thread, NULL, call_main, caller);
    ck_ok(port_take(pair.connection, &message));
    reply_with(pair.server, &message, 0, 2000, 3);
    pthread_join(thread, NULL);
    ck_ok(caller->status);
    ck_assert_uint_eq(caller->reply.header.type,
                      PORTICO_TYPE_REQUEST | PORTICO_TYPE_CONTINUATION_REQUIRED);
    ck_assert(message_has(&caller->reply, 2000, 3));
    reply_with(pair.client, &caller->reply, PORTICO_RELEASE, 5, 4);
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_REPLY);
    ck_assert(message_has(&message, 5, 4));
    free(caller);
    pair_close(&pair);
}
END_TEST

START_TEST(a_server_may_ask_synchronously_too)
{
    struct pair pair = pair_make(name);
    struct caller *caller = caller_new(pair.server, 300, 1);
    pthread_t thread;

    pthread_create(&thread, NULL, call_main, caller);
    ck_ok(port_take(pair.client, &message));
    ck_assert(message_has(&message, 300, 1));
    reply_with(pair.client, &message, PORTICO_RELEASE, 700, 2);
    pthread_join(thread, NULL);
    ck_ok(caller->status);
    ck_assert(message_has(&caller->reply, 700, 2));
    free(caller);
    pair_close(&pair);
}
END_TEST

START_TEST(a_continuation_may_be_synchronous)
{
    struct pair pair = pair_make(name);
    struct caller *caller = caller_new(pair.client, 8, 1);
    pthread_t thread;

    ck_ok(port_send(pair.client, 0, &caller->request));
    ck_ok(port_take(pair.connection, &message));
    reply_with(pair.connection, &message, 0, 50, 2);
    ck_ok(port_take(pair.client, &caller->request));
    ck_assert(message_has(&caller->request, 50, 2));
    pthread_create(&thread, NULL, call_main, caller);
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(message.header.type,
                      PORTICO_TYPE_REQUEST | PORTICO_TYPE_CONTINUATION_REQUIRED);
    ck_assert_uint_eq(message.header.message_id, caller->request.header.message_id);
    ck_assert(message_has(&message, 50, 2));
    reply_with(pair.connection, &message, PORTICO_RELEASE, 60, 3);
    pthread_join(thread, NULL);
    ck_ok(caller->status);
    ck_assert_uint_eq(caller->reply.header.type, PORTICO_TYPE_REPLY);
    ck_assert(message_has(&caller->reply, 60, 3));
    free(caller);
    pair_close(&pair);
}
END_TEST

enum ending {
    SERVER_DISCONNECTS,
    SERVER_CLOSES,
    CONNECTION_CLOSES,
    CLIENT_DISCONNECTS,
    CLIENT_CLOSES,
    ENDINGS
};

START_TEST(each_end_of_the_connection_ends_a_blocked_request)
{
    for (int ending = 0; ending < ENDINGS; ending++) {
        struct pair pair = pair_make(name);
        struct caller *caller = caller_new(pair.client, 8, 1);
        pthread_t thread;

        pthread_create(&thread, NULL, call_main, caller);
        ck_ok(port_take(pair.connection, &message));
        switch ((enum ending)ending) {
        case SERVER_DISCONNECTS:
            ck_ok(portico_port_disconnect(pair.server, 0));
            break;
        case SERVER_CLOSES:
            ck_ok(portico_close(pair.server));
            break;
        case CONNECTION_CLOSES:
            ck_ok(portico_close(pair.connection));
            break;
        case CLIENT_DISCONNECTS:
            ck_ok(portico_port_disconnect(pair.client, 0));
            break;
        case CLIENT_CLOSES:
        default:
            ck_ok(portico_close(pair.client));
            break;
        }
        pthread_join(thread, NULL);
        ck_status(caller->status, STATUS_PORT_DISCONNECTED);
        if (ending != SERVER_CLOSES)
            ck_ok(portico_close(pair.server));
        if (ending != CONNECTION_CLOSES)
            ck_ok(portico_close(pair.connection));
        if (ending != CLIENT_CLOSES)
            ck_ok(portico_close(pair.client));
        free(caller);
    }
}
END_TEST

START_TEST(more_threads_than_a_lane_has_slots_all_wait_at_once)
{
    enum { N = 150 };
    struct pair pair = pair_make(name);
    static struct caller *callers[N];
    static struct test_message received[N];
    static pthread_t threads[N];

    for (unsigned i = 0; i < N; i++) {
        callers[i] = caller_new(pair.client, 20, i);
        pthread_create(&threads[i], NULL, call_main, callers[i]);
    }
    for (unsigned i = 0; i < N; i++) /* all are blocked before the first is answered */
        ck_ok(port_take(pair.connection, &received[i]));
    for (unsigned i = 0; i < N; i++)
        ck_ok(port_send(pair.connection, PORTICO_RELEASE, &received[i]));
    for (unsigned i = 0; i < N; i++) {
        pthread_join(threads[i], NULL);
        ck_ok(callers[i]->status);
        ck_assert(message_has(&callers[i]->reply, 20, i));
        free(callers[i]);
    }
    pair_close(&pair);
}
END_TEST

/* ---- system calls of a hot round trip ---- */

enum { WINDOWS = 400, TRIPS = 200 };
struct shared {
    atomic_uint window;            /* the client's current one */
    unsigned n_calls[WINDOWS + 1]; /* system calls of both ends while it was; the tracer's */
};
static struct shared *shared;

static void pin(int processor)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (sched_setaffinity(0, sizeof(set), &set) < 0)
        _exit(9);
}

static void hot_server(void)
{
    struct test_message *received = malloc(sizeof(*received));
    struct portico_exchange exchange = {.receive = &received->header,
                                        .capacity = sizeof(*received),
                                        .deadline_ns = PORTICO_FOREVER};
    handle_t connection, server;

    if (portico_start(NULL) || port_make(name, &connection))
        _exit(1);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        _exit(77);
    raise(SIGSTOP);
    for (;;) {
        if (portico_port_exchange(connection, &exchange))
            _exit(2);
        exchange.send = NULL;
        exchange.flags = 0;
        switch (received->header.type & 0xff) {
        case PORTICO_TYPE_CONNECTION_REQUEST:
            if (portico_port_accept(connection, NULL, 0, &received->header, true, &server))
                _exit(3);
            break;
        case PORTICO_TYPE_REQUEST:
            exchange.send = &received->header;
            exchange.flags = PORTICO_RELEASE;
            break;
        default:
            _exit(0);
        }
    }
}

static void hot_client(void)
{
    struct test_message *messages = malloc(2 * sizeof(*messages));
    handle_t client;

    if (portico_start(NULL))
        _exit(1);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        _exit(77);
    raise(SIGSTOP);
    if (port_connect_to(name, &client))
        _exit(2);
    message_fill(&messages[0], 64, 1);
    for (unsigned i = 0; i < TRIPS * 10; i++)
        if (port_call(client, &messages[0], &messages[1]))
            _exit(3);
    for (unsigned window = 0; window < WINDOWS; window++) {
        shared->window = window;
        for (unsigned i = 0; i < TRIPS; i++)
            if (port_call(client, &messages[0], &messages[1]))
                _exit(4);
    }
    shared->window = WINDOWS;
    _exit(0);
}

/* Two processors that this process may use; false: it has only one. */
static bool two_processors(int processors[2])
{
    cpu_set_t set;
    unsigned n = 0;

    ck_assert_int_eq(sched_getaffinity(0, sizeof(set), &set), 0);
    for (int i = 0; i < CPU_SETSIZE && n < 2; i++)
        if (CPU_ISSET(i, &set))
            processors[n++] = i;
    return n == 2;
}

static pid_t hot_start(void (*function)(void), int processor)
{
    pid_t pid = fork();
    int how;

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pin(processor);
        function();
    }
    ck_assert_int_eq(waitpid(pid, &how, 0), pid);
    if (!WIFSTOPPED(how))
        return -1;
    ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD);
    return pid;
}

START_TEST(a_hot_round_trip_makes_no_system_call_at_either_end)
{
    unsigned n_quiet = 0;
    int processors[2], how;
    pid_t client, server, pid;

    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    shared->window = WINDOWS;
    if (!two_processors(processors))
        return; /* both ends on one processor cannot spin */
    server = hot_start(hot_server, processors[0]);
    client = hot_start(hot_client, processors[1]);
    ck_assert_msg(server > 0 && client > 0, "cannot trace");
    ptrace(PTRACE_SYSCALL, server, NULL, 0);
    ptrace(PTRACE_SYSCALL, client, NULL, 0);
    while ((pid = waitpid(-1, &how, __WALL)) > 0) {
        if (WIFSTOPPED(how)) {
            int signal = WSTOPSIG(how) & 0x80 ? 0 : WSTOPSIG(how);
            shared->n_calls[shared->window]++;
            ptrace(PTRACE_SYSCALL, pid, NULL, signal == SIGTRAP ? 0 : signal);
        } else if (pid == client) {
            ck_assert_msg(WIFEXITED(how) && WEXITSTATUS(how) == 0, "client: %x", how);
        } else if (pid == server) {
            ck_assert_msg(WIFEXITED(how) && WEXITSTATUS(how) == 0, "server: %x", how);
        }
    }
    for (unsigned i = 0; i < WINDOWS; i++)
        n_quiet += shared->n_calls[i] == 0;
    ck_assert_msg(n_quiet > 0, "no window of %d round trips was without system calls", TRIPS);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico sync");
    UNIT_TEST(a_late_answer_to_a_request_that_timed_out_goes_nowhere);
    UNIT_TEST(a_reply_larger_than_the_buffer_waits_in_the_queue);
    UNIT_TEST(a_reply_to_memory_that_cannot_be_written_waits_in_the_queue);
    UNIT_TEST(a_continuation_releases_the_sender_and_may_be_continued);
    UNIT_TEST(a_server_may_ask_synchronously_too);
    UNIT_TEST(a_continuation_may_be_synchronous);
    UNIT_TEST(each_end_of_the_connection_ends_a_blocked_request);
    UNIT_TEST(more_threads_than_a_lane_has_slots_all_wait_at_once);
    UNIT_TEST(a_hot_round_trip_makes_no_system_call_at_either_end);
    return DAEMON_END(UNIT_END());
}
