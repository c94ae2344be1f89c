/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* How a process and its threads begin and end in PE code.
 *
 * The ELF half maps ntdll and the program and enters LdrInitializeThunk on each new thread, with
 * the CONTEXT that the thread is to have afterwards (rip = RtlUserThreadStart). The first one
 * starts the process: heap and tables (rtl), module list, imports, static TLS, DllMains; then
 * NtContinue. RtlUserThreadStart (entry.S) goes through kernel32's BaseThreadInitThunk if kernel32
 * is there. DIFFERS: Windows loads kernel32 into every process of the console subsystem; here only
 * programs that import it (or a DLL that does) have it, so that a program that imports ntdll alone
 * runs on ntdll alone. The end: RtlExitUserProcess stops the other threads while this one holds the
 * loader, PEB and heap locks, so that none of these is left locked by a dead thread; then
 * DLL_PROCESS_DETACH in reverse order of initialisation.
 *
 * As on Windows threads wait to begin, and ExitProcess waits, while a DllMain runs, for ever if
 * need be. DIFFERS: the thread of a control event (unix/control.c) waits for no DllMain: when the
 * loader is busy it begins without DLL_THREAD_ATTACH, and the end of the process that it makes ends
 * the thread in the DllMain too; then the DLLs are detached, unless that thread was in the loader's
 * own code and may have left its lists half changed. A signal that comes before the program has
 * begun ends the process at once: nobody can have asked for it. */

#include "ntdll.h"

#include "entry.h"
#include "ldr.h"
#include "rtl.h"

enum { TEB_SKIP_THREAD_ATTACH = 0x0008, TEB_SKIP_LOADER_INIT = 0x4000 };

/* What the ELF half says about its call table, behind the dispatcher's address; exports.S has this
 * DLL's count. */
#define UNIX_CALL_COUNT (*(const volatile ULONG *)0x7ffe1008)
extern const ULONG call_count;

/* Wine's type for a thread's function returns nothing; the result is the thread's exit status. */
typedef ULONG(WINAPI *thread_function)(void *argument);

enum process_phase { PROCESS_NEW, PROCESS_STARTING, PROCESS_RUNNING };

static LONG phase;            /* enum process_phase; written by the first thread only */
static HANDLE control_thread; /* the id of the thread of a control event; written by it only */
static struct module *program;
static void(WINAPI *base_thread_init_thunk)(ULONG, PRTL_THREAD_START_ROUTINE, void *);

bool is_process_starting(void)
{
    return __atomic_load_n(&phase, __ATOMIC_RELAXED) == PROCESS_STARTING;
}

static void check_status(const char *what, NTSTATUS status)
{
    if (status)
        failure_exit(what, status);
}

/* The block that the ELF half built is not heap memory; RtlSetEnvironmentVariable replaces and
 * frees blocks. */
static NTSTATUS environment_own(RTL_USER_PROCESS_PARAMETERS *params)
{
    const WCHAR *from = params->Environment;
    SIZE_T n = 0, size;
    WCHAR *copy;

    while (from && from[n])
        while (from[n++])
            ;
    size = (n + 2) * sizeof(WCHAR);
    copy = RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, size);
    if (!copy)
        return STATUS_NO_MEMORY;
    if (from)
        memcpy(copy, from, n * sizeof(WCHAR));
    params->Environment = copy;
    params->EnvironmentSize = size;
    return STATUS_SUCCESS;
}

static NTSTATUS module_create_root(void *base, const WCHAR *path, struct module **ret_module)
{
    NTSTATUS status = module_create(base, path, ret_module);

    if (!status)
        (*ret_module)->is_root = true;
    return status;
}

static NTSTATUS modules_create_first(void)
{
    struct module *ntdll;
    NTSTATUS status;

    status = module_create_root(peb()->ImageBaseAddress,
                                peb()->ProcessParameters->ImagePathName.Buffer, &program);
    if (!status)
        status = module_create_root(&__ImageBase, L"C:\\windows\\system32\\ntdll.dll", &ntdll);
    if (status)
        return status;
    ntdll->state = MODULE_ATTACHED;
    ntdll->is_system = true;
    return STATUS_SUCCESS;
}

static void find_base_thread_init_thunk(void)
{
    struct module *kernel32 = module_from_name(L"kernel32.dll");
    void *address = NULL;

    if (kernel32)
        module_export(kernel32, "BaseThreadInitThunk", 0, NO_HINT, NULL, &address);
    base_thread_init_thunk = address;
}

static void process_start(CONTEXT *context)
{
    NTSTATUS status;

    if (UNIX_CALL_COUNT != call_count)
        failure_exit("ntdll.dll and the loader are not of the same build", STATUS_DLL_INIT_FAILED);
    rtl_process_init();
    check_status("cannot start: no memory (ulimit -d, -v)",
                 process_heap() ? STATUS_SUCCESS : STATUS_NO_MEMORY);
    check_status("no memory for the environment", environment_own(peb()->ProcessParameters));
    current_directory_open();
    RtlEnterCriticalSection(&loader_lock);
    modules_init();
    check_status("the program's image is damaged", modules_create_first());
    check_status("no memory for thread-local storage", tls_attach_thread());
    rtl_thread_init();
    status = module_bind(program, NULL);
    check_status(status == STATUS_INVALID_IMAGE_FORMAT ? "the program's image is damaged"
                                                       : "the program cannot be loaded",
                 status);
    unix_bindings_save();
    check_status("a DLL cannot be started", module_attach(program, context));
    find_base_thread_init_thunk();
    ldr_data.Initialized = TRUE;
    __atomic_store_n(&phase, PROCESS_RUNNING, __ATOMIC_RELEASE);
    RtlLeaveCriticalSection(&loader_lock);
}

static bool wants_thread_calls(const struct module *module)
{
    return (module->entry.Flags & LDR_PROCESS_ATTACHED) &&
           !(module->entry.Flags & LDR_NO_DLL_CALLS);
}

static bool is_control_thread(void)
{
    return __atomic_load_n(&control_thread, __ATOMIC_RELAXED) == teb()->ClientId.UniqueThread;
}

/* False: it does without. */
static bool loader_lock_for_thread(void)
{
    if (!is_control_thread()) {
        RtlEnterCriticalSection(&loader_lock);
        return true;
    }
    if (RtlTryEnterCriticalSection(&loader_lock))
        return true;
    teb()->SameTebFlags |= TEB_SKIP_LOADER_INIT;
    return false;
}

static void control_thread_start(void)
{
    __atomic_store_n(&control_thread, teb()->ClientId.UniqueThread, __ATOMIC_RELAXED);
    while (__atomic_load_n(&phase, __ATOMIC_ACQUIRE) != PROCESS_RUNNING)
        NtTerminateProcess(NtCurrentProcess(), 0); /* by the signal */
}

static void thread_start(void)
{
    LIST_ENTRY *head = &ldr_data.InInitializationOrderModuleList, *link;
    bool is_locked = loader_lock_for_thread();

    check_status("no memory for thread-local storage", tls_attach_thread());
    rtl_thread_init();
    if (!is_locked)
        return;
    modules_hold();
    if (!(teb()->SameTebFlags & TEB_SKIP_THREAD_ATTACH)) {
        for (link = head->Flink; link != head; link = link->Flink)
            if (wants_thread_calls(module_from_init_link(link)))
                module_call_entry(module_from_init_link(link), DLL_THREAD_ATTACH, NULL);
        module_call_tls_callbacks(program, DLL_THREAD_ATTACH);
    }
    modules_release();
    RtlLeaveCriticalSection(&loader_lock);
}

void WINAPI LdrInitializeThunk(CONTEXT *context, void *is_control, ULONG_PTR unused3,
                               ULONG_PTR unused4)
{
    (void)unused3, (void)unused4;
    if (is_control) {
        control_thread_start();
        thread_start();
    } else if (phase == PROCESS_NEW) {
        phase = PROCESS_STARTING;
        process_start(context);
    } else {
        thread_start();
    }
    NtContinue(context, TRUE);
    __builtin_trap();
}

/* entry.S calls this under its frame handler. */
void thread_main(PRTL_THREAD_START_ROUTINE start, void *argument)
{
    if (base_thread_init_thunk)
        base_thread_init_thunk(0, start, argument);
    else
        RtlExitUserThread(((thread_function)(void *)start)(argument));
}

void WINAPI LdrShutdownThread(void)
{
    LIST_ENTRY *head = &ldr_data.InInitializationOrderModuleList, *link;

    if (ldr_data.ShutdownInProgress)
        return;
    rtl_thread_exit();
    if ((teb()->SameTebFlags & TEB_SKIP_LOADER_INIT) || !loader_lock_for_thread()) {
        tls_detach_thread();
        return;
    }
    modules_hold();
    if (!(teb()->SameTebFlags & TEB_SKIP_THREAD_ATTACH)) {
        for (link = head->Blink; link != head; link = link->Blink)
            if (wants_thread_calls(module_from_init_link(link)))
                module_call_entry(module_from_init_link(link), DLL_THREAD_DETACH, NULL);
        module_call_tls_callbacks(program, DLL_THREAD_DETACH);
    }
    modules_release();
    tls_detach_thread();
    RtlLeaveCriticalSection(&loader_lock);
}

void WINAPI LdrShutdownProcess(void)
{
    LIST_ENTRY *head = &ldr_data.InInitializationOrderModuleList, *link;

    if (ldr_data.ShutdownInProgress || phase == PROCESS_NEW)
        return;
    ldr_data.ShutdownInProgress = TRUE;
    ldr_data.ShutdownThreadId = teb()->ClientId.UniqueThread;
    rtl_process_exit();
    for (link = head->Blink; link != head; link = link->Blink)
        if (module_from_init_link(link)->entry.Flags & LDR_PROCESS_ATTACHED)
            module_call_entry(module_from_init_link(link), DLL_PROCESS_DETACH, (void *)1);
    if (program && program->state == MODULE_ATTACHED)
        module_call_tls_callbacks(program, DLL_PROCESS_DETACH);
}

BOOLEAN WINAPI RtlDllShutdownInProgress(void)
{
    return ldr_data.ShutdownInProgress;
}

/* A thread that dies in NtTerminateProcess(NULL) must not hold what the rest of this function
 * needs. */
void DECLSPEC_NORETURN WINAPI RtlExitUserProcess(ULONG status)
{
    bool is_locked = loader_lock_for_thread();

    RtlAcquirePebLock();
    RtlLockHeap(process_heap());
    NtTerminateProcess(NULL, status);
    process_ending_set(status);
    RtlUnlockHeap(process_heap());
    RtlReleasePebLock();
    if (is_locked || loader_is_outside())
        LdrShutdownProcess();
    for (;;)
        NtTerminateProcess(NtCurrentProcess(), status);
}

void DECLSPEC_NORETURN WINAPI RtlExitUserThread(ULONG status)
{
    ULONG is_last = 0;

    NtQueryInformationThread(NtCurrentThread(), ThreadAmILastThread, &is_last, sizeof(is_last),
                             NULL);
    if (is_last)
        RtlExitUserProcess(status);
    LdrShutdownThread();
    for (;;)
        NtTerminateThread(NtCurrentThread(), status);
}

NTSTATUS WINAPI RtlCreateUserThread(HANDLE process, SECURITY_DESCRIPTOR *security,
                                    BOOLEAN is_suspended, ULONG zero_bits, SIZE_T stack_reserve,
                                    SIZE_T stack_commit, PRTL_THREAD_START_ROUTINE start,
                                    void *argument, HANDLE *ret_handle, CLIENT_ID *ret_id)
{
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof(attributes), .SecurityDescriptor = security};
    CLIENT_ID id = {0};
    PS_ATTRIBUTE_LIST list = {.TotalLength = sizeof(list)};
    HANDLE handle = NULL;
    NTSTATUS status;

    list.Attributes[0].Attribute = PS_ATTRIBUTE_CLIENT_ID;
    list.Attributes[0].Size = sizeof(id);
    list.Attributes[0].ValuePtr = &id;
    status = NtCreateThreadEx(&handle, THREAD_ALL_ACCESS, &attributes, process, start, argument,
                              is_suspended ? THREAD_CREATE_FLAGS_CREATE_SUSPENDED : 0, zero_bits,
                              stack_commit, stack_reserve, &list);
    if (status)
        return status;
    if (ret_id)
        *ret_id = id;
    if (ret_handle)
        *ret_handle = handle;
    else
        NtClose(handle);
    return STATUS_SUCCESS;
}
