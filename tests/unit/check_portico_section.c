/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "portico/local_port.h"
#include "portico/section.h"
#include "views.h"

static const char name[] = "\\RPC Control\\section";

static uint32_t section;
static uint64_t size;

START_TEST(a_section_is_made_as_large_as_asked_in_steps_of_64_kib)
{
    struct pair pair = pair_make(name);

    ck_ok(portico_section_create(pair.client, 0, 0, 1, &section, &size));
    ck_assert_uint_eq(size, 0x10000);
    ck_ok(portico_section_create(pair.connection, 0, 0, 0x10001, &section, &size));
    ck_assert_uint_eq(size, 0x20000);
    ck_ok(portico_section_create(pair.server, ALPC_SECTION_SECURE, 0, 0x1234, &section, &size));
    ck_assert_uint_eq(size, 0x10000);
    pair_close(&pair);
}
END_TEST

START_TEST(what_makes_no_section_is_refused)
{
    struct pair pair = pair_make(name);

    ck_status(portico_section_create(pair.client, 0, 0, 0, &section, &size),
              STATUS_INVALID_PARAMETER);
    ck_status(portico_section_create(pair.client, ALPC_SECTION_SECURE, 0, 0, &section, &size),
              STATUS_INVALID_PARAMETER);
    ck_status(portico_section_create(pair.client, 0x10000, 0, 1, &section, &size),
              STATUS_INVALID_PARAMETER);
    ck_status(portico_section_create(pair.client, 0, 0x7ff0, 1, &section, &size),
              STATUS_INVALID_HANDLE);
    ck_status(portico_section_create(pair.client, 0, pair.client, 1, &section, &size),
              STATUS_OBJECT_TYPE_MISMATCH);
    ck_status(portico_section_create(0x7ff0, 0, 0, 1, &section, &size), STATUS_INVALID_HANDLE);
    ck_status(portico_section_create(pair.client, 0, 0, UINT64_C(1) << 50, &section, &size),
              STATUS_SECTION_TOO_BIG);
    ck_status(portico_section_delete(pair.client, 0x7ff0), STATUS_INVALID_HANDLE);
    pair_close(&pair);
}
END_TEST

START_TEST(a_section_is_found_on_its_own_port_only)
{
    struct pair pair = pair_make(name);
    uint32_t own = section_make(pair.client, 0, 1);
    struct portico_view view = {.section = own, .size = 1};

    ck_status(portico_view_create(pair.server, &view), STATUS_INVALID_HANDLE);
    ck_status(portico_section_delete(pair.server, own), STATUS_INVALID_HANDLE);
    view = view_make(pair.client, own, 0x1000);
    ck_status(view_send_to(pair.server, 0, &view), STATUS_INVALID_HANDLE);
    ck_status(portico_view_delete(pair.server, view.base), STATUS_INVALID_ADDRESS);
    ck_ok(portico_view_delete(pair.client, view.base));
    ck_ok(portico_section_delete(pair.client, own));
    pair_close(&pair);
}
END_TEST

/* Refused, it is as it was. */
START_TEST(a_section_with_views_is_not_deleted)
{
    struct pair pair = pair_make(name);
    uint32_t own = section_make(pair.client, 0, 0x20000);
    struct portico_view one = view_make(pair.client, own, 0x1000);

    ck_status(portico_section_delete(pair.client, own), STATUS_DELETE_PENDING);
    ((uint8_t *)one.base)[0] = 1;
    struct portico_view two = view_make(pair.client, own, 0x1000);
    ck_ok(portico_view_delete(pair.client, one.base));
    ck_status(portico_section_delete(pair.client, own), STATUS_DELETE_PENDING);
    ck_ok(portico_view_delete(pair.client, two.base));
    ck_ok(portico_section_delete(pair.client, own));
    ck_status(portico_section_delete(pair.client, own), STATUS_INVALID_HANDLE);
    pair_close(&pair);
}
END_TEST

static handle_t object_make(int fd, uint64_t object_size, uint32_t access)
{
    struct section_create_request request = {
        .size = object_size, .access = access, .protection = 4, .attributes = 0x8000000};
    struct section_create_reply reply;
    struct objattr objattr = {0};
    struct call_extra extra = {.objattr = &objattr, .n_fds = fd >= 0, .fds = {fd}};

    ck_ok(call_section_create(portico_control(), &request, &reply, &extra));
    return reply.handle;
}

static int file_make(off_t file_size)
{
    char path[] = "/tmp/portico-section.XXXXXX";
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    unlink(path);
    ck_assert_int_eq(ftruncate(fd, file_size), 0);
    return fd;
}

START_TEST(a_file_of_the_callers_is_seen_at_the_other_end)
{
    struct pair pair = pair_make(name);
    int fd = file_make(0x5000);
    handle_t object = object_make(fd, 0x5000, 0xf001f);

    ck_ok(portico_section_create(pair.client, 0, object, 0, &section, &size));
    ck_assert_uint_eq(size, 0x5000);
    ck_ok(portico_close(object)); /* the port's section keeps it */
    struct portico_view own = view_make(pair.client, section, 0x5000);
    memset(own.base, 7, own.size);
    char byte;
    ck_assert_int_eq(pread(fd, &byte, 1, 0x4fff), 1);
    ck_assert_int_eq(byte, 7);
    ck_ok(view_send_to(pair.client, 0, &own));
    struct portico_view got = view_take_from(pair.connection);
    ck_assert_uint_eq(got.size, 0x5000);
    ck_assert(bytes_are(&got, 7));
    close(fd);
    pair_close(&pair);
}
END_TEST

START_TEST(a_section_object_must_be_large_enough_and_writable)
{
    struct pair pair = pair_make(name);
    handle_t whole = object_make(-1, 0x5000, 0xf001f), read_only = object_make(-1, 0x5000, 4);

    ck_status(portico_section_create(pair.client, 0, whole, 0x5001, &section, &size),
              STATUS_INVALID_PARAMETER);
    ck_status(
        portico_section_create(pair.client, ALPC_SECTION_SECURE, whole, 0x1000, &section, &size),
        STATUS_INVALID_PARAMETER);
    ck_status(portico_section_create(pair.client, 0, read_only, 0, &section, &size),
              STATUS_ACCESS_DENIED);
    ck_ok(portico_section_create(pair.client, 0, whole, 0x3000, &section, &size));
    ck_assert_uint_eq(size, 0x3000);
    struct portico_view view = {.section = section, .size = 0x4000};
    ck_status(portico_view_create(pair.client, &view), STATUS_INVALID_VIEW_SIZE);
    pair_close(&pair);
}
END_TEST

START_TEST(many_sections_come_and_go_and_there_is_a_limit)
{
    static uint32_t made[5000];
    struct pair pair = pair_make(name);
    uint32_t n = 0;
    status_t status;

    do
        status = portico_section_create(pair.client, 0, 0, 1, &made[n], &size);
    while (status == STATUS_SUCCESS && ++n < ARRAY_SIZE(made));
    ck_status(status, STATUS_QUOTA_EXCEEDED);
    ck_assert_uint_ge(n, connections_possible(256)); /* a section has fewer descriptors */
    for (uint32_t i = 0; i < n; i++)
        ck_ok(portico_section_delete(pair.client, made[i]));
    section_make(pair.client, 0, 1);
    pair_close(&pair);
}
END_TEST

/* A server that answers each request from a section of its own on the connection port. */
START_TEST(what_has_been_read_does_not_stay_at_the_server)
{
    struct pair pair = pair_make(name);

    for (int i = 0; i < 5000; i++) {
        struct portico_view own =
            view_make(pair.connection, section_make(pair.connection, 0, 1), 0x1000);
        message_fill(&message, 4, 1);
        ck_ok(port_send(pair.client, 0, &message));
        ck_ok(port_take(pair.connection, &message));
        own.flags = PORTICO_VIEW_AUTO_RELEASE;
        ck_ok(view_continue(pair.connection, 0, &own));
        struct portico_view got = view_take_from(pair.client),
                            back = {.flags = PORTICO_VIEW_RELEASE};
        ck_assert_ptr_nonnull(got.base);
        ck_ok(view_continue(pair.client, PORTICO_RELEASE, &back));
        ck_ok(port_take(pair.connection, &message));
        ck_ok(portico_section_delete(pair.connection, own.section));
    }
    pair_close(&pair);
}
END_TEST

/* A server that answers from a section of its connection port and deletes it before the answer is
 * read: of those whose answers have been read by now nothing stays, however many there were. */
START_TEST(what_is_read_after_its_section_was_deleted_does_not_stay_either)
{
    struct pair pair = pair_make(name);

    for (int i = 0; i < 5000; i++) {
        struct portico_view own =
            view_make(pair.connection, section_make(pair.connection, 0, 1), 0x1000);
        memset(own.base, i, own.size);
        message_fill(&message, 4, 1);
        ck_ok(port_send(pair.client, 0, &message));
        ck_ok(port_take(pair.connection, &message));
        own.flags = PORTICO_VIEW_AUTO_RELEASE;
        ck_ok(view_continue(pair.connection, 0, &own));
        ck_ok(portico_section_delete(pair.connection, own.section));
        ck_status(portico_section_delete(pair.connection, own.section), STATUS_INVALID_HANDLE);
        struct portico_view wanted = {.section = own.section, .size = 1};
        ck_status(portico_view_create(pair.connection, &wanted), STATUS_INVALID_HANDLE);
        struct portico_view got = view_take_from(pair.client),
                            back = {.flags = PORTICO_VIEW_RELEASE};
        ck_assert(bytes_are(&got, (uint8_t)i));
        ck_ok(view_continue(pair.client, PORTICO_RELEASE, &back));
        ck_ok(port_take(pair.connection, &message));
    }
    pair_close(&pair);
}
END_TEST

START_TEST(a_closed_port_unmaps_its_views)
{
    struct pair pair = pair_make(name);
    struct portico_view view =
        view_make(pair.client, section_make(pair.client, 0, 0x10000), 0x1000);

    ck_assert(is_mapped(view.base));
    pair_close(&pair);
    ck_assert(!is_mapped(view.base));
}
END_TEST

START_TEST(a_section_and_its_views_stay_as_long_as_the_port_has_a_handle)
{
    struct pair pair = pair_make(name);
    uint32_t own = section_make(pair.client, 0, 0x20000);
    struct portico_view view = view_make(pair.client, own, 0x1000);
    handle_t first = pair.client;

    pair.client = handle_copy(first);
    ck_ok(portico_close(handle_copy(first)));
    ck_assert(is_mapped(view.base));
    ck_ok(portico_close(first));
    ck_assert(is_mapped(view.base));
    ck_assert_uint_eq(section_port(own), pair.client);
    memset(view.base, 7, view.size);
    ck_ok(view_send_to(pair.client, 0, &view));
    struct portico_view got = view_take_from(pair.connection);
    ck_assert(bytes_are(&got, 7));
    ck_ok(portico_view_delete(pair.client, view.base));
    ck_ok(portico_section_delete(pair.client, own));
    view = view_make(pair.client, section_make(pair.client, 0, 0x10000), 0x1000);
    pair_close(&pair);
    ck_assert(!is_mapped(view.base));
}
END_TEST

/* As a thread whose answer comes after another's. */
START_TEST(a_port_that_is_asked_for_twice_at_once_keeps_its_sections)
{
    struct pair pair = pair_make(name);
    struct portico_view view =
        view_make(pair.client, section_make(pair.client, 0, 0x10000), 0x1000);

    ck_ok(port_open_unknown(pair.client));
    ck_assert(is_mapped(view.base));
    ck_ok(portico_view_delete(pair.client, view.base));
    pair_close(&pair);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico section");
    UNIT_TEST(a_section_is_made_as_large_as_asked_in_steps_of_64_kib);
    UNIT_TEST(what_makes_no_section_is_refused);
    UNIT_TEST(a_section_is_found_on_its_own_port_only);
    UNIT_TEST(a_section_with_views_is_not_deleted);
    UNIT_TEST(a_file_of_the_callers_is_seen_at_the_other_end);
    UNIT_TEST(a_section_object_must_be_large_enough_and_writable);
    UNIT_TEST(many_sections_come_and_go_and_there_is_a_limit);
    UNIT_TEST(what_has_been_read_does_not_stay_at_the_server);
    UNIT_TEST(what_is_read_after_its_section_was_deleted_does_not_stay_either);
    UNIT_TEST(a_closed_port_unmaps_its_views);
    UNIT_TEST(a_section_and_its_views_stay_as_long_as_the_port_has_a_handle);
    UNIT_TEST(a_port_that_is_asked_for_twice_at_once_keeps_its_sections);
    return DAEMON_END(UNIT_END());
}
