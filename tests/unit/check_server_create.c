/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "create.h"

#include "descriptor.h"
#include "server_security.h"

#include "server_one_peer.h"

#define NAME "\\BaseNamedObjects\\thing"

static struct event_create_reply made;

static status_t make(const char *name, uint32_t attributes)
{
    return CALL_NAMED(&a, event_create, &made, name, attributes, .access = 0x1f0003);
}

START_TEST(a_taken_name_collides_or_opens)
{
    struct semaphore_create_reply other;

    start();
    ck_assert_uint_eq(make(NAME, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(make(NAME, 0), STATUS_OBJECT_NAME_COLLISION);
    ck_assert_uint_eq(make(NAME, OBJ_OPENIF), STATUS_OBJECT_NAME_EXISTS);
    ck_assert_uint_eq(made.handle, 8);
    ck_assert_uint_eq(CALL_NAMED(&a, semaphore_create, &other, NAME, OBJ_OPENIF, .maximum = 1),
                      STATUS_OBJECT_TYPE_MISMATCH);
    end();
}
END_TEST

START_TEST(the_name_goes_with_the_last_handle)
{
    struct handle_close_reply closed;
    struct object_open_reply opened;

    start();
    ck_assert_uint_eq(make(NAME, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, NAME, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, handle_close, &closed, .handle = made.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, handle_close, &closed, .handle = opened.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, NAME, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    end();
}
END_TEST

START_TEST(a_root_directory_makes_names_relative)
{
    struct object_open_reply root, opened;
    uint8_t data[128];
    uint32_t size;

    start();
    ck_assert_uint_eq(make(NAME, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &root, "\\BaseNamedObjects", 0, .access = 3),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(root.type, OBJECT_KIND_DIRECTORY);
    size = objattr_data(data, "thing", 0, root.handle, NULL, 0);
    ck_assert_uint_eq(CALL_DATA(&a, object_open, &opened, data, size, .access = 1), STATUS_SUCCESS);
    size = objattr_data(data, "\\thing", 0, root.handle, NULL, 0);
    ck_assert_uint_eq(CALL_DATA(&a, object_open, &opened, data, size, .access = 1),
                      STATUS_OBJECT_PATH_SYNTAX_BAD);
    size = objattr_data(data, "thing", 0, made.handle, NULL, 0);
    ck_assert_uint_eq(CALL_DATA(&a, object_open, &opened, data, size, .access = 1),
                      STATUS_OBJECT_TYPE_MISMATCH);
    size = objattr_data(data, "thing", 0, 4000, NULL, 0);
    ck_assert_uint_eq(CALL_DATA(&a, object_open, &opened, data, size, .access = 1),
                      STATUS_INVALID_HANDLE);
    end();
}
END_TEST

START_TEST(opening_checks_the_type_and_that_there_is_a_name)
{
    struct object_open_reply opened;

    start();
    ck_assert_uint_eq(make(NAME, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, NAME, 0, .type = OBJECT_KIND_MUTANT),
                      STATUS_OBJECT_TYPE_MISMATCH);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, NAME, 0, .type = 99),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, "", 0), STATUS_OBJECT_PATH_SYNTAX_BAD);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, "\\BASENAMEDOBJECTS\\THING",
                                 OBJ_CASE_INSENSITIVE, .type = OBJECT_KIND_EVENT),
                      STATUS_SUCCESS);
    end();
}
END_TEST

static void start_as(uid_t uid)
{
    server = fixture_start();
    peer_start_as(&a, server, 0, 1, uid);
}

static status_t permanence(handle_t handle, uint32_t on)
{
    struct object_permanence_reply reply;

    return CALL(&a, object_permanence, &reply, .handle = handle, .on = on);
}

START_TEST(a_permanent_name_outlasts_the_last_handle_until_it_is_temporary_again)
{
    struct handle_close_reply closed;
    struct object_open_reply opened;
    struct handle_query_reply asked;

    start_as(0);
    ck_assert_uint_eq(make(NAME, OBJ_PERMANENT), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, handle_query, &asked, .handle = made.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(asked.attributes, OBJ_PERMANENT);
    ck_assert_uint_eq(CALL(&a, handle_close, &closed, .handle = made.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, NAME, 0, .access = 2), STATUS_SUCCESS);
    ck_assert_uint_eq(permanence(opened.handle, 0), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL(&a, handle_close, &closed, .handle = opened.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, NAME, 0, .access = 0x1f0003),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(permanence(opened.handle, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, handle_close, &closed, .handle = opened.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, NAME, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    /* The server's end is the end of all. */
    ck_assert_uint_eq(make(NAME, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(permanence(made.handle, 1), STATUS_SUCCESS);
    ck_assert_uint_eq(permanence(made.handle, 1), STATUS_SUCCESS);
    end();
}
END_TEST

START_TEST(only_system_makes_names_permanent)
{
    start_as(1000);
    ck_assert_uint_eq(make(NAME, OBJ_PERMANENT), STATUS_PRIVILEGE_NOT_HELD);
    ck_assert_uint_eq(make(NAME, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(permanence(made.handle, 1), STATUS_PRIVILEGE_NOT_HELD);
    ck_assert_uint_eq(permanence(made.handle, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(permanence(4000, 0), STATUS_INVALID_HANDLE);
    end();
}
END_TEST

/* Else the whole name space would go, and the root be freed while the server walks from it. */
START_TEST(names_that_were_there_from_the_start_stay_as_they_are)
{
    static const char *const names[] = {"\\RPC Control", "\\"};
    struct object_security_set_reply set;
    struct object_open_reply opened;
    struct sd nobody;

    start_as(0);
    sd_begin(&nobody);
    sd_dacl(&nobody);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, names[i], 0, .access = 0x000f000f),
                          STATUS_SUCCESS);
        ck_assert_uint_eq(permanence(opened.handle, 1), STATUS_SUCCESS);
        ck_assert_uint_eq(permanence(opened.handle, 0), STATUS_ACCESS_DENIED);
        ck_assert_uint_eq(CALL_DATA(&a, object_security_set, &set, nobody.bytes, nobody.size,
                                    .handle = opened.handle, .information = INFORMATION_DACL),
                          STATUS_ACCESS_DENIED);
    }
    end();
}
END_TEST

START_TEST(a_failed_creation_leaves_no_name)
{
    struct semaphore_create_reply reply;
    struct object_open_reply opened;

    start();
    ck_assert_uint_eq(CALL_NAMED(&a, semaphore_create, &reply, NAME, 0, .maximum = 0),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(
        CALL_NAMED(&a, semaphore_create, &reply, NAME, 0, .maximum = 1, .access = 0x01000000),
        STATUS_PRIVILEGE_NOT_HELD);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, NAME, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("create");
    UNIT_TEST(a_taken_name_collides_or_opens);
    UNIT_TEST(the_name_goes_with_the_last_handle);
    UNIT_TEST(a_root_directory_makes_names_relative);
    UNIT_TEST(opening_checks_the_type_and_that_there_is_a_name);
    UNIT_TEST(a_failed_creation_leaves_no_name);
    UNIT_TEST(a_permanent_name_outlasts_the_last_handle_until_it_is_temporary_again);
    UNIT_TEST(only_system_makes_names_permanent);
    UNIT_TEST(names_that_were_there_from_the_start_stay_as_they_are);
    return UNIT_END();
}
