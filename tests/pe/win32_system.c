/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What programs ask of the machine and of themselves: processors and what they share, the user's
 * folders, the file behind an image, symbols and the stack by dbghelp. */

#define _WIN32_WINNT 0x0a00
#include <windows.h>

#include <dbghelp.h>
#include <psapi.h>
#include <shlobj.h>
#include <stdlib.h>
#include <string.h>

#include "win32.h"

static void test_processors(void)
{
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION *all;
    ULONG_PTR in_cores = 0, in_nodes = 0, process, machine;
    DWORD size = 0;

    GetProcessAffinityMask(GetCurrentProcess(), &process, &machine);
    fails(GetLogicalProcessorInformation(NULL, &size), ERROR_INSUFFICIENT_BUFFER, "no room");
    all = malloc(size);
    ok(size && GetLogicalProcessorInformation(all, &size), "GetLogicalProcessorInformation");
    for (DWORD i = 0; i < size / sizeof(*all); i++) {
        if (all[i].Relationship == RelationProcessorCore)
            in_cores |= all[i].ProcessorMask;
        if (all[i].Relationship == RelationNumaNode)
            in_nodes |= all[i].ProcessorMask;
    }
    is_number((long long)in_cores, (long long)machine, "each processor is in a core");
    is_number((long long)in_nodes, (long long)machine, "and in a node");
    free(all);
}

static void test_processors_ex(void)
{
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *group;
    SYSTEM_INFO info;
    DWORD size = 0;

    GetSystemInfo(&info);
    fails(GetLogicalProcessorInformationEx(RelationGroup, NULL, &size), ERROR_INSUFFICIENT_BUFFER,
          "no room for the groups");
    group = malloc(size);
    ok(GetLogicalProcessorInformationEx(RelationGroup, group, &size) &&
           group->Relationship == RelationGroup && group->Size == size,
       "GetLogicalProcessorInformationEx");
    is_number(group->Group.ActiveGroupCount, 1, "one group");
    is_number(group->Group.GroupInfo[0].ActiveProcessorCount, info.dwNumberOfProcessors,
              "of all processors");
    is_number(GetActiveProcessorCount(ALL_PROCESSOR_GROUPS), info.dwNumberOfProcessors,
              "GetActiveProcessorCount");
    free(group);
}

static void test_ideal_processor(void)
{
    HANDLE self = GetCurrentThread();
    DWORD before = SetThreadIdealProcessor(self, 0);

    ok(before < MAXIMUM_PROCESSORS, "the ideal processor of a thread is one of them");
    is_number(SetThreadIdealProcessor(self, MAXIMUM_PROCESSORS), 0, "it can be asked for");
    fails(SetThreadIdealProcessor(self, MAXIMUM_PROCESSORS + 1) != (DWORD)-1,
          ERROR_INVALID_PARAMETER, "one that cannot be");
}

static void test_thread_group(void)
{
    GROUP_AFFINITY group = {0};
    DWORD_PTR process, machine, before;

    GetProcessAffinityMask(GetCurrentProcess(), &process, &machine);
    ok(GetThreadGroupAffinity(GetCurrentThread(), &group), "GetThreadGroupAffinity");
    is_number((long long)group.Mask, (long long)process, "all of the process' processors");
    before = SetThreadAffinityMask(GetCurrentThread(), 1);
    ok(GetThreadGroupAffinity(GetCurrentThread(), &group) && group.Mask == 1 && !group.Group,
       "the one that it was given, of the only group");
    SetThreadAffinityMask(GetCurrentThread(), before);
}

/* A hint, which LMDB and others give. */
static void test_prefetch(void)
{
    WIN32_MEMORY_RANGE_ENTRY ranges[] = {{(void *)test_prefetch, 1}, {&ranges, 100}};

    ok(PrefetchVirtualMemory(GetCurrentProcess(), 2, ranges, 0), "PrefetchVirtualMemory");
    fails(PrefetchVirtualMemory(GetCurrentProcess(), 0, ranges, 0), ERROR_INVALID_PARAMETER,
          "of nothing");
    fails(PrefetchVirtualMemory(GetCurrentProcess(), 1, NULL, 0), ERROR_NOACCESS,
          "of ranges that cannot be read");
}

static void test_folders(void)
{
    static const struct {
        int folder;
        const char *what;
    } rows[] = {{CSIDL_APPDATA, "AppData\\Roaming"}, {CSIDL_LOCAL_APPDATA, "AppData\\Local"},
                {CSIDL_PERSONAL, "Documents"},       {CSIDL_DESKTOPDIRECTORY, "Desktop"},
                {CSIDL_PROFILE, "the profile"},      {CSIDL_COMMON_APPDATA, "ProgramData"}};
    WCHAR path[MAX_PATH];

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        ok(SHGetFolderPathW(NULL, rows[i].folder, NULL, 0, path) == S_OK && is_folder(path),
           "%s is there", rows[i].what);
}

static void test_mapped_name(void)
{
    WCHAR mapped[MAX_PATH], program[MAX_PATH], device[MAX_PATH];
    size_t n;

    GetModuleFileNameW(NULL, program, MAX_PATH);
    ok(GetMappedFileNameW(GetCurrentProcess(), GetModuleHandleW(NULL), mapped, MAX_PATH) > 0,
       "GetMappedFileName");
    program[2] = 0;
    ok(QueryDosDeviceW(program, device, MAX_PATH) > 0, "the drive's device");
    n = wcslen(device);
    ok(!wcsncmp(mapped, device, n) && mapped[n] == '\\', "begins the name");
    ok(!_wcsicmp(mapped + n + 1, program + 3), "then comes the path");
}

static void test_symbols(void)
{
    static char room[sizeof(SYMBOL_INFO) + 256];
    SYMBOL_INFO *symbol = (SYMBOL_INFO *)room;
    const DWORD64 address =
        (DWORD64)(ULONG_PTR)GetProcAddress(GetModuleHandleW(L"kernel32"), "Sleep");
    IMAGEHLP_MODULEW64 module = {.SizeOfStruct = sizeof(module)};
    HANDLE self = GetCurrentProcess();
    DWORD64 offset = 7;

    symbol->SizeOfStruct = sizeof(*symbol);
    symbol->MaxNameLen = 256;
    ok(SymInitialize(self, NULL, TRUE), "SymInitialize with the modules of the process");
    ok(SymFromAddr(self, address, &offset, symbol) && !offset && !strcmp(symbol->Name, "Sleep"),
       "an address has its name");
    ok(SymGetModuleInfoW64(self, address, &module) && !_wcsicmp(module.ModuleName, L"kernel32"),
       "and its module");
    ok(SymCleanup(self), "SymCleanup");
}

static int frames_count(void)
{
    STACKFRAME64 frame = {0};
    CONTEXT context;
    int n = 0;

    RtlCaptureContext(&context);
    frame.AddrPC.Offset = context.Rip;
    frame.AddrStack.Offset = context.Rsp;
    frame.AddrFrame.Offset = context.Rbp;
    frame.AddrPC.Mode = frame.AddrStack.Mode = frame.AddrFrame.Mode = AddrModeFlat;
    while (n < 64 &&
           StackWalk64(IMAGE_FILE_MACHINE_AMD64, GetCurrentProcess(), GetCurrentThread(), &frame,
                       &context, NULL, SymFunctionTableAccess64, SymGetModuleBase64, NULL))
        n++;
    return n;
}

/* Kept in this process, where nothing else could read it. */
static void test_error_report_flags(void)
{
    const HMODULE kernel = GetModuleHandleA("kernel32");
    HRESULT(WINAPI * set)(DWORD) = (void *)GetProcAddress(kernel, "WerSetFlags");
    HRESULT(WINAPI * get)(HANDLE, DWORD *) = (void *)GetProcAddress(kernel, "WerGetFlags");
    DWORD flags = 77;

    ok(set && get && !get(GetCurrentProcess(), &flags) && !flags, "WerGetFlags: none");
    ok(set && !set(4), "WerSetFlags");
    ok(get && !get(GetCurrentProcess(), &flags) && flags == 4, "is remembered");
}

static void test_main(void)
{
    test_processors();
    test_processors_ex();
    test_ideal_processor();
    test_thread_group();
    test_prefetch();
    test_folders();
    test_error_report_flags();
    test_mapped_name();
    test_symbols();
    ok(SymInitializeW(GetCurrentProcess(), NULL, TRUE), "SymInitializeW");
    ok(frames_count() >= 3, "the stack is walked");
    if (running_on_portico()) /* DIFFERS: there are no dumps */
        fails(MiniDumpWriteDump(GetCurrentProcess(), GetCurrentProcessId(), NULL, MiniDumpNormal,
                                NULL, NULL, NULL),
              ERROR_CALL_NOT_IMPLEMENTED, "a dump, which says its name,");
}
