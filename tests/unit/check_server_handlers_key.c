/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "key.h"
#include "server_two_peers.h"

#define ALL 0xf003fu

static status_t key_open(struct peer *peer, const char *path, handle_t root, uint32_t create,
                         struct key_open_reply *ret_reply)
{
    uint8_t data[1200];
    uint32_t size = objattr_data(data, path, 0, root, NULL, 0);

    return CALL_DATA(peer, key_open, ret_reply, data, size, .access = ALL, .how = create);
}

static handle_t key_made(struct peer *peer, const char *path, handle_t root)
{
    struct key_open_reply reply;

    ck_assert_uint_eq(key_open(peer, path, root, 1, &reply), STATUS_SUCCESS);
    return reply.handle;
}

START_TEST(names_are_absolute_or_relative_and_only_the_last_component_may_be_new)
{
    struct key_open_reply reply;
    handle_t software;

    start();
    software = key_made(&a, "\\registry\\Machine\\Software", 0);
    ck_assert_uint_eq(key_open(&a, "Machine", 0, 0, &reply), STATUS_OBJECT_NAME_INVALID);
    ck_assert_uint_eq(key_open(&a, "\\Elsewhere", 0, 0, &reply), STATUS_OBJECT_NAME_INVALID);
    ck_assert_uint_eq(key_open(&a, "\\RegistryX", 0, 0, &reply), STATUS_OBJECT_NAME_NOT_FOUND);
    ck_assert_uint_eq(key_open(&a, "\\Machine", software, 0, &reply),
                      STATUS_OBJECT_PATH_SYNTAX_BAD);
    ck_assert_uint_eq(key_open(&a, "new\\newer", software, 1, &reply),
                      STATUS_OBJECT_NAME_NOT_FOUND);
    ck_assert_uint_eq(key_open(&a, "new", software, 0, &reply), STATUS_OBJECT_NAME_NOT_FOUND);
    ck_assert_uint_eq(key_open(&a, "new", software, 1, &reply), STATUS_SUCCESS);
    ck_assert_uint_eq(reply.created, 1);
    ck_assert_uint_eq(key_open(&b, "\\Registry\\Machine\\Software\\NEW", 0, 1, &reply),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(reply.created, 0);
    ck_assert_uint_eq(key_open(&a, "", software, 0, &reply), STATUS_SUCCESS);
    end();
}
END_TEST

START_TEST(a_value_that_one_process_sets_another_reads)
{
    static const uint16_t name_and_data[] = u"NameDATA";
    struct key_set_value_reply set;
    struct key_get_value_reply got;
    struct key_query_reply info;
    handle_t mine, theirs;

    start();
    mine = key_made(&a, "\\Registry\\Machine\\Software\\shared", 0);
    ck_assert_uint_eq(CALL_DATA(&a, key_set_value, &set, name_and_data, 16, .handle = mine,
                                .type = 1, .name_size = 8),
                      STATUS_SUCCESS);
    theirs = key_made(&b, "\\Registry\\Machine\\Software\\Shared", 0);
    ck_assert_uint_eq(
        CALL_DATA(&b, key_get_value, &got, u"NAME", 8, .handle = theirs, .index = KEY_INDEX_SELF),
        STATUS_SUCCESS);
    ck_assert_uint_eq(got.type, 1);
    ck_assert_uint_eq(got.name_size, 8);
    ck_assert_uint_eq(b.data_size, 16);
    ck_assert_int_eq(memcmp(b.data, name_and_data, 16), 0);
    ck_assert_uint_eq(CALL(&b, key_get_value, &got, .handle = theirs, .index = 1),
                      STATUS_NO_MORE_ENTRIES);
    ck_assert_uint_eq(CALL(&b, key_query, &info, .handle = theirs, .index = KEY_INDEX_SELF),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(info.n_values, 1);
    ck_assert_uint_eq(info.max_value_data, 8);
    ck_assert_uint_eq(info.name_size, 2 * 33);
    end();
}
END_TEST

START_TEST(sizes_that_do_not_fit_and_handles_of_other_kinds_are_refused)
{
    struct key_set_value_reply set;
    struct key_watch_reply watch;
    struct key_query_reply info;
    handle_t key;

    start();
    key = key_made(&a, "\\Registry\\Machine\\Software\\refused", 0);
    ck_assert_uint_eq(CALL_DATA(&a, key_set_value, &set, "abcd", 4, .handle = key, .name_size = 6),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL_DATA(&a, key_set_value, &set, "abcd", 4, .handle = key, .name_size = 3),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL(&a, key_query, &info, .handle = 0x40, .index = 0),
                      STATUS_INVALID_HANDLE);
    ck_assert_uint_eq(CALL(&a, key_watch, &watch, .handle = key, .event = key, .filter = 1),
                      STATUS_OBJECT_TYPE_MISMATCH);
    end();
}
END_TEST

START_TEST(what_is_read_only_is_read_and_nothing_else)
{
    static const char names[] = "\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Nls";
    struct key_set_value_reply set;
    struct key_delete_reply deleted;
    struct key_open_reply opened;
    struct key_query_reply info;
    handle_t key;

    start();
    key = key_made(&a, names, 0);
    ck_assert_uint_eq(CALL(&a, key_query, &info, .handle = key, .index = KEY_INDEX_SELF),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(key_open(&a, "new", key, 1, &opened), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL(&a, key_set_value, &set, .handle = key, .type = 1),
                      STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL(&a, key_delete, &deleted, .handle = key), STATUS_ACCESS_DENIED);
    end();
}
END_TEST

START_TEST(a_deleted_key_refuses_everything_but_its_closing)
{
    struct key_delete_reply deleted;
    struct key_query_reply info;
    struct key_open_reply opened;
    struct handle_close_reply closed;
    handle_t key;

    start();
    key = key_made(&a, "\\Registry\\Machine\\Software\\short-lived", 0);
    ck_assert_uint_eq(CALL(&a, key_delete, &deleted, .handle = key), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, key_delete, &deleted, .handle = key), STATUS_KEY_DELETED);
    ck_assert_uint_eq(CALL(&a, key_query, &info, .handle = key, .index = KEY_INDEX_SELF),
                      STATUS_KEY_DELETED);
    ck_assert_uint_eq(key_open(&a, "x", key, 1, &opened), STATUS_KEY_DELETED);
    ck_assert_uint_eq(CALL(&a, handle_close, &closed, .handle = key), STATUS_SUCCESS);
    end();
}
END_TEST

START_TEST(below_a_volatile_key_everything_is_volatile)
{
    struct key_open_reply reply;
    handle_t top, below;

    start();
    ck_assert_uint_eq(
        key_open(&a, "\\Registry\\Machine\\Software\\v", 0, KEY_CREATE_VOLATILE + 1, &reply),
        STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(
        key_open(&a, "\\Registry\\Machine\\Software\\v", 0, KEY_CREATE_VOLATILE, &reply),
        STATUS_SUCCESS);
    top = reply.handle;
    ck_assert_uint_eq(key_open(&b, "\\Registry\\Machine\\Software\\v\\w", 0, KEY_CREATE, &reply),
                      STATUS_CHILD_MUST_BE_VOLATILE);
    ck_assert_uint_eq(key_open(&a, "w", top, KEY_OPEN, &reply), STATUS_OBJECT_NAME_NOT_FOUND);
    ck_assert_uint_eq(key_open(&a, "w", top, KEY_CREATE_VOLATILE, &reply), STATUS_SUCCESS);
    below = reply.handle;
    ck_assert_uint_eq(key_open(&a, "x", below, KEY_CREATE, &reply), STATUS_CHILD_MUST_BE_VOLATILE);
    ck_assert_uint_eq(key_open(&a, "w", top, KEY_CREATE, &reply), STATUS_SUCCESS); /* it is there */
    ck_assert_uint_eq(reply.created, 0);
    end();
}
END_TEST

START_TEST(a_watch_is_over_when_its_process_closes_the_key)
{
    struct event_create_reply event;
    struct event_query_reply state;
    struct handle_close_reply closed;
    struct key_watch_reply watch;
    handle_t key;

    start();
    key = key_made(&a, "\\Registry\\Machine\\Software\\watched", 0);
    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &event, "", 0, .access = 3, .manual_reset = 1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(
        CALL(&a, key_watch, &watch, .handle = key, .event = event.handle, .filter = 0),
        STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(
        CALL(&a, key_watch, &watch, .handle = key, .event = event.handle, .filter = 1),
        STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, handle_close, &closed, .handle = key), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, event_query, &state, .handle = event.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(state.signaled, 1);
    end();
}
END_TEST

START_TEST(what_a_dead_process_has_made_stays_and_its_watches_go)
{
    struct event_create_reply event;
    struct key_open_reply opened;
    struct key_watch_reply watch;
    handle_t key;

    start();
    key = key_made(&b, "\\Registry\\Machine\\Software\\left", 0);
    ck_assert_uint_eq(CALL_NAMED(&b, event_create, &event, "", 0, .access = 3), STATUS_SUCCESS);
    ck_assert_uint_eq(
        CALL(&b, key_watch, &watch, .handle = key, .event = event.handle, .filter = 1),
        STATUS_SUCCESS);
    peer_end(&b);
    fixture_steps();
    ck_assert_uint_eq(key_open(&a, "\\Registry\\Machine\\Software\\left", 0, 0, &opened),
                      STATUS_SUCCESS);
    peer_end(&a);
    child_die(pid);
    fixture_end(); /* nothing left over */
}
END_TEST

START_TEST(a_key_that_cannot_be_finished_is_not_made)
{
    static uint16_t class[KEY_CLASS_MAX_CHARS + 1];
    static uint8_t data[sizeof(class) + 1200];
    struct key_open_reply reply;
    uint32_t size;

    start();
    for (uint32_t n = KEY_CLASS_MAX_CHARS + 1; n >= KEY_CLASS_MAX_CHARS; n--) {
        size = objattr_data(data, "\\Registry\\Machine\\Software\\long", 0, 0, class, n * 2);
        ck_assert_uint_eq(
            CALL_DATA(&a, key_open, &reply, data, size, .access = ALL, .how = KEY_CREATE),
            n > KEY_CLASS_MAX_CHARS ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS);
    }
    ck_assert_uint_eq(reply.created, 1); /* the first try had left nothing */
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handlers_key");
    UNIT_TEST(names_are_absolute_or_relative_and_only_the_last_component_may_be_new);
    UNIT_TEST(a_value_that_one_process_sets_another_reads);
    UNIT_TEST(sizes_that_do_not_fit_and_handles_of_other_kinds_are_refused);
    UNIT_TEST(what_is_read_only_is_read_and_nothing_else);
    UNIT_TEST(a_deleted_key_refuses_everything_but_its_closing);
    UNIT_TEST(below_a_volatile_key_everything_is_volatile);
    UNIT_TEST(a_watch_is_over_when_its_process_closes_the_key);
    UNIT_TEST(what_a_dead_process_has_made_stays_and_its_watches_go);
    UNIT_TEST(a_key_that_cannot_be_finished_is_not_made);
    return UNIT_END();
}
