/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The rules of a legacy message's header; replies and callbacks are in tests/pe/lpc_*.c. */

#include "daemon.h"
#include "portico/attributes.h"
#include "portico/legacy.h"
#include "portico/local_port.h"
#include "portico/send.h"

static status_t check(struct port *port, enum portico_legacy call, struct portico_message *header)
{
    return legacy_header_check(port, call, header);
}

static struct portico_message header_of(uint16_t data_length, uint16_t total_length, uint16_t type)
{
    return (struct portico_message){
        .data_length = data_length, .total_length = total_length, .type = type, .message_id = 9};
}

START_TEST(lengths_leave_room_for_the_data_and_fit_the_port)
{
    static const struct {
        uint16_t data, total;
        status_t status;
    } rows[] = {
        {0, 40, STATUS_SUCCESS},
        {60, 100, STATUS_SUCCESS},
        {10, 100, STATUS_SUCCESS},
        {61, 101, STATUS_PORT_MESSAGE_TOO_LONG},
        {40, 40, STATUS_PORT_MESSAGE_TOO_LONG},
        {0, 0, STATUS_PORT_MESSAGE_TOO_LONG},
        {0xffff, 40, STATUS_PORT_MESSAGE_TOO_LONG},
        {10, 49, STATUS_INVALID_PARAMETER},
    };
    struct port port = {.kind = PORT_KIND_CLIENT, .max_message_length = 100};

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        struct portico_message header = header_of(rows[i].data, rows[i].total, 0);
        ck_status(check(&port, PORTICO_LEGACY_DATAGRAM, &header), rows[i].status);
        if (rows[i].status == STATUS_SUCCESS)
            ck_assert_uint_eq(header.total_length, rows[i].data + 40u);
    }
}
END_TEST

START_TEST(a_datagram_is_new_and_presets_no_type_but_its_own)
{
    struct port port = {.kind = PORT_KIND_CLIENT, .max_message_length = 100};

    for (uint16_t type = 0; type < 16; type++) {
        struct portico_message header = header_of(0, 40, type);
        ck_status(check(&port, PORTICO_LEGACY_DATAGRAM, &header),
                  type == 0 || type == 3 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER);
        if (type == 0 || type == 3)
            ck_assert_uint_eq(header.message_id, 0);
    }
}
END_TEST

START_TEST(a_request_keeps_its_id_only_as_a_callback)
{
    struct port port = {.kind = PORT_KIND_CLIENT, .max_message_length = 100};

    for (uint16_t type = 0; type < 16; type++) {
        struct portico_message header = header_of(0, 40, type);
        ck_ok(check(&port, PORTICO_LEGACY_REQUEST, &header));
        ck_assert_uint_eq(header.message_id, type == 1 ? 9 : 0);
    }
}
END_TEST

START_TEST(data_information_lies_behind_the_header)
{
    static const struct {
        uint16_t offset;
        status_t status;
    } rows[] = {{8, STATUS_INVALID_PARAMETER},  {39, STATUS_INVALID_PARAMETER},
                {40, STATUS_SUCCESS},           {72, STATUS_SUCCESS},
                {73, STATUS_INVALID_PARAMETER}, {0xffff, STATUS_INVALID_PARAMETER}};
    struct port port = {.kind = PORT_KIND_CLIENT, .max_message_length = 100};

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        struct portico_message header = header_of(40, 80, 0);
        header.data_info_offset = rows[i].offset;
        ck_status(check(&port, PORTICO_LEGACY_REQUEST, &header), rows[i].status);
    }
}
END_TEST

START_TEST(who_takes_no_new_legacy_messages)
{
    struct port port = {.kind = PORT_KIND_SERVER, .max_message_length = 100};
    struct portico_message header = header_of(0, 40, 0);

    ck_status(check(&port, PORTICO_LEGACY_DATAGRAM, &header), STATUS_LPC_REQUESTS_NOT_ALLOWED);
    port.peer_flags = 0x20000;
    ck_ok(check(&port, PORTICO_LEGACY_DATAGRAM, &header));
    port.kind = PORT_KIND_CONNECTION;
    ck_status(check(&port, PORTICO_LEGACY_REQUEST, &header), STATUS_PORT_DISCONNECTED);
}
END_TEST

START_TEST(a_reply_names_a_message)
{
    struct port port = {.kind = PORT_KIND_CLIENT, .max_message_length = 100};
    struct portico_message header = header_of(0, 40, 0);

    ck_status(check(&port, PORTICO_LEGACY_REPLY, &header), STATUS_REPLY_MESSAGE_MISMATCH);
    header.message_id = 0;
    ck_status(check(&port, PORTICO_LEGACY_REPLY, &header), STATUS_INVALID_PARAMETER);
    ck_status(check(&port, PORTICO_LEGACY_REPLY_WAIT, &header), STATUS_INVALID_PARAMETER);
    ck_status(check(&port, PORTICO_NOT_LEGACY, &header), STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(a_legacy_receive_shows_the_bare_type_and_the_data_offset)
{
    struct wire_attributes wire = {.data_info_offset = 56};
    struct portico_message header = header_of(40, 80, 0x2001);
    struct portico_message to_send = {.data_info_offset = 48};
    struct outgoing outgoing = {0};

    legacy_header_fill(&header, &wire, sizeof(wire));
    ck_assert_uint_eq(header.type, 1);
    ck_assert_uint_eq(header.data_info_offset, 56);
    wire.data_info_offset = 80; /* a peer's word: nothing is there */
    header = header_of(40, 80, 0x200a);
    legacy_header_fill(&header, &wire, sizeof(wire));
    ck_assert_uint_eq(header.type, 10);
    ck_assert_uint_eq(header.data_info_offset, 0);
    legacy_outgoing(&to_send, &outgoing);
    ck_assert_uint_eq(outgoing.attr_size, sizeof(wire));
    ck_assert_uint_eq(outgoing.wire.data_info_offset, 48);
    ck_assert_uint_eq(outgoing.lane_flags, LANE_LEGACY);
}
END_TEST

START_TEST(a_reply_that_does_not_come_is_lost)
{
    ck_status(legacy_lost(STATUS_PORT_DISCONNECTED), STATUS_LPC_REPLY_LOST);
    ck_status(legacy_lost(STATUS_MESSAGE_LOST), STATUS_LPC_REPLY_LOST);
    ck_status(legacy_lost(STATUS_THREAD_IS_TERMINATING), STATUS_THREAD_IS_TERMINATING);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("legacy");
    UNIT_TEST(lengths_leave_room_for_the_data_and_fit_the_port);
    UNIT_TEST(a_datagram_is_new_and_presets_no_type_but_its_own);
    UNIT_TEST(a_request_keeps_its_id_only_as_a_callback);
    UNIT_TEST(data_information_lies_behind_the_header);
    UNIT_TEST(who_takes_no_new_legacy_messages);
    UNIT_TEST(a_reply_names_a_message);
    UNIT_TEST(a_legacy_receive_shows_the_bare_type_and_the_data_offset);
    UNIT_TEST(a_reply_that_does_not_come_is_lost);
    return UNIT_END();
}
