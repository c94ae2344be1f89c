/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "alpc/port_section.h"

#include <fcntl.h>

#include "server_fixture.h"

static struct server *server;
static struct peer a;
static handle_t port;

static void start(const struct port_attributes *attributes)
{
    struct alpc_create_port_reply reply;

    server = fixture_start();
    peer_start(&a, server, 0, 1);
    ck_assert_uint_eq(CALL_NAMED(&a, alpc_create_port, &reply, "", 0, .attributes = *attributes,
                                 .has_attributes = 1),
                      STATUS_SUCCESS);
    port = reply.port;
}

static void end(void)
{
    peer_end(&a);
    fixture_end();
}

static const struct port_attributes wide = {.max_message_length = 0xffff};
static struct alpc_create_section_reply section;
static struct alpc_create_view_reply view;

static status_t make(uint64_t size)
{
    return CALL(&a, alpc_create_section, &section, .port = port, .size = size);
}

static status_t look(uint64_t size)
{
    return CALL(&a, alpc_create_view, &view, .port = port, .section_id = section.section_id,
                .size = size);
}

START_TEST(sizes_round_up_to_64_kib_and_views_to_pages)
{
    static const uint64_t sizes[] = {1, 0x1000, 0x1001, 0x1234, 0x10000};

    start(&wide);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        ck_assert_uint_eq(make(sizes[i]), STATUS_SUCCESS);
        ck_assert_uint_eq(section.actual_size, 0x10000);
        ck_assert_uint_eq(a.n_fds, 1);
    }
    ck_assert_uint_eq(make(0), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(make(0x40000), STATUS_SUCCESS);
    ck_assert_uint_eq(look(0x4000), STATUS_SUCCESS);
    ck_assert_uint_eq(view.size, 0x4000);
    ck_assert_uint_eq(view.offset, 0);
    ck_assert_uint_eq(look(0x123), STATUS_SUCCESS);
    ck_assert_uint_eq(view.size, 0x1000);
    ck_assert_uint_eq(view.offset, 0x10000);
    end();
}
END_TEST

START_TEST(a_deleted_view_leaves_room_for_the_next)
{
    struct alpc_delete_view_reply deleted;
    struct alpc_delete_section_reply gone;

    start(&wide);
    ck_assert_uint_eq(make(0x30000), STATUS_SUCCESS);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(look(0x10000), STATUS_SUCCESS);
    ck_assert_uint_eq(look(1), STATUS_NO_MEMORY);
    ck_assert_uint_eq(
        CALL(&a, alpc_delete_section, &gone, .port = port, .section_id = section.section_id),
        STATUS_DELETE_PENDING);
    ck_assert_uint_eq(CALL(&a, alpc_delete_view, &deleted, .port = port,
                           .section_id = section.section_id, .offset = 0x10000),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, alpc_delete_view, &deleted, .port = port,
                           .section_id = section.section_id, .offset = 0x10000),
                      STATUS_INVALID_ADDRESS);
    ck_assert_uint_eq(look(0x10000), STATUS_SUCCESS);
    ck_assert_uint_eq(view.offset, 0x10000);
    ck_assert_uint_eq(look(0x40000), STATUS_INVALID_VIEW_SIZE);
    ck_assert_uint_eq(CALL(&a, alpc_delete_section, &gone, .port = port, .section_id = 1),
                      STATUS_INVALID_HANDLE);
    end();
}
END_TEST

START_TEST(after_the_first_view_it_cannot_be_mapped_writable_again)
{
    void *first, *again;
    int fd;

    start(&wide);
    ck_assert_uint_eq(make(0x10000), STATUS_SUCCESS);
    fd = fcntl(a.fds[0], F_DUPFD_CLOEXEC, 0);
    first = mmap(NULL, 0x10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ck_assert_ptr_ne(first, MAP_FAILED);
    ck_assert_uint_eq(look(0x1000), STATUS_SUCCESS);
    again = mmap(NULL, 0x10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ck_assert_ptr_eq(again, MAP_FAILED);
    memset(first, 1, 0x10000);
    munmap(first, 0x10000);
    close(fd);
    end();
}
END_TEST

START_TEST(the_ports_limits_hold)
{
    struct port_attributes tight = {.max_message_length = 0xffff,
                                    .max_section_size = 0x20000,
                                    .max_view_size = 0x2000,
                                    .max_total_section_size = 0x30000};

    start(&tight);
    ck_assert_uint_eq(make(0x20001), STATUS_SECTION_TOO_BIG);
    ck_assert_uint_eq(make(0x20000), STATUS_SUCCESS);
    ck_assert_uint_eq(look(0x2001), STATUS_INVALID_VIEW_SIZE);
    ck_assert_uint_eq(look(0x2000), STATUS_SUCCESS);
    ck_assert_uint_eq(make(0x20000), STATUS_QUOTA_EXCEEDED);
    ck_assert_uint_eq(make(0x10000), STATUS_SUCCESS);
    ck_assert_uint_eq(make(1), STATUS_QUOTA_EXCEEDED);
    end();
}
END_TEST

START_TEST(a_user_has_so_much_memory_and_no_more)
{
    start(&wide);
    uint64_t limit = server->users.limit[USER_MEMORY];
    uint64_t before = a.client->user->held[USER_MEMORY];
    ck_assert_uint_eq(make(limit), STATUS_QUOTA_EXCEEDED); /* the port has some already */
    ck_assert_uint_eq(make((limit - before) & ~(uint64_t)0xffff), STATUS_SUCCESS);
    ck_assert_uint_eq(make(0x10000), STATUS_QUOTA_EXCEEDED);
    end();
}
END_TEST

START_TEST(a_section_of_the_callers_own_is_taken_as_it_is)
{
    struct section_create_reply own;

    start(&wide);
    ck_assert_uint_eq(
        CALL_NAMED(&a, section_create, &own, "", 0, .access = 0xf001f, .size = 0x5000),
        STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, alpc_create_section, &section, .port = port, .section = own.handle),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(section.actual_size, 0x5000);
    ck_assert_uint_eq(a.n_fds, 0);
    ck_assert_uint_eq(CALL(&a, alpc_create_section, &section, .port = port, .section = own.handle,
                           .size = 0x5001),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL(&a, alpc_create_section, &section, .port = port, .section = port),
                      STATUS_OBJECT_TYPE_MISMATCH);
    ck_assert_uint_eq(CALL(&a, alpc_create_section, &section, .port = port, .size = 1, .flags = 1),
                      STATUS_INVALID_PARAMETER);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("port_section");
    UNIT_TEST(sizes_round_up_to_64_kib_and_views_to_pages);
    UNIT_TEST(a_deleted_view_leaves_room_for_the_next);
    UNIT_TEST(after_the_first_view_it_cannot_be_mapped_writable_again);
    UNIT_TEST(the_ports_limits_hold);
    UNIT_TEST(a_user_has_so_much_memory_and_no_more);
    UNIT_TEST(a_section_of_the_callers_own_is_taken_as_it_is);
    return UNIT_END();
}
