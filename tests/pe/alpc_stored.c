/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What nobody knows an effect of (reference 6.1): accepted where Windows accepts it, read back
 * where it can be read, and messages pass as without it. Message zones: alpc_information.c. */
#include "alpc.h"

#define NAME L"\\RPC Control\\Stored"

static ULONG flags_of(HANDLE port)
{
    ALPC_BASIC_INFORMATION basic = {0};

    NtAlpcQueryInformation(port, AlpcBasicInformation, &basic, sizeof basic, NULL);
    return basic.Flags;
}

static struct test_pair pair;

/* A pair all three ports of which are made with these attributes. */
static int open_like(const ALPC_PORT_ATTRIBUTES *attributes)
{
    ALPC_PORT_ATTRIBUTES copy = *attributes;
    struct test_message message;
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, NAME);
    InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
    return !NtAlpcCreatePort(&pair.connection, &object, &copy) &&
           !NtAlpcConnectPort(&pair.client, &name, NULL, &copy, 0, NULL, NULL, NULL, NULL, NULL,
                              NULL) &&
           !port_receive(pair.connection, &message, NULL, NULL) &&
           !NtAlpcAcceptConnectPort(&pair.server, pair.connection, 0, NULL, &copy, NULL,
                                    &message.header, NULL, TRUE) &&
           !port_receive(pair.client, &message, NULL, NULL);
}

/* A datagram, a request and its answer. */
static int passes(ULONG extra)
{
    struct test_message message;

    message_init(&message.header, 3);
    if (port_send(pair.client, RELEASE | extra, &message.header) ||
        port_receive(pair.connection, &message, NULL, NULL) || TYPE(message) != LPC_DATAGRAM)
        return 0;
    message_init(&message.header, 3);
    return !port_send(pair.client, extra, &message.header) &&
           !port_receive(pair.connection, &message, NULL, NULL) && TYPE(message) == REQUEST_2000 &&
           !port_send(pair.connection, RELEASE | extra, &message.header) &&
           !port_receive(pair.client, &message, NULL, NULL) && TYPE(message) == LPC_REPLY;
}

static void port_flags(void)
{
    static const ULONG flags[] = {ALPC_PORFLG_WAKE_POLICY1, ALPC_PORFLG_WAKE_POLICY2,
                                  ALPC_PORFLG_WAKE_POLICY3, ALPC_PORFLG_DIRECT_MESSAGE,
                                  ALPC_PORFLG_LPC_MODE};
    ALPC_PORT_ATTRIBUTES attributes;

    for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++) {
        port_attributes(&attributes, flags[i]);
        ok(open_like(&attributes), "ports with flag %x", (unsigned)flags[i]);
        ok(flags_of(pair.connection) == (flags[i] | ALPC_PORFLG_ALLOW_LPC_REQUESTS) &&
               flags_of(pair.client) == flags[i] && flags_of(pair.server) == flags[i],
           "read it back (%x %x %x)", (unsigned)flags_of(pair.connection),
           (unsigned)flags_of(pair.client), (unsigned)flags_of(pair.server));
        ok(passes(0), "and pass messages");
        pair_close(&pair);
    }
}

static void bandwidth(void)
{
    static const SIZE_T values[] = {0, 1, 512, (SIZE_T)-1}; /* 0, 512, -1 are seen in programs */
    ALPC_PORT_ATTRIBUTES attributes;
    struct test_message message;

    for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
        port_attributes(&attributes, 0);
        attributes.MemoryBandwidth = values[i];
        ok(open_like(&attributes), "ports with a MemoryBandwidth");
        message_init(&message.header, 1000);
        ok_status(port_send(pair.client, RELEASE, &message.header), STATUS_SUCCESS,
                  "limit no message");
        ok_status(port_receive(pair.connection, &message, NULL, NULL), STATUS_SUCCESS,
                  "which arrives");
        ok(passes(0), "as others do");
        pair_close(&pair);
    }
}

static void message_flags(void)
{
    static const ULONG flags[] = {ALPC_MSGFLG_TRACK_PORT_REFERENCES, ALPC_MSGFLG_WAIT_USER_MODE,
                                  ALPC_MSGFLG_SIGNAL_ALERTABLE, ALPC_MSGFLG_LPC_MODE};
    ULONG references = 0;

    ok(pair_open(&pair, NAME, NULL), "a pair of ports");
    for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++)
        ok(passes(flags[i]), "message flag %x changes nothing", (unsigned)flags[i]);
    ok_status(NtAlpcQueryInformation(pair.client, AlpcWaitForPortReferences, &references,
                                     sizeof references, NULL),
              STATUS_NOT_IMPLEMENTED, "what it would wait for is not known: it says so");
    pair_close(&pair);
}

/* ALPC_SECFLG_NOSECTIONHANDLE */
static void security_flag(void)
{
    ALPC_SECURITY_ATTR attr = {.Flags = ALPC_SECFLG_NOSECTIONHANDLE};

    ok(pair_open(&pair, NAME, NULL), "a pair of ports");
    ok_status(NtAlpcCreateSecurityContext(pair.client, 0, &attr), STATUS_SUCCESS,
              "NOSECTIONHANDLE for a security context");
    ok_status(NtAlpcDeleteSecurityContext(pair.client, 0, attr.ContextHandle), STATUS_SUCCESS,
              "which is like others");
    pair_close(&pair);
}

TEST_MAIN
{
    port_flags();
    bandwidth();
    message_flags();
    security_flag();
}
