/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Whom a legacy server impersonates: with dynamic tracking the one as whom the client's thread
 * acted when it sent, also when the message describes memory (NtReadRequestData). */
#include "lpc.h"

#include "alpc_tokens.h"

#define NAME L"\\RPC Control\\LpcSecurity"

struct data_message {
    PORT_MESSAGE header;
    ULONG reserved[2], n_entries;
    PORT_DATA_ENTRY entries[1];
};

static struct lpc_pair pair;
static UCHAR memory[16] = "described memory";

static DWORD NTAPI anonymous_main(void *argument)
{
    struct lpc_asking *asking = argument;

    asking->status = NtImpersonateAnonymousToken(NtCurrentThread());
    if (!asking->status)
        asking->status =
            NtRequestWaitReplyPort(asking->port, &asking->message.header, &asking->message.header);
    RtlExitUserThread(0);
    return 0;
}

static void message_describe(struct lpc_message *message, ULONG n_entries)
{
    struct data_message *data = (struct data_message *)message;

    lpc_init(message, sizeof *data - sizeof data->header);
    data->header.u2.s2.DataInfoOffset = offsetof(struct data_message, n_entries);
    data->n_entries = n_entries;
    data->entries[0] = (PORT_DATA_ENTRY){memory, sizeof memory};
}

/* A request of a thread that acts as S-1-5-7, or of one that acts as nobody. */
static void asked(const struct lpc_message *message, BOOLEAN is_anonymous, const char *what)
{
    struct lpc_asking asking = {.port = pair.client, .message = *message};
    struct lpc_message request;
    UCHAR copy[sizeof memory];

    if (is_anonymous)
        asking.thread = thread_start(anonymous_main, &asking);
    else
        lpc_ask_start(&asking);
    ok_status(lpc_receive(pair.connection, NULL, &request, NULL), 0, what);
    ok_status(NtImpersonateClientOfPort(pair.server, &request.header), 0,
              "the server impersonates");
    ok(thread_user_is(is_anonymous ? (const void *)&sid_anonymous : own_user.user.User.Sid),
       "the one who sent");
    revert();
    if (message->header.u2.s2.DataInfoOffset)
        ok(!NtReadRequestData(pair.server, &request.header, 0, copy, sizeof copy, NULL) &&
               copy[0] == 'd',
           "and reads what it described");
    NtReplyPort(pair.server, &request.header);
    thread_join(asking.thread);
    ok_status(asking.status, 0, "answered");
}

TEST_MAIN
{
    struct lpc_asking refused = {0};
    struct lpc_message message;

    ok_status(own_user_find(), 0, "our user");
    ok(lpc_pair_open(&pair, NAME, NULL), "a connection with dynamic tracking");
    lpc_init(&message, 8);
    asked(&message, FALSE, "a request of ours");
    asked(&message, TRUE, "a request of S-1-5-7");
    message_describe(&message, 1);
    asked(&message, FALSE, "a request of ours that describes memory");
    asked(&message, TRUE, "a request of S-1-5-7 that describes memory");
    message_describe(&refused.message, 1000);
    refused.port = pair.client;
    refused.thread = thread_start(anonymous_main, &refused);
    thread_join(refused.thread);
    ok_status(refused.status, STATUS_INVALID_PARAMETER, "more entries than the message has");
    asked(&message, TRUE, "the next one of S-1-5-7");
    lpc_pair_close(&pair);
}
