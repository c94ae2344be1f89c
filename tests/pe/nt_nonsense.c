/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Every system call of the nt room is called many times with wrong arguments: null, unmapped,
 * read-only and kernel-range pointers, half-valid buffers, no handles, extreme numbers. None may
 * end the process, and none may write to memory that it was not given. Left out are calls that
 * would do what they are asked to the test itself (free its memory, sleep for ever, queue a call to
 * nowhere). */
#include "nt_api.h"

#undef API
#define CALLS(X)                       \
    X(NtAccessCheck)                   \
    X(NtAdjustGroupsToken)             \
    X(NtAdjustPrivilegesToken)         \
    X(NtAlertThreadByThreadId)         \
    X(NtAllocateLocallyUniqueId)       \
    X(NtAllocateUuids)                 \
    X(NtAreMappedFilesTheSame)         \
    X(NtAssignProcessToJobObject)      \
    X(NtAssociateWaitCompletionPacket) \
    X(NtCancelIoFile)                  \
    X(NtCancelIoFileEx)                \
    X(NtCancelSynchronousIoFile)       \
    X(NtCancelTimer)                   \
    X(NtCancelWaitCompletionPacket)    \
    X(NtClearEvent)                    \
    X(NtCompareObjects)                \
    X(NtCreateDirectoryObject)         \
    X(NtCreateEvent)                   \
    X(NtCreateFile)                    \
    X(NtCreateIoCompletion)            \
    X(NtCreateJobObject)               \
    X(NtCreateKey)                     \
    X(NtCreateKeyedEvent)              \
    X(NtCreateMailslotFile)            \
    X(NtCreateMutant)                  \
    X(NtCreateNamedPipeFile)           \
    X(NtCreateSection)                 \
    X(NtCreateSemaphore)               \
    X(NtCreateSymbolicLinkObject)      \
    X(NtCreateTimer)                   \
    X(NtCreateWaitCompletionPacket)    \
    X(NtDeleteFile)                    \
    X(NtDeleteKey)                     \
    X(NtDeleteValueKey)                \
    X(NtDeviceIoControlFile)           \
    X(NtDuplicateToken)                \
    X(NtEnumerateKey)                  \
    X(NtEnumerateValueKey)             \
    X(NtExtendSection)                 \
    X(NtFilterToken)                   \
    X(NtFlushBuffersFile)              \
    X(NtFlushInstructionCache)         \
    X(NtFlushKey)                      \
    X(NtFlushVirtualMemory)            \
    X(NtFsControlFile)                 \
    X(NtGetCurrentProcessorNumber)     \
    X(NtGetNlsSectionPtr)              \
    X(NtGetTickCount)                  \
    X(NtGetWriteWatch)                 \
    X(NtImpersonateAnonymousToken)     \
    X(NtInitializeNlsFiles)            \
    X(NtInitiatePowerAction)           \
    X(NtIsProcessInJob)                \
    X(NtLoadDriver)                    \
    X(NtLoadKey)                       \
    X(NtLockFile)                      \
    X(NtLockVirtualMemory)             \
    X(NtMakeTemporaryObject)           \
    X(NtNotifyChangeDirectoryFile)     \
    X(NtNotifyChangeKey)               \
    X(NtOpenDirectoryObject)           \
    X(NtOpenEvent)                     \
    X(NtOpenFile)                      \
    X(NtOpenIoCompletion)              \
    X(NtOpenJobObject)                 \
    X(NtOpenKey)                       \
    X(NtOpenKeyEx)                     \
    X(NtOpenKeyedEvent)                \
    X(NtOpenMutant)                    \
    X(NtOpenProcessToken)              \
    X(NtOpenProcessTokenEx)            \
    X(NtOpenSection)                   \
    X(NtOpenSemaphore)                 \
    X(NtOpenSymbolicLinkObject)        \
    X(NtOpenThreadToken)               \
    X(NtOpenThreadTokenEx)             \
    X(NtOpenTimer)                     \
    X(NtPowerInformation)              \
    X(NtPrivilegeCheck)                \
    X(NtPulseEvent)                    \
    X(NtQueryAttributesFile)           \
    X(NtQueryDefaultLocale)            \
    X(NtQueryDefaultUILanguage)        \
    X(NtQueryDirectoryFile)            \
    X(NtQueryDirectoryObject)          \
    X(NtQueryEvent)                    \
    X(NtQueryFullAttributesFile)       \
    X(NtQueryInformationFile)          \
    X(NtQueryInformationJobObject)     \
    X(NtQueryInformationProcess)       \
    X(NtQueryInformationToken)         \
    X(NtQueryInstallUILanguage)        \
    X(NtQueryIoCompletion)             \
    X(NtQueryKey)                      \
    X(NtQueryMutant)                   \
    X(NtQueryObject)                   \
    X(NtQueryPerformanceCounter)       \
    X(NtQuerySection)                  \
    X(NtQuerySecurityObject)           \
    X(NtQuerySemaphore)                \
    X(NtQuerySymbolicLinkObject)       \
    X(NtQuerySystemEnvironmentValue)   \
    X(NtQuerySystemInformation)        \
    X(NtQuerySystemInformationEx)      \
    X(NtQuerySystemTime)               \
    X(NtQueryTimer)                    \
    X(NtQueryTimerResolution)          \
    X(NtQueryValueKey)                 \
    X(NtQueryVirtualMemory)            \
    X(NtQueryVolumeInformationFile)    \
    X(NtReadFile)                      \
    X(NtReadFileScatter)               \
    X(NtReleaseMutant)                 \
    X(NtReleaseSemaphore)              \
    X(NtRemoveIoCompletion)            \
    X(NtRemoveIoCompletionEx)          \
    X(NtRenameKey)                     \
    X(NtResetEvent)                    \
    X(NtResetWriteWatch)               \
    X(NtSaveKey)                       \
    X(NtSetDefaultHardErrorPort)       \
    X(NtSetDefaultLocale)              \
    X(NtSetDefaultUILanguage)          \
    X(NtSetEvent)                      \
    X(NtSetEventBoostPriority)         \
    X(NtSetInformationFile)            \
    X(NtSetInformationJobObject)       \
    X(NtSetInformationObject)          \
    X(NtSetInformationToken)           \
    X(NtSetIoCompletion)               \
    X(NtSetSecurityObject)             \
    X(NtSetSystemInformation)          \
    X(NtSetSystemTime)                 \
    X(NtSetThreadExecutionState)       \
    X(NtSetTimer)                      \
    X(NtSetTimerResolution)            \
    X(NtSetValueKey)                   \
    X(NtSetVolumeInformationFile)      \
    X(NtShutdownSystem)                \
    X(NtSystemDebugControl)            \
    X(NtTerminateJobObject)            \
    X(NtUnloadDriver)                  \
    X(NtUnloadKey)                     \
    X(NtUnlockFile)                    \
    X(NtUnlockVirtualMemory)           \
    X(NtWriteFile)                     \
    X(NtWriteFileGather)               \
    X(wine_nt_to_unix_file_name)       \
    X(wine_unix_to_nt_file_name)

typedef ULONG_PTR WINAPI call_type(ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR,
                                   ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR,
                                   ULONG_PTR, ULONG_PTR);

static const char *const names[] = {
#define NAME(call) #call,
    /* clang-format off */
    CALLS(NAME)
/* clang-format on */
#undef NAME
};

static unsigned seed = 1;

static unsigned next_random(unsigned n)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 8) % n;
}

/* A page that must stay as it is, a page that is given, and behind it nothing: too long an answer
 * meets a hole. */
static unsigned char *before, *given;

static ULONG_PTR argument(void)
{
    static const ULONG_PTR values[] = {
        0,
        1,
        2,
        3,
        4,
        5,
        8,
        0x10,
        0x18,
        0x20,
        0x40,
        0x1000,
        0xffff,
        0x7fffffff,
        0xffffffff,
        ~(ULONG_PTR)0,
        (ULONG_PTR)-2,
        (ULONG_PTR)-4,
        0x01fffffc,
        0x7fffffff0000,
        0x8000000000000000,
        0xffff800000000000,
    };
    unsigned which = next_random(40);

    if (which < sizeof(values) / sizeof(*values))
        return values[which];
    if (which < 34)
        return (ULONG_PTR)given + 8 * next_random(8);
    if (which < 37)
        return (ULONG_PTR)given + 4096 - 8 * next_random(4); /* its end */
    return (ULONG_PTR)test_main;                             /* readable code */
}

static void call_wrongly(call_type *function)
{
    ULONG_PTR a[14];

    for (unsigned i = 0; i < 14; i++)
        a[i] = argument();
    nt_fill(given, next_random(3) ? 0 : 0x41, 4096);
    function(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11], a[12],
             a[13]);
}

static void test_main(void)
{
    ANSI_STRING text;
    UNICODE_STRING dll = nt_string(L"ntdll.dll");
    HMODULE base;
    void *function;

    void *region = NULL;
    SIZE_T size = 0x10000;

    NtAllocateVirtualMemory(NT_SELF, &region, 0, &size, MEM_RESERVE, PAGE_READWRITE);
    size = 0x2000;
    NtAllocateVirtualMemory(NT_SELF, &region, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    before = region;
    given = before + 4096;
    if (LdrGetDllHandle(NULL, NULL, &dll, &base))
        bail_out("no ntdll");
    nt_fill(before, 0xb0, 4096);
    for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
        int whole = 1;

        text.Buffer = (char *)names[i];
        for (text.Length = 0; names[i][text.Length]; text.Length++)
            ;
        text.MaximumLength = text.Length + 1;
        if (LdrGetProcedureAddress(base, &text, 0, &function))
            bail_out("no %s", names[i]);
        for (unsigned n = 0; n < 500; n++)
            call_wrongly((call_type *)function);
        for (unsigned n = 0; n < 4096; n++)
            whole &= before[n] == 0xb0;
        ok(whole, "%s survives nonsense", names[i]);
    }
}
