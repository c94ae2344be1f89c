/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Order, sizes, short buffers, many unread messages: fact 20 of reference section 9. */
#include "alpc.h"

#define NAME L"\\RPC Control\\Order"

struct large_message {
    PORT_MESSAGE header;
    UCHAR data[TEST_DATA_MAX];
};

static struct large_message sent, received;

static NTSTATUS large_receive(HANDLE port, SIZE_T *size)
{
    return NtAlpcSendWaitReceivePort(port, 0, NULL, NULL, &received.header, size, NULL, NULL);
}

static void ordered(struct test_pair *pair)
{
    struct test_message message;
    int in_order = 1;

    for (int i = 0; i < 4; i++) {
        message_init(&message.header, 1);
        message.data[0] = (UCHAR)i;
        port_send(pair->client, 0, &message.header);
    }
    for (int i = 0; i < 4; i++) {
        port_receive(pair->connection, &message, NULL, NULL);
        in_order &= message.data[0] == i;
        port_send(pair->connection, RELEASE, &message.header);
    }
    ok(in_order, "fact 20: four asynchronous requests arrive in order");
    for (int i = 0; i < 4; i++) {
        port_receive(pair->client, &message, NULL, NULL);
        in_order &= message.data[0] == i && TYPE(message) == LPC_REPLY;
    }
    ok(in_order, "and so do their replies");
}

static void unread(struct test_pair *pair)
{
    struct test_message message;
    unsigned n_sent = 0, n_in_order = 0;

    for (unsigned i = 0; i < 10000; i++) {
        message_init(&message.header, 4);
        *(ULONG *)message.data = i;
        n_sent += port_send(pair->client, RELEASE, &message.header) == STATUS_SUCCESS;
    }
    ok(n_sent == 10000, "fact 20: 10000 datagrams are accepted without a receiver");
    for (unsigned i = 0; i < 10000; i++) {
        port_receive(pair->connection, &message, NULL, POLL);
        n_in_order += TYPE(message) == LPC_DATAGRAM && *(ULONG *)message.data == i;
    }
    ok(n_in_order == 10000, "each of them is there, in order");
    ok_status(port_receive(pair->connection, &message, NULL, POLL), STATUS_TIMEOUT,
              "and nothing more");
}

static UCHAR pattern(unsigned size, unsigned i)
{
    return (UCHAR)(size * 7 + i * 13 + (i >> 8));
}

static int carried(HANDLE from, HANDLE to, unsigned data_length)
{
    SIZE_T size = sizeof received;

    message_init(&sent.header, data_length);
    for (unsigned i = 0; i < data_length; i++)
        sent.data[i] = pattern(data_length, i);
    fill(&received, 0xcc, sizeof received);
    if (port_send(from, RELEASE, &sent.header) || large_receive(to, &size) ||
        LENGTH(received) != data_length || size != TOTAL(received))
        return 0;
    for (unsigned i = 0; i < data_length; i++)
        if (received.data[i] != pattern(data_length, i))
            return 0;
    return data_length == TEST_DATA_MAX || received.data[data_length] == 0xcc;
}

static void sizes(struct test_pair *pair)
{
    static const unsigned lengths[] = {
        0,   1,   8,    23,   24,   25,   64,     471,    472,   473,   511,   512,   513,  920,
        960, 961, 1024, 4095, 4096, 4097, 0x7fd7, 0x7fd8, 32768, 60000, 65000, 65494, 65495};

    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        ok(carried(pair->client, pair->connection, lengths[i]), "%u bytes from client to server",
           lengths[i]);
        ok(carried(pair->server, pair->client, lengths[i]), "%u bytes from server to client",
           lengths[i]);
    }
}

static void short_buffer(struct test_pair *pair)
{
    struct test_message message;
    SIZE_T size = sizeof message.header + 99;

    message_init(&message.header, 100);
    message.data[99] = 'z';
    port_send(pair->client, RELEASE, &message.header);
    ok_status(NtAlpcSendWaitReceivePort(pair->connection, 0, NULL, NULL, &received.header, &size,
                                        NULL, NULL),
              STATUS_BUFFER_TOO_SMALL, "a buffer that is one byte too small");
    ok(size == sizeof message.header + 100, "the needed size comes back");
    ok_status(NtAlpcSendWaitReceivePort(pair->connection, 0, NULL, NULL, &received.header, &size,
                                        NULL, POLL),
              STATUS_SUCCESS, "the message is not lost");
    ok(LENGTH(received) == 100 && received.data[99] == 'z', "and whole");
    message_init(&message.header, 100);
    port_send(pair->client, RELEASE, &message.header);
    size = 10;
    ok_status(NtAlpcSendWaitReceivePort(pair->connection, 0, NULL, NULL, &received.header, &size,
                                        NULL, NULL),
              STATUS_BUFFER_TOO_SMALL, "a buffer smaller than a header");
    ok(size == sizeof message.header + 100, "the needed size comes back there too");
    ok_status(NtAlpcSendWaitReceivePort(pair->connection, 0, NULL, NULL, &received.header, NULL,
                                        NULL, POLL),
              STATUS_SUCCESS, "no size at all means no limit");
    ok_status(port_receive(pair->connection, &message, NULL, POLL), STATUS_TIMEOUT,
              "and nothing more");
    size = 0;
    ok_status(NtAlpcSendWaitReceivePort(pair->connection, 0, NULL, NULL, &received.header, &size,
                                        NULL, POLL),
              STATUS_TIMEOUT, "nor is a size asked for when there is nothing");
}

/* Two clients: what one sends after the other's message was received comes after it. */
static void two_clients(struct test_pair *first)
{
    struct test_pair second = {.connection = first->connection};
    struct test_message message;
    int in_order = 1;

    ok(pair_connect(&second, NAME, NULL), "a second client of the port");
    for (int i = 0; i < 64; i++) {
        message_init(&message.header, 1);
        message.data[0] = (UCHAR)i;
        port_send(i % 2 ? second.client : first->client, RELEASE, &message.header);
    }
    for (int i = 0; i < 64; i++) {
        port_receive(first->connection, &message, NULL, NULL);
        in_order &= message.data[0] == i;
    }
    ok(in_order, "messages of two clients sent one after the other arrive in that order");
    NtClose(second.client);
    NtClose(second.server);
    port_receive(first->connection, &message, NULL, NULL);
    ok((TYPE(message) & 0xff) == LPC_PORT_CLOSED, "the second client's close arrives");
}

TEST_MAIN
{
    struct test_pair pair;

    ok(pair_open(&pair, NAME, NULL), "a port pair");
    ordered(&pair);
    unread(&pair);
    sizes(&pair);
    short_buffer(&pair);
    two_clients(&pair);
    pair_close(&pair);
}
