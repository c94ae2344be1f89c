/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Ports that two processes hold, with real processes: a second holder receives as an equal, any
 * holder answers, and the death of one, at any instruction, loses nothing of the other's. A child
 * process shows what it does in a page that both map; the handle of the port is duplicated into it
 * by its parent. */

#include <stdatomic.h>
#include <sys/mman.h>

#include "daemon.h"

enum { N_CALLERS = 3, N_CALLS = 400, N_DATAGRAMS = 3000, CONTEXT = 0x1234 };

static const char name[] = "\\RPC Control\\holders";
static struct test_message message;

/* What the child is at: MAP_SHARED through fd 3. */
struct page {
    _Atomic uint32_t n_received; /* messages of clients, counted before they are answered */
    _Atomic uint32_t n_answered;
    _Atomic uint32_t wrong; /* messages that were not what they should be */
    _Atomic uint32_t status;
    _Atomic uint8_t seen[N_DATAGRAMS]; /* by sequence number: how often received */
};

static struct page *page;

static void page_make(void)
{
    int fd = memfd_create("page", 0);

    if (fd < 0 || ftruncate(fd, sizeof(*page)) < 0 || dup2(fd, 3) != 3)
        abort();
    if (fd != 3)
        close(fd);
    page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0);
    if (page == MAP_FAILED)
        abort();
}

/* ---- the child ---- */

static handle_t hear_handle(void)
{
    handle_t handle;

    if (read(0, &handle, sizeof(handle)) != sizeof(handle))
        _exit(98);
    return handle;
}

static void look_at_received(const struct test_message *received,
                             const struct portico_attributes *attributes)
{
    uint32_t sequence;

    memcpy(&sequence, received->data, sizeof(sequence));
    page->n_received++;
    if (attributes->context.port_context != CONTEXT)
        page->wrong++;
    if (received->header.type == PORTICO_TYPE_DATAGRAM && sequence < N_DATAGRAMS)
        page->seen[sequence]++;
}

/* Receives and answers until the port ends. */
static void serve(handle_t port, struct test_message *buffer)
{
    struct portico_attributes attributes = {.wanted = PORTICO_ATTRIBUTE_CONTEXT};
    status_t status;

    while ((status = port_receive_for(port, buffer, PORTICO_FOREVER, &attributes)) ==
           STATUS_SUCCESS) {
        uint32_t type = buffer->header.type & 0xffu;
        if (type != PORTICO_TYPE_REQUEST && type != PORTICO_TYPE_DATAGRAM)
            continue;
        look_at_received(buffer, &attributes);
        if (type == PORTICO_TYPE_DATAGRAM)
            continue;
        buffer->data[4]++;
        if (port_send(port, PORTICO_RELEASE, buffer) != STATUS_SUCCESS)
            page->wrong++;
        page->n_answered++;
    }
    page->status = status;
}

/* Answers the message whose header its parent gives it. */
static void answer_given(handle_t port)
{
    message_set(&message, 6);
    if (read(0, &message.header.message_id, 4) != 4)
        _exit(97);
    memcpy(message.data, "answer", 6);
    page->status = port_send(port, PORTICO_RELEASE, &message);
    say('a');
}

static void call_again_and_again(handle_t port)
{
    static struct test_message reply;

    for (uint32_t i = 0;; i++) {
        message_fill(&message, 8, i);
        page->status = port_call(port, &message, &reply);
        if (page->status != STATUS_SUCCESS)
            break;
        page->n_answered++;
        if (reply.data[0] != message.data[0] || reply.data[4] != (uint8_t)(message.data[4] + 1))
            page->wrong++;
    }
}

static int child_main(const char *what)
{
    handle_t port;

    page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0);
    if (page == MAP_FAILED || portico_attach(NULL) != STATUS_SUCCESS)
        return 96;
    say('r');
    port = hear_handle();
    if (strcmp(what, "serve") == 0)
        serve(port, &message);
    else if (strcmp(what, "answer") == 0)
        answer_given(port);
    else if (strcmp(what, "call") == 0)
        call_again_and_again(port);
    else if (strcmp(what, "hold") == 0)
        (void)listen_for();
    if (portico_close(port) != STATUS_SUCCESS)
        return 95;
    return 0;
}

/* ---- the parent ---- */

static void give_handle(const struct child *child, handle_t port)
{
    struct process_open_request open = {.process_id = (uint32_t)child->pid, .access = 0x1fffff};
    struct process_open_reply opened;
    struct handle_duplicate_request duplicate = {
        .source_process = HANDLE_SELF, .source = port, .options = HANDLE_SAME_ACCESS};
    struct handle_duplicate_reply copy;

    ck_assert_int_eq(child_hear(child), 'r');
    ck_ok(call_process_open(portico_control(), &open, &opened, NULL));
    duplicate.target_process = opened.handle;
    ck_ok(call_handle_duplicate(portico_control(), &duplicate, &copy, NULL));
    ck_ok(portico_close(opened.handle));
    if (write(child->to, &copy.handle, sizeof(copy.handle)) != sizeof(copy.handle))
        abort();
}

static struct child holder_start(const char *what, handle_t port)
{
    struct child child;

    memset(page, 0, sizeof(*page));
    child = child_start(what);
    give_handle(&child, port);
    return child;
}

static void holder_kill(struct child *child)
{
    kill(child->pid, SIGKILL);
    ck_assert_int_eq(child_end(child), 128 + SIGKILL);
}

struct caller {
    pthread_t thread;
    handle_t client;
    bool may_lose; /* calls: they do not wait without end */
    uint32_t n_right, n_lost;
};

/* A request that the dead holder had taken gets no answer from anybody: that one call, and only in
 * the tests in which a holder dies, ends by its time-out. */
static status_t call_for(struct caller *caller, uint32_t i, struct test_message *reply)
{
    struct test_message *request = malloc(sizeof(*request));
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .send = &request->header,
                                        .receive = &reply->header,
                                        .capacity = sizeof(*reply),
                                        .deadline_ns = PORTICO_FOREVER};
    struct timespec now;
    status_t status;

    if (caller->may_lose) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        exchange.deadline_ns = (now.tv_sec + 3) * INT64_C(1000000000);
    }
    message_fill(request, 8 + i % 600, i);
    status = portico_port_exchange(caller->client, &exchange);
    if (status == STATUS_SUCCESS)
        caller->n_right += reply->header.type == PORTICO_TYPE_REPLY &&
                           reply->data[0] == request->data[0] &&
                           reply->data[4] == (uint8_t)(request->data[4] + 1);
    free(request);
    return status;
}

static void *caller_main(void *argument)
{
    struct caller *caller = argument;
    struct test_message *reply = malloc(sizeof(*reply));

    for (uint32_t i = 0; i < N_CALLS; i++) {
        status_t status = call_for(caller, i, reply);
        /* LPC_REPLY_LOST: the holder died while it was answering. */
        caller->n_lost += status == STATUS_TIMEOUT || status == STATUS_LPC_REPLY_LOST;
    }
    free(reply);
    return NULL;
}

static void callers_start(struct caller callers[N_CALLERS], handle_t client, bool may_lose)
{
    for (int i = 0; i < N_CALLERS; i++) {
        callers[i] = (struct caller){.client = client, .may_lose = may_lose};
        pthread_create(&callers[i].thread, NULL, caller_main, &callers[i]);
    }
}

/* All calls ended rightly but for the `lost`. */
static void callers_join(struct caller callers[N_CALLERS], uint32_t max_lost)
{
    uint32_t n_right = 0, n_lost = 0;

    for (int i = 0; i < N_CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
        n_right += callers[i].n_right;
        n_lost += callers[i].n_lost;
    }
    ck_assert_uint_le(n_lost, max_lost);
    ck_assert_uint_eq(n_right + n_lost, N_CALLERS * N_CALLS);
}

struct own_server {
    pthread_t thread;
    handle_t port;
    _Atomic uint32_t n_served;
};

/* The parent's part of the service, in a thread. */
static void *own_server_main(void *argument)
{
    struct own_server *server = argument;
    struct test_message *buffer = malloc(sizeof(*buffer));

    while (port_take(server->port, buffer) == STATUS_SUCCESS) {
        if ((buffer->header.type & 0xff) != PORTICO_TYPE_REQUEST)
            continue;
        buffer->data[4]++;
        server->n_served++;
        if (port_send(server->port, PORTICO_RELEASE, buffer) != STATUS_SUCCESS)
            break;
    }
    free(buffer);
    return NULL;
}

START_TEST(a_second_holder_of_a_connection_port_serves_alone)
{
    struct pair pair = pair_make(name);
    struct caller callers[N_CALLERS];
    struct child child = holder_start("serve", pair.connection);

    callers_start(callers, pair.client, false);
    callers_join(callers, 0);
    ck_assert_uint_eq(page->n_received, N_CALLERS * N_CALLS);
    ck_assert_uint_eq(page->wrong, 0);
    pair_close(&pair);
    holder_kill(&child); /* it holds the port: it would serve for ever */
}
END_TEST

START_TEST(two_holders_serve_as_equals)
{
    struct pair pair = pair_make(name);
    struct own_server own = {.port = pair.connection};
    struct caller callers[N_CALLERS];
    struct child child = holder_start("serve", pair.connection);

    pthread_create(&own.thread, NULL, own_server_main, &own);
    callers_start(callers, pair.client, false);
    callers_join(callers, 0);
    ck_assert_uint_eq(page->n_received + own.n_served, N_CALLERS * N_CALLS);
    ck_assert_uint_eq(page->wrong, 0);
    ck_ok(portico_close(pair.client));
    ck_ok(portico_close(pair.server));
    ck_ok(portico_close(pair.connection)); /* ends our own thread; the port lives on in the child */
    holder_kill(&child);
    pthread_join(own.thread, NULL);
}
END_TEST

START_TEST(what_one_holder_received_another_answers)
{
    struct pair pair = pair_make(name);
    struct child child = holder_start("answer", pair.connection);

    message_fill(&message, 20, 1);
    ck_ok(port_send(pair.client, 0, &message));
    ck_ok(port_take(pair.connection, &message));
    if (write(child.to, &message.header.message_id, 4) != 4)
        abort();
    ck_assert_int_eq(child_hear(&child), 'a');
    ck_status(page->status, STATUS_SUCCESS);
    ck_ok(port_take(pair.client, &message));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_REPLY);
    ck_assert_uint_eq(message.header.process_id, (uint64_t)child.pid);
    ck_assert_mem_eq(message.data, "answer", 6);
    ck_assert_int_eq(child_end(&child), 0);
    pair_close(&pair);
}
END_TEST

/* A moment of the child's life that differs from round to round; the others' service may have
 * passed it by (own: half of all has been served). */
static void wait_for_progress(uint32_t n, const struct own_server *own)
{
    while (page->n_received < n && (!own || own->n_served < N_CALLERS * N_CALLS / 2))
        sched_yield();
}

START_TEST(a_holder_that_is_killed_while_it_serves_loses_nothing_of_the_others)
{
    for (uint32_t round = 0; round < 8; round++) {
        struct pair pair = pair_make(name);
        struct own_server own = {.port = pair.connection};
        struct caller callers[N_CALLERS];
        struct child child = holder_start("serve", pair.connection);

        pthread_create(&own.thread, NULL, own_server_main, &own);
        callers_start(callers, pair.client, true);
        wait_for_progress(1 + 7 * round, &own);
        holder_kill(&child);
        callers_join(callers, 1);
        ck_assert_uint_eq(page->wrong, 0);
        pair_close(&pair);
        pthread_join(own.thread, NULL);
    }
}
END_TEST

static void send_datagram(handle_t client, uint32_t sequence)
{
    message_set(&message, 8 + sequence % 1500);
    memcpy(message.data, &sequence, sizeof(sequence));
    ck_ok(port_send(client, PORTICO_RELEASE, &message));
}

/* Reads what is left; *n_twice counts what the dead holder had seen already. */
static void drain(handle_t port, uint8_t seen[N_DATAGRAMS], uint32_t *n_twice)
{
    while (port_receive_for(port, &message, PORTICO_POLL, NULL) == STATUS_SUCCESS) {
        uint32_t sequence;
        memcpy(&sequence, message.data, sizeof(sequence));
        ck_assert_uint_lt(sequence, N_DATAGRAMS);
        ck_assert_uint_eq(message.header.data_length, 8 + sequence % 1500);
        *n_twice += seen[sequence] || page->seen[sequence];
        seen[sequence]++;
    }
}

START_TEST(a_holder_that_is_killed_while_it_receives_takes_at_most_one_datagram_along)
{
    for (uint32_t round = 0; round < 8; round++) {
        struct pair pair = pair_make(name);
        static uint8_t seen[N_DATAGRAMS];
        uint32_t n_twice = 0, n_missing = 0;
        struct child child;

        memset(seen, 0, sizeof(seen));
        child = holder_start("serve", pair.connection);
        for (uint32_t i = 0; i < N_DATAGRAMS; i++)
            send_datagram(pair.client, i);
        wait_for_progress(1 + 37 * round, NULL);
        holder_kill(&child);
        drain(pair.connection, seen, &n_twice);
        for (uint32_t i = 0; i < N_DATAGRAMS; i++)
            n_missing += !seen[i] && !page->seen[i];
        ck_assert_uint_eq(n_twice, 0);
        ck_assert_uint_le(n_missing, 1);
        pair_close(&pair);
    }
}
END_TEST

START_TEST(a_port_outlives_the_process_that_made_it_and_serves_its_clients)
{
    struct pair pair = pair_make(name);
    struct caller callers[N_CALLERS];
    struct child child = holder_start("serve", pair.connection);

    ck_ok(portico_close(pair.connection));
    callers_start(callers, pair.client, false);
    callers_join(callers, 0);
    ck_assert_uint_eq(page->n_received, N_CALLERS * N_CALLS);
    holder_kill(&child); /* the last holder */
    message_fill(&message, 8, 1);
    ck_status(port_call(pair.client, &message, &message), STATUS_PORT_DISCONNECTED);
    ck_ok(portico_close(pair.client));
    ck_ok(portico_close(pair.server));
}
END_TEST

START_TEST(two_processes_call_on_one_client_port)
{
    for (uint32_t round = 0; round < 4; round++) {
        struct pair pair = pair_make(name);
        struct own_server own = {.port = pair.connection};
        struct caller callers[N_CALLERS];
        struct child child = holder_start("call", pair.client);

        pthread_create(&own.thread, NULL, own_server_main, &own);
        callers_start(callers, pair.client, false);
        while (page->n_answered < 1 + 5 * round)
            sched_yield();
        holder_kill(&child);
        callers_join(callers, 0);
        ck_assert_uint_eq(page->wrong, 0);
        message_fill(&message, 8, 1); /* the connection lives */
        ck_ok(port_call(pair.client, &message, &message));
        pair_close(&pair);
        pthread_join(own.thread, NULL);
    }
}
END_TEST

START_TEST(a_client_port_closes_with_its_last_holder)
{
    struct pair pair = pair_make(name);
    struct child child = holder_start("hold", pair.client);

    ck_ok(portico_close(pair.client));
    ck_status(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL), STATUS_TIMEOUT);
    message_fill(&message, 8, 1);
    ck_ok(port_send(pair.server, PORTICO_RELEASE, &message));
    holder_kill(&child);
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_PORT_CLOSED);
    ck_ok(portico_close(pair.server));
    ck_ok(portico_close(pair.connection));
}
END_TEST

START_TEST(the_handle_of_a_holder_that_closed_says_so)
{
    struct pair pair = pair_make(name);
    struct child child = holder_start("answer", pair.connection);
    uint32_t unknown = 0x12345;

    if (write(child.to, &unknown, 4) != 4)
        abort();
    ck_assert_int_eq(child_hear(&child), 'a');
    ck_status(page->status, STATUS_REPLY_MESSAGE_MISMATCH);
    ck_assert_int_eq(child_end(&child), 0);
    message_fill(&message, 8, 1);
    ck_ok(port_send(pair.client, PORTICO_RELEASE, &message)); /* one holder is left */
    ck_ok(port_take(pair.connection, &message));
    pair_close(&pair);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, child_main);
    page_make();
    UNIT_BEGIN("two holders");
    UNIT_TEST(a_second_holder_of_a_connection_port_serves_alone);
    UNIT_TEST(two_holders_serve_as_equals);
    UNIT_TEST(what_one_holder_received_another_answers);
    UNIT_TEST(a_holder_that_is_killed_while_it_serves_loses_nothing_of_the_others);
    UNIT_TEST(a_holder_that_is_killed_while_it_receives_takes_at_most_one_datagram_along);
    UNIT_TEST(a_port_outlives_the_process_that_made_it_and_serves_its_clients);
    UNIT_TEST(two_processes_call_on_one_client_port);
    UNIT_TEST(a_client_port_closes_with_its_last_holder);
    UNIT_TEST(the_handle_of_a_holder_that_closed_says_so);
    return DAEMON_END(UNIT_END());
}
