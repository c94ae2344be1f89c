/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "section.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "server_fixture.h"

static struct server *server;
static struct peer a, b;

static void start(void)
{
    server = fixture_start();
    peer_start(&a, server, 0, 1);
    peer_start(&b, server, 0, 2);
}

static void end(void)
{
    peer_end(&a);
    peer_end(&b);
    fixture_end();
}

START_TEST(two_handles_of_one_name_share_the_memory)
{
    struct section_create_reply created;
    struct object_open_reply opened;
    struct section_get_reply got;
    char *mine, *theirs;

    start();
    ck_assert_uint_eq(CALL_NAMED(&a, section_create, &created, "\\BaseNamedObjects\\s", 0,
                                 .access = 0xf001f, .size = 5000, .protection = 4),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(created.size, 8192);
    ck_assert_uint_eq(a.n_fds, 1);
    mine = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, a.fds[0], 0);
    ck_assert_ptr_ne(mine, MAP_FAILED);
    ck_assert_uint_eq(CALL_NAMED(&b, object_open, &opened, "\\BaseNamedObjects\\s", 0, .access = 4,
                                 .type = OBJECT_KIND_SECTION),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&b, section_get, &got, .handle = opened.handle, .access = 4),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(got.protection, 4);
    theirs = mmap(NULL, 8192, PROT_READ, MAP_SHARED, b.fds[0], 0);
    ck_assert_ptr_ne(theirs, MAP_FAILED);
    mine[4096] = 'x';
    ck_assert_int_eq(theirs[4096], 'x');
    /* What is granted for reading cannot be mapped for writing; more than granted is not given. */
    ck_assert_ptr_eq(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, b.fds[0], 0), MAP_FAILED);
    ck_assert_uint_eq(CALL(&b, section_get, &got, .handle = opened.handle, .access = 2),
                      STATUS_ACCESS_DENIED);
    munmap(mine, 8192);
    munmap(theirs, 8192);
    end();
}
END_TEST

START_TEST(nobody_can_resize_it)
{
    struct section_create_reply created;

    start();
    ck_assert_uint_eq(
        CALL_NAMED(&a, section_create, &created, "", 0, .access = 0xf001f, .size = 4096),
        STATUS_SUCCESS);
    ck_assert_int_eq(ftruncate(a.fds[0], 0), -1);
    ck_assert_int_eq(ftruncate(a.fds[0], 8192), -1);
    end();
}
END_TEST

START_TEST(a_clients_file_is_passed_on_untouched)
{
    struct section_create_request request = {.size = 123, .access = 0xf001f};
    struct section_create_reply created;
    uint8_t data[64];
    uint32_t size = objattr_data(data, "", 0, 0, NULL, 0);
    struct stat info;
    int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

    start();
    ck_assert_uint_eq(peer_call(&a, REQ_section_create, &request, sizeof(request), &created,
                                sizeof(created), data, size, &fd, 1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(created.foreign, 1);
    ck_assert_uint_eq(created.size, 123);
    ck_assert_int_eq(fstat(a.fds[0], &info), 0);
    ck_assert(S_ISCHR(info.st_mode));
    close(fd);
    end();
}
END_TEST

START_TEST(impossible_sizes_are_refused)
{
    struct section_create_reply created;

    start();
    ck_assert_uint_eq(CALL_NAMED(&a, section_create, &created, "", 0, .size = 0),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL_NAMED(&a, section_create, &created, "", 0, .size = UINT64_MAX),
                      STATUS_SECTION_TOO_BIG);
    ck_assert_uint_eq(CALL_NAMED(&a, section_create, &created, "", 0, .size = UINT64_C(1) << 39),
                      STATUS_QUOTA_EXCEEDED);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("section");
    UNIT_TEST(two_handles_of_one_name_share_the_memory);
    UNIT_TEST(nobody_can_resize_it);
    UNIT_TEST(a_clients_file_is_passed_on_untouched);
    UNIT_TEST(impossible_sizes_are_refused);
    return UNIT_END();
}
