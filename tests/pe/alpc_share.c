/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Handles between two programs: this one starts itself. The child sends one of each kind in a
 * message and gets some back, in the answer and by NtDuplicateObject; then it ends with a mutant in
 * its hands. */
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include <nt/ntalpc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

NTSTATUS NTAPI NtOpenProcessToken(HANDLE, ACCESS_MASK, PHANDLE);
NTSTATUS NTAPI NtOpenThreadToken(HANDLE, ACCESS_MASK, BOOLEAN, PHANDLE);
NTSTATUS NTAPI NtDuplicateToken(HANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, BOOLEAN, TOKEN_TYPE,
                                PHANDLE);
NTSTATUS NTAPI NtQueryInformationToken(HANDLE, TOKEN_INFORMATION_CLASS, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtSetInformationThread(HANDLE, THREADINFOCLASS, PVOID, ULONG);
NTSTATUS NTAPI NtDuplicateObject(HANDLE, HANDLE, HANDLE, PHANDLE, ACCESS_MASK, ULONG, ULONG);

#define SAME ALPC_HANDLEFLG_DUPLICATE_SAME_ACCESS

enum { EVENT, SEMAPHORE, MUTANT, SECTION, FILE_, PIPE, THREAD, IMAGE, TOKEN, N_SENT };

struct message {
    PORT_MESSAGE header;
    ULONG_PTR values[4];
};

struct attributes {
    ALPC_MESSAGE_ATTRIBUTES header;
    ALPC_HANDLE_ATTR handle;
};

static void message_init(struct message *message)
{
    memset(message, 0, sizeof *message);
    message->header.u1.s1.DataLength = sizeof message->values;
    message->header.u1.s1.TotalLength = sizeof *message;
}

static void attributes_init(struct attributes *attributes, BOOL is_valid)
{
    memset(attributes, 0, sizeof *attributes);
    attributes->header.AllocatedAttributes = ALPC_MESSAGE_HANDLE_ATTRIBUTE;
    attributes->header.ValidAttributes = is_valid ? ALPC_MESSAGE_HANDLE_ATTRIBUTE : 0;
}

static void port_attributes(ALPC_PORT_ATTRIBUTES *attributes, ULONG flags)
{
    memset(attributes, 0, sizeof *attributes);
    attributes->Flags = ALPC_PORFLG_ALLOW_DUP_OBJECT | flags;
    attributes->MaxMessageLength = 0x1000;
    attributes->DupObjectTypes = 0xffd;
}

static void name_make(WCHAR *name, DWORD id)
{
    swprintf(name, 64, L"\\RPC Control\\Share-%lu", (unsigned long)id);
}

static BOOL is_there(HANDLE handle)
{
    return WaitForSingleObject(handle, 0) == WAIT_OBJECT_0;
}

/* ---- the child: its exit code says where it failed ---- */

static void child_needs(BOOL fine, int where)
{
    if (!fine)
        ExitProcess(where);
}

static HANDLE child_connect(DWORD server)
{
    ALPC_PORT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    WCHAR text[64];
    HANDLE port = NULL;

    name_make(text, server);
    RtlInitUnicodeString(&name, text);
    port_attributes(&attributes, 0);
    child_needs(!NtAlpcConnectPort(&port, &name, NULL, &attributes, ALPC_MSGFLG_SYNC_REQUEST, NULL,
                                   NULL, NULL, NULL, NULL, NULL),
                10);
    return port;
}

static HANDLE child_section(void)
{
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NULL);
    char *text = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);

    child_needs(text != NULL, 11);
    strcpy(text, "written by the child");
    return section;
}

static HANDLE child_file(void)
{
    char directory[MAX_PATH], path[MAX_PATH];
    HANDLE file;
    DWORD n;

    GetTempPathA(sizeof directory, directory);
    child_needs(GetTempFileNameA(directory, "shr", 0, path) != 0, 12);
    file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                       FILE_FLAG_DELETE_ON_CLOSE, NULL);
    child_needs(WriteFile(file, "to the file", 11, &n, NULL), 13);
    SetFilePointer(file, 7, NULL, FILE_BEGIN);
    return file;
}

/* The image of this program. */
static HANDLE child_image(void)
{
    char self[MAX_PATH];
    HANDLE file, section;

    GetModuleFileNameA(NULL, self, sizeof self);
    file = CreateFileA(self, GENERIC_READ | GENERIC_EXECUTE, FILE_SHARE_READ, NULL, OPEN_EXISTING,
                       0, NULL);
    section = CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    child_needs(section != NULL, 23);
    CloseHandle(file);
    return section;
}

static HANDLE child_token(void)
{
    SECURITY_QUALITY_OF_SERVICE qos = {sizeof qos, SecurityImpersonation, 0, FALSE};
    OBJECT_ATTRIBUTES object;
    HANDLE own, token;

    InitializeObjectAttributes(&object, NULL, 0, NULL, NULL);
    object.SecurityQualityOfService = &qos;
    child_needs(
        !NtOpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own) &&
            !NtDuplicateToken(own, TOKEN_ALL_ACCESS, &object, FALSE, TokenImpersonation, &token),
        24);
    return token;
}

static int child_main(DWORD server)
{
    HANDLE sent[N_SENT], reader, port = child_connect(server);
    ALPC_HANDLE_ATTR32 array[N_SENT];
    struct attributes out, in;
    struct message message;
    SIZE_T size = sizeof message;
    char text[8];
    DWORD n;

    sent[EVENT] = CreateEventW(NULL, FALSE, FALSE, NULL);
    sent[SEMAPHORE] = CreateSemaphoreW(NULL, 1, 5, NULL);
    sent[MUTANT] = CreateMutexW(NULL, TRUE, NULL);
    sent[SECTION] = child_section();
    sent[FILE_] = child_file();
    child_needs(CreatePipe(&reader, &sent[PIPE], NULL, 0), 14);
    sent[THREAD] = GetCurrentThread();
    sent[IMAGE] = child_image();
    sent[TOKEN] = child_token();
    for (int i = 0; i < N_SENT; i++)
        array[i] = (ALPC_HANDLE_ATTR32){.Flags = SAME, .Handle = (ULONG)(ULONG_PTR)sent[i]};
    attributes_init(&out, TRUE);
    out.handle.Flags = ALPC_HANDLEFLG_INDIRECT;
    out.handle.HandleAttrArray = array;
    out.handle.HandleCount = N_SENT;
    attributes_init(&in, FALSE);
    message_init(&message);
    message.values[0] = (ULONG_PTR)sent[EVENT];
    child_needs(!NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_SYNC_REQUEST, &message.header,
                                           &out.header, &message.header, &size, &in.header, NULL),
                15);
    /* The answer: an event as a handle, another as a value that the parent put here. */
    child_needs(in.header.ValidAttributes & ALPC_MESSAGE_HANDLE_ATTRIBUTE, 16);
    child_needs(WaitForSingleObject(sent[EVENT], INFINITE) == WAIT_OBJECT_0, 17);
    child_needs(
        is_there(sent[SEMAPHORE]) && is_there(sent[SEMAPHORE]) && !is_there(sent[SEMAPHORE]), 18);
    child_needs(ReadFile(reader, text, 4, &n, NULL) && n == 4 && !memcmp(text, "pipe", 4), 19);
    child_needs(SetEvent((HANDLE)message.values[0]), 20);
    child_needs(SetEvent(in.handle.Handle), 21);
    child_needs(WaitForSingleObject(sent[EVENT], INFINITE) == WAIT_OBJECT_0, 22);
    return 33; /* with the mutant */
}

/* ---- the parent ---- */

static HANDLE port_make(void)
{
    ALPC_PORT_ATTRIBUTES attributes;
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;
    HANDLE port = NULL;
    WCHAR text[64];

    name_make(text, GetCurrentProcessId());
    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
    port_attributes(&attributes, ALPC_PORFLG_ALLOW_MULTIHANDLE_ATTRIBUTE);
    ok(!NtAlpcCreatePort(&port, &object, &attributes), "a port that takes several handles");
    return port;
}

static BOOL child_start(PROCESS_INFORMATION *info)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    char self[MAX_PATH], line[MAX_PATH + 32];

    GetModuleFileNameA(NULL, self, sizeof self);
    snprintf(line, sizeof line, "\"%s\" child %lu", self, (unsigned long)GetCurrentProcessId());
    return CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, info);
}

static NTSTATUS receive(HANDLE port, struct message *message, struct attributes *attributes)
{
    SIZE_T size = sizeof *message;

    attributes_init(attributes, FALSE);
    return NtAlpcSendWaitReceivePort(port, 0, NULL, NULL, &message->header, &size,
                                     &attributes->header, NULL);
}

static void fetch_all(HANDLE port, struct message *message, HANDLE got[N_SENT])
{
    static const ULONG types[N_SENT] = {
        OB_EVENT_OBJECT_TYPE,   OB_SEMAPHORE_OBJECT_TYPE, OB_MUTEX_OBJECT_TYPE,
        OB_SECTION_OBJECT_TYPE, OB_FILE_OBJECT_TYPE,      OB_FILE_OBJECT_TYPE,
        OB_THREAD_OBJECT_TYPE,  OB_SECTION_OBJECT_TYPE,   OB_TOKEN_OBJECT_TYPE};

    for (ULONG i = 0; i < N_SENT; i++) {
        ALPC_MESSAGE_HANDLE_INFORMATION info = {.Index = i};
        NTSTATUS status = NtAlpcQueryInformationMessage(
            port, &message->header, AlpcMessageHandleInformation, &info, sizeof info, NULL);

        ok(!status && info.ObjectType == types[i], "handle %u is of type %x (%x)", (unsigned)i,
           (unsigned)info.ObjectType, (unsigned)status);
        got[i] = (HANDLE)(ULONG_PTR)info.Handle;
    }
}

static void objects_work(HANDLE got[N_SENT])
{
    char text[16] = {0};
    const char *view;
    DWORD n = 0;

    ok(is_there(got[SEMAPHORE]) && !is_there(got[SEMAPHORE]), "the semaphore has one to take");
    ok(ReleaseSemaphore(got[SEMAPHORE], 2, NULL), "and gets two");
    ok(!is_there(got[MUTANT]), "the mutant is the child's");
    view = MapViewOfFile(got[SECTION], FILE_MAP_READ, 0, 0, 0);
    ok(view && !strcmp(view, "written by the child"), "the section maps and has its text");
    ok(ReadFile(got[FILE_], text, sizeof text, &n, NULL) && n == 4 && !memcmp(text, "file", 4),
       "the file reads on where the child is");
    ok(WriteFile(got[PIPE], "pipe", 4, &n, NULL) && n == 4, "the pipe is written to");
    ok(WaitForSingleObject(got[THREAD], 0) == WAIT_TIMEOUT, "the thread runs");
}

/* The child's program is this one: its code is the same where it is mapped. */
static void the_image(HANDLE section)
{
    const UCHAR *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    const UCHAR *own = (const UCHAR *)GetModuleHandleA(NULL);
    ULONG_PTR offset = (ULONG_PTR)(void *)the_image - (ULONG_PTR)own;

    ok(view && view != own && !memcmp(view, "MZ", 2), "the image maps");
    ok(view && !memcmp(view + offset, own + offset, 16), "as a program is laid out in memory");
}

static void the_token(HANDLE token)
{
    TOKEN_STATISTICS theirs = {0}, ours = {0};
    HANDLE nobody = NULL, thread = NULL;
    ULONG length;

    ok(!NtQueryInformationToken(token, TokenStatistics, &theirs, sizeof theirs, &length) &&
           theirs.TokenType == TokenImpersonation,
       "the token can be asked");
    ok(!NtSetInformationThread(GetCurrentThread(), ThreadImpersonationToken, &token, sizeof token),
       "this thread acts with it");
    ok(!NtOpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &thread) &&
           !NtQueryInformationToken(thread, TokenStatistics, &ours, sizeof ours, &length) &&
           !memcmp(&ours.AuthenticationId, &theirs.AuthenticationId, sizeof(LUID)),
       "it is the thread's token");
    CloseHandle(thread);
    NtSetInformationThread(GetCurrentThread(), ThreadImpersonationToken, &nobody, sizeof nobody);
}

static void senders(HANDLE port, struct message *message, const PROCESS_INFORMATION *child)
{
    HANDLE process = NULL, thread = NULL;

    ok(!NtAlpcOpenSenderProcess(&process, port, &message->header, 0, PROCESS_ALL_ACCESS, NULL) &&
           GetProcessId(process) == child->dwProcessId,
       "the sender's process is the child");
    ok(!NtAlpcOpenSenderThread(&thread, port, &message->header, 0, THREAD_ALL_ACCESS, NULL) &&
           GetThreadId(thread) == (DWORD)(ULONG_PTR)message->header.ClientId.UniqueThread,
       "its thread is the one that waits");
    CloseHandle(process);
    CloseHandle(thread);
}

/* Into the child and out of it. Returns the value in the child. */
static HANDLE duplicates(HANDLE mine, const PROCESS_INFORMATION *child, HANDLE private_there)
{
    HANDLE there = NULL, second = NULL, back = NULL;

    ok(DuplicateHandle(GetCurrentProcess(), mine, child->hProcess, &there, 0, FALSE,
                       DUPLICATE_SAME_ACCESS),
       "a private event is duplicated into the child");
    DuplicateHandle(GetCurrentProcess(), mine, child->hProcess, &second, 0, FALSE,
                    DUPLICATE_SAME_ACCESS);
    ok(DuplicateHandle(child->hProcess, second, GetCurrentProcess(), &back, 0, FALSE,
                       DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE),
       "and out of it, closing it there");
    SetEvent(back);
    ok(is_there(mine), "it is the same event");
    CloseHandle(back);
    ok(!DuplicateHandle(child->hProcess, second, GetCurrentProcess(), &back, 0, FALSE,
                        DUPLICATE_SAME_ACCESS),
       "the closed one is no handle any more");
    ok(NtDuplicateObject(child->hProcess, private_there, GetCurrentProcess(), &back, 0, 0,
                         DUPLICATE_SAME_ACCESS) == STATUS_NOT_SUPPORTED,
       "a handle that is the child's own affair is refused");
    return there;
}

static void answer(HANDLE port, struct message *message, HANDLE event, HANDLE there)
{
    struct attributes attributes;

    attributes_init(&attributes, TRUE);
    attributes.handle.Handle = event;
    attributes.handle.DesiredAccess = EVENT_MODIFY_STATE;
    message->header.u1.s1.DataLength = sizeof message->values;
    message->header.u1.s1.TotalLength = sizeof *message;
    message->values[0] = (ULONG_PTR)there;
    ok(!NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_RELEASE_MESSAGE, &message->header,
                                  &attributes.header, NULL, NULL, NULL, NULL),
       "the answer brings a handle");
}

static void parent_main(void)
{
    HANDLE got[N_SENT], server, port = port_make(), both[2];
    ALPC_PORT_ATTRIBUTES flags;
    struct attributes attributes;
    struct message message;
    PROCESS_INFORMATION child;
    DWORD code = 0;

    if (!ok(child_start(&child), "this program starts itself"))
        return;
    both[0] = CreateEventW(NULL, FALSE, FALSE, NULL); /* set by the child by two ways */
    both[1] = CreateEventW(NULL, FALSE, FALSE, NULL);
    port_attributes(&flags, ALPC_PORFLG_ALLOW_MULTIHANDLE_ATTRIBUTE);
    ok(!receive(port, &message, &attributes) &&
           !NtAlpcAcceptConnectPort(&server, port, 0, NULL, &flags, NULL, &message.header, NULL,
                                    TRUE),
       "the child connects");
    ok(!receive(port, &message, &attributes) &&
           (attributes.header.ValidAttributes & ALPC_MESSAGE_HANDLE_ATTRIBUTE) &&
           attributes.handle.HandleCount == N_SENT,
       "and sends its handles");
    fetch_all(port, &message, got);
    objects_work(got);
    the_image(got[IMAGE]);
    the_token(got[TOKEN]);
    senders(port, &message, &child);
    HANDLE there = duplicates(both[0], &child, (HANDLE)message.values[0]);
    answer(port, &message, both[1], there);
    SetEvent(got[EVENT]);
    ok(WaitForMultipleObjects(2, both, TRUE, INFINITE) == WAIT_OBJECT_0,
       "the child, which the event has woken, sets both");
    SetEvent(got[EVENT]);
    ok(WaitForSingleObject(got[MUTANT], INFINITE) == WAIT_ABANDONED,
       "its death abandons the mutant");
    ok(WaitForSingleObject(got[THREAD], INFINITE) == WAIT_OBJECT_0, "and ends its thread");
    ok(WaitForSingleObject(child.hProcess, INFINITE) == WAIT_OBJECT_0 &&
           GetExitCodeProcess(child.hProcess, &code) && code == 33,
       "it got through");
    ok(ReleaseSemaphore(got[SEMAPHORE], 1, NULL) && is_there(got[SEMAPHORE]),
       "what it sent outlives it");
}

static void test_main(void)
{
    if (__argc == 3 && !strcmp(__argv[1], "child"))
        exit(child_main(strtoul(__argv[2], NULL, 10)));
    parent_main();
    done_testing();
}
