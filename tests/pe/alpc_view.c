/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Port sections and plain views: fact 15 of reference section 9 and section 3.9. */
#include "alpc_view.h"

#define NAME L"\\RPC Control\\View"

static void sections(HANDLE port)
{
    static const SIZE_T sizes[][2] = {{1, 0x10000},      {0x1000, 0x10000},  {0x1001, 0x10000},
                                      {0x1234, 0x10000}, {0x10000, 0x10000}, {0x10001, 0x20000}};
    ALPC_HANDLE section;
    SIZE_T actual;

    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        actual = 0;
        ok_status(NtAlpcCreatePortSection(port, 0, NULL, sizes[i][0], &section, &actual),
                  STATUS_SUCCESS, "a port section on an unconnected port");
        ok(actual == sizes[i][1], "fact 15: a section of %x bytes becomes %x", (unsigned)sizes[i][0], (unsigned)actual);
        ok_status(NtAlpcDeletePortSection(port, 0, section), STATUS_SUCCESS, "and goes");
    }
    ok_status(NtAlpcDeletePortSection(port, 0, section), STATUS_INVALID_HANDLE, "once");
    ok_status(NtAlpcCreatePortSection(port, 0, NULL, 0, &section, &actual),
              STATUS_INVALID_PARAMETER, "size 0 without a section");
    ok_status(NtAlpcCreatePortSection(port, 1, NULL, 0x1000, &section, &actual),
              STATUS_INVALID_PARAMETER, "an unknown flag");
    ok_status(NtAlpcCreatePortSection(port, 0, NULL, 0x1000, (ALPC_HANDLE *)16, &actual),
              STATUS_ACCESS_VIOLATION, "a bad out pointer");
}

static void hand_over(struct test_pair *pair)
{
    struct test_attributes attributes;
    struct test_message message;
    ALPC_DATA_VIEW_ATTR view, *got;
    ALPC_HANDLE section;
    SIZE_T actual;

    ok_status(NtAlpcCreatePortSection(pair->client, 0, NULL, 0x4000, &section, &actual),
              STATUS_SUCCESS, "a section on the client port");
    ok_status(view_make(pair->client, section, 0x4000, &view), STATUS_SUCCESS, "a view of it");
    ok(view.ViewBase != NULL && view.ViewSize == 0x4000, "mapped, of the size asked for");
    ok(((ULONG_PTR)view.ViewBase & 0xffff) == 0, "on a boundary of 64 KiB");
    ULONG *words = view.ViewBase;
    for (unsigned i = 0; i < 0x1000; i++)
        words[i] = i * 3;
    ok_status(view_send(pair->client, 0, &view), STATUS_SUCCESS, "a request that carries it");
    got = view_receive(pair->connection, &message, &attributes);
    ok(got != NULL && TYPE(message) == REQUEST_2000, "arrives with a view");
    if (!got)
        return;
    ok(got->SectionHandle == NULL && got->Flags == 0, "fact 15: SectionHandle 0, Flags 0");
    ok(got->ViewSize == 0x4000 && got->ViewBase != NULL, "mapped, of the same size");
    const ULONG *seen = got->ViewBase;
    int same = 1;
    for (unsigned i = 0; i < 0x1000; i++)
        same &= seen[i] == i * 3;
    ok(same, "fact 15: the view can be read at the receiver");
    words[7] = 777;
    ok(seen[7] == 777, "nothing was copied: a later store shows");
    ok_status(NtAlpcDeleteSectionView(pair->connection, 0, got->ViewBase), STATUS_SUCCESS,
              "the receiver gives it back");
    ok(NtAlpcDeleteSectionView(pair->connection, 0, (void *)0x10000) < 0, "a view that is none");
    port_send(pair->connection, RELEASE, &message.header);
    port_receive(pair->client, &message, NULL, NULL);

    ok_status(view_send(pair->client, RELEASE, &view), STATUS_SUCCESS,
              "a datagram that carries it");
    got = view_receive(pair->connection, &message, &attributes);
    ok(got != NULL && TYPE(message) == (LPC_DATAGRAM | LPC_CONTINUATION_REQUIRED),
       "arrives as a datagram that must be finished");
    fill(attributes.space, 0, sizeof(ALPC_DATA_VIEW_ATTR));
    ((ALPC_DATA_VIEW_ATTR *)attributes.space)->Flags = ALPC_VIEWFLG_UNMAP_EXISTING;
    ok_status(NtAlpcSendWaitReceivePort(pair->connection, RELEASE, &message.header,
                                        &attributes.header, NULL, NULL, NULL, NULL),
              STATUS_SUCCESS, "a RELEASE continuation gives the view back");

    ok_status(NtAlpcDeleteSectionView(pair->client, 0, view.ViewBase), STATUS_SUCCESS,
              "the sender gives its view up");
    ok_status(NtAlpcDeletePortSection(pair->client, 0, section), STATUS_SUCCESS, "and the section");
}

static void misuse(struct test_pair *pair)
{
    ALPC_DATA_VIEW_ATTR view;
    ALPC_HANDLE section;
    SIZE_T actual;

    ok_status(view_make(pair->client, (ALPC_HANDLE)0x7ff0, 0x1000, &view), STATUS_INVALID_HANDLE,
              "a view of a section that is none");
    NtAlpcCreatePortSection(pair->client, 0, NULL, 0x4000, &section, &actual);
    ok(view_make(pair->client, section, 0, &view) < 0, "a view of size 0");
    ok(view_make(pair->client, section, 0x20000, &view) < 0, "a view larger than its section");
    ok_status(NtAlpcCreateSectionView(pair->client, 0, (ALPC_DATA_VIEW_ATTR *)16),
              STATUS_ACCESS_VIOLATION, "a bad pointer");
    view_make(pair->client, section, 0x1000, &view);
    view.SectionHandle = (ALPC_HANDLE)0x7ff0;
    ok(view_send(pair->client, RELEASE, &view) < 0, "sending a view of a section that is none");
    NtAlpcDeleteSectionView(pair->client, 0, view.ViewBase);
    NtAlpcDeletePortSection(pair->client, 0, section);
}

static void limits(void)
{
    ALPC_PORT_ATTRIBUTES attributes;
    ALPC_HANDLE section;
    SIZE_T actual;
    HANDLE port;

    port_attributes(&attributes, 0);
    attributes.MaxSectionSize = 0x20000;
    attributes.MaxTotalSectionSize = 0x30000;
    NtAlpcCreatePort(&port, NULL, &attributes);
    ok(NtAlpcCreatePortSection(port, 0, NULL, 0x20001, &section, &actual) < 0,
       "a section above MaxSectionSize");
    ok_status(NtAlpcCreatePortSection(port, 0, NULL, 0x20000, &section, &actual), STATUS_SUCCESS,
              "one at the limit");
    ok(NtAlpcCreatePortSection(port, 0, NULL, 0x20000, &section, &actual) < 0,
       "one that exceeds MaxTotalSectionSize");
    NtClose(port);
}

static void receive_bytes(HANDLE port, UCHAR byte, const char *what)
{
    struct test_attributes attributes;
    struct test_message message;
    ALPC_DATA_VIEW_ATTR *got = view_receive(port, &message, &attributes);
    UCHAR *seen = got ? got->ViewBase : NULL;

    ok(got && got->ViewSize == 0x2000 && got->Flags == 0 && seen[0] == byte && seen[0x1fff] == byte,
       "%s", what);
    port_send(port, RELEASE, &message.header);
}

static void auto_release(struct test_pair *pair)
{
    ALPC_DATA_VIEW_ATTR view, other;
    struct test_message message;
    ALPC_HANDLE section;
    SIZE_T actual;

    NtAlpcCreatePortSection(pair->client, 0, NULL, 0x20000, &section, &actual);
    view_make(pair->client, section, 0x2000, &view);
    view_make(pair->client, section, 0x2000, &other);
    fill(view.ViewBase, 0x5a, 0x2000);
    fill(other.ViewBase, 0x11, 0x2000);
    view.Flags = ALPC_VIEWFLG_AUTO_RELEASE;
    ok_status(view_send(pair->client, 0, &view), STATUS_SUCCESS,
              "AUTO_RELEASE of one of two views");
    ok(is_free(view.ViewBase), "takes the sender's mapping away");
    ok(((UCHAR *)other.ViewBase)[0x1fff] == 0x11, "and leaves the other");
    ok_status(NtAlpcDeleteSectionView(pair->client, 0, view.ViewBase), STATUS_INVALID_ADDRESS,
              "it is no view any more");
    receive_bytes(pair->connection, 0x5a, "the receiver reads it");
    port_receive(pair->client, &message, NULL, NULL);
    ok_status(view_make(pair->client, section, 0x2000, &view), STATUS_SUCCESS,
              "the range can be used again");
    ok_status(NtAlpcDeletePortSection(pair->client, 0, section), STATUS_DELETE_PENDING,
              "the section has views");
    NtAlpcDeleteSectionView(pair->client, 0, view.ViewBase);
    NtAlpcDeleteSectionView(pair->client, 0, other.ViewBase);
    ok_status(NtAlpcDeletePortSection(pair->client, 0, section), STATUS_SUCCESS,
              "the section goes");
}

static void delete_unread(struct test_pair *pair)
{
    ALPC_DATA_VIEW_ATTR view;
    struct test_message message;
    ALPC_HANDLE section;
    SIZE_T actual;

    NtAlpcCreatePortSection(pair->client, 0, NULL, 0x2000, &section, &actual);
    view_make(pair->client, section, 0x2000, &view);
    fill(view.ViewBase, 0x6b, 0x2000);
    view_send(pair->client, 0, &view);
    ok_status(NtAlpcDeletePortSection(pair->client, 0, section), STATUS_DELETE_PENDING,
              "a section that has a view stays");
    ok_status(NtAlpcDeleteSectionView(pair->client, 0, view.ViewBase), STATUS_SUCCESS,
              "the sender deletes a view that is unread");
    ok_status(NtAlpcDeletePortSection(pair->client, 0, section), STATUS_SUCCESS, "and its section");
    ok(is_free(view.ViewBase), "which is unmapped");
    receive_bytes(pair->connection, 0x6b, "the receiver gets it all the same");
    port_receive(pair->client, &message, NULL, NULL);
}

TEST_MAIN
{
    struct test_pair pair;

    ok(pair_open(&pair, NAME, NULL), "a port pair");
    sections(pair.connection);
    hand_over(&pair);
    misuse(&pair);
    auto_release(&pair);
    delete_unread(&pair);
    pair_close(&pair);
    limits();
}
