/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Memory of secured views. */
#include "config.h"

#include "server_ports.h"

#include <fcntl.h>

#include "alpc/secure_memory.h"

static struct alpc_create_section_reply section;
static struct alpc_create_view_reply view;
static struct alpc_secure_memory_reply memory;

static status_t section_make(uint64_t size)
{
    return CALL(&pair.b, alpc_create_section, &section, .port = pair.b_port, .size = size,
                .flags = ALPC_SECTION_SECURE);
}

static status_t memory_make(uint64_t offset, uint32_t instead_of)
{
    return CALL(&pair.b, alpc_secure_memory, &memory, .port = pair.b_port,
                .section_id = section.section_id, .offset = offset, .instead_of = instead_of);
}

static void begin(void)
{
    pair_start();
    pair_connect();
    ck_assert_uint_eq(section_make(0x20000), STATUS_SUCCESS);
    ck_assert_uint_eq(section.actual_size, 0x20000);
    ck_assert_uint_eq(pair.b.n_fds, 0);
    ck_assert_uint_eq(CALL(&pair.b, alpc_create_view, &view, .port = pair.b_port,
                           .section_id = section.section_id, .size = 0x3000),
                      STATUS_SUCCESS);
}

static status_t memory_map(uint32_t id, uint64_t size)
{
    static struct alpc_map_view_reply reply;
    status_t status = CALL(&pair.a, alpc_map_view, &reply, .port = pair.listener,
                           .connection = pair.connect.connection, .section_id = id, .size = size);

    if (!status) {
        ck_assert_uint_eq(reply.is_secured, 1);
        ck_assert_uint_eq(reply.section_size, 0x3000);
    }
    return status;
}

START_TEST(it_is_given_sealed_read_only_and_once)
{
    char byte = 1;

    begin();
    ck_assert_uint_eq(memory_make(view.offset, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(memory.size, 0x3000);
    int fd = dup(pair.b.fds[0]);
    ck_assert_int_eq(pwrite(fd, &byte, 1, 0), 1);
    ck_assert_uint_eq(memory_map(memory.memory_id, 0x3000), STATUS_ACCESS_DENIED);
    void *writable = mmap(NULL, 0x3000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
    munmap(writable, 0x3000);
    ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
    ck_assert_uint_eq(memory_map(memory.memory_id, 0x3001), STATUS_INVALID_VIEW_SIZE);
    ck_assert_uint_eq(memory_map(memory.memory_id, 0x3000), STATUS_SUCCESS);
    ck_assert_ptr_eq(mmap(NULL, 0x3000, PROT_READ | PROT_WRITE, MAP_SHARED, pair.a.fds[0], 0),
                     MAP_FAILED);
    ck_assert_int_eq(pwrite(fd, &byte, 1, 0), -1);
    ck_assert_uint_eq(memory_map(memory.memory_id, 0x3000), STATUS_INVALID_HANDLE);
    close(fd);
    pair_end();
}
END_TEST

START_TEST(it_belongs_to_a_view_of_a_secure_section)
{
    begin();
    ck_assert_uint_eq(memory_make(0x10000, 0), STATUS_INVALID_ADDRESS);
    section.section_id += 400;
    ck_assert_uint_eq(memory_make(0, 0), STATUS_INVALID_HANDLE);
    ck_assert_uint_eq(CALL(&pair.b, alpc_create_section, &section, .port = pair.b_port, .size = 1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, alpc_create_view, &view, .port = pair.b_port,
                           .section_id = section.section_id, .size = 1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(memory_make(view.offset, 0), STATUS_INVALID_PARAMETER);
    pair_end();
}
END_TEST

START_TEST(one_sections_memories_are_limited_and_can_be_exchanged)
{
    uint32_t first = 0, n = 0;
    status_t status;

    begin();
    while ((status = memory_make(view.offset, 0)) == STATUS_SUCCESS && n < 10000)
        if (n++ == 0)
            first = memory.memory_id;
    ck_assert_uint_eq(status, STATUS_QUOTA_EXCEEDED);
    for (int i = 0; i < 10; i++) {
        ck_assert_uint_eq(memory_make(view.offset, first), STATUS_SUCCESS);
        first = memory.memory_id;
    }
    pair_end();
}
END_TEST

START_TEST(a_deleted_section_keeps_what_is_on_its_way)
{
    struct alpc_delete_section_reply gone;
    struct alpc_delete_view_reply deleted;
    uint32_t id;

    begin();
    ck_assert_uint_eq(memory_make(view.offset, 0), STATUS_SUCCESS);
    id = memory.memory_id;
    ck_assert_int_eq(fcntl(pair.b.fds[0], F_ADD_SEALS, F_SEAL_WRITE), 0);
    ck_assert_uint_eq(CALL(&pair.b, alpc_delete_view, &deleted, .port = pair.b_port,
                           .section_id = section.section_id, .offset = view.offset),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, alpc_delete_section, &gone, .port = pair.b_port,
                           .section_id = section.section_id, .was_sent = 1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(memory_make(view.offset, 0), STATUS_INVALID_HANDLE);
    ck_assert_uint_eq(memory_map(id, 0x3000), STATUS_SUCCESS);
    pair_end(); /* asserts that nothing is charged any more */
}
END_TEST

START_TEST(a_port_that_goes_in_the_middle_gives_everything_back)
{
    static const enum user_slot slots[] = {USER_MEMORY, USER_FDS};
    struct handle_close_reply closed;
    uint64_t before[2];

    pair_start();
    pair_connect();
    struct user *user = pair.b.client->user;
    for (int i = 0; i < 2; i++)
        before[i] = user->held[slots[i]];
    for (int i = 0; i < 10; i++) {
        ck_assert_uint_eq(section_make(0x10000), STATUS_SUCCESS);
        ck_assert_uint_eq(CALL(&pair.b, alpc_create_view, &view, .port = pair.b_port,
                               .section_id = section.section_id, .size = 0x3000),
                          STATUS_SUCCESS);
        ck_assert_uint_eq(memory_make(view.offset, 0), STATUS_SUCCESS);
        ck_assert_int_eq(fcntl(pair.b.fds[0], F_ADD_SEALS, F_SEAL_WRITE), 0);
        if (i & 1)
            ck_assert_uint_eq(memory_map(memory.memory_id, 0x3000), STATUS_SUCCESS);
        ck_assert_uint_eq(
            CALL(&pair.b, alpc_create_section, &section, .port = pair.b_port, .size = 1),
            STATUS_SUCCESS);
    }
    for (int i = 0; i < 2; i++)
        ck_assert_uint_gt(user->held[slots[i]], before[i]);
    ck_assert_uint_eq(CALL(&pair.b, handle_close, &closed, .handle = pair.b_port), STATUS_SUCCESS);
    for (int i = 0; i < 2; i++)
        ck_assert_uint_le(user->held[slots[i]], before[i]);
    pair_end();
}
END_TEST

START_TEST(the_ports_limits_count_its_size)
{
    pair_start();
    pair_connect();
    ck_assert_uint_eq(section_make(0), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(section_make(UINT64_C(1) << 41), STATUS_SECTION_TOO_BIG);
    ck_assert_uint_eq(section_make(UINT64_C(1) << 40), STATUS_SUCCESS); /* costs nothing yet */
    pair_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("secure_memory");
    UNIT_TEST(it_is_given_sealed_read_only_and_once);
    UNIT_TEST(it_belongs_to_a_view_of_a_secure_section);
    UNIT_TEST(one_sections_memories_are_limited_and_can_be_exchanged);
    UNIT_TEST(a_deleted_section_keeps_what_is_on_its_way);
    UNIT_TEST(a_port_that_goes_in_the_middle_gives_everything_back);
    UNIT_TEST(the_ports_limits_count_its_size);
    return UNIT_END();
}
