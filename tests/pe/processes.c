/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Programs that start programs: this one starts itself, and says by its first argument what the
 * child is to do. */

#define _WIN32_WINNT 0x0601
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32.h"

static char self[MAX_PATH];

static void is_text(const char *got, const char *want, const char *name)
{
    if (!ok(!strcmp(got, want), "%s", name))
        diag("got \"%s\", not \"%s\"", got, want);
}

/* ---- what a child does ---- */

static int child_print(int argc, char **argv)
{
    for (int i = 2; i < argc; i++)
        printf("[%s]\n", argv[i]);
    return 0;
}

static int child_tell(void)
{
    char directory[MAX_PATH];

    GetCurrentDirectoryA(sizeof directory, directory);
    printf("%s|%s\n", getenv("PORTICO_GIVEN") ? getenv("PORTICO_GIVEN") : "none", directory);
    return 0;
}

static int child_cat(void)
{
    int c;

    while ((c = getchar()) != EOF)
        putchar(c >= 'a' && c <= 'z' ? c - 32 : c);
    return 0;
}

/* Unnamed objects, by their values: an event, a semaphore, a mutex that the parent owns, a section.
 */
static int child_use(char **values)
{
    HANDLE handles[4];
    char *view;

    for (int i = 0; i < 4; i++)
        handles[i] = (HANDLE)(ULONG_PTR)strtoull(values[i], NULL, 0);
    view = MapViewOfFile(handles[3], FILE_MAP_WRITE, 0, 0, 0);
    if (!view || strcmp(view, "from the parent"))
        return 1;
    strcpy(view, "from the child");
    if (WaitForSingleObject(handles[2], 0) != WAIT_TIMEOUT)
        return 2;
    if (!ReleaseSemaphore(handles[1], 1, NULL))
        return 3;
    if (!SetEvent(handles[0]) || WaitForSingleObject(handles[2], INFINITE) != WAIT_OBJECT_0)
        return 4;
    return 0; /* with the mutex */
}

static int child_main(int argc, char **argv)
{
    if (!strcmp(argv[1], "print"))
        return child_print(argc, argv);
    if (!strcmp(argv[1], "tell"))
        return child_tell();
    if (!strcmp(argv[1], "cat"))
        return child_cat();
    if (!strcmp(argv[1], "exit"))
        ExitProcess(strtoul(argv[2], NULL, 0));
    if (!strcmp(argv[1], "set")) /* an inherited handle, by its value */
        return SetEvent((HANDLE)(ULONG_PTR)strtoull(argv[2], NULL, 0)) ? 0 : (int)GetLastError();
    if (!strcmp(argv[1], "use"))
        return child_use(argv + 2);
    if (!strcmp(argv[1], "write")) {
        DWORD n;
        return WriteFile((HANDLE)(ULONG_PTR)strtoull(argv[2], NULL, 0), "by handle", 9, &n, NULL)
                   ? 0
                   : (int)GetLastError();
    }
    if (!strcmp(argv[1], "sleep"))
        Sleep(INFINITE);
    if (!strcmp(argv[1], "fault"))
        *(volatile int *)0 = 1;
    return 99;
}

/* ---- what the parent sees ---- */

static BOOL start_with(const char *arguments, DWORD flags, HANDLE in, HANDLE out,
                       const char *environment, const char *directory, PROCESS_INFORMATION *info)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    char line[2048];

    snprintf(line, sizeof line, "\"%s\" %s", self, arguments);
    if (in || out) {
        startup.dwFlags = STARTF_USESTDHANDLES;
        startup.hStdInput = in ? in : GetStdHandle(STD_INPUT_HANDLE);
        startup.hStdOutput = out ? out : GetStdHandle(STD_OUTPUT_HANDLE);
        startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    }
    return CreateProcessA(NULL, line, NULL, NULL, TRUE, flags, (void *)environment, directory,
                          &startup, info);
}

/* Runs it and reads what it prints; the carriage returns of text mode go. */
static DWORD output_of(const char *arguments, const char *environment, const char *directory,
                       char *ret_text, size_t size)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    PROCESS_INFORMATION info;
    HANDLE from, to;
    size_t used = 0;
    char byte;
    DWORD n;

    CreatePipe(&from, &to, &inherit, 0);
    SetHandleInformation(from, HANDLE_FLAG_INHERIT, 0);
    if (!start_with(arguments, 0, NULL, to, environment, directory, &info)) {
        CloseHandle(to);
        CloseHandle(from);
        return GetLastError();
    }
    CloseHandle(to);
    while (ReadFile(from, &byte, 1, &n, NULL) && n)
        if (byte != '\r' && used < size - 1)
            ret_text[used++] = byte;
    ret_text[used] = 0;
    CloseHandle(from);
    return child_end(&info);
}

static void test_arguments(void)
{
    static const char awkward[] =
        "print plain \"with blank\" \"\" \"a\\\\b\" \"quote\\\"inside\" end\\\\ \"t\\\\\\\\\"";
    char text[512];

    is_number(output_of(awkward, NULL, NULL, text, sizeof text), 0, "a child prints its arguments");
    is_text(text, "[plain]\n[with blank]\n[]\n[a\\\\b]\n[quote\"inside]\n[end\\\\]\n[t\\\\]\n",
            "as its parent gave them");
}

static void test_surroundings(void)
{
    char text[512], system_root[64], block[256];
    size_t n;

    SetEnvironmentVariableA("PORTICO_GIVEN", "from the parent");
    is_number(output_of("tell", NULL, "Z:\\usr", text, sizeof text), 0,
              "a child tells its environment and folder");
    is_text(text, "from the parent|Z:\\usr\n", "the parent's environment, the folder given");
    snprintf(system_root, sizeof system_root, "%s", getenv("SystemRoot"));
    n = (size_t)snprintf(block, sizeof block, "PORTICO_GIVEN=a block%cSystemRoot=%s%c", 0,
                         system_root, 0);
    block[n] = 0;
    output_of("tell", block, "Z:\\", text, sizeof text);
    is_text(text, "a block|Z:\\\n", "an environment block of its own");
}

static void test_streams(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE in_read, in_write, out_read, out_write;
    PROCESS_INFORMATION info;
    char text[64] = "";
    DWORD n, used = 0;

    CreatePipe(&in_read, &in_write, &inherit, 0);
    CreatePipe(&out_read, &out_write, &inherit, 0);
    SetHandleInformation(in_write, HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(out_read, HANDLE_FLAG_INHERIT, 0);
    ok(start_with("cat", 0, in_read, out_write, NULL, NULL, &info), "a filter starts");
    CloseHandle(in_read);
    CloseHandle(out_write);
    WriteFile(in_write, "through pipes", 13, &n, NULL);
    CloseHandle(in_write);
    while (ReadFile(out_read, text + used, sizeof text - 1 - used, &n, NULL) && n)
        used += n;
    is_text(text, "THROUGH PIPES", "what goes in comes out, and its end is seen");
    CloseHandle(out_read);
    is_number(child_end(&info), 0, "the filter ends");
}

static void test_exit_codes(void)
{
    PROCESS_INFORMATION info;
    DWORD code = 0;
    HANDLE by_id;

    start_with("exit 0x12345678", 0, NULL, NULL, NULL, NULL, &info);
    is_number(child_end(&info), 0x12345678, "an exit code has 32 bits");
    start_with("fault", 0, NULL, NULL, NULL, NULL, &info);
    is_number(child_end(&info), 0xc0000005, "an unhandled exception is the exit code");
    start_with("sleep", 0, NULL, NULL, NULL, NULL, &info);
    ok(GetExitCodeProcess(info.hProcess, &code) && code == STILL_ACTIVE, "it runs");
    by_id = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, info.dwProcessId);
    ok(by_id != NULL, "it is opened by its id");
    ok(TerminateProcess(by_id, 77), "and terminated");
    is_number(WaitForSingleObject(by_id, INFINITE), WAIT_OBJECT_0, "its end is seen");
    is_number(WaitForSingleObject(info.hThread, INFINITE), WAIT_OBJECT_0, "by its thread too");
    CloseHandle(by_id);
    ok(GetExitCodeThread(info.hThread, &code) && code == 77, "the thread has its code");
    is_number(child_end(&info), 77, "with the code of who terminated it");
    start_with("exit 0x12345678", 0, NULL, NULL, NULL, NULL, &info);
    WaitForSingleObject(info.hThread, INFINITE);
    ok(GetExitCodeThread(info.hThread, &code) && code == 0x12345678, "all of one that exits");
    is_number(child_end(&info), 0x12345678, "is its process' too");
}

static void test_suspended(void)
{
    PROCESS_INFORMATION info;

    ok(start_with("exit 5", CREATE_SUSPENDED, NULL, NULL, NULL, NULL, &info), "a suspended start");
    is_number(WaitForSingleObject(info.hProcess, 0), WAIT_TIMEOUT, "it has not ended");
    is_number(GetProcessIdOfThread(info.hThread), info.dwProcessId, "the thread is the process'");
    is_number(ResumeThread(info.hThread), 1, "it was suspended once");
    is_number(ResumeThread(info.hThread), 0, "and is not any more");
    is_number(child_end(&info), 5, "and runs to its end");
    ok(start_with("exit 5", CREATE_SUSPENDED, NULL, NULL, NULL, NULL, &info), "another one");
    ok(TerminateProcess(info.hProcess, 6), "is terminated before it runs");
    is_number(child_end(&info), 6, "with that code");
}

static void test_inherited_objects(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE event = CreateEventA(&inherit, FALSE, FALSE, NULL);
    HANDLE semaphore = CreateSemaphoreA(&inherit, 0, 5, NULL);
    HANDLE mutex = CreateMutexA(&inherit, TRUE, NULL);
    HANDLE section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, &inherit, PAGE_READWRITE, 0, 4096, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0), line[128];
    PROCESS_INFORMATION info;

    strcpy(view, "from the parent");
    snprintf(line, sizeof line, "use %llu %llu %llu %llu", (unsigned long long)(ULONG_PTR)event,
             (unsigned long long)(ULONG_PTR)semaphore, (unsigned long long)(ULONG_PTR)mutex,
             (unsigned long long)(ULONG_PTR)section);
    start_with(line, 0, NULL, NULL, NULL, NULL, &info);
    is_number(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0,
              "a child sets an unnamed event that it inherited");
    is_number(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0, "and has released a semaphore");
    is_text(view, "from the child", "and written to a section");
    ReleaseMutex(mutex);
    is_number(child_end(&info), 0, "it waits for a mutex");
    is_number(WaitForSingleObject(mutex, INFINITE), WAIT_ABANDONED, "and abandons it at its end");
    ReleaseMutex(mutex);
    UnmapViewOfFile(view);
    CloseHandle(event);
    CloseHandle(semaphore);
    CloseHandle(mutex);
    CloseHandle(section);
}

static void test_inherited(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE event = CreateEventA(&inherit, TRUE, FALSE, "portico-processes-event"), file;
    char line[64], path[MAX_PATH], text[16] = "";
    PROCESS_INFORMATION info;
    DWORD n;

    snprintf(line, sizeof line, "set %llu", (unsigned long long)(ULONG_PTR)event);
    start_with(line, 0, NULL, NULL, NULL, NULL, &info);
    is_number(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0,
              "a child sets an inherited event");
    is_number(child_end(&info), 0, "by the same handle value");
    CloseHandle(event);
    GetTempPathA(sizeof path, path);
    strcat(path, "portico-inherited.txt");
    file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, &inherit, CREATE_ALWAYS,
                       FILE_FLAG_DELETE_ON_CLOSE, NULL);
    snprintf(line, sizeof line, "write %llu", (unsigned long long)(ULONG_PTR)file);
    start_with(line, 0, NULL, NULL, NULL, NULL, &info);
    is_number(child_end(&info), 0, "a child writes to an inherited file");
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    ReadFile(file, text, sizeof text - 1, &n, NULL);
    is_text(text, "by handle", "and the parent reads it");
    CloseHandle(file);
}

/* A child is told to set `event` while it inherits `listed` alone. */
static DWORD set_with_list(HANDLE event, HANDLE listed)
{
    STARTUPINFOEXA startup = {.StartupInfo.cb = sizeof startup};
    char line[MAX_PATH + 64];
    PROCESS_INFORMATION info;
    SIZE_T size = 0;

    InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    startup.lpAttributeList = malloc(size);
    InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &size);
    UpdateProcThreadAttribute(startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                              &listed, sizeof listed, NULL, NULL);
    snprintf(line, sizeof line, "\"%s\" set %llu", self, (unsigned long long)(ULONG_PTR)event);
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, EXTENDED_STARTUPINFO_PRESENT, NULL, NULL,
                        &startup.StartupInfo, &info))
        bail_out("no child: error %u", (unsigned)GetLastError());
    WaitForSingleObject(info.hProcess, INFINITE);
    DeleteProcThreadAttributeList(startup.lpAttributeList);
    free(startup.lpAttributeList);
    child_end(&info);
    return WaitForSingleObject(event, 0);
}

static void test_listed(const char *first_name, const char *second_name, const char *what)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE one = CreateEventA(&inherit, FALSE, FALSE, first_name);
    HANDLE two = CreateEventA(&inherit, FALSE, FALSE, second_name);

    is_number(set_with_list(one, one), WAIT_OBJECT_0, "a child has a handle in the list: %s", what);
    is_number(set_with_list(one, two), WAIT_TIMEOUT, "and none that is not: %s", what);
    CloseHandle(one);
    CloseHandle(two);
}

static void refuse(const char *program, DWORD error, const char *name)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION info;

    SetLastError(0);
    ok(!CreateProcessA(program, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &info), "%s",
       name);
    is_number(GetLastError(), error, "the error");
}

/* What has the first `size` bytes of this program, with another machine in its header. */
static void write_part(const char *path, DWORD size, WORD machine)
{
    static char bytes[1 << 16];
    FILE *from = fopen(self, "rb"), *to = fopen(path, "wb");
    const size_t n = from ? fread(bytes, 1, sizeof bytes, from) : 0;
    IMAGE_NT_HEADERS *headers = (void *)(bytes + ((IMAGE_DOS_HEADER *)bytes)->e_lfanew);

    ok(n == sizeof bytes && to, "%s is made", path);
    headers->FileHeader.Machine = machine;
    fwrite(bytes, 1, size < n ? size : n, to);
    fclose(from);
    fclose(to);
}

/* By a name relative to the current directory. */
static void test_no_programs(void)
{
    char before[MAX_PATH], folder[MAX_PATH];

    GetCurrentDirectoryA(sizeof before, before);
    GetTempPathA(sizeof folder, folder);
    snprintf(folder + strlen(folder), 32, "no-programs-%lu", GetCurrentProcessId());
    ok(CreateDirectoryA(folder, NULL) && SetCurrentDirectoryA(folder), "a folder");
    refuse("none.exe", ERROR_FILE_NOT_FOUND, "what is not there");
    fclose(fopen("empty.exe", "w"));
    refuse("empty.exe", ERROR_BAD_EXE_FORMAT, "an empty file");
    write_part("cut.exe", 100, IMAGE_FILE_MACHINE_AMD64);
    refuse("cut.exe", ERROR_BAD_EXE_FORMAT, "a program cut off in its headers");
    write_part("x86.exe", MAXDWORD, IMAGE_FILE_MACHINE_I386);
    refuse("x86.exe", ERROR_BAD_EXE_FORMAT, "a 32-bit program");
    refuse("..", ERROR_ACCESS_DENIED, "a folder");
    refuse("C:\\windows\\system32\\msvcrt.dll", ERROR_BAD_EXE_FORMAT, "a DLL");
    ok(DeleteFileA("empty.exe") && DeleteFileA("cut.exe") && DeleteFileA("x86.exe"), "they go");
    ok(SetCurrentDirectoryA(before) && RemoveDirectoryA(folder), "and the folder");
}

static void test_relative(void)
{
    char before[MAX_PATH], folder[MAX_PATH], *name;
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION info;

    GetCurrentDirectoryA(sizeof before, before);
    strcpy(folder, self);
    name = strrchr(folder, '\\');
    *name++ = 0;
    SetCurrentDirectoryA(folder);
    ok(CreateProcessA(name, (char[]){"x exit 9"}, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                      &info),
       "a program by a name relative to the current directory");
    is_number(child_end(&info), 9, "runs");
    SetCurrentDirectoryA(before);
}

static void test_refused(void)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION info;

    ok(!CreateProcessA("Z:\\no\\such.exe", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &info),
       "a missing program is refused");
    is_number(GetLastError(), ERROR_PATH_NOT_FOUND, "for want of its folder");
    ok(!CreateProcessA("Z:\\usr\\nothing.exe", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                       &info),
       "so is one in a folder that exists");
    is_number(GetLastError(), ERROR_FILE_NOT_FOUND, "for want of the file");
    ok(!CreateProcessA("Z:\\etc\\passwd", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &info),
       "and a file that is no program");
    is_number(GetLastError(), ERROR_BAD_EXE_FORMAT, "for its format");
}

static void test_shell(void)
{
    char line[MAX_PATH + 32], text[64] = "";
    FILE *pipe;

    snprintf(line, sizeof line, "\"%s\" exit 3", self);
    is_number(system(line), 3, "system() runs a program through the command interpreter");
    snprintf(line, sizeof line, "\"%s\" print popen", self);
    pipe = _popen(line, "r");
    ok(pipe && fgets(text, sizeof text, pipe), "_popen() reads what a program prints");
    is_text(text, "[popen]\n", "as it was printed");
    is_number(pipe ? _pclose(pipe) : -1, 0, "_pclose() has its exit code");
}

static void test_main(void)
{
    if (__argc > 1)
        exit(child_main(__argc, __argv));
    GetModuleFileNameA(NULL, self, sizeof self);
    test_arguments();
    test_surroundings();
    test_streams();
    test_exit_codes();
    test_suspended();
    test_inherited();
    test_inherited_objects();
    test_listed(NULL, NULL, "unnamed");
    test_listed("portico-processes-one", "portico-processes-two", "named");
    test_refused();
    test_no_programs();
    test_relative();
    test_shell();
}
