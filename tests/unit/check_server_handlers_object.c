/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "server_two_peers.h"

static handle_t event(uint32_t attributes)
{
    struct event_create_reply reply;

    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &reply, "", attributes, .access = 3),
                      STATUS_SUCCESS);
    return reply.handle;
}

static handle_t process(void)
{
    struct process_open_reply reply;

    ck_assert_uint_eq(
        CALL(&a, process_open, &reply, .process_id = (uint32_t)pid, .access = 0x1fffff),
        STATUS_SUCCESS);
    return reply.handle;
}

START_TEST(a_handle_is_duplicated_into_another_process_and_back)
{
    struct handle_duplicate_reply there, back;
    struct event_query_reply asked;
    handle_t e, p;

    start();
    e = event(0);
    p = process();
    ck_assert_uint_eq(CALL(&a, handle_duplicate, &there, .source_process = HANDLE_SELF, .source = e,
                           .target_process = p, .options = HANDLE_SAME_ACCESS),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(there.type, OBJECT_KIND_EVENT);
    ck_assert_uint_eq(CALL(&b, event_query, &asked, .handle = there.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, handle_duplicate, &back, .source_process = p, .source = there.handle,
                           .target_process = HANDLE_SELF, .access = 2,
                           .options = HANDLE_CLOSE_SOURCE),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&b, event_query, &asked, .handle = there.handle), STATUS_INVALID_HANDLE);
    ck_assert_uint_eq(CALL(&a, event_query, &asked, .handle = back.handle), STATUS_ACCESS_DENIED);
    end();
}
END_TEST

START_TEST(close_source_closes_even_when_the_rest_fails)
{
    struct handle_duplicate_reply reply;
    struct event_query_reply asked;
    handle_t e;

    start();
    e = event(0);
    ck_assert_uint_eq(CALL(&a, handle_duplicate, &reply, .source_process = HANDLE_SELF, .source = e,
                           .target_process = 4000, .options = HANDLE_CLOSE_SOURCE),
                      STATUS_INVALID_HANDLE);
    ck_assert_uint_eq(CALL(&a, event_query, &asked, .handle = e), STATUS_INVALID_HANDLE);
    e = event(0);
    ck_assert_uint_eq(CALL(&a, handle_duplicate, &reply, .source_process = HANDLE_SELF, .source = e,
                           .options = HANDLE_CLOSE_SOURCE),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, handle_duplicate, &reply, .source_process = HANDLE_SELF, .source = e,
                           .target_process = HANDLE_SELF),
                      STATUS_INVALID_HANDLE);
    end();
}
END_TEST

/* Not of a new one, which it cannot have known as another. */
START_TEST(the_other_process_is_told_of_a_handle_that_is_closed_there)
{
    static struct peer notices;
    struct handle_duplicate_reply reply, back;
    struct handle_closed_notice notice;
    struct handle_query_reply event_is;
    handle_t e, p;

    start();
    peer_open(&notices, server, pid);
    ck_assert_uint_eq(peer_hello(&notices, HELLO_NOTICE, 0), STATUS_SUCCESS);
    e = event(0);
    p = process();
    ck_assert_uint_eq(CALL(&a, handle_duplicate, &reply, .source_process = HANDLE_SELF, .source = e,
                           .target_process = p, .options = HANDLE_SAME_ACCESS),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, handle_duplicate, &back, .source_process = p, .source = reply.handle,
                           .target_process = HANDLE_SELF,
                           .options = HANDLE_SAME_ACCESS | HANDLE_CLOSE_SOURCE),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, handle_query, &event_is, .handle = e), STATUS_SUCCESS);
    ck_assert_uint_ne(peer_receive(&notices, &notice, sizeof(notice)), 0);
    ck_assert_uint_eq(notice.header.code, NOTICE_handle_closed);
    ck_assert_uint_eq(notice.handle, reply.handle);
    ck_assert_uint_eq(notice.object_id, event_is.object_id);
    peer_end(&notices);
    end();
}
END_TEST

START_TEST(handle_attributes_change_and_protect)
{
    struct handle_attributes_reply reply;
    struct handle_close_reply closed;
    handle_t e;

    start();
    e = event(OBJ_INHERIT);
    ck_assert_uint_eq(CALL(&a, handle_attributes, &reply, .handle = e), STATUS_SUCCESS);
    ck_assert_uint_eq(reply.attributes, OBJ_INHERIT);
    ck_assert_uint_eq(CALL(&a, handle_attributes, &reply, .handle = e, .mask = 3, .attributes = 1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(reply.attributes, HANDLE_ATTRIBUTE_PROTECT_CLOSE);
    ck_assert_uint_eq(CALL(&a, handle_close, &closed, .handle = e), STATUS_HANDLE_NOT_CLOSABLE);
    ck_assert_uint_eq(CALL(&a, handle_attributes, &reply, .handle = 4000), STATUS_INVALID_HANDLE);
    end();
}
END_TEST

START_TEST(a_query_tells_type_access_name_and_counts)
{
    struct event_create_reply made;
    struct handle_query_reply reply;

    start();
    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &made, "\\BaseNamedObjects\\q", 0, .access = 3),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, handle_query, &reply, .handle = made.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(reply.type, OBJECT_KIND_EVENT);
    ck_assert_uint_eq(reply.access, 3);
    ck_assert_uint_eq(reply.n_handles, 1);
    ck_assert_uint_eq(a.data_size, 2 * strlen("\\BaseNamedObjects\\q"));
    end();
}
END_TEST

START_TEST(a_directory_lists_its_entries_and_then_says_so)
{
    struct directory_create_reply directory;
    struct directory_query_reply reply;
    struct event_create_reply made;
    struct directory_entry entry;

    start();
    ck_assert_uint_eq(CALL_NAMED(&a, directory_create, &directory, "\\d", 0, .access = 0xf000f),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, directory_query, &reply, .handle = directory.handle),
                      STATUS_NO_MORE_ENTRIES);
    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &made, "\\d\\ev", 0, .access = 3),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, directory_query, &reply, .handle = directory.handle),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(reply.n_entries, 1);
    memcpy(&entry, a.data, sizeof(entry));
    ck_assert_uint_eq(entry.name_size, 4);
    ck_assert_uint_eq(entry.type_name_size, 10);
    ck_assert_mem_eq(a.data + sizeof(entry), "e\0v\0E\0v\0e\0n\0t\0", 14);
    ck_assert_uint_eq(
        CALL(&a, directory_query, &reply, .handle = directory.handle, .index = reply.index),
        STATUS_NO_MORE_ENTRIES);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handlers_object");
    UNIT_TEST(a_handle_is_duplicated_into_another_process_and_back);
    UNIT_TEST(close_source_closes_even_when_the_rest_fails);
    UNIT_TEST(the_other_process_is_told_of_a_handle_that_is_closed_there);
    UNIT_TEST(handle_attributes_change_and_protect);
    UNIT_TEST(a_query_tells_type_access_name_and_counts);
    UNIT_TEST(a_directory_lists_its_entries_and_then_says_so);
    return UNIT_END();
}
