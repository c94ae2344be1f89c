/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The loader: imports, forwarders, DllMain order, TLS, loading and unloading at run time, look-ups.
 */

#include <windows.h>

#include "loader_dlls.h"
#include "test.h"

enum { N_TESTS = 74 };

extern LONG WINAPI LdrLoadDll(const WCHAR *, ULONG, const UNICODE_STRING *, HMODULE *);
extern LONG WINAPI LdrUnloadDll(HMODULE);
extern LONG WINAPI LdrAddRefDll(ULONG, HMODULE);
extern LONG WINAPI LdrDisableThreadCalloutsForDll(HMODULE);
extern LONG WINAPI LdrGetDllFullName(HMODULE, UNICODE_STRING *);
extern LONG WINAPI LdrFindEntryForAddress(const void *, void **);
extern LONG WINAPI LdrLockLoaderLock(ULONG, ULONG *, ULONG_PTR *);
extern LONG WINAPI LdrUnlockLoaderLock(ULONG, ULONG_PTR);
extern LONG WINAPI LdrRegisterDllNotification(ULONG, void *, void *, void **);
extern LONG WINAPI LdrUnregisterDllNotification(void *);
extern void *WINAPI LdrResolveDelayLoadedAPI(void *, const void *, void *, void *, void *, ULONG);
extern LONG WINAPI RtlCreateUserThread(HANDLE, void *, BOOLEAN, ULONG, SIZE_T, SIZE_T, void *,
                                       void *, HANDLE *, void *);
extern LONG WINAPI NtSetEvent(HANDLE, LONG *);
extern LONG WINAPI NtCreateEvent(HANDLE *, ULONG, void *, ULONG, BOOLEAN);
extern void WINAPI RtlExitUserProcess(ULONG);
extern IMAGE_NT_HEADERS *WINAPI RtlImageNtHeader(void *);
extern void *WINAPI RtlAddressInSectionTable(IMAGE_NT_HEADERS *, void *, ULONG);
extern IMAGE_DOS_HEADER __ImageBase;

struct text {
    USHORT length, size;
    const char *buffer;
};

/* The program's own TLS. */
static ULONG tls_index = 0x5a5a5a5a;
static int tls_template[2] = {11, 12};
static char callback_history[64];
static unsigned n_callbacks;

static void WINAPI tls_callback(void *base, DWORD reason, void *reserved)
{
    (void)reserved;
    if (n_callbacks < sizeof(callback_history) - 1)
        callback_history[n_callbacks++] = (char)(base == &__ImageBase ? '0' + reason : '?');
}

static const PIMAGE_TLS_CALLBACK callbacks[] = {tls_callback, NULL};
const IMAGE_TLS_DIRECTORY64 _tls_used = {(ULONG64)tls_template,
                                         (ULONG64)(tls_template + 2),
                                         (ULONG64)&tls_index,
                                         (ULONG64)callbacks,
                                         8,
                                         0};

static int *own_tls(void)
{
    int **vector;

    __asm__ volatile("movq %%gs:0x58, %0" : "=r"(vector));
    return vector[tls_index];
}

static int is_text(const char *left, const char *right)
{
    while (*left && *left == *right)
        left++, right++;
    return *left == *right;
}

static int is_history(const char *want)
{
    int is_right = is_text(two_history(), want);

    if (!is_right)
        diag("history: %s, want: %s", two_history(), want);
    return is_right;
}

static UNICODE_STRING wide(const WCHAR *text)
{
    UNICODE_STRING string = {0, 0, (WCHAR *)text};

    while (text[string.Length / 2])
        string.Length += 2;
    string.MaximumLength = string.Length + 2;
    return string;
}

static HMODULE handle_of(const WCHAR *name)
{
    UNICODE_STRING string = wide(name);
    HMODULE base = NULL;

    return LdrGetDllHandle(NULL, NULL, &string, &base) ? NULL : base;
}

static LONG load(const WCHAR *name, HMODULE *ret_base)
{
    UNICODE_STRING string = wide(name);

    return LdrLoadDll(NULL, 0, &string, ret_base);
}

static void *procedure(HMODULE base, const char *name)
{
    struct text text = {0, 0, name};
    void *address = NULL;

    while (name[text.length])
        text.length++;
    text.size = text.length + 1;
    return LdrGetProcedureAddress(base, &text, 0, &address) ? NULL : address;
}

static void test_static_imports(void)
{
    is_number(one_add(2, 3), 5, "a function is imported by name");
    is_number(one_secret(), 77, "a function is imported by ordinal");
    is_number(one_forward(), 22, "a forwarder leads to another DLL");
    ok(is_history("2a1a"), "a DLL is attached after those it imports from");
    ok(one_was_static(), "DllMain is told that the DLL was loaded with the program");
    ok(is_text(callback_history, "1"), "the program's TLS callback was called");
    ok(own_tls() != tls_template, "the program's TLS block is a copy");
    is_number(own_tls()[0], 11, "of the template");
    is_number(own_tls()[1], 12, "all of it");
    is_number(own_tls()[2], 0, "what follows is zero");
    is_number(own_tls()[3], 0, "to the end");
}

/* Where an image that lies as in its file has an address: linkers put sections elsewhere in it. */
static void test_section_table(HMODULE module)
{
    IMAGE_NT_HEADERS *headers = RtlImageNtHeader(module);
    const IMAGE_SECTION_HEADER *second = IMAGE_FIRST_SECTION(headers) + 1;

    ok(RtlAddressInSectionTable(headers, module, second->VirtualAddress + 1) ==
           (char *)module + second->PointerToRawData + 1,
       "an address in a section of the file");
    ok(!RtlAddressInSectionTable(headers, module, 0x7fff0000), "an address in none");
}

static void test_look_up(void)
{
    HMODULE one = handle_of(L"loader_one.dll");
    void *address = NULL, *base = NULL;

    ok(one != NULL, "a loaded DLL has a handle");
    ok(handle_of(L"loader_one") == one, "also by its name without .dll");
    ok(handle_of(L"LOADER_ONE.DLL") == one, "in any case");
    ok(!handle_of(L"nosuch.dll"), "one that is not loaded has none");
    ok(!handle_of(L"loader_one."), "a dot at the end means: no extension");
    ok(RtlPcToFileHeader(procedure(handle_of(L"ntdll.dll"), "LdrLoadDll"), &base) ==
               handle_of(L"ntdll") &&
           base,
       "ntdll is a module like others");
    ok(RtlPcToFileHeader((void *)test_look_up, &base) == &__ImageBase, "so is the program");
    ok(!RtlPcToFileHeader(&one, &base) && !base, "a stack address is in no module");
    ok(RtlImageNtHeader(one) && RtlImageNtHeader(one)->Signature == IMAGE_NT_SIGNATURE,
       "a handle is an image's base");
    ok(!RtlImageNtHeader(NULL), "NULL is not");
    test_section_table(one);
    ok(procedure(one, "one_add") == (void *)one_add ||
           ((int (*)(int, int))procedure(one, "one_add"))(1, 1) == 2,
       "a procedure by name");
    is_status(LdrGetProcedureAddress(one, NULL, 7, &address), 0, "a procedure by ordinal");
    ok(address && ((int (*)(void))address)() == 77, "is the right one");
    ok(!procedure(one, "one_secret"), "a function without a name is not found by one");
    ok(!procedure(one, "one_ad") && !procedure(one, "one_addd"), "nor by a part of it");
    address = procedure(one, "one_forward");
    ok(address && ((int (*)(void))address)() == 22, "a forwarder is followed");
    ok(LdrGetProcedureAddress(one, NULL, 4711, &address) < 0, "an ordinal that is not there");
    is_status(LdrGetProcedureAddress((HMODULE)0x10000, NULL, 1, &address), (LONG)0xc0000135,
              "a base that is no module");
    is_status(LdrFindEntryForAddress((char *)one + 0x1000, &address), 0, "an address in a module");
    ok(*(HMODULE *)((char *)address + 0x30) == one, "leads to its entry");
}

static void test_names(void)
{
    WCHAR buffer[300];
    UNICODE_STRING name = {0, sizeof(buffer), buffer};
    LIST_ENTRY *head = (LIST_ENTRY *)(*(char **)(test_peb() + 0x18) + 0x10), *entry = head->Flink;

    is_status(LdrGetDllFullName(handle_of(L"ntdll"), &name), 0, "a module's full name");
    ok(name.Length == 58 && buffer[0] == 'C' && buffer[28] == 'l', "ntdll's is in system32: %S",
       buffer);
    name.MaximumLength = 10;
    is_status(LdrGetDllFullName(NULL, &name), (LONG)0xc0000023, "the program's, in a short buffer");
    is_number(name.Length, 10, "which is filled");
    ok(*(void **)((char *)entry + 0x30) == &__ImageBase, "the program is first in load order");
    entry = entry->Flink;
    ok(*(HMODULE *)((char *)entry + 0x30) == handle_of(L"ntdll"), "ntdll is second");
}

static HANDLE go, ready;
static int *(*late_tls)(void);
static int late_value, own_value;

static ULONG WINAPI waiting_thread(void *argument)
{
    LONG previous;

    (void)argument;
    own_value = own_tls()[0];
    own_tls()[0] = 99;
    NtSetEvent(ready, &previous);
    NtWaitForSingleObject(go, FALSE, NULL);
    if (late_tls)
        late_value = late_tls()[2];
    return 5;
}

static HANDLE thread_start(void)
{
    HANDLE thread = NULL;

    if (RtlCreateUserThread((HANDLE)-1, NULL, FALSE, 0, 0, 0, waiting_thread, NULL, &thread, NULL))
        bail_out("no thread");
    NtWaitForSingleObject(ready, FALSE, NULL);
    return thread;
}

static void thread_finish(HANDLE thread)
{
    LONG previous;

    NtSetEvent(go, &previous);
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
}

static void test_threads(void)
{
    HANDLE thread;

    two_forget();
    n_callbacks = 0;
    thread = thread_start();
    ok(is_history("2T1T"), "a new thread is announced in order of initialisation");
    is_number(own_value, 11, "it has a TLS block of its own");
    is_number(own_tls()[0], 11, "and does not write into another's");
    thread_finish(thread);
    ok(is_history("2T1T1D2D"), "its end is announced in reverse");
    callback_history[n_callbacks] = 0;
    ok(is_text(callback_history, "23"), "the program's TLS callback hears of both");
}

static void test_load(void)
{
    HMODULE three = NULL, again = NULL;
    HANDLE thread = thread_start();

    two_forget();
    is_status(load(L"loader_three", &three), 0, "a DLL is loaded at run time");
    ok(is_history("ta3a"), "its TLS callback comes before its DllMain");
    late_tls = (int *(*)(void))procedure(three, "three_tls");
    ok(late_tls && late_tls()[0] == 31 && late_tls()[3] == 34, "this thread has its TLS block");
    thread_finish(thread);
    is_number(late_value, 33, "a thread that ran already has one too");
    ok(is_history("ta3a3DtD1D2D"), "and leaves it");
    is_number(((int (*)(void))procedure(three, "three_calls_one"))(), 77, "its imports are bound");
    two_forget();
    is_status(load(L"loader_three.dll", &again), 0, "loading it again");
    ok(again == three, "gives the same module");
    is_status(LdrUnloadDll(three), 0, "unloading it once");
    ok(is_history("") && handle_of(L"loader_three") == three, "leaves it");
    is_status(LdrUnloadDll(three), 0, "unloading it again");
    ok(is_history("3dtd"), "detaches it");
    ok(!handle_of(L"loader_three"), "and takes it away");
    ok(handle_of(L"loader_one") != NULL, "what the program imports stays");
    late_tls = NULL;
}

static void test_load_failures(void)
{
    HMODULE base = (HMODULE)1;

    is_status(load(L"nosuch.dll", &base), (LONG)0xc0000135, "a DLL that is not there");
    ok(!base, "gives no module");
    two_refuse_three = 1;
    two_forget();
    is_status(load(L"loader_three", &base), (LONG)0xc0000142, "a DLL whose DllMain refuses");
    ok(is_history("ta3a3d"), "is told to detach");
    ok(!handle_of(L"loader_three"), "and is taken away");
    two_refuse_three = 0;
    is_status(LdrUnloadDll((HMODULE)0x10000), (LONG)0xc0000135, "to unload what is no module");
}

static unsigned n_notified[3];

static void WINAPI notified(ULONG reason, const void *data, void *context)
{
    (void)data;
    if (reason < 3 && context == &go)
        n_notified[reason]++;
}

static void test_notifications(void)
{
    void *cookie = NULL;
    HMODULE three;

    is_status(LdrRegisterDllNotification(0, notified, &go, &cookie), 0, "a notification callback");
    load(L"loader_three", &three);
    is_number(n_notified[1], 1, "hears of a DLL that is loaded");
    LdrUnloadDll(three);
    is_number(n_notified[2], 1, "and unloaded");
    LdrUnregisterDllNotification(cookie);
    load(L"loader_three", &three);
    is_number(n_notified[1], 1, "and of nothing after its removal");
    LdrUnloadDll(three);
}

/* A delay-load descriptor as a linker makes it, but at run time: everything in it is relative to
 * the image. */
static char delay_dll[] = "loader_three.dll";
static struct {
    USHORT hint;
    char name[16];
} delay_name = {0, "three_calls_one"};
static void *delay_module;
static ULONG64 delay_names[2];
static void *delay_addresses[2];

static ULONG rva(const void *address)
{
    return (ULONG)((const char *)address - (const char *)&__ImageBase);
}

static void test_delay_load(void)
{
    ULONG descriptor[8] = {1};
    int (*function)(void);

    delay_names[0] = rva(&delay_name);
    descriptor[1] = rva(delay_dll);
    descriptor[2] = rva(&delay_module);
    descriptor[3] = rva(delay_addresses);
    descriptor[4] = rva(delay_names);
    function = (int (*)(void))LdrResolveDelayLoadedAPI(&__ImageBase, descriptor, NULL, NULL,
                                                       &delay_addresses[0], 0);
    ok(function && function() == 77, "a delay-loaded function is resolved");
    ok(delay_addresses[0] == (void *)function, "and put into the address table");
    ok(delay_module == handle_of(L"loader_three") && delay_module, "its module is noted");
    LdrUnloadDll(delay_module);
}

static void test_lock(void)
{
    ULONG result = 5;
    ULONG_PTR cookie = 0;

    LdrLockLoaderLock(0, &result, &cookie);
    ok(result == 1 && cookie, "the loader lock is taken");
    is_status(LdrUnlockLoaderLock(0, cookie), 0, "and released");
}

static void test_main(void)
{
    plan(N_TESTS);
    NtCreateEvent(&go, EVENT_ALL_ACCESS, NULL, 1, FALSE);
    NtCreateEvent(&ready, EVENT_ALL_ACCESS, NULL, 1, FALSE);
    test_static_imports();
    test_look_up();
    test_names();
    test_threads();
    test_load();
    test_load_failures();
    test_notifications();
    test_delay_load();
    test_lock();
    two_forget();
    two_last_line = "not ok 74 - at the end DLLs are detached in reverse order of initialisation\n";
    test_n_run++;
    RtlExitUserProcess((ULONG)done_testing());
}
