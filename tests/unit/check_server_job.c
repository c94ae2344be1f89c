/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "job.h"

#include "server_one_peer.h"

static handle_t job_make(void)
{
    struct job_create_reply reply;

    ck_assert_uint_eq(CALL_NAMED(&a, job_create, &reply, "", 0, .access = 0x1f003f),
                      STATUS_SUCCESS);
    return reply.handle;
}

static handle_t process_handle(pid_t pid)
{
    struct process_open_reply reply;

    ck_assert_uint_eq(
        CALL(&a, process_open, &reply, .process_id = (uint32_t)pid, .access = 0x1fffff),
        STATUS_SUCCESS);
    return reply.handle;
}

static void assign(handle_t job, handle_t process)
{
    struct job_assign_reply reply;

    ck_assert_uint_eq(CALL(&a, job_assign, &reply, .job = job, .process = process), STATUS_SUCCESS);
}

static bool is_member(handle_t job, handle_t process)
{
    struct job_member_reply reply;

    ck_assert_uint_eq(CALL(&a, job_member, &reply, .job = job, .process = process), STATUS_SUCCESS);
    return reply.is_member;
}

static void is_killed(pid_t pid)
{
    int how;

    ck_assert_int_eq(waitpid(pid, &how, 0), pid);
    ck_assert(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
    fixture_steps();
}

START_TEST(its_last_handle_kills_its_members_when_it_is_so_limited)
{
    pid_t in = fixture_child(), out = fixture_child();
    struct job_limit_reply limited;
    struct handle_close_reply closed;
    handle_t job, p, q;

    start();
    job = job_make();
    p = process_handle(in);
    q = process_handle(out);
    assign(job, p);
    assign(job, p);
    ck_assert(is_member(job, p) && is_member(0, p));
    ck_assert(!is_member(job, q) && !is_member(0, q));
    ck_assert_uint_eq(CALL(&a, job_limit, &limited, .job = job, .limits = 1),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL(&a, job_limit, &limited, .job = job, .limits = JOB_LIMIT_KILL_ON_CLOSE),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, handle_close, &closed, .handle = job), STATUS_SUCCESS);
    is_killed(in);
    ck_assert_int_eq(waitpid(out, NULL, WNOHANG), 0);
    ck_assert(!is_member(0, p));
    child_die(out);
    end();
}
END_TEST

START_TEST(without_that_limit_they_live_on_in_a_job_without_a_handle)
{
    pid_t pid = fixture_child();
    struct handle_close_reply closed;
    handle_t job, p;

    start();
    job = job_make();
    p = process_handle(pid);
    assign(job, p);
    ck_assert_uint_eq(CALL(&a, handle_close, &closed, .handle = job), STATUS_SUCCESS);
    ck_assert(is_member(0, p));
    child_die(pid);
    ck_assert(!is_member(0, p));
    end();
}
END_TEST

START_TEST(it_counts_and_names_its_members_and_ends_them_with_a_code)
{
    pid_t one = fixture_child(), two = fixture_child();
    struct job_query_reply asked;
    struct job_terminate_reply terminated;
    struct process_query_reply process;
    handle_t job, p;
    uint32_t id;

    start();
    job = job_make();
    ck_assert_uint_eq(CALL(&a, job_query, &asked), STATUS_ACCESS_DENIED);
    assign(job, process_handle(two));
    child_die(two);
    p = process_handle(one);
    assign(job, p);
    ck_assert_uint_eq(CALL(&a, job_query, &asked, .job = job), STATUS_SUCCESS);
    ck_assert_uint_eq(asked.n_total, 2);
    ck_assert_uint_eq(asked.n_active, 1);
    ck_assert_uint_eq(a.data_size, sizeof(id));
    memcpy(&id, a.data, sizeof(id));
    ck_assert_uint_eq(id, (uint32_t)one);
    ck_assert_uint_eq(CALL(&a, job_terminate, &terminated, .job = job, .exit_code = 77),
                      STATUS_SUCCESS);
    is_killed(one);
    ck_assert_uint_eq(CALL(&a, process_query, &process, .handle = p), STATUS_SUCCESS);
    ck_assert_uint_eq(process.exit_code, 77);
    end();
}
END_TEST

/* This process is the parent of its children: they inherit what it is in. */
START_TEST(children_are_in_their_parents_jobs_unless_they_may_break_away)
{
    pid_t one = fixture_child(), two = fixture_child(), three = fixture_child();
    struct process_create_reply created;
    struct job_limit_reply limited;
    handle_t job;

    start();
    job = job_make();
    assign(job, HANDLE_SELF);
    ck_assert_uint_eq(
        CALL(&a, process_create, &created, .process_id = (uint32_t)one, .access = 0x1fffff),
        STATUS_SUCCESS);
    ck_assert(is_member(job, created.handle));
    ck_assert_uint_eq(CALL(&a, process_create, &created, .process_id = (uint32_t)two,
                           .access = 0x1fffff, .breaks_away = 1),
                      STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL(&a, job_limit, &limited, .job = job, .limits = JOB_LIMIT_BREAKAWAY),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, process_create, &created, .process_id = (uint32_t)two,
                           .access = 0x1fffff, .breaks_away = 1),
                      STATUS_SUCCESS);
    ck_assert(!is_member(0, created.handle));
    ck_assert_uint_eq(
        CALL(&a, job_limit, &limited, .job = job, .limits = JOB_LIMIT_SILENT_BREAKAWAY),
        STATUS_SUCCESS);
    ck_assert_uint_eq(
        CALL(&a, process_create, &created, .process_id = (uint32_t)three, .access = 0x1fffff),
        STATUS_SUCCESS);
    ck_assert(!is_member(0, created.handle));
    child_die(one);
    child_die(two);
    child_die(three);
    end();
}
END_TEST

static uint32_t own_limits(struct peer *peer)
{
    struct job_query_reply reply;

    ck_assert_uint_eq(CALL(peer, job_query, &reply), STATUS_SUCCESS);
    return reply.limits;
}

START_TEST(a_childs_own_job_is_its_parents)
{
    pid_t pid = fixture_child();
    static struct peer b;
    struct process_create_reply created;
    struct job_limit_reply limited;
    handle_t inner;

    start();
    assign(job_make(), HANDLE_SELF);
    inner = job_make();
    assign(inner, HANDLE_SELF);
    ck_assert_uint_eq(
        CALL(&a, job_limit, &limited, .job = inner, .limits = JOB_LIMIT_DIE_ON_EXCEPTION),
        STATUS_SUCCESS);
    ck_assert_uint_eq(
        CALL(&a, process_create, &created, .process_id = (uint32_t)pid, .access = 0x1fffff),
        STATUS_SUCCESS);
    peer_start(&b, server, pid, 2);
    ck_assert_uint_eq(own_limits(&a), JOB_LIMIT_DIE_ON_EXCEPTION);
    ck_assert_uint_eq(own_limits(&b), JOB_LIMIT_DIE_ON_EXCEPTION);
    peer_end(&b);
    child_die(pid);
    end();
}
END_TEST

static status_t listen_to(handle_t job, uint64_t id)
{
    struct job_listen_reply reply;

    return CALL(&a, job_listen, &reply, .job = job, .id = id);
}

static void is_told(struct peer *notice, uint64_t id, uint32_t message, pid_t pid)
{
    struct job_told_notice told = {0};

    fixture_steps();
    ck_assert_uint_ne(peer_receive(notice, &told, sizeof(told)), 0);
    ck_assert_uint_eq(told.header.code, NOTICE_job_told);
    ck_assert_uint_eq(told.id, id);
    ck_assert_uint_eq(told.message, message);
    ck_assert_uint_eq(told.process_id, (uint32_t)pid);
}

START_TEST(who_listens_is_told_of_its_members_until_it_is_told_so)
{
    pid_t one = fixture_child(), two = fixture_child();
    struct job_terminate_reply terminated;
    struct handle_close_reply closed;
    static struct peer notice;
    handle_t job, other;

    start();
    peer_open(&notice, server, 0);
    ck_assert_uint_eq(peer_hello(&notice, HELLO_NOTICE, 0), STATUS_SUCCESS);
    job = job_make();
    other = job_make();
    assign(job, process_handle(one));
    ck_assert_uint_eq(listen_to(job, 41), STATUS_SUCCESS);
    is_told(&notice, 41, JOB_TOLD_NEW_PROCESS, one);
    ck_assert_uint_eq(listen_to(job, 42), STATUS_INVALID_PARAMETER);
    assign(job, process_handle(two));
    is_told(&notice, 41, JOB_TOLD_NEW_PROCESS, two);
    child_die(two);
    is_told(&notice, 41, JOB_TOLD_EXIT, two);
    ck_assert_uint_eq(
        CALL(&a, job_terminate, &terminated, .job = job, .exit_code = STATUS_CONTROL_C_EXIT),
        STATUS_SUCCESS);
    is_killed(one);
    is_told(&notice, 41, JOB_TOLD_ABNORMAL_EXIT, one);
    is_told(&notice, 41, JOB_TOLD_NONE_LEFT, 0);
    ck_assert_uint_eq(listen_to(job, 0), STATUS_SUCCESS);
    is_told(&notice, 41, JOB_TOLD_NO_MORE, 0);
    ck_assert_uint_eq(listen_to(other, 43), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, handle_close, &closed, .handle = other), STATUS_SUCCESS);
    is_told(&notice, 43, JOB_TOLD_NO_MORE, 0);
    ck_assert_uint_eq(listen_to(job, 44), STATUS_SUCCESS);
    peer_end(&notice);
    end();
}
END_TEST

/* The process that listens ends before the job does. */
START_TEST(a_job_that_nobody_hears_any_more_goes_on)
{
    pid_t pid = fixture_child(), member = fixture_child();
    static struct peer b, notice;
    struct job_create_reply made;
    struct job_listen_reply listened;
    struct object_open_reply opened;
    handle_t job;

    start();
    peer_start(&b, server, pid, 2);
    peer_open(&notice, server, pid);
    ck_assert_uint_eq(peer_hello(&notice, HELLO_NOTICE, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, job_create, &made, "\\job", 0, .access = 0x1f003f),
                      STATUS_SUCCESS);
    job = made.handle;
    ck_assert_uint_eq(CALL_NAMED(&b, object_open, &opened, "\\job", 0, .access = JOB_SET,
                                 .type = OBJECT_KIND_JOB),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&b, job_listen, &listened, .job = opened.handle, .id = 1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(listen_to(job, 2), STATUS_INVALID_PARAMETER);
    peer_end(&notice);
    peer_end(&b);
    child_die(pid);
    ck_assert_uint_eq(listen_to(job, 2), STATUS_SUCCESS);
    assign(job, process_handle(member));
    child_die(member);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("job");
    UNIT_TEST(its_last_handle_kills_its_members_when_it_is_so_limited);
    UNIT_TEST(without_that_limit_they_live_on_in_a_job_without_a_handle);
    UNIT_TEST(it_counts_and_names_its_members_and_ends_them_with_a_code);
    UNIT_TEST(children_are_in_their_parents_jobs_unless_they_may_break_away);
    UNIT_TEST(a_childs_own_job_is_its_parents);
    UNIT_TEST(who_listens_is_told_of_its_members_until_it_is_told_so);
    UNIT_TEST(a_job_that_nobody_hears_any_more_goes_on);
    return UNIT_END();
}
