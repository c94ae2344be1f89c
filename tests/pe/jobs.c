/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Jobs: processes that end together. This program starts itself; its first argument says what the
 * child is to do. */

#include <windows.h>

#include <stdlib.h>
#include <string.h>

#include "win32.h"

static HANDLE make(DWORD limits)
{
    HANDLE job = CreateJobObjectA(NULL, NULL);
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION info = {.BasicLimitInformation.LimitFlags = limits};

    if (!job ||
        !SetInformationJobObject(job, JobObjectExtendedLimitInformation, &info, sizeof info))
        bail_out("no job: error %u", (unsigned)GetLastError());
    return job;
}

static BOOL is_in(HANDLE process, HANDLE job)
{
    BOOL is_member = -1;

    if (!IsProcessInJob(process, job, &is_member))
        diag("IsProcessInJob: error %u", (unsigned)GetLastError());
    return is_member;
}

static void test_nothing(void)
{
    HANDLE job = CreateJobObjectA(NULL, "portico-job"), again;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    DWORD n = 0;

    ok(job != NULL, "CreateJobObject");
    again = OpenJobObjectA(JOB_OBJECT_QUERY, FALSE, "portico-job");
    ok(again != NULL, "OpenJobObject by its name");
    ok(QueryInformationJobObject(again, JobObjectExtendedLimitInformation, &limits, sizeof limits,
                                 &n) &&
           !limits.BasicLimitInformation.LimitFlags && n == sizeof limits,
       "it has no limits");
    fails(TerminateJobObject(again, 1), ERROR_ACCESS_DENIED, "a handle that may only ask");
    ok(!is_in(GetCurrentProcess(), job), "this process is not in it");
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_JOB_MEMORY;
    if (running_on_portico())
        fails(
            SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits),
            ERROR_NOT_SUPPORTED, "a limit of memory");
    CloseHandle(again);
    CloseHandle(job);
    fails((BOOL)(ULONG_PTR)OpenJobObjectA(JOB_OBJECT_QUERY, FALSE, "portico-job"),
          ERROR_FILE_NOT_FOUND, "with its last handle the name ends: opening it");
}

static void test_kill_on_close(void)
{
    HANDLE job = make(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE);
    PROCESS_INFORMATION one, two;

    child_start("sleep", 0, &one);
    child_start("sleep", CREATE_SUSPENDED, &two);
    ok(AssignProcessToJobObject(job, one.hProcess), "AssignProcessToJobObject");
    ok(AssignProcessToJobObject(job, two.hProcess), "and one that starts suspended");
    ok(is_in(one.hProcess, job), "it is in the job");
    ok(is_in(two.hProcess, NULL), "the other one is in some job");
    is_number(WaitForSingleObject(one.hProcess, 0), WAIT_TIMEOUT, "it runs");
    ok(CloseHandle(job), "the job's last handle is closed");
    is_number(child_end(&one), 0, "the process is ended");
    is_number(child_end(&two), 0, "both are");
}

static void test_terminate(void)
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION count = {0};
    HANDLE job = make(0);
    struct {
        JOBOBJECT_BASIC_PROCESS_ID_LIST list;
        ULONG_PTR more[7];
    } ids;
    PROCESS_INFORMATION info, gone;

    child_start("sleep", 0, &info);
    child_start("end", CREATE_SUSPENDED, &gone);
    AssignProcessToJobObject(job, gone.hProcess);
    AssignProcessToJobObject(job, info.hProcess);
    ResumeThread(gone.hThread);
    is_number(child_end(&gone), 5, "a process in a job ends by itself");
    ok(QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &count, sizeof count,
                                 NULL),
       "QueryInformationJobObject");
    is_number(count.TotalProcesses, 2, "two were in it");
    is_number(count.ActiveProcesses, 1, "one is");
    ok(QueryInformationJobObject(job, JobObjectBasicProcessIdList, &ids, sizeof ids, NULL) &&
           ids.list.NumberOfProcessIdsInList == 1 && ids.list.ProcessIdList[0] == info.dwProcessId,
       "its id");
    ok(TerminateJobObject(job, 66), "TerminateJobObject");
    is_number(child_end(&info), 66, "the process ends with that code");
    CloseHandle(job);
}

/* The child makes a grandchild and waits for it; both are of the job that the child was put in. */
static void test_inherited(void)
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION count = {0};
    HANDLE job = make(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE);
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, "portico-jobs-grandchild");
    PROCESS_INFORMATION info;
    HANDLE both[2];

    child_start("parent", CREATE_SUSPENDED, &info);
    AssignProcessToJobObject(job, info.hProcess);
    ResumeThread(info.hThread);
    both[0] = event;
    both[1] = info.hProcess;
    is_number(WaitForMultipleObjects(2, both, FALSE, INFINITE), WAIT_OBJECT_0,
              "a grandchild finds itself in a job");
    QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &count, sizeof count, NULL);
    is_number(count.ActiveProcesses, 2, "the child and its child are in the job");
    TerminateJobObject(job, 7);
    is_number(child_end(&info), 7, "and end with it");
    CloseHandle(event);
    CloseHandle(job);
}

static void test_breakaway(void)
{
    HANDLE job = make(0);
    PROCESS_INFORMATION info;
    DWORD code;

    child_start("breakaway", CREATE_SUSPENDED, &info);
    AssignProcessToJobObject(job, info.hProcess);
    ResumeThread(info.hThread);
    code = child_end(&info);
    is_number(code, ERROR_ACCESS_DENIED, "nobody breaks away from a job that does not let him");
    CloseHandle(job);
    job = make(JOB_OBJECT_LIMIT_BREAKAWAY_OK);
    child_start("breakaway", CREATE_SUSPENDED, &info);
    AssignProcessToJobObject(job, info.hProcess);
    ResumeThread(info.hThread);
    is_number(child_end(&info), 0, "one that does");
    CloseHandle(job);
}

/* Waits for the next message of the job whose key this is. */
static void is_told(HANDLE port, ULONG_PTR key, DWORD message, DWORD process, const char *what)
{
    OVERLAPPED *overlapped = NULL;
    ULONG_PTR got_key = 0;
    DWORD got = 0;
    BOOL is_right = GetQueuedCompletionStatus(port, &got, &got_key, &overlapped, INFINITE) &&
                    got == message && (DWORD)(ULONG_PTR)overlapped == process && got_key == key;

    if (!is_right)
        diag("message %u of %u, not %u of %u", (unsigned)got, (unsigned)(ULONG_PTR)overlapped,
             (unsigned)message, (unsigned)process);
    ok(is_right, "%s", what);
}

static BOOL associate(HANDLE job, HANDLE port, ULONG_PTR key)
{
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT info = {(void *)key, port};

    return SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &info,
                                   sizeof info);
}

static void test_port_refusals(HANDLE job, HANDLE port)
{
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT info = {NULL, port};
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), reader;

    fails(associate(job, event, 1), ERROR_INVALID_HANDLE, "an event instead of a port");
    fails(SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &info,
                                  sizeof info - 1),
          ERROR_INVALID_PARAMETER, "too short a structure");
    DuplicateHandle(GetCurrentProcess(), job, GetCurrentProcess(), &reader, JOB_OBJECT_QUERY, FALSE,
                    0);
    fails(associate(reader, port, 1), ERROR_ACCESS_DENIED, "a handle that may only ask");
    ok(associate(job, port, 1), "a completion port is associated with a job");
    fails(associate(job, port, 2), ERROR_INVALID_PARAMETER, "a second one");
    ok(associate(job, NULL, 0), "the port is taken away");
    CloseHandle(reader);
    CloseHandle(event);
}

/* Who is in it when the port comes, who comes later, how they end, that none is left. */
static void test_port(void)
{
    HANDLE job = make(0), port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    PROCESS_INFORMATION sleeps, ends, faults;
    DWORD id;

    test_port_refusals(job, port);
    child_start("sleep", CREATE_SUSPENDED, &sleeps);
    AssignProcessToJobObject(job, sleeps.hProcess);
    ok(associate(job, port, 0x1234567890), "a port for a job with a process in it");
    is_told(port, 0x1234567890, JOB_OBJECT_MSG_NEW_PROCESS, sleeps.dwProcessId, "it is told");
    child_start("end", CREATE_SUSPENDED, &ends);
    AssignProcessToJobObject(job, ends.hProcess);
    is_told(port, 0x1234567890, JOB_OBJECT_MSG_NEW_PROCESS, ends.dwProcessId, "another one");
    ResumeThread(ends.hThread);
    is_told(port, 0x1234567890, JOB_OBJECT_MSG_EXIT_PROCESS, ends.dwProcessId, "its end");
    child_end(&ends);
    child_start("fault", CREATE_SUSPENDED, &faults);
    AssignProcessToJobObject(job, faults.hProcess);
    is_told(port, 0x1234567890, JOB_OBJECT_MSG_NEW_PROCESS, faults.dwProcessId, "a third one");
    ResumeThread(faults.hThread);
    is_told(port, 0x1234567890, JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS, faults.dwProcessId,
            "one that ends of an exception");
    is_number(child_end(&faults), EXCEPTION_BREAKPOINT, "its exit code");
    id = sleeps.dwProcessId;
    TerminateJobObject(job, 9);
    is_told(port, 0x1234567890, JOB_OBJECT_MSG_EXIT_PROCESS, id, "one that is terminated");
    is_told(port, 0x1234567890, JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, 0, "none is left");
    is_number(child_end(&sleeps), 9, "its exit code");
    CloseHandle(port);
    CloseHandle(job);
}

/* The last handle of the job is closed while a process in it makes another: the job lives on. */
static void test_port_of_children(void)
{
    HANDLE job = make(0);
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    PROCESS_INFORMATION info;
    OVERLAPPED *overlapped = NULL;
    ULONG_PTR key;
    DWORD message = 0;

    associate(job, port, 7);
    child_start("runs-end", CREATE_SUSPENDED, &info);
    AssignProcessToJobObject(job, info.hProcess);
    CloseHandle(job);
    is_told(port, 7, JOB_OBJECT_MSG_NEW_PROCESS, info.dwProcessId, "of a job without a handle");
    ResumeThread(info.hThread);
    GetQueuedCompletionStatus(port, &message, &key, &overlapped, INFINITE);
    is_number(message, JOB_OBJECT_MSG_NEW_PROCESS, "a child's child is told");
    is_told(port, 7, JOB_OBJECT_MSG_EXIT_PROCESS, (DWORD)(ULONG_PTR)overlapped, "and its end");
    is_told(port, 7, JOB_OBJECT_MSG_EXIT_PROCESS, info.dwProcessId, "and its parent's");
    is_told(port, 7, JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, 0, "none is left");
    is_number(child_end(&info), 5, "the child has waited for its own");
    CloseHandle(port);
}

static DWORD child_breakaway(void)
{
    PROCESS_INFORMATION info;

    if (!child_start("not-in-job", CREATE_BREAKAWAY_FROM_JOB, &info))
        return GetLastError();
    return child_end(&info);
}

static DWORD child_main(const char *what)
{
    PROCESS_INFORMATION info;

    if (!strcmp(what, "sleep"))
        Sleep(INFINITE);
    if (!strcmp(what, "end"))
        return 5;
    if (!strcmp(what, "fault"))
        RaiseException(EXCEPTION_BREAKPOINT, 0, 0, NULL);
    if (!strcmp(what, "runs-end"))
        return child_start("end", 0, &info) ? child_end(&info) : GetLastError();
    if (!strcmp(what, "parent"))
        return child_start("grandchild", 0, &info) ? child_end(&info) : GetLastError();
    if (!strcmp(what, "grandchild")) {
        if (!is_in(GetCurrentProcess(), NULL))
            return 98;
        SetEvent(OpenEventA(EVENT_MODIFY_STATE, FALSE, "portico-jobs-grandchild"));
        Sleep(INFINITE);
    }
    if (!strcmp(what, "breakaway"))
        return child_breakaway();
    if (!strcmp(what, "not-in-job"))
        return is_in(GetCurrentProcess(), NULL) ? 97 : 0;
    return 99;
}

static void test_main(void)
{
    if (__argc > 1)
        ExitProcess(child_main(__argv[1]));
    test_nothing();
    test_kill_on_close();
    test_terminate();
    test_inherited();
    test_breakaway();
    test_port();
    test_port_of_children();
}
