/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* SECURED views: reference 2.4 (CreatePortSection), 4.8. */
#include "alpc_view.h"

#define NAME L"\\RPC Control\\ViewSecure"

static void sections(HANDLE port)
{
    LARGE_INTEGER size = {.QuadPart = 0x10000};
    ALPC_HANDLE section = NULL;
    HANDLE object = NULL;
    SIZE_T actual = 0;

    NtCreateSection(&object, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL);
    ok_status(NtAlpcCreatePortSection(port, ALPC_SECTIONFLG_SECURE, NULL, 0, &section, &actual),
              STATUS_INVALID_PARAMETER, "SECURE of no size");
    ok_status(
        NtAlpcCreatePortSection(port, ALPC_SECTIONFLG_SECURE, object, 0x1000, &section, &actual),
        STATUS_INVALID_PARAMETER, "SECURE of a section of the caller's");
    for (ULONG flag = 1; flag; flag <<= 1)
        if (flag != ALPC_SECTIONFLG_SECURE &&
            NtAlpcCreatePortSection(port, flag, NULL, 0x1000, &section, &actual) !=
                STATUS_INVALID_PARAMETER)
            ok(0, "flag %x is refused", flag);
    ok_status(
        NtAlpcCreatePortSection(port, ALPC_SECTIONFLG_SECURE, NULL, 0x1234, &section, &actual),
        STATUS_SUCCESS, "SECURE of a size");
    ok(actual == 0x10000, "which is rounded up");
    ok_status(NtAlpcDeletePortSection(port, 0, section), STATUS_SUCCESS, "and goes");
    NtClose(object);
}

/* Receives a secured view, filled with byte. */
static void *receive_secured(HANDLE port, UCHAR byte, struct test_message *message)
{
    struct test_attributes attributes;
    ALPC_DATA_VIEW_ATTR *got = view_receive(port, message, &attributes);

    ok(got && got->Flags == ALPC_VIEWFLG_SECURED_ACCESS && got->SectionHandle == NULL &&
           got->ViewSize == 0x2000,
       "received as SECURED, with its size");
    ok(got && bytes_are(got->ViewBase, byte, 0x2000), "with the sender's bytes (%x)", byte);
    return got ? got->ViewBase : NULL;
}

static void immutable(struct test_pair *pair)
{
    ALPC_HANDLE section = section_make(pair->client, ALPC_SECTIONFLG_SECURE, 0x20000);
    struct test_message first, second;
    ALPC_DATA_VIEW_ATTR view;
    void *seen, *again;

    ok_status(view_make(pair->client, section, 0x2000, &view), STATUS_SUCCESS,
              "a view of a SECURE section");
    fill(view.ViewBase, 0x41, 0x2000);
    view.Flags = ALPC_VIEWFLG_SECURED_ACCESS;
    ok_status(view_send(pair->client, 0, &view), STATUS_SUCCESS, "is sent SECURED");
    seen = receive_secured(pair->connection, 0x41, &first);
    /* Portico's sender goes on in a private copy. On Windows a store faults meanwhile. */
    if (running_on_portico()) {
        fill(view.ViewBase, 0x42, 0x2000);
        ok(bytes_are(seen, 0x41, 0x2000), "the receiver's bytes do not change");
        ok_status(view_send(pair->client, 0, &view), STATUS_SUCCESS, "sent again");
        again = receive_secured(pair->connection, 0x42, &second);
        ok(again != seen && bytes_are(seen, 0x41, 0x2000), "it is another memory");
        view_return(pair->connection, RELEASE, &second);
        port_receive(pair->client, &second, NULL, NULL);
    } else {
        skip(5, "stores into a secured view");
    }
    ok_status(view_return(pair->connection, RELEASE, &first), STATUS_SUCCESS, "it goes back");
    ok(is_free(seen), "and is unmapped");
    port_receive(pair->client, &first, NULL, NULL);
    fill(view.ViewBase, 0x43, 0x2000);
    ok_status(view_send(pair->client, RELEASE, &view), STATUS_SUCCESS, "its next use");
    receive_secured(pair->connection, 0x43, &first);
    view_return(pair->connection, RELEASE, &first);
    ok_status(NtAlpcDeletePortSection(pair->client, 0, section), STATUS_DELETE_PENDING,
              "the section is in use");
    ok_status(NtAlpcDeleteSectionView(pair->client, 0, view.ViewBase), STATUS_SUCCESS,
              "the view goes");
    ok_status(NtAlpcDeletePortSection(pair->client, 0, section), STATUS_SUCCESS, "and the section");
}

/* As the users of secured views do it: a section and view for each large message. */
static void with_auto_release(struct test_pair *pair)
{
    struct test_message message;
    ALPC_DATA_VIEW_ATTR view;

    for (UCHAR byte = 1; byte < 20; byte++) {
        ALPC_HANDLE section = section_make(pair->client, ALPC_SECTIONFLG_SECURE, 0x2000);
        if (view_make(pair->client, section, 0x2000, &view))
            ok(0, "a view");
        fill(view.ViewBase, byte, 0x2000);
        view.Flags = ALPC_VIEWFLG_SECURED_ACCESS | ALPC_VIEWFLG_AUTO_RELEASE;
        ok_status(view_send(pair->client, RELEASE, &view), STATUS_SUCCESS,
                  "SECURED and AUTO_RELEASE");
        ok(is_free(view.ViewBase), "the sender's mapping goes");
        ok_status(NtAlpcDeletePortSection(pair->client, 0, section), STATUS_SUCCESS,
                  "the section goes before the message is read");
        void *seen = receive_secured(pair->connection, byte, &message);
        ok_status(NtAlpcDeleteSectionView(pair->connection, 0, seen), STATUS_SUCCESS,
                  "the receiver lets go");
        port_send(pair->connection, RELEASE, &message.header);
    }
}

static void refused(struct test_pair *pair)
{
    LARGE_INTEGER size = {.QuadPart = 0x10000};
    struct test_message message;
    ALPC_DATA_VIEW_ATTR view;
    ALPC_HANDLE section;
    HANDLE object = NULL;
    SIZE_T actual;

    NtCreateSection(&object, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL);
    ok_status(NtAlpcCreatePortSection(pair->client, 0, object, 0, &section, &actual),
              STATUS_SUCCESS, "a section of the caller's");
    ok_status(view_make(pair->client, section, 0x1000, &view), STATUS_SUCCESS, "a view of it");
    view.Flags = ALPC_VIEWFLG_SECURED_ACCESS;
    ok_status(view_send(pair->client, 0, &view), STATUS_INVALID_PARAMETER,
              "cannot be sent SECURED");
    view_make(pair->client, section_make(pair->client, ALPC_SECTIONFLG_SECURE, 1), 0x1000, &view);
    view.Flags = ALPC_VIEWFLG_SECURED_ACCESS | ALPC_VIEWFLG_UNMAP_EXISTING;
    ok_status(view_send(pair->client, 0, &view), STATUS_INVALID_PARAMETER,
              "SECURED and UNMAP_EXISTING with a new message");
    ok_status(port_receive(pair->connection, &message, NULL, POLL), STATUS_TIMEOUT,
              "nothing was sent");
    NtClose(object);
}

TEST_MAIN
{
    struct test_pair pair;

    ok(pair_open(&pair, NAME, NULL), "a port pair");
    sections(pair.connection);
    immutable(&pair);
    with_auto_release(&pair);
    refused(&pair);
    pair_close(&pair);
}
