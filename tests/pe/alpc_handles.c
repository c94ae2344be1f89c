/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Handles in messages: facts 17 and 19 of reference section 9, sections 3.6, 3.12, 4.7. That the
 * objects go on working: alpc_promotion.c; between two processes: alpc_share.c. */
#include "alpc_handles.h"

/* Reference 3.6, row by row. */
static void refusals(void)
{
    static ALPC_HANDLE_ATTR32 array[513];
    ALPC_HANDLE_ATTR attr = {0};
    struct test_message message;
    struct test_pair pair;
    HANDLE event, weak;

    if (!ok(open_with(&pair, MULTI, 0xffd), "a pair that takes handles"))
        return;
    event_new(&event, NotificationEvent, FALSE);
    message_init(&message.header, 0);
    ok_status(send_new(pair.client, 0, 1, event, 0, 0), STATUS_INVALID_PARAMETER,
              "fact 19: unknown low bits in Flags");
    attr.Flags = ALPC_HANDLEFLG_INDIRECT;
    attr.HandleAttrArray = array;
    attr.HandleCount = 1;
    ok_status(send_attr(pair.client, 0, &message.header, &attr), STATUS_INVALID_PARAMETER,
              "fact 19: INDIRECT with one handle");
    attr.HandleCount = 2;
    array[1].Flags = ALPC_HANDLEFLG_INDIRECT;
    ok_status(send_attr(pair.client, 0, &message.header, &attr), STATUS_INVALID_PARAMETER,
              "fact 19: an element that is INDIRECT itself");
    attr.HandleCount = 512;
    attr.HandleAttrArray = NULL;
    ok_status(send_attr(pair.client, 0, &message.header, &attr), STATUS_ACCESS_VIOLATION,
              "fact 19: INDIRECT, 512 handles, no array");
    attr.HandleCount = 513;
    attr.HandleAttrArray = array;
    ok_status(send_attr(pair.client, 0, &message.header, &attr), STATUS_LPC_HANDLE_COUNT_EXCEEDED,
              "fact 19: INDIRECT, 513 handles");
    ok_status(send_new(pair.client, 0, SAME, (HANDLE)0x1234560, 0, 0), STATUS_INVALID_HANDLE,
              "a handle that is none");
    ok_status(send_new(pair.client, 0, SAME, NULL, 0, 0), STATUS_INVALID_HANDLE,
              "no handle in a new message");
    ok_status(send_new(pair.client, 0, SAME, event, OB_SECTION_OBJECT_TYPE, 0),
              STATUS_OBJECT_TYPE_MISMATCH, "a handle of another type than told");
    ok_status(send_new(pair.client, 0, SAME, pair.client, 0, 0), STATUS_OBJECT_TYPE_MISMATCH,
              "a port, for which there is no type code");
    NtDuplicateObject(NtCurrentProcess(), event, NtCurrentProcess(), &weak, SYNCHRONIZE, 0, 0);
    ok_status(send_new(pair.client, 0, 0, weak, 0, EVENT_ALL_ACCESS), STATUS_ACCESS_DENIED,
              "more access than the sender has");
    ok_status(port_receive(pair.connection, &message, NULL, POLL), STATUS_TIMEOUT,
              "nothing of all this arrived");
    NtClose(weak);
    NtClose(event);
    pair_close(&pair);
}

/* UNKNOWN on Windows (reference 6.1 item 1): the status; D-21: the flag is required. */
static void filters(void)
{
    ALPC_HANDLE_ATTR32 two[2] = {{0}};
    ALPC_HANDLE_ATTR attr = {.Flags = ALPC_HANDLEFLG_INDIRECT};
    struct test_message message;
    struct test_pair pair;
    HANDLE event;

    event_new(&event, NotificationEvent, FALSE);
    open_with(&pair, 0, 0xffd);
    ok_status(send_new(pair.client, 0, SAME, event, 0, 0), STATUS_ACCESS_DENIED,
              "a port without ALLOW_DUP_OBJECT takes none");
    pair_close(&pair);
    open_with(&pair, SINGLE, OB_FILE_OBJECT_TYPE);
    ok_status(send_new(pair.client, 0, SAME, event, 0, 0), STATUS_OBJECT_TYPE_MISMATCH,
              "a port for files takes no event");
    pair_close(&pair);
    open_with(&pair, SINGLE, OB_EVENT_OBJECT_TYPE);
    two[0] = two[1] = (ALPC_HANDLE_ATTR32){.Flags = SAME, .Handle = (ULONG)(ULONG_PTR)event};
    attr.HandleAttrArray = two;
    attr.HandleCount = 2;
    message_init(&message.header, 0);
    ok_status(send_attr(pair.client, 0, &message.header, &attr), STATUS_LPC_HANDLE_COUNT_EXCEEDED,
              "a port without ALLOW_MULTIHANDLE takes one at a time");
    ok_status(send_new(pair.client, 0, SAME, event, 0, 0), STATUS_SUCCESS,
              "a port for events does");
    NtClose(event);
    pair_close(&pair);
}

static void single(void)
{
    struct test_attributes attributes;
    ALPC_MESSAGE_HANDLE_INFORMATION info;
    struct test_message message;
    ALPC_HANDLE_ATTR *attr;
    struct test_pair pair;
    HANDLE event, got;

    open_with(&pair, SINGLE, 0xffd);
    event_new(&event, NotificationEvent, FALSE);
    ok_status(send_new(pair.client, RELEASE, 0, event, OB_EVENT_OBJECT_TYPE, EVENT_MODIFY_STATE),
              STATUS_SUCCESS, "a datagram with a handle");
    attr = receive_attr(pair.connection, &message, &attributes);
    if (!ok(attr != NULL, "a handle arrives"))
        return;
    ok(TYPE(message) == (LPC_DATAGRAM | LPC_CONTINUATION_REQUIRED),
       "in a message that must be ended");
    ok(attr->Flags == 0 && attr->ObjectType == OB_EVENT_OBJECT_TYPE &&
           attr->GrantedAccess == EVENT_MODIFY_STATE,
       "Flags 0, type code and granted access (%x %x %x)", (unsigned)attr->Flags,
       (unsigned)attr->ObjectType, (unsigned)attr->GrantedAccess);
    got = attr->Handle;
    ok(got && got != event, "a handle of its own");
    ok_status(NtSetEvent(got, NULL), STATUS_SUCCESS, "fact 19: it sets the event");
    ok_status(wait_poll(event), STATUS_SUCCESS, "which the sender's handle sees");
    ok_status(wait_poll(got), STATUS_ACCESS_DENIED, "it has no more access than was asked for");
    ok_status(query_handle(pair.connection, &message, 0, &info), GONE, "it came whole");
    ok_status(reply_to(pair.connection, RELEASE, &message), STATUS_SUCCESS, "the message ends");
    ok_status(NtSetEvent(got, NULL), STATUS_SUCCESS, "the handle stays");
    NtClose(got);
    ok_status(NtSetEvent(got, NULL), STATUS_INVALID_HANDLE, "until it is closed");
    NtClose(event);
    pair_close(&pair);
}

NTSTATUS NTAPI NtSetInformationObject(HANDLE, OBJECT_INFORMATION_CLASS, PVOID, ULONG);

static BOOLEAN is_inherited(HANDLE handle)
{
    OBJECT_DATA_INFORMATION info = {2, 2};

    ok_status(NtQueryObject(handle, ObjectDataInformation, &info, sizeof(info), NULL),
              STATUS_SUCCESS, "what the handle is");
    return info.InheritHandle;
}

/* With these flags the receiver's handle is inherited (or not). */
static void copy_with(struct test_pair *pair, ULONG flags, HANDLE event, BOOLEAN expected)
{
    struct test_attributes attributes;
    struct test_message message;
    ALPC_HANDLE_ATTR *attr;

    ok_status(send_new(pair->client, RELEASE, flags, event, 0, 0), STATUS_SUCCESS,
              "a handle is sent with flags");
    attr = receive_attr(pair->connection, &message, &attributes);
    if (!ok(attr != NULL, "a handle arrives"))
        return;
    ok(is_inherited(attr->Handle) == expected, "inherited: %d", expected);
    reply_to(pair->connection, RELEASE, &message);
    NtClose(attr->Handle);
}

static void attributes_of_the_copy(void)
{
    OBJECT_DATA_INFORMATION inherited = {TRUE, FALSE};
    struct test_pair pair;
    HANDLE event;

    open_with(&pair, SINGLE, 0xffd);
    event_new(&event, NotificationEvent, FALSE);
    copy_with(&pair, SAME, event, FALSE);
    copy_with(&pair, SAME | ALPC_HANDLEFLG_DUPLICATE_INHERIT, event, TRUE);
    copy_with(&pair, SAME | ALPC_HANDLEFLG_DUPLICATE_SAME_ATTRIBUTES, event, FALSE);
    NtSetInformationObject(event, ObjectDataInformation, &inherited, sizeof(inherited));
    copy_with(&pair, SAME | ALPC_HANDLEFLG_DUPLICATE_SAME_ATTRIBUTES, event, TRUE);
    NtClose(event);
    pair_close(&pair);
}

static void several(void)
{
    struct test_attributes attributes;
    ALPC_MESSAGE_HANDLE_INFORMATION info[3];
    ALPC_HANDLE_ATTR32 array[2] = {{0}};
    ALPC_HANDLE_ATTR sent = {.Flags = ALPC_HANDLEFLG_INDIRECT}, *attr;
    struct test_message message;
    struct test_pair pair;
    HANDLE event, semaphore;
    ULONG length;

    open_with(&pair, MULTI, 0xffd);
    event_new(&event, NotificationEvent, FALSE);
    NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, 2);
    array[0] = (ALPC_HANDLE_ATTR32){.Flags = SAME, .Handle = (ULONG)(ULONG_PTR)event};
    array[1] = (ALPC_HANDLE_ATTR32){.Flags = SAME, .Handle = (ULONG)(ULONG_PTR)semaphore};
    sent.HandleAttrArray = array;
    sent.HandleCount = 2;
    message_init(&message.header, 0);
    ok_status(send_attr(pair.client, 0, &message.header, &sent), STATUS_SUCCESS, "two handles");
    attr = receive_attr(pair.connection, &message, &attributes);
    if (!ok(attr != NULL, "they arrive"))
        return;
    ok(attr->HandleCount == 2, "as a count (%u)", (unsigned)attr->HandleCount);
    ok_status(NtAlpcQueryInformationMessage(pair.connection, &message.header,
                                            AlpcMessageHandleInformation, &info[0], 8, &length),
              STATUS_INFO_LENGTH_MISMATCH, "a short buffer");
    ok(length == sizeof info[0], "and the length it takes");
    ok_status(query_handle(pair.connection, &message, 1, &info[0]), STATUS_SUCCESS, "the second");
    ok(info[0].ObjectType == OB_SEMAPHORE_OBJECT_TYPE && info[0].Index == 1 &&
           info[0].GrantedAccess == SEMAPHORE_ALL_ACCESS,
       "is the semaphore");
    ok_status(query_handle(pair.connection, &message, 1, &info[1]), STATUS_SUCCESS, "once more");
    ok(info[0].Handle != info[1].Handle, "fact 19: is another handle");
    ok_status(NtReleaseSemaphore((HANDLE)(ULONG_PTR)info[0].Handle, 1, NULL), STATUS_SUCCESS,
              "of the same semaphore");
    ok_status(wait_poll((HANDLE)(ULONG_PTR)info[1].Handle), STATUS_SUCCESS, "which counts");
    ok_status(wait_poll(semaphore), STATUS_TIMEOUT, "once");
    NtClose((HANDLE)(ULONG_PTR)info[0].Handle);
    ok_status(NtReleaseSemaphore((HANDLE)(ULONG_PTR)info[1].Handle, 1, NULL), STATUS_SUCCESS,
              "one handle is dropped, the other lives");
    ok_status(query_handle(pair.connection, &message, 2, &info[2]), STATUS_INVALID_PARAMETER,
              "there is no third");
    ok_status(reply_to(pair.connection, 0, &message), STATUS_SUCCESS, "the message goes back");
    ok_status(query_handle(pair.connection, &message, 0, &info[2]), GONE, "its handles with it");
    NtClose((HANDLE)(ULONG_PTR)info[1].Handle);

    ok_status(send_new(pair.client, 0, SAME, event, 0, 0), STATUS_SUCCESS, "a single one");
    attr = receive_attr(pair.connection, &message, &attributes);
    ok(attr && attr->HandleCount == 1, "is a count of 1 for such a port");
    ok_status(query_handle(pair.connection, &message, 0, &info[0]), STATUS_SUCCESS,
              "and is fetched");
    NtClose((HANDLE)(ULONG_PTR)info[0].Handle);
    ALPC_HANDLE_ATTR nothing = {0};
    message.header.u1.s1.DataLength = 0;
    message.header.u1.s1.TotalLength = sizeof message.header;
    ok_status(send_attr(pair.connection, RELEASE, &message.header, &nothing), STATUS_SUCCESS,
              "an empty HANDLE attribute gives it back");
    ok_status(query_handle(pair.connection, &message, 0, &info[0]), GONE, "it is gone");
    NtClose(semaphore);
    NtClose(event);
    pair_close(&pair);
}

struct asker {
    HANDLE port;
    NTSTATUS status;
};

static ULONG NTAPI asker_main(void *argument)
{
    struct asker *asker = argument;
    struct test_message message;
    SIZE_T size = sizeof message;

    message_init(&message.header, 4);
    asker->status = NtAlpcSendWaitReceivePort(asker->port, SYNC, &message.header, NULL,
                                              &message.header, &size, NULL, NULL);
    RtlExitUserThread(0);
    return 0;
}

static void senders(void)
{
    OBJECT_ATTRIBUTES named, plain;
    struct test_message message;
    struct asker asker;
    UNICODE_STRING name;
    struct test_pair pair;
    HANDLE process = NULL, thread = NULL, asking = NULL;

    open_with(&pair, SINGLE, 0xffd);
    RtlInitUnicodeString(&name, L"\\BaseNamedObjects\\x");
    InitializeObjectAttributes(&named, &name, 0, NULL, NULL);
    InitializeObjectAttributes(&plain, NULL, 0, NULL, NULL);
    message_init(&message.header, 0);
    port_send(pair.client, 0, &message.header);
    port_receive(pair.connection, &message, NULL, NULL);
    ok_status(NtAlpcOpenSenderProcess(&process, pair.connection, &message.header, 0,
                                      PROCESS_QUERY_INFORMATION, &plain),
              STATUS_SUCCESS, "fact 17: the process of an asynchronous message");
    ok(id_of(process, 0) == (ULONG_PTR)own_client_id()->UniqueProcess, "is the sender's");
    NtClose(process);
    ok_status(NtAlpcOpenSenderThread(&thread, pair.connection, &message.header, 0,
                                     THREAD_QUERY_INFORMATION, &plain),
              STATUS_ACCESS_DENIED, "fact 17: its thread cannot be opened: it does not wait");
    ok_status(NtAlpcOpenSenderProcess(&process, pair.connection, &message.header, 0,
                                      PROCESS_QUERY_INFORMATION, &named),
              STATUS_INVALID_PARAMETER, "with a name");
    ok_status(NtAlpcOpenSenderProcess((HANDLE *)16, pair.connection, &message.header, 0, 0, &plain),
              STATUS_ACCESS_VIOLATION, "a bad out pointer");
    ok_status(NtAlpcOpenSenderProcess(&process, pair.connection, (PORT_MESSAGE *)16, 0, 0, &plain),
              STATUS_ACCESS_VIOLATION, "a bad message");
    reply_to(pair.connection, RELEASE, &message);
    ok_status(NtAlpcOpenSenderProcess(&process, pair.connection, &message.header, 0,
                                      PROCESS_QUERY_INFORMATION, NULL),
              STATUS_ACCESS_DENIED, "a message that is over");

    asker.port = pair.client;
    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)asker_main, &asker,
                        &asking, NULL);
    port_receive(pair.connection, &message, NULL, NULL);
    ok_status(NtAlpcOpenSenderProcess(&process, pair.connection, &message.header, 0,
                                      PROCESS_QUERY_INFORMATION, NULL),
              STATUS_SUCCESS, "fact 17: the process of a synchronous message");
    NtClose(process);
    ok_status(NtAlpcOpenSenderThread(&thread, pair.connection, &message.header, 0,
                                     THREAD_QUERY_INFORMATION, NULL),
              STATUS_SUCCESS, "fact 17: and its thread, which waits");
    ok(id_of(thread, 1) == id_of(asking, 1), "is the one that asked");
    ok_status(NtSuspendThread(thread, NULL), STATUS_ACCESS_DENIED,
              "a handle to query it does not suspend it");
    reply_to(pair.connection, RELEASE, &message);
    NtWaitForSingleObject(asking, FALSE, NULL);
    ok_status(asker.status, STATUS_SUCCESS, "it has its answer");
    NtClose(thread);
    NtClose(asking);

    HANDLE event;
    event_new(&event, NotificationEvent, FALSE);
    send_new(pair.client, RELEASE, SAME, event, 0, 0);
    port_receive(pair.connection, &message, NULL, NULL);
    ok_status(NtAlpcOpenSenderProcess(&process, pair.connection, &message.header, 0,
                                      PROCESS_QUERY_INFORMATION, NULL),
              STATUS_SUCCESS, "the process of a datagram that has to be ended");
    NtClose(process);
    reply_to(pair.connection, RELEASE, &message);
    NtClose(event);
    pair_close(&pair);
}

TEST_MAIN
{
    refusals();
    filters();
    single();
    attributes_of_the_copy();
    several();
    senders();
}
