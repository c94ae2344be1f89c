/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What programs look up about the machine and its folders: the processors in the registry, the
 * system's environment, and that environment, registry and shell name the same folders. */

#include <windows.h>

#include <cpuid.h>
#include <shlobj.h>
#include <stdio.h>
#include <string.h>
#include <winternl.h>

#include "win32.h"

#define PROCESSORS L"Hardware\\Description\\System\\CentralProcessor"
#define VERSION    L"Software\\Microsoft\\Windows\\CurrentVersion"

static DWORD text_get(HKEY root, const WCHAR *path, const WCHAR *name, WCHAR text[MAX_PATH])
{
    DWORD size = MAX_PATH * sizeof(*text), type = 0;
    HKEY key = NULL;

    *text = 0;
    if (RegOpenKeyExW(root, path, 0, KEY_READ, &key))
        return 0;
    if (RegQueryValueExW(key, name, NULL, &type, (BYTE *)text, &size))
        type = 0;
    RegCloseKey(key);
    return type;
}

static void test_processors(void)
{
    WCHAR text[MAX_PATH], vendor[16] = L"";
    DWORD n = 0, speed = 0, size = sizeof(speed);
    union {
        unsigned words[3];
        char text[13];
    } maker = {{0}};
    unsigned leaf;
    SYSTEM_INFO info;
    HKEY key;

    GetSystemInfo(&info);
    __get_cpuid(0, &leaf, &maker.words[0], &maker.words[2], &maker.words[1]);
    for (int i = 0; i < 12; i++)
        vendor[i] = (WCHAR)maker.text[i];
    ok(!RegOpenKeyExW(HKEY_LOCAL_MACHINE, PROCESSORS, 0, KEY_READ, &key), "the processors' key");
    ok(!RegQueryInfoKeyW(key, NULL, NULL, NULL, &n, NULL, NULL, NULL, NULL, NULL, NULL, NULL) &&
           n == info.dwNumberOfProcessors,
       "has one for each");
    size = MAX_PATH;
    ok(!RegEnumKeyExW(key, 0, text, &size, NULL, NULL, NULL, NULL) && !wcscmp(text, L"0"),
       "of which 0 is first");
    RegCloseKey(key);
    ok(text_get(HKEY_LOCAL_MACHINE, PROCESSORS L"\\0", L"VendorIdentifier", text) == REG_SZ &&
           !wcscmp(text, vendor),
       "its maker is the one that it tells itself");
    ok(text_get(HKEY_LOCAL_MACHINE, PROCESSORS L"\\0", L"ProcessorNameString", text) == REG_SZ &&
           *text,
       "its name");
    ok(text_get(HKEY_LOCAL_MACHINE, PROCESSORS L"\\0", L"Identifier", text) == REG_SZ &&
           wcsstr(text, L" Family ") && wcsstr(text, L" Model ") && wcsstr(text, L" Stepping "),
       "its kind");
    ok(!RegOpenKeyExW(HKEY_LOCAL_MACHINE, PROCESSORS L"\\0", 0, KEY_READ, &key), "its key");
    size = sizeof(speed);
    ok(!RegQueryValueExW(key, L"~MHz", NULL, NULL, (BYTE *)&speed, &size) && speed > 0,
       "its speed");
    RegCloseKey(key);
    ok(RegOpenKeyExW(HKEY_LOCAL_MACHINE, PROCESSORS L"\\100000", 0, KEY_READ, &key) ==
           ERROR_FILE_NOT_FOUND,
       "there are not so many");
}

/* The exit code: what of the machine looks different to a program that may use one processor. */
static int child_main(void)
{
    const DWORD n = (DWORD)strtoul(__argv[1], NULL, 0);
    DWORD_PTR own = 0, all = 0;
    DWORD n_keys = 0;
    SYSTEM_INFO info;
    HKEY key;

    GetSystemInfo(&info);
    GetProcessAffinityMask(GetCurrentProcess(), &own, &all);
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, PROCESSORS, 0, KEY_READ, &key) ||
        RegQueryInfoKeyW(key, NULL, NULL, NULL, &n_keys, NULL, NULL, NULL, NULL, NULL, NULL, NULL))
        return 1;
    return 2 * (info.dwNumberOfProcessors != n) + 4 * (n_keys != n) + 8 * (own != 1) +
           16 * (all != info.dwActiveProcessorMask || __builtin_popcountll(all) != (int)n);
}

static void test_affinity(void)
{
    DWORD_PTR own = 0, all = 0;
    PROCESS_INFORMATION child;
    SYSTEM_INFO info;
    char number[16];
    DWORD code = 99;

    GetSystemInfo(&info);
    ok(GetProcessAffinityMask(GetCurrentProcess(), &own, &all) && all == info.dwActiveProcessorMask,
       "the system's mask");
    ok(SetProcessAffinityMask(GetCurrentProcess(), 1), "one processor for this process");
    snprintf(number, sizeof(number), "%lu", info.dwNumberOfProcessors);
    ok(child_start_with(number, FALSE, 0, &child), "and for a child");
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    is_number(code, 0, "which is told of the same machine");
    CloseHandle(child.hThread);
    CloseHandle(child.hProcess);
    ok(SetProcessAffinityMask(GetCurrentProcess(), own), "all again");
}

static void test_environment(void)
{
    static const WCHAR path[] = L"System\\CurrentControlSet\\Control\\Session Manager\\Environment";
    WCHAR text[MAX_PATH], value[MAX_PATH];
    HKEY key;

    ok(text_get(HKEY_LOCAL_MACHINE, path, L"OS", text) == REG_SZ && !wcscmp(text, L"Windows_NT"),
       "the system's environment");
    ok(text_get(HKEY_LOCAL_MACHINE, path, L"windir", text) == REG_EXPAND_SZ, "with variables");
    ExpandEnvironmentStringsW(text, value, MAX_PATH);
    GetWindowsDirectoryW(text, MAX_PATH);
    ok(!_wcsicmp(text, value), "which lead to the right folder");
    ok(!RegOpenKeyExW(HKEY_CLASSES_ROOT, L"CLSID", 0, KEY_READ, &key), "HKCR\\CLSID");
    RegCloseKey(key);
}

static void test_program_files(void)
{
    static const struct {
        const WCHAR *value, *variable;
    } rows[] = {{L"ProgramFilesDir", L"ProgramFiles"},
                {L"CommonFilesDir", L"CommonProgramFiles"},
                {L"CommonW6432Dir", L"CommonProgramW6432"},
                {L"ProgramFilesDir (x86)", L"ProgramFiles(x86)"},
                {L"CommonFilesDir (x86)", L"CommonProgramFiles(x86)"}};
    WCHAR text[MAX_PATH], value[MAX_PATH];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        text_get(HKEY_LOCAL_MACHINE, VERSION, rows[i].value, text);
        ok(GetEnvironmentVariableW(rows[i].variable, value, MAX_PATH) && !_wcsicmp(text, value),
           "%S is %S", rows[i].value, rows[i].variable);
        ok(is_folder(value), "and is there");
    }
}

static void test_folders(void)
{
    static const struct {
        int folder;
        const WCHAR *variables;
    } rows[] = {{CSIDL_PROFILE, L"%USERPROFILE%"},
                {CSIDL_PROFILE, L"%HOMEDRIVE%%HOMEPATH%"},
                {CSIDL_APPDATA, L"%APPDATA%"},
                {CSIDL_LOCAL_APPDATA, L"%LOCALAPPDATA%"},
                {CSIDL_PERSONAL, L"%USERPROFILE%\\Documents"},
                {CSIDL_FAVORITES, L"%USERPROFILE%\\Favorites"},
                {CSIDL_COMMON_APPDATA, L"%ProgramData%"},
                {CSIDL_COMMON_APPDATA, L"%ALLUSERSPROFILE%"},
                {CSIDL_PROGRAM_FILES, L"%ProgramFiles%"},
                {CSIDL_PROGRAM_FILES_COMMON, L"%CommonProgramFiles%"},
                {CSIDL_WINDOWS, L"%SystemRoot%"}};
    WCHAR path[MAX_PATH], value[MAX_PATH];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ExpandEnvironmentStringsW(rows[i].variables, value, MAX_PATH);
        *path = 0;
        ok(SHGetFolderPathW(NULL, rows[i].folder, NULL, 0, path) == S_OK && !_wcsicmp(path, value),
           "the shell's folder is %S", rows[i].variables);
        ok(is_folder(value), "and is there");
    }
}

/* The idle time of each processor as Linux has it. */
static unsigned linux_idle(ULONGLONG *ret_idle, unsigned room)
{
    char line[512];
    unsigned n = 0;
    FILE *file = fopen("Z:\\proc\\stat", "r");

    while (file && n < room && fgets(line, sizeof(line), file)) {
        unsigned long long user, nice, system;

        if (line[3] != ' ' && sscanf(line, "cpu%*u %llu %llu %llu %llu", &user, &nice, &system,
                                     (unsigned long long *)&ret_idle[n]) == 4)
            n++;
    }
    if (file)
        fclose(file);
    return n;
}

static void test_processor_times(void)
{
    SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION info[64];
    ULONGLONG before[64], after[64];
    ULONG length = 0, n_ordered = 0, n_between = 0;
    SYSTEM_INFO system;
    unsigned n;

    GetSystemInfo(&system);
    n = linux_idle(before, 64);
    ok(!NtQuerySystemInformation(SystemProcessorPerformanceInformation, info, sizeof(info),
                                 &length),
       "the processors' times");
    ok(length == system.dwNumberOfProcessors * sizeof(*info), "of each processor: %u bytes",
       (unsigned)length);
    for (ULONG i = 0; i < system.dwNumberOfProcessors; i++)
        n_ordered += info[i].KernelTime.QuadPart >= info[i].IdleTime.QuadPart;
    ok(n_ordered == system.dwNumberOfProcessors, "idle time is kernel time");
    if (!running_on_portico() || n != system.dwNumberOfProcessors || linux_idle(after, 64) != n) {
        skip(1, "Linux' processors are others");
        return;
    }
    /* In ticks of 10 ms; Linux says that its count may go back. */
    for (unsigned i = 0; i < n; i++)
        n_between += (ULONGLONG)info[i].IdleTime.QuadPart / 100000 + 1 >= before[i] &&
                     (ULONGLONG)info[i].IdleTime.QuadPart / 100000 <= after[i] + 1;
    ok(n_between == n, "as Linux has them");
}

static void test_main(void)
{
    if (__argc > 1)
        test_exit(child_main());
    test_processors();
    test_affinity();
    test_processor_times();
    test_environment();
    test_program_files();
    test_folders();
    done_testing();
}
