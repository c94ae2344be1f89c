/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "process.h"

#include "event.h"
#include "server_one_peer.h"

static handle_t open_process(pid_t pid)
{
    struct process_open_reply reply;

    ck_assert_uint_eq(
        CALL(&a, process_open, &reply, .process_id = (uint32_t)pid, .access = 0x1fffff),
        STATUS_SUCCESS);
    return reply.handle;
}

static status_t query(handle_t handle, uint32_t *ret_exit_code)
{
    struct process_query_reply reply;
    status_t status = CALL(&a, process_query, &reply, .handle = handle);

    *ret_exit_code = reply.exit_code;
    return status;
}

START_TEST(a_process_is_signaled_when_it_has_really_ended)
{
    pid_t pid = fixture_child();
    struct wait_reply waited;
    uint32_t code;
    handle_t p;

    start();
    p = open_process(pid);
    ck_assert_uint_eq(query(p, &code), STATUS_SUCCESS);
    ck_assert_uint_eq(code, STATUS_PENDING);
    ck_assert_uint_eq(CALL_DATA(&a, wait, &waited, &p, sizeof(p), .timeout_ns = TIMEOUT_NEVER),
                      STATUS_PENDING);
    child_die(pid);
    ck_assert_uint_ne(peer_receive(&a, &waited, sizeof(waited)), 0);
    ck_assert_uint_eq(waited.header.status, STATUS_SUCCESS);
    ck_assert_uint_eq(query(p, &code), STATUS_SUCCESS);
    ck_assert_uint_eq(code, EXIT_CODE_UNKNOWN);
    end();
}
END_TEST

START_TEST(its_last_word_is_its_exit_code)
{
    pid_t pid = fixture_child();
    static struct peer b;
    struct process_exit_reply reply;
    uint32_t code;
    handle_t p;

    start();
    peer_start(&b, server, pid, 2);
    p = open_process(pid);
    ck_assert_uint_eq(CALL(&b, process_exit, &reply, .exit_code = 42), STATUS_SUCCESS);
    ck_assert_uint_eq(query(p, &code), STATUS_SUCCESS);
    ck_assert_uint_eq(code, STATUS_PENDING);
    child_die(pid);
    ck_assert_uint_eq(query(p, &code), STATUS_SUCCESS);
    ck_assert_uint_eq(code, 42);
    ck_assert(peer_is_dropped(&b));
    peer_end(&b);
    end();
}
END_TEST

START_TEST(terminate_kills_with_the_code_given)
{
    pid_t pid = fixture_child();
    struct process_terminate_reply reply;
    uint32_t code;
    handle_t p;

    start();
    p = open_process(pid);
    ck_assert_uint_eq(CALL(&a, process_terminate, &reply, .handle = p, .exit_code = 9),
                      STATUS_SUCCESS);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    fixture_steps();
    ck_assert_uint_eq(query(p, &code), STATUS_SUCCESS);
    ck_assert_uint_eq(code, 9);
    ck_assert_uint_eq(CALL(&a, process_terminate, &reply, .handle = p),
                      STATUS_PROCESS_IS_TERMINATING);
    end();
}
END_TEST

START_TEST(a_child_inherits_before_its_hello)
{
    pid_t pid = fixture_child();
    static struct peer b;
    struct process_create_reply created;
    struct event_create_reply kept, inherited;
    struct event_query_reply asked;

    start();
    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &kept, "", 0, .access = 0x1f0003),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &inherited, "", OBJ_INHERIT, .access = 0x1f0003),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, process_create, &created, .process_id = (uint32_t)pid,
                           .access = 0x1fffff, .inherit = 1),
                      STATUS_SUCCESS);
    peer_start(&b, server, pid, 2);
    ck_assert_uint_eq(CALL(&b, event_query, &asked, .handle = inherited.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&b, event_query, &asked, .handle = kept.handle), STATUS_INVALID_HANDLE);
    ck_assert_uint_eq(CALL(&a, process_create, &created, .process_id = (uint32_t)pid, .inherit = 1),
                      STATUS_INVALID_PARAMETER);
    peer_end(&b);
    child_die(pid);
    end();
}
END_TEST

START_TEST(a_child_inherits_what_is_listed)
{
    pid_t pid = fixture_child();
    static struct peer b;
    struct process_create_reply created;
    struct event_create_reply kept, other, inherited;
    struct event_query_reply asked;
    handle_t list[5];

    start();
    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &kept, "", 0, .access = 0x1f0003),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &other, "", OBJ_INHERIT, .access = 0x1f0003),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &inherited, "", OBJ_INHERIT, .access = 0x1f0003),
                      STATUS_SUCCESS);
    list[0] = kept.handle; /* not inheritable: it stays, though it is listed */
    list[1] = list[2] = inherited.handle;
    list[3] = 0;
    list[4] = 0xfffffffc; /* none */
    ck_assert_uint_eq(CALL(&a, process_create, &created, .process_id = (uint32_t)pid,
                           .inherit = INHERIT_LISTED + 1),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL_DATA(&a, process_create, &created, list, sizeof(list),
                                .process_id = (uint32_t)pid, .access = 0x1fffff,
                                .inherit = INHERIT_LISTED),
                      STATUS_SUCCESS);
    peer_start(&b, server, pid, 2);
    ck_assert_uint_eq(CALL(&b, event_query, &asked, .handle = inherited.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&b, event_query, &asked, .handle = other.handle), STATUS_INVALID_HANDLE);
    ck_assert_uint_eq(CALL(&b, event_query, &asked, .handle = kept.handle), STATUS_INVALID_HANDLE);
    peer_end(&b);
    child_die(pid);
    end();
}
END_TEST

START_TEST(only_children_are_created_and_only_living_ones_opened)
{
    struct process_create_reply created;
    struct process_open_reply opened;
    pid_t pid = fixture_child();

    start();
    ck_assert_uint_eq(CALL(&a, process_create, &created, .process_id = (uint32_t)getpid()),
                      STATUS_ACCESS_DENIED);
    child_die(pid);
    ck_assert_uint_eq(CALL(&a, process_open, &opened, .process_id = (uint32_t)pid),
                      STATUS_INVALID_CID);
    ck_assert_uint_eq(CALL(&a, process_open, &opened, .process_id = 0), STATUS_INVALID_CID);
    ck_assert_uint_eq(CALL(&a, process_open, &opened, .process_id = 0xffffffff),
                      STATUS_INVALID_CID);
    end();
}
END_TEST

START_TEST(the_end_of_the_notice_socket_is_the_end_of_the_process)
{
    static struct peer notices, late;
    struct event_create_reply event;

    start();
    peer_open(&notices, server, 0);
    ck_assert_uint_eq(peer_hello(&notices, HELLO_NOTICE, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(server->n_processes, 1);
    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &event, "", 0), STATUS_SUCCESS);
    ck_assert_uint_eq(server->n_handles, 1);
    peer_open(&late, server, 0);
    ck_assert_uint_eq(peer_hello(&late, HELLO_NOTICE, 0), STATUS_INVALID_PARAMETER);
    peer_end(&notices);
    ck_assert_uint_eq(server->n_processes, 0);
    ck_assert_uint_eq(server->n_handles, 0);
    ck_assert(peer_is_dropped(&a));
    peer_end(&late);
    end();
}
END_TEST

static char state_of(pid_t pid)
{
    struct proc_stat stat = {0};

    ck_assert(proc_stat_of(pid, &stat));
    return stat.state;
}

START_TEST(it_is_stopped_as_long_as_it_is_suspended)
{
    pid_t pid = fixture_child();
    struct process_suspend_reply reply;
    handle_t p;
    int how;

    start();
    p = open_process(pid);
    for (int i = 0; i < 127; i++)
        ck_assert_uint_eq(CALL(&a, process_suspend, &reply, .handle = p, .on = 1), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, process_suspend, &reply, .handle = p, .on = 1),
                      STATUS_SUSPEND_COUNT_EXCEEDED);
    ck_assert_int_eq(waitpid(pid, &how, WUNTRACED), pid);
    ck_assert(WIFSTOPPED(how));
    for (int i = 0; i < 126; i++)
        ck_assert_uint_eq(CALL(&a, process_suspend, &reply, .handle = p), STATUS_SUCCESS);
    ck_assert_int_eq(state_of(pid), 'T');
    ck_assert_uint_eq(CALL(&a, process_suspend, &reply, .handle = p), STATUS_SUCCESS);
    ck_assert_int_eq(waitpid(pid, &how, WCONTINUED), pid);
    ck_assert(WIFCONTINUED(how));
    ck_assert_uint_eq(CALL(&a, process_suspend, &reply, .handle = p), STATUS_SUCCESS);
    child_die(pid);
    ck_assert_uint_eq(CALL(&a, process_suspend, &reply, .handle = p, .on = 1),
                      STATUS_PROCESS_IS_TERMINATING);
    end();
}
END_TEST

/* Nobody has a handle in between, and it has never said hello. */
START_TEST(how_often_it_is_suspended_is_not_forgotten)
{
    pid_t pid = fixture_child();
    struct process_suspend_reply reply;
    struct handle_close_reply closed;
    handle_t p;
    int how;

    start();
    p = open_process(pid);
    ck_assert_uint_eq(CALL(&a, process_suspend, &reply, .handle = p, .on = 1), STATUS_SUCCESS);
    ck_assert_int_eq(waitpid(pid, &how, WUNTRACED), pid);
    ck_assert_uint_eq(CALL(&a, handle_close, &closed, .handle = p), STATUS_SUCCESS);
    p = open_process(pid);
    ck_assert_uint_eq(CALL(&a, process_suspend, &reply, .handle = p), STATUS_SUCCESS);
    ck_assert_int_ne(state_of(pid), 'T');
    child_die(pid);
    end();
}
END_TEST

START_TEST(who_is_suspended_goes_on_when_the_server_ends_and_not_before)
{
    pid_t going = fixture_child(), killed = fixture_child();
    struct process_suspend_reply reply;
    int how;

    start();
    ck_assert_uint_eq(CALL(&a, process_suspend, &reply, .handle = open_process(going), .on = 1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, process_suspend, &reply, .handle = open_process(killed), .on = 1),
                      STATUS_SUCCESS);
    child_die(killed);
    ck_assert_int_eq(waitpid(going, &how, WUNTRACED), going);
    peer_end(&a);
    ck_assert_int_eq(state_of(going), 'T');
    fixture_end();
    ck_assert_int_ne(state_of(going), 'T');
    ck_assert_int_eq(kill(going, SIGKILL), 0);
    ck_assert_int_eq(waitpid(going, NULL, 0), going);
}
END_TEST

START_TEST(what_is_left_of_one_that_ended_is_told)
{
    pid_t pid = fixture_child();
    struct process_terminate_reply terminated;
    struct process_query_reply reply;
    struct proc_stat stat = {0};
    handle_t p;

    start();
    p = open_process(pid);
    ck_assert(proc_stat_of(pid, &stat));
    ck_assert_uint_eq(CALL(&a, process_query, &reply, .handle = p), STATUS_SUCCESS);
    ck_assert_uint_eq(reply.exit_time_ns, 0);
    ck_assert_uint_eq(CALL(&a, process_terminate, &terminated, .handle = p), STATUS_SUCCESS);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    fixture_steps();
    ck_assert_uint_eq(CALL(&a, process_query, &reply, .handle = p), STATUS_SUCCESS);
    ck_assert_uint_gt(reply.exit_time_ns, 0);
    ck_assert_uint_eq(reply.start_ticks, stat.start);
    ck_assert_uint_eq(reply.parent_id, (uint32_t)getpid());
    end();
}
END_TEST

/* As if its number had been given to another one since. */
static void number_reuse(pid_t pid, pid_t by)
{
    struct process *process;

    list_for_each(process, &server->processes, link)
        if (process->pid == pid)
            process->pid = by;
}

START_TEST(of_one_that_ended_nothing_is_told_that_is_anothers)
{
    pid_t pid = fixture_child();
    struct process_terminate_reply terminated;
    struct process_query_reply before, after;
    handle_t p;

    start();
    p = open_process(pid);
    ck_assert_uint_eq(CALL(&a, process_terminate, &terminated, .handle = p), STATUS_SUCCESS);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    fixture_steps();
    ck_assert_uint_eq(CALL(&a, process_query, &before, .handle = p), STATUS_SUCCESS);
    number_reuse(pid, getppid());
    ck_assert_uint_eq(CALL(&a, process_terminate, &terminated, .handle = p),
                      STATUS_PROCESS_IS_TERMINATING);
    ck_assert_uint_eq(CALL(&a, process_query, &after, .handle = p), STATUS_SUCCESS);
    ck_assert_uint_eq(after.parent_id, before.parent_id);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("process");
    UNIT_TEST(a_process_is_signaled_when_it_has_really_ended);
    UNIT_TEST(its_last_word_is_its_exit_code);
    UNIT_TEST(terminate_kills_with_the_code_given);
    UNIT_TEST(a_child_inherits_before_its_hello);
    UNIT_TEST(a_child_inherits_what_is_listed);
    UNIT_TEST(only_children_are_created_and_only_living_ones_opened);
    UNIT_TEST(the_end_of_the_notice_socket_is_the_end_of_the_process);
    UNIT_TEST(it_is_stopped_as_long_as_it_is_suspended);
    UNIT_TEST(how_often_it_is_suspended_is_not_forgotten);
    UNIT_TEST(who_is_suspended_goes_on_when_the_server_ends_and_not_before);
    UNIT_TEST(what_is_left_of_one_that_ended_is_told);
    UNIT_TEST(of_one_that_ended_nothing_is_told_that_is_anothers);
    return UNIT_END();
}
