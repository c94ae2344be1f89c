/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The NT calls of the nt tests, which mingw's winternl.h lacks or declares differently. */
#ifndef PORTICO_NT_API_H
#define PORTICO_NT_API_H

#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include "test.h"
#include <ntstatus.h>

#define NT_SELF      ((HANDLE)(LONG_PTR)-1)
#define NT_THREAD    ((HANDLE)(LONG_PTR)-2)
#define BAD_POINTER  ((void *)(ULONG_PTR)0x10) /* never mapped */
#define NEVER_HANDLE ((HANDLE)(ULONG_PTR)0x01fffffc)

#define API extern NTSTATUS WINAPI

API NtClose(HANDLE);
API NtDuplicateObject(HANDLE, HANDLE, HANDLE, HANDLE *, ULONG, ULONG, ULONG);
API NtSetInformationObject(HANDLE, ULONG, void *, ULONG);
API NtCompareObjects(HANDLE, HANDLE);

API NtAllocateVirtualMemory(HANDLE, void **, ULONG_PTR, SIZE_T *, ULONG, ULONG);
API NtFreeVirtualMemory(HANDLE, void **, SIZE_T *, ULONG);
API NtProtectVirtualMemory(HANDLE, void **, SIZE_T *, ULONG, ULONG *);
API NtQueryVirtualMemory(HANDLE, const void *, ULONG, void *, SIZE_T, SIZE_T *);
API NtReadVirtualMemory(HANDLE, const void *, void *, SIZE_T, SIZE_T *);
API NtWriteVirtualMemory(HANDLE, void *, const void *, SIZE_T, SIZE_T *);
API NtFlushInstructionCache(HANDLE, const void *, SIZE_T);
API NtLockVirtualMemory(HANDLE, void **, SIZE_T *, ULONG);
API NtUnlockVirtualMemory(HANDLE, void **, SIZE_T *, ULONG);
API NtCreateSection(HANDLE *, ULONG, OBJECT_ATTRIBUTES *, LARGE_INTEGER *, ULONG, ULONG, HANDLE);
API NtOpenSection(HANDLE *, ULONG, OBJECT_ATTRIBUTES *);
API NtMapViewOfSection(HANDLE, HANDLE, void **, ULONG_PTR, SIZE_T, LARGE_INTEGER *, SIZE_T *, ULONG,
                       ULONG, ULONG);
API NtUnmapViewOfSection(HANDLE, void *);
API NtQuerySection(HANDLE, ULONG, void *, SIZE_T, SIZE_T *);

API NtCreateEvent(HANDLE *, ULONG, OBJECT_ATTRIBUTES *, ULONG, BOOLEAN);
API NtOpenEvent(HANDLE *, ULONG, OBJECT_ATTRIBUTES *);
API NtSetEvent(HANDLE, LONG *);
API NtResetEvent(HANDLE, LONG *);
API NtPulseEvent(HANDLE, LONG *);
API NtQueryEvent(HANDLE, ULONG, void *, ULONG, ULONG *);
API NtCreateSemaphore(HANDLE *, ULONG, OBJECT_ATTRIBUTES *, LONG, LONG);
API NtReleaseSemaphore(HANDLE, ULONG, ULONG *);
API NtQuerySemaphore(HANDLE, ULONG, void *, ULONG, ULONG *);
API NtCreateMutant(HANDLE *, ULONG, OBJECT_ATTRIBUTES *, BOOLEAN);
API NtReleaseMutant(HANDLE, LONG *);
API NtQueryMutant(HANDLE, ULONG, void *, ULONG, ULONG *);
API NtCreateTimer(HANDLE *, ULONG, OBJECT_ATTRIBUTES *, ULONG);
API NtSetTimer(HANDLE, LARGE_INTEGER *, void *, void *, BOOLEAN, ULONG, BOOLEAN *);
API NtCancelTimer(HANDLE, BOOLEAN *);
API NtQueryTimer(HANDLE, ULONG, void *, ULONG, ULONG *);
API NtCreateKeyedEvent(HANDLE *, ULONG, OBJECT_ATTRIBUTES *, ULONG);
API NtWaitForKeyedEvent(HANDLE, void *, BOOLEAN, LARGE_INTEGER *);
API NtReleaseKeyedEvent(HANDLE, void *, BOOLEAN, LARGE_INTEGER *);
API NtWaitForSingleObject(HANDLE, BOOLEAN, LARGE_INTEGER *);
API NtWaitForMultipleObjects(ULONG, HANDLE *, ULONG, BOOLEAN, LARGE_INTEGER *);
API NtSignalAndWaitForSingleObject(HANDLE, HANDLE, BOOLEAN, LARGE_INTEGER *);
API NtDelayExecution(BOOLEAN, LARGE_INTEGER *);
API NtQueueApcThread(HANDLE, void *, ULONG_PTR, ULONG_PTR, ULONG_PTR);
API NtTestAlert(void);
API NtAlertThread(HANDLE);
API NtAlertThreadByThreadId(HANDLE);
API NtWaitForAlertByThreadId(void *, LARGE_INTEGER *);
API NtCreateIoCompletion(HANDLE *, ULONG, OBJECT_ATTRIBUTES *, ULONG);
API NtSetIoCompletion(HANDLE, ULONG_PTR, ULONG_PTR, NTSTATUS, SIZE_T);
API NtRemoveIoCompletion(HANDLE, ULONG_PTR *, ULONG_PTR *, IO_STATUS_BLOCK *, LARGE_INTEGER *);
API NtRemoveIoCompletionEx(HANDLE, void *, ULONG, ULONG *, LARGE_INTEGER *, BOOLEAN);
API NtQueryIoCompletion(HANDLE, ULONG, void *, ULONG, ULONG *);
API NtCreateWaitCompletionPacket(HANDLE *, ULONG, OBJECT_ATTRIBUTES *);
API NtAssociateWaitCompletionPacket(HANDLE, HANDLE, HANDLE, void *, void *, NTSTATUS, ULONG_PTR,
                                    BOOLEAN *);
API NtCancelWaitCompletionPacket(HANDLE, BOOLEAN);
API NtQuerySecurityObject(HANDLE, ULONG, void *, ULONG, ULONG *);
API NtIsProcessInJob(HANDLE, HANDLE);
API NtYieldExecution(void);
API RtlCreateUserThread(HANDLE, void *, BOOLEAN, ULONG, SIZE_T, SIZE_T, void *, void *, HANDLE *,
                        CLIENT_ID *);
API NtResumeThread(HANDLE, ULONG *);
extern void WINAPI RtlExitUserThread(ULONG);

API NtCreateFile(HANDLE *, ULONG, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, LARGE_INTEGER *, ULONG,
                 ULONG, ULONG, ULONG, void *, ULONG);
API NtOpenFile(HANDLE *, ULONG, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG, ULONG);
API NtDeleteFile(OBJECT_ATTRIBUTES *);
API NtReadFile(HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, void *, ULONG, LARGE_INTEGER *,
               ULONG *);
API NtQueryDirectoryFile(HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, void *, ULONG, ULONG,
                         BOOLEAN, UNICODE_STRING *, BOOLEAN);
API NtQueryAttributesFile(OBJECT_ATTRIBUTES *, void *);
API NtQueryFullAttributesFile(OBJECT_ATTRIBUTES *, void *);
API NtFlushBuffersFile(HANDLE, IO_STATUS_BLOCK *);
API NtLockFile(HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, LARGE_INTEGER *, LARGE_INTEGER *,
               ULONG *, BOOLEAN, BOOLEAN);
API NtUnlockFile(HANDLE, IO_STATUS_BLOCK *, LARGE_INTEGER *, LARGE_INTEGER *, ULONG *);
API NtCreateNamedPipeFile(HANDLE *, ULONG, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG, ULONG,
                          ULONG, ULONG, ULONG, ULONG, ULONG, ULONG, ULONG, LARGE_INTEGER *);
API NtCancelIoFile(HANDLE, IO_STATUS_BLOCK *);
API NtCancelIoFileEx(HANDLE, IO_STATUS_BLOCK *, IO_STATUS_BLOCK *);

API NtQuerySystemTime(LARGE_INTEGER *);
API NtQueryPerformanceCounter(LARGE_INTEGER *, LARGE_INTEGER *);
extern ULONG WINAPI NtGetTickCount(void);
API NtOpenProcessToken(HANDLE, ULONG, HANDLE *);
API NtOpenThreadToken(HANDLE, ULONG, BOOLEAN, HANDLE *);
API NtQueryInformationToken(HANDLE, ULONG, void *, ULONG, ULONG *);
API NtOpenKey(HANDLE *, ULONG, OBJECT_ATTRIBUTES *);
API RtlFormatCurrentUserKeyPath(UNICODE_STRING *);
API NtQueryValueKey(HANDLE, UNICODE_STRING *, ULONG, void *, ULONG, ULONG *);
API NtGetNlsSectionPtr(ULONG, ULONG, void *, void **, SIZE_T *);
API NtQueryDefaultLocale(BOOLEAN, ULONG *);
API NtAllocateLocallyUniqueId(LUID *);
API NtAllocateUuids(void *, ULONG *, ULONG *, UCHAR *);
API NtOpenProcess(HANDLE *, ULONG, OBJECT_ATTRIBUTES *, CLIENT_ID *);

static TEST_UNUSED UNICODE_STRING nt_string(const wchar_t *text)
{
    USHORT n = 0;

    while (text[n])
        n++;
    return (UNICODE_STRING){(USHORT)(2 * n), (USHORT)(2 * n + 2), (wchar_t *)text};
}

/* Object attributes for a name; the storage is the caller's. */
struct nt_name {
    UNICODE_STRING string;
    OBJECT_ATTRIBUTES attributes;
};

static TEST_UNUSED OBJECT_ATTRIBUTES *nt_name_under(struct nt_name *name, HANDLE root,
                                                    const wchar_t *text)
{
    name->string = nt_string(text);
    name->attributes = (OBJECT_ATTRIBUTES){.Length = sizeof(name->attributes),
                                           .RootDirectory = root,
                                           .ObjectName = &name->string,
                                           .Attributes = OBJ_CASE_INSENSITIVE};
    return &name->attributes;
}

static TEST_UNUSED OBJECT_ATTRIBUTES *nt_name(struct nt_name *name, const wchar_t *text)
{
    return nt_name_under(name, NULL, text);
}

static TEST_UNUSED LARGE_INTEGER *nt_ms(LARGE_INTEGER *time, int ms)
{
    time->QuadPart = -10000ll * ms;
    return time;
}

static TEST_UNUSED void nt_fill(void *at, int value, SIZE_T size)
{
    volatile unsigned char *bytes = at;

    while (size--)
        *bytes++ = (unsigned char)value;
}

static TEST_UNUSED int nt_equal(const void *a, const void *b, SIZE_T size)
{
    const volatile unsigned char *x = a, *y = b;

    while (size--)
        if (*x++ != *y++)
            return 0;
    return 1;
}
#endif
