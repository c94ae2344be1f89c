/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Port creation, connecting and lane grants when the n-th thing that they ask of the system is
 * refused, for each n. The linker's --wrap puts our functions in place of the C library's; they
 * count, and refuse, only while the daemon runs (loop_step): never the test's own calls. */
#include "config.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "server_ports.h"

static unsigned countdown; /* 0: nothing is refused (any more) */
static bool in_daemon;

static bool refused(int error)
{
    if (!in_daemon || !countdown || --countdown)
        return false;
    errno = error;
    return true;
}

int __real_loop_step(struct loop *loop, bool wait);
int __wrap_loop_step(struct loop *loop, bool wait);
int __wrap_loop_step(struct loop *loop, bool wait)
{
    int r;

    in_daemon = true;
    r = __real_loop_step(loop, wait);
    in_daemon = false;
    return r;
}

#define WRAP(type, name, failure, error, parameters, arguments)    \
    type __real_##name parameters;                                 \
    type __wrap_##name parameters;                                 \
    type __wrap_##name parameters                                  \
    {                                                              \
        return refused(error) ? failure : __real_##name arguments; \
    }
WRAP(void *, malloc, NULL, ENOMEM, (size_t size), (size))
WRAP(void *, calloc, NULL, ENOMEM, (size_t n, size_t size), (n, size))
WRAP(void *, realloc, NULL, ENOMEM, (void *old, size_t size), (old, size))
WRAP(int, memfd_create, -1, EMFILE, (const char *name, unsigned flags), (name, flags))
WRAP(int, ftruncate, -1, ENOMEM, (int fd, off_t size), (fd, size))
WRAP(int, eventfd, -1, EMFILE, (unsigned value, int flags), (value, flags))
WRAP(int, epoll_create1, -1, EMFILE, (int flags), (flags))
WRAP(int, epoll_ctl, -1, ENOSPC, (int epoll, int what, int fd, struct epoll_event *event),
     (epoll, what, fd, event))
WRAP(void *, mmap, MAP_FAILED, ENOMEM,
     (void *at, size_t size, int protection, int flags, int fd, off_t offset),
     (at, size, protection, flags, fd, offset))

struct state {
    struct server_status_reply status;
    uint64_t held[USER_SLOTS]; /* the user's charges */
};

static void state_get(struct state *ret_state)
{
    /* What the peers hold is in this process too. */
    peer_drop_fds(&pair.a);
    peer_drop_fds(&pair.b);
    closer_drain(pair.server->closer);
    ck_assert_uint_eq(CALL(&pair.a, server_status, &ret_state->status), STATUS_SUCCESS);
    memcpy(ret_state->held, pair.a.client->process->user->held, sizeof(ret_state->held));
}

static void state_is(const struct state *before)
{
    struct state now;

    state_get(&now);
    ck_assert_uint_eq(now.status.n_objects, before->status.n_objects);
    ck_assert_uint_eq(now.status.n_handles, before->status.n_handles);
    ck_assert_uint_eq(now.status.n_fds, before->status.n_fds);
    ck_assert_uint_eq(now.status.n_ports, before->status.n_ports);
    ck_assert_uint_eq(now.status.n_connections, before->status.n_connections);
    ck_assert_uint_eq(now.status.n_lanes, before->status.n_lanes);
    ck_assert_uint_eq(now.status.n_parked, before->status.n_parked);
    ck_assert_uint_eq(now.status.lane_bytes, before->status.lane_bytes);
    for (int i = 0; i < USER_SLOTS; i++)
        ck_assert_uint_eq(now.held[i], before->held[i]);
}

static status_t create_unnamed(void)
{
    struct alpc_create_port_reply reply;
    status_t status = CALL_NAMED(&pair.a, alpc_create_port, &reply, "\\RPC Control\\second", 0,
                                 .attributes = wide_attributes, .has_attributes = 1);

    peer_drop_fds(&pair.a);
    return status;
}

static status_t connect_async(void)
{
    struct port_message message;
    status_t status = pair_ask(0, "hello", 5);

    /* The holder takes what came and went: its place is used again. */
    if (status)
        ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message),
                         PORT_EMPTY);
    peer_drop_fds(&pair.b);
    return status;
}

static status_t connect_sync(void)
{
    struct port_message message;
    status_t status = pair_ask(ALPC_SYNC_CONNECTION, "hello", 5);

    if (status != STATUS_PENDING)
        ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message),
                         PORT_EMPTY);
    peer_drop_fds(&pair.b);
    return status == STATUS_PENDING ? STATUS_SUCCESS : status;
}

static status_t bells(void)
{
    struct alpc_doorbells_reply reply;
    status_t status = CALL(&pair.a, alpc_doorbells, &reply, .port = pair.listener);

    peer_drop_fds(&pair.a);
    return status;
}

static status_t lane_to_client(void)
{
    struct alpc_lane_reply reply;
    status_t status = CALL(&pair.a, alpc_lane, &reply, .port = pair.a_port);

    peer_drop_fds(&pair.a);
    return status;
}

/* Refuses the 1st, the 2nd ... until the call asks for nothing more. */
static void each_refusal(status_t (*call)(void), bool connected)
{
    bool was_refused = true;
    unsigned n_errors = 0;

    for (unsigned n = 1; was_refused; n++) {
        struct state before;
        status_t status;

        ck_assert_uint_lt(n, 1000);
        pair_start();
        if (connected)
            pair_connect();
        state_get(&before);
        countdown = n;
        status = call();
        was_refused = !countdown;
        countdown = 0;
        if (status) {
            n_errors++;
            ck_assert(was_refused);
            state_is(&before);
            ck_assert_uint_eq(call(), STATUS_SUCCESS);
        }
        pair_end();
    }
    ck_assert_uint_gt(n_errors, 1);
}

START_TEST(a_port_that_could_not_be_made_leaves_nothing)
{
    each_refusal(create_unnamed, false);
}
END_TEST

START_TEST(an_asynchronous_connect_that_failed_leaves_nothing)
{
    each_refusal(connect_async, false);
}
END_TEST

START_TEST(a_synchronous_connect_that_failed_leaves_nothing)
{
    each_refusal(connect_sync, false);
}
END_TEST

START_TEST(doorbells_that_could_not_be_made_leave_nothing)
{
    each_refusal(bells, true);
}
END_TEST

START_TEST(a_lane_that_could_not_be_granted_leaves_nothing)
{
    each_refusal(lane_to_client, true);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("failing");
    UNIT_TEST(a_port_that_could_not_be_made_leaves_nothing);
    UNIT_TEST(an_asynchronous_connect_that_failed_leaves_nothing);
    UNIT_TEST(a_synchronous_connect_that_failed_leaves_nothing);
    UNIT_TEST(doorbells_that_could_not_be_made_leave_nothing);
    UNIT_TEST(a_lane_that_could_not_be_granted_leaves_nothing);
    return UNIT_END();
}
