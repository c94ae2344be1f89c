/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* NtReadRequestData and NtWriteRequestData: memory that a request describes, as long as it waits
 * for its reply, and nothing beside it. */
#include "lpc.h"

#define NAME L"\\RPC Control\\LpcData"

enum { LARGE = 200000 };

struct data_message {
    PORT_MESSAGE header;
    ULONG some_data[2];
    ULONG n_entries;
    PORT_DATA_ENTRY entries[3];
};

static struct lpc_pair pair;
static UCHAR small[16] = "0123456789abcde", large[LARGE], copy[LARGE];

static DWORD NTAPI ask_main(void *argument)
{
    struct lpc_asking *asking = argument;

    asking->status =
        NtRequestWaitReplyPort(asking->port, &asking->message.header, &asking->message.header);
    RtlExitUserThread(0);
    return 0;
}

static void ask(struct lpc_asking *asking, ULONG n_entries)
{
    struct data_message *message = (struct data_message *)&asking->message;

    lpc_init(&asking->message, sizeof *message - sizeof message->header);
    message->header.u2.s2.DataInfoOffset = offsetof(struct data_message, n_entries);
    message->n_entries = n_entries;
    message->entries[0] = (PORT_DATA_ENTRY){small, sizeof small};
    message->entries[1] = (PORT_DATA_ENTRY){large, sizeof large};
    message->entries[2] = (PORT_DATA_ENTRY){(PVOID)0x1000, 64};
    asking->port = pair.client;
    asking->thread = thread_start(ask_main, asking);
}

static int is_pattern(const UCHAR *bytes, unsigned seed)
{
    for (unsigned i = 0; i < LARGE; i++)
        if (bytes[i] != (UCHAR)(i * 7 + seed))
            return 0;
    return 1;
}

static void pattern(UCHAR *bytes, unsigned seed)
{
    for (unsigned i = 0; i < LARGE; i++)
        bytes[i] = (UCHAR)(i * 7 + seed);
}

static void reads_and_writes(struct lpc_message *request)
{
    PORT_MESSAGE *header = &request->header;
    SIZE_T done = 0;

    ok(header->u2.s2.DataInfoOffset == offsetof(struct data_message, n_entries),
       "the request tells where its data information is");
    ok_status(NtReadRequestData(pair.server, header, 0, copy, 16, &done), 0, "read an entry");
    ok(done == 16 && copy[0] == '0' && copy[14] == 'e', "its bytes");
    ok_status(NtReadRequestData(pair.server, header, 0, copy, 17, NULL), STATUS_INVALID_PARAMETER,
              "more than it has");
    ok_status(NtReadRequestData(pair.server, header, 3, copy, 1, NULL), STATUS_INVALID_PARAMETER,
              "no such entry");
    ok_status(NtReadRequestData(pair.server, header, 2, copy, 64, NULL), STATUS_ACCESS_VIOLATION,
              "an entry that is no memory of the sender");
    ok_status(NtReadRequestData(pair.server, header, 0, NULL, 16, NULL), STATUS_ACCESS_VIOLATION,
              "a buffer that is none");
    pattern(large, 1);
    ok_status(NtReadRequestData(pair.connection, header, 1, copy, LARGE, &done), 0,
              "a large entry, by the connection port");
    ok(done == LARGE && is_pattern(copy, 1), "all its bytes");
    ok_status(NtWriteRequestData(pair.server, header, 0, (PVOID) "written", 8, &done), 0,
              "write an entry");
    ok(done == 8 && small[0] == 'w' && small[6] == 'n' && small[8] == '8', "the sender has it");
    pattern(copy, 2);
    ok_status(NtWriteRequestData(pair.server, header, 1, copy, LARGE, NULL), 0, "a large one");
    ok(is_pattern(large, 2), "all its bytes");
}

TEST_MAIN
{
    static struct lpc_asking asking;
    struct lpc_message request, other;

    ok(lpc_pair_open(&pair, NAME, NULL), "a connection");
    ask(&asking, 3);
    ok_status(lpc_receive(pair.connection, NULL, &request, NULL), 0, "a request with memory");
    reads_and_writes(&request);
    other = request;
    other.header.MessageId ^= 0x40000000;
    ok_status(NtReadRequestData(pair.server, &other.header, 0, copy, 1, NULL),
              STATUS_REPLY_MESSAGE_MISMATCH, "another message");
    other = request;
    other.header.u2.s2.DataInfoOffset = 0;
    ok_status(NtReadRequestData(pair.server, &other.header, 0, copy, 1, NULL),
              STATUS_INVALID_PARAMETER, "a message that describes nothing");
    ok_status(NtReplyPort(pair.server, &request.header), 0, "the reply");
    thread_join(asking.thread);
    ok_status(asking.status, 0, "ends the request");
    ok_status(NtReadRequestData(pair.server, &request.header, 0, copy, 1, NULL),
              STATUS_REPLY_MESSAGE_MISMATCH, "nothing can be read after that");

    ask(&asking, 1000);
    thread_join(asking.thread);
    ok_status(asking.status, STATUS_INVALID_PARAMETER, "more entries than the message has");
    ok_status(lpc_receive(pair.connection, NULL, &request, POLL), STATUS_TIMEOUT, "was not sent");

    lpc_init(&asking.message, 8);
    asking.port = pair.client;
    lpc_ask_start(&asking);
    lpc_receive(pair.connection, NULL, &request, NULL);
    request.header.u2.s2.DataInfoOffset = 40;
    ok_status(NtReadRequestData(pair.server, &request.header, 0, copy, 1, NULL),
              STATUS_REPLY_MESSAGE_MISMATCH, "of a request without memory nothing can be read");
    request.header.u2.s2.DataInfoOffset = 0;
    NtReplyPort(pair.server, &request.header);
    thread_join(asking.thread);
    ok_status(asking.status, 0, "which is answered all the same");
    lpc_pair_close(&pair);
}
