/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Views across a connection. */
#include "config.h"

#include "server_ports.h"

static struct alpc_create_section_reply section;
static struct alpc_create_view_reply view;

static void view_make(struct peer *peer, handle_t port, int *ret_fd)
{
    ck_assert_uint_eq(CALL(peer, alpc_create_section, &section, .port = port, .size = 0x20000),
                      STATUS_SUCCESS);
    *ret_fd = dup(peer->fds[0]);
    ck_assert_uint_eq(CALL(peer, alpc_create_view, &view, .port = port,
                           .section_id = section.section_id, .size = 0x3000),
                      STATUS_SUCCESS);
}

static status_t view_map(struct peer *peer, handle_t port, uint32_t connection, uint64_t size)
{
    struct alpc_map_view_reply reply;

    return CALL(peer, alpc_map_view, &reply, .port = port, .connection = connection,
                .section_id = section.section_id, .offset = view.offset, .size = size);
}

START_TEST(the_other_end_maps_a_view_read_only)
{
    uint32_t index;
    char *theirs;
    int fd;

    pair_start();
    pair_connect();
    index = pair.connect.connection;
    view_make(&pair.b, pair.b_port, &fd);
    ck_assert_int_eq(pwrite(fd, "x", 1, 0), -1); /* sealed against write() too */
    ck_assert_uint_eq(view_map(&pair.a, pair.listener, index, view.size), STATUS_SUCCESS);
    ck_assert_uint_eq(pair.a.n_fds, 1);
    theirs = mmap(NULL, 0x20000, PROT_READ, MAP_SHARED, pair.a.fds[0], 0);
    ck_assert_ptr_ne(theirs, MAP_FAILED);
    ck_assert_ptr_eq(mmap(NULL, 0x20000, PROT_READ | PROT_WRITE, MAP_SHARED, pair.a.fds[0], 0),
                     MAP_FAILED);
    munmap(theirs, 0x20000);
    ck_assert_uint_eq(view_map(&pair.a, pair.a_port, 0, view.size), STATUS_SUCCESS);
    ck_assert_uint_eq(view_map(&pair.a, pair.a_port, 0, 0x20001), STATUS_INVALID_VIEW_SIZE);
    ck_assert_uint_eq(view_map(&pair.a, pair.a_port, 0, 0), STATUS_INVALID_VIEW_SIZE);
    /* Its own section is not the other end's. */
    ck_assert_uint_eq(view_map(&pair.b, pair.b_port, 0, view.size), STATUS_INVALID_HANDLE);
    close(fd);
    pair_end();
}
END_TEST

START_TEST(a_client_maps_what_the_server_made_on_either_port)
{
    handle_t ports[2];
    int fd;

    pair_start();
    pair_connect();
    ports[0] = pair.listener;
    ports[1] = pair.a_port;
    for (int i = 0; i < 2; i++) {
        view_make(&pair.a, ports[i], &fd);
        ck_assert_uint_eq(view_map(&pair.b, pair.b_port, 0, view.size), STATUS_SUCCESS);
        close(fd);
    }
    pair_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handlers_view");
    UNIT_TEST(the_other_end_maps_a_view_read_only);
    UNIT_TEST(a_client_maps_what_the_server_made_on_either_port);
    return UNIT_END();
}
