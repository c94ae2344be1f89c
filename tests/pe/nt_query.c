/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The machine, the process, its token, time, NLS files, the registry's handful, named objects. */
#include "nt_api.h"

static struct nt_name name;
static LARGE_INTEGER zero;

static void test_system(void)
{
    static char buffer[1 << 20];
    unsigned char basic[64];
    ULONG length;

    is_status(NtQuerySystemInformation(0, basic, 64, &length), 0, "basic information");
    ok(*(ULONG *)(basic + 8) == 0x1000 && *(ULONG_PTR *)(basic + 24) == 0x10000 && basic[56] >= 1,
       "page size, granularity, processors");
    is_status(NtQuerySystemInformation(0, basic, 63, &length), STATUS_INFO_LENGTH_MISMATCH,
              "too short");
    is_number(length, 64, "the length needed");
    is_status(NtQuerySystemInformation(0, BAD_POINTER, 64, NULL), STATUS_ACCESS_VIOLATION,
              "a bad buffer");
    is_status(NtQuerySystemInformation(1, basic, 12, NULL), 0, "processor");
    is_number(*(USHORT *)basic, 9, "is an AMD64");
    is_status(NtQuerySystemInformation(2, buffer, 312, NULL), 0, "performance, as kernelbase asks");
    is_status(NtQuerySystemInformation(3, basic, 48, NULL), 0, "time of day");
    is_status(NtQuerySystemInformation(5, buffer, sizeof(buffer), &length), 0, "processes");
    {
        char *at = buffer, *teb;
        int found = 0;

        __asm__ volatile("movq %%gs:0x30, %0" : "=r"(teb));
        for (;; at += *(ULONG *)at) {
            found |= *(ULONG_PTR *)(at + 0x50) == *(ULONG_PTR *)(teb + 0x40);
            if (!*(ULONG *)at)
                break;
        }
        ok(found, "this process is among them");
    }
    is_status(NtQuerySystemInformation(5, buffer, 16, &length), STATUS_INFO_LENGTH_MISMATCH,
              "in no space");
    ok(length > 256, "the length needed");
    is_status(NtQuerySystemInformation(999, buffer, 16, NULL), STATUS_INVALID_INFO_CLASS,
              "no such class");
}

static void test_process(void)
{
    struct {
        NTSTATUS exit;
        void *peb;
        ULONG_PTR mask, priority, pid, parent;
    } basic;
    ULONG_PTR pointer = 1;
    ULONG length, mode;
    HANDLE self;
    CLIENT_ID id = {NULL, NULL};
    char *teb;

    __asm__ volatile("movq %%gs:0x30, %0" : "=r"(teb));
    is_status(NtQueryInformationProcess(NT_SELF, 0, &basic, sizeof(basic), &length), 0, "basic");
    ok(basic.peb == test_peb() && basic.pid == *(ULONG_PTR *)(teb + 0x40), "PEB and pid");
    is_status(NtQueryInformationProcess(NT_SELF, 26, &pointer, 8, NULL), 0, "no WOW64 process");
    is_number(pointer, 0, "says 0");
    is_status(NtQueryInformationProcess(NT_SELF, 0, &basic, 8, NULL), STATUS_INFO_LENGTH_MISMATCH,
              "short");
    is_status(NtQueryInformationProcess(NEVER_HANDLE, 0, &basic, sizeof(basic), NULL),
              STATUS_INVALID_HANDLE, "no process");
    mode = 3;
    is_status(NtSetInformationProcess(NT_SELF, 12, &mode, 4), 0, "set the error mode");
    mode = 0;
    NtQueryInformationProcess(NT_SELF, 12, &mode, 4, NULL);
    is_number(mode, 3, "it is kept");
    id.UniqueProcess = (HANDLE)basic.pid;
    is_status(NtOpenProcess(
                  &self, SYNCHRONIZE | PROCESS_QUERY_INFORMATION | 0x18 /* VM_READ, VM_OPERATION */,
                  &name.attributes, &id),
              0, "open this process by its id");
    is_status(NtWaitForSingleObject(self, FALSE, &zero), STATUS_TIMEOUT, "it has not ended");
    is_status(NtQueryInformationProcess(self, 0, &basic, sizeof(basic), NULL), 0,
              "ask it by that handle");
    is_number(basic.pid, (LONGLONG)(ULONG_PTR)id.UniqueProcess, "it is this one");
    {
        char text[4] = "abc", copy[4] = "";
        void *base = NULL;
        SIZE_T size = 4096, n;

        is_status(NtReadVirtualMemory(self, text, copy, 4, &n), 0,
                  "read its memory by that handle");
        ok(n == 4 && copy[2] == 'c', "it is ours");
        is_status(NtAllocateVirtualMemory(self, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE), 0,
                  "allocate in it");
        size = 0;
        NtFreeVirtualMemory(self, &base, &size, MEM_RELEASE);
    }
    NtClose(self);
    id.UniqueProcess = (HANDLE)0x7ffffff0;
    is_status(NtOpenProcess(&self, SYNCHRONIZE, &name.attributes, &id), STATUS_INVALID_CID,
              "no such process");
    ok(!self, "the handle is zero");
}

static void test_token(void)
{
    unsigned char buffer[512];
    HANDLE token, none = (HANDLE)1;
    ULONG length;

    is_status(NtOpenProcessToken(NT_SELF, TOKEN_QUERY, &token), 0, "the process's token");
    is_status(NtQueryInformationToken(token, 1, buffer, sizeof(buffer), &length), 0, "its user");
    ok(*(unsigned char **)buffer == buffer + 16 && buffer[16] == 1, "is a SID behind the pointer");
    ok(buffer[16 + 7] == 22 || buffer[16 + 7] == 5, "of Unix or of the system");
    is_status(NtQueryInformationToken(token, 1, buffer, 4, &length), STATUS_BUFFER_TOO_SMALL,
              "too short");
    ok(length >= 28, "the length needed");
    is_status(NtQueryInformationToken(token, 2, buffer, sizeof(buffer), &length), 0, "groups");
    is_status(NtQueryInformationToken(token, 25, buffer, sizeof(buffer), &length), 0,
              "integrity level");
    is_status(NtQueryInformationToken(token, 999, buffer, sizeof(buffer), &length),
              STATUS_INVALID_INFO_CLASS, "no such class");
    is_status(NtOpenThreadToken(NT_THREAD, TOKEN_QUERY, FALSE, &none), STATUS_NO_TOKEN,
              "no impersonation");
    ok(!none, "the handle is zero");
    NtClose(token);
}

static void test_security(void)
{
    unsigned char buffer[256];
    HANDLE event;
    ULONG length;

    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, 0, FALSE);
    is_status(NtQuerySecurityObject(event, 7, buffer, 4, &length), STATUS_BUFFER_TOO_SMALL,
              "a descriptor, short");
    is_status(NtQuerySecurityObject(event, 7, buffer, sizeof(buffer), &length), 0,
              "owner, group and DACL");
    ok(buffer[0] == 1 && *(ULONG *)(buffer + 4) == 20 && *(ULONG *)(buffer + 16) > 20,
       "self-relative");
    is_status(NtQuerySecurityObject(event, 8, buffer, sizeof(buffer), &length),
              STATUS_PRIVILEGE_NOT_HELD, "a SACL needs a privilege");
    NtClose(event);
    is_status(NtIsProcessInJob(NT_SELF, NULL), 0x123, "the process is in no job");
}

static void test_time(void)
{
    LARGE_INTEGER a, b, frequency;
    ULONG ticks = NtGetTickCount();

    is_status(NtQuerySystemTime(&a), 0, "system time");
    ok(a.QuadPart > 0x01da000000000000, "is after 2023");
    is_status(NtQuerySystemTime(BAD_POINTER), STATUS_ACCESS_VIOLATION, "into a bad pointer");
    is_status(NtQueryPerformanceCounter(&a, &frequency), 0, "performance counter");
    NtQueryPerformanceCounter(&b, NULL);
    ok(b.QuadPart >= a.QuadPart && frequency.QuadPart == 10000000, "does not go back; 10 MHz");
    ok(NtGetTickCount() - ticks < 0x7fffffff, "the tick count does not go back");
}

static void test_nls_and_registry(void)
{
    struct {
        ULONG title, type, length;
        wchar_t data[16];
    } value;
    UNICODE_STRING locale_name = nt_string(L"localename"), user_key;
    HANDLE key, sub;
    ULONG locale, length;
    void *table;
    SIZE_T size;

    is_status(NtGetNlsSectionPtr(11, 1252, NULL, &table, &size), 0, "code page 1252");
    ok(((USHORT *)table)[1] == 1252 && size > 512, "is its table");
    is_status(NtGetNlsSectionPtr(11, 1252, NULL, &table, BAD_POINTER), STATUS_ACCESS_VIOLATION,
              "a bad pointer");
    is_status(NtGetNlsSectionPtr(77, 0, NULL, &table, &size), STATUS_INVALID_PARAMETER_1,
              "no such type");
    is_status(NtQueryDefaultLocale(TRUE, &locale), 0, "the locale");
    is_number(locale, 0x409, "is en-US");
    is_status(RtlFormatCurrentUserKeyPath(&user_key), 0, "the name of the user's key");
    is_status(NtOpenKey(&key, KEY_READ, nt_name(&name, user_key.Buffer)), 0, "the user's key");
    is_status(NtOpenKey(&sub, KEY_READ, nt_name_under(&name, key, L"Control Panel\\International")),
              0, "a key below it");
    is_status(NtQueryValueKey(sub, &locale_name, 2, &value, sizeof(value), &length), 0,
              "its locale name");
    ok(value.type == REG_SZ && value.length == 12 && value.data[0] == 'e', "is en-US");
    is_status(NtQueryValueKey(sub, &locale_name, 2, &value, 16, &length), STATUS_BUFFER_OVERFLOW,
              "cut");
    NtClose(sub);
    is_status(NtOpenKey(&sub, KEY_READ, nt_name_under(&name, key, L"Nowhere")),
              STATUS_OBJECT_NAME_NOT_FOUND, "a key that does not exist");
    ok(!sub, "the handle is zero");
    NtClose(key);
}

static void test_named(void)
{
    HANDLE first, second, local, both[2];
    LONG previous;

    is_status(NtCreateEvent(&first, EVENT_ALL_ACCESS,
                            nt_name(&name, L"\\BaseNamedObjects\\nt_query"), 1, FALSE),
              0, "an event with a name");
    is_status(NtCreateEvent(&second, EVENT_ALL_ACCESS,
                            nt_name(&name, L"\\BaseNamedObjects\\nt_query"), 1, FALSE),
              STATUS_OBJECT_NAME_COLLISION, "the name is taken");
    name.attributes.Attributes |= 0x80; /* OBJ_OPENIF */
    is_status(NtCreateEvent(&second, EVENT_ALL_ACCESS, &name.attributes, 1, FALSE),
              STATUS_OBJECT_NAME_EXISTS, "or opened");
    is_status(NtSetEvent(second, &previous), 0, "set one");
    is_status(NtWaitForSingleObject(first, FALSE, NULL), 0, "wait for the other");
    is_status(NtWaitForSingleObject(first, FALSE, &zero), STATUS_TIMEOUT, "it was taken");
    is_status(NtCompareObjects(first, second), 0, "they are one");
    NtCreateEvent(&local, EVENT_ALL_ACCESS, NULL, 1, FALSE);
    both[0] = local;
    both[1] = first;
    is_status(NtWaitForMultipleObjects(2, both, 1, FALSE, &zero), STATUS_TIMEOUT,
              "a private and a shared event");
    NtSetEvent(second, NULL);
    is_status(NtWaitForMultipleObjects(2, both, 1, FALSE, NULL), 1, "the shared one is set");
    NtSetEvent(local, NULL);
    is_status(NtWaitForMultipleObjects(2, both, 1, FALSE, NULL), 0, "the private one is set");
    is_status(NtOpenEvent(&second, EVENT_ALL_ACCESS, nt_name(&name, L"\\BaseNamedObjects\\nope")),
              STATUS_OBJECT_NAME_NOT_FOUND, "no such name");
    NtClose(local);
    NtClose(first);
}

static HANDLE shared, own;

static void WINAPI set_later(void *event)
{
    for (int i = 0; i < 20; i++) /* the sleeper, as a rule, sleeps by then */
        NtYieldExecution();
    NtSetEvent(*(HANDLE *)event, NULL);
    RtlExitUserThread(0);
}

static void test_mixed_sleep(void)
{
    HANDLE both[2], thread;

    NtCreateEvent(&shared, EVENT_ALL_ACCESS, nt_name(&name, L"\\BaseNamedObjects\\nt_query2"), 1,
                  FALSE);
    NtCreateEvent(&own, EVENT_ALL_ACCESS, NULL, 1, FALSE);
    both[0] = own;
    both[1] = shared;
    RtlCreateUserThread(NT_SELF, NULL, FALSE, 0, 0, 0, set_later, &own, &thread, NULL);
    is_status(NtWaitForMultipleObjects(2, both, 1, FALSE, NULL), 0,
              "asleep for both: the private one comes");
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
    RtlCreateUserThread(NT_SELF, NULL, FALSE, 0, 0, 0, set_later, &shared, &thread, NULL);
    is_status(NtWaitForMultipleObjects(2, both, 1, FALSE, NULL), 1,
              "asleep for both: the shared one comes");
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
    NtClose(shared);
    NtClose(own);
}

static void test_main(void)
{
    nt_name(&name, L"");
    name.attributes.ObjectName = NULL;
    test_system();
    test_process();
    test_token();
    test_security();
    test_time();
    test_nls_and_registry();
    test_named();
    test_mixed_sleep();
}
