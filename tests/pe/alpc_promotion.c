/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Objects that were private until they were sent in a message: they go on as they were, by the old
 * handle and the new one, alone and among private ones. */
#include "alpc_handles.h"

struct waiter {
    HANDLE handles[2];
    ULONG n;
    BOOLEAN all;
    NTSTATUS status;
    HANDLE ready; /* set when it is about to wait */
};

static ULONG NTAPI waiter_main(void *argument)
{
    struct waiter *waiter = argument;

    NtSetEvent(waiter->ready, NULL);
    waiter->status =
        NtWaitForMultipleObjects(waiter->n, waiter->handles, waiter->all ? 0 : 1, FALSE, NULL);
    RtlExitUserThread(0);
    return 0;
}

static HANDLE waiter_start(struct waiter *waiter)
{
    HANDLE thread = NULL;

    waiter->status = STATUS_PENDING;
    event_new(&waiter->ready, SynchronizationEvent, FALSE);
    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)waiter_main, waiter,
                        &thread, NULL);
    NtWaitForSingleObject(waiter->ready, FALSE, NULL);
    return thread;
}

static NTSTATUS waiter_end(struct waiter *waiter, HANDLE thread)
{
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
    NtClose(waiter->ready);
    return waiter->status;
}

/* Objects that were private until they were sent go on as they were. */
static void promoted(void)
{
    struct waiter any = {.n = 2}, all = {.n = 2, .all = TRUE};
    HANDLE event, private_event, other, thread, thread_all, handles[2];
    struct test_pair pair;
    ACCESS_MASK access;
    ULONG type;

    open_with(&pair, SINGLE, 0xffd);
    event_new(&event, SynchronizationEvent, FALSE);
    event_new(&private_event, SynchronizationEvent, FALSE);
    any.handles[0] = private_event;
    any.handles[1] = event;
    thread = waiter_start(&any);
    other = pass(&pair, event, &type, &access);
    ok(other != NULL && type == OB_EVENT_OBJECT_TYPE && access == EVENT_ALL_ACCESS,
       "an event is sent while a thread waits for it");
    ok_status(NtSetEvent(other, NULL), STATUS_SUCCESS, "the receiver sets it");
    ok_status(waiter_end(&any, thread), STATUS_WAIT_0 + 1, "the thread wakes");
    ok_status(wait_poll(event), STATUS_TIMEOUT, "and has reset it");

    ok_status(NtSetEvent(event, NULL), STATUS_SUCCESS, "the old handle sets it too");
    ok_status(wait_poll(other), STATUS_SUCCESS, "for the new one");
    thread = waiter_start(&any);
    ok_status(NtSetEvent(private_event, NULL), STATUS_SUCCESS, "a private event beside it");
    ok_status(waiter_end(&any, thread), STATUS_WAIT_0, "ends a wait for any");

    all.handles[0] = private_event;
    all.handles[1] = other;
    thread_all = waiter_start(&all);
    NtSetEvent(private_event, NULL);
    NtSetEvent(event, NULL);
    ok_status(waiter_end(&all, thread_all), STATUS_WAIT_0, "a wait for all of both kinds ends");
    handles[0] = event;
    handles[1] = private_event;
    ok_status(NtWaitForMultipleObjects(2, handles, 1, FALSE, POLL), STATUS_TIMEOUT,
              "and has taken both");
    thread_all = waiter_start(&all);
    NtSetEvent(other, NULL);
    NtSetEvent(private_event, NULL);
    ok_status(waiter_end(&all, thread_all), STATUS_WAIT_0, "in the other order too");
    NtSetEvent(private_event, NULL);
    ok_status(NtWaitForMultipleObjects(2, handles, 0, FALSE, POLL), STATUS_TIMEOUT,
              "a wait for all takes none when one is missing");
    ok_status(wait_poll(private_event), STATUS_SUCCESS, "it is still set");
    ok_status(NtSignalAndWaitForSingleObject(event, other, FALSE, POLL), STATUS_SUCCESS,
              "signal and wait, both the same event");
    ok_status(NtSignalAndWaitForSingleObject(event, private_event, FALSE, POLL), STATUS_TIMEOUT,
              "signal a shared one, wait for a private one");
    ok_status(wait_poll(other), STATUS_SUCCESS, "it was signalled");
    ok_status(NtSignalAndWaitForSingleObject(private_event, event, FALSE, POLL), STATUS_TIMEOUT,
              "and the other way round");
    ok_status(wait_poll(private_event), STATUS_SUCCESS, "it was signalled");
    NtClose(event);
    ok_status(NtSetEvent(other, NULL), STATUS_SUCCESS, "the old handle goes, the new one stays");
    NtClose(other);
    NtClose(private_event);
    pair_close(&pair);
}

static ULONG NTAPI taker_main(void *argument)
{
    NtWaitForSingleObject((HANDLE)argument, FALSE, NULL);
    RtlExitUserThread(0); /* with the mutant */
    return 0;
}

static void mutants(void)
{
    HANDLE mutant, got, thread = NULL;
    struct test_pair pair;
    ACCESS_MASK access;
    ULONG type;
    LONG previous = 5;

    open_with(&pair, SINGLE, 0xffd);
    NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, TRUE);
    ok_status(wait_poll(mutant), STATUS_SUCCESS, "a mutant, owned twice");
    got = pass(&pair, mutant, &type, &access);
    ok(got && type == OB_MUTEX_OBJECT_TYPE, "is sent");
    ok_status(NtReleaseMutant(got, &previous), STATUS_SUCCESS,
              "its owner releases it by either handle");
    ok(previous == -1, "it was owned twice (%d)", (int)previous);
    ok_status(NtReleaseMutant(mutant, &previous), STATUS_SUCCESS, "and again");
    ok_status(NtReleaseMutant(mutant, &previous), STATUS_MUTANT_NOT_OWNED, "and not thrice");
    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)taker_main, mutant,
                        &thread, NULL);
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
    ok_status(NtWaitForSingleObject(got, FALSE, NULL), STATUS_ABANDONED,
              "the end of the thread that has it abandons it");
    NtReleaseMutant(got, NULL);

    /* One that its owner had before it was shared, and never told the server of. */
    NtClose(got);
    NtClose(mutant);
    NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, FALSE);
    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)taker_main, mutant,
                        &thread, NULL);
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
    got = pass(&pair, mutant, &type, &access);
    ok_status(NtWaitForSingleObject(got, FALSE, NULL), STATUS_ABANDONED,
              "an abandoned one is still so after it was sent");
    NtClose(got);
    NtClose(mutant);
    pair_close(&pair);
}

static void sections(void)
{
    LARGE_INTEGER size = {.QuadPart = 0x3000};
    ULONG *mine = NULL, *theirs = NULL;
    SIZE_T mine_size = 0, theirs_size = 0;
    HANDLE section, got;
    struct test_pair pair;
    ACCESS_MASK access;
    ULONG type;

    open_with(&pair, SINGLE, 0xffd);
    NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL);
    NtMapViewOfSection(section, NtCurrentProcess(), (void **)&mine, 0, 0, NULL, &mine_size, 1, 0,
                       PAGE_READWRITE);
    mine[100] = 77;
    got = pass(&pair, section, &type, &access);
    ok(got && type == OB_SECTION_OBJECT_TYPE && access == SECTION_ALL_ACCESS, "a section is sent");
    ok_status(NtMapViewOfSection(got, NtCurrentProcess(), (void **)&theirs, 0, 0, NULL,
                                 &theirs_size, 1, 0, PAGE_READWRITE),
              STATUS_SUCCESS, "it maps");
    ok(theirs && theirs != mine && theirs_size == 0x3000 && theirs[100] == 77,
       "and is the same memory");
    if (theirs)
        theirs[101] = 78;
    ok(mine[101] == 78, "both ways");
    NtUnmapViewOfSection(NtCurrentProcess(), mine);
    NtUnmapViewOfSection(NtCurrentProcess(), theirs);
    NtClose(got);
    NtClose(section);
    pair_close(&pair);
}

NTSTATUS NTAPI NtQuerySection(HANDLE, int, PVOID, SIZE_T, PSIZE_T);

/* An image: what the receiver maps is the program, laid out as such. */
static void images(void)
{
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;
    IO_STATUS_BLOCK iosb;
    HANDLE file, section, got;
    UCHAR *mine = NULL, *theirs = NULL;
    SIZE_T mine_size = 0, theirs_size = 0;
    struct {
        void *base;
        ULONG attributes;
        LARGE_INTEGER size;
    } basic = {0};
    ALPC_HANDLE port_section;
    SIZE_T actual;
    struct test_pair pair;
    ACCESS_MASK access;
    ULONG type;

    open_with(&pair, SINGLE, 0xffd);
    RtlInitUnicodeString(&name, L"\\??\\C:\\windows\\system32\\kernel32.dll");
    InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
    NtOpenFile(&file, GENERIC_READ | GENERIC_EXECUTE | SYNCHRONIZE, &object, &iosb, FILE_SHARE_READ,
               0x20);
    ok_status(
        NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY, SEC_IMAGE, file),
        STATUS_SUCCESS, "an image section");
    NtClose(file);
    ok(NtMapViewOfSection(section, NtCurrentProcess(), (void **)&mine, 0, 0, NULL, &mine_size, 1, 0,
                          PAGE_READONLY) >= 0,
       "maps");
    got = pass(&pair, section, &type, &access);
    ok(got && type == OB_SECTION_OBJECT_TYPE, "it is sent");
    NtClose(section);
    ok_status(NtQuerySection(got, 0 /* basic */, &basic, sizeof basic, NULL), STATUS_SUCCESS,
              "the receiver asks");
    ok(basic.attributes & SEC_IMAGE, "it is an image");
    ok(NtAlpcCreatePortSection(pair.client, 0, got, 0, &port_section, &actual) < 0,
       "which makes no port section: nobody could write its views");
    ok(NtMapViewOfSection(got, NtCurrentProcess(), (void **)&theirs, 0, 0, NULL, &theirs_size, 1, 0,
                          PAGE_READONLY) >= 0,
       "and maps it after the sender has closed it");
    if (mine && theirs) {
        const IMAGE_NT_HEADERS *headers =
            (void *)(theirs + ((const IMAGE_DOS_HEADER *)theirs)->e_lfanew);
        ULONG code = headers->OptionalHeader.BaseOfCode;

        ok(theirs_size == mine_size && headers->Signature == IMAGE_NT_SIGNATURE,
           "it has the image's size and headers");
        ok(code && theirs[code] == mine[code] && theirs[code + 100] == mine[code + 100],
           "and its code where code lies in memory");
    }
    NtUnmapViewOfSection(NtCurrentProcess(), mine);
    NtUnmapViewOfSection(NtCurrentProcess(), theirs);
    NtClose(got);
    pair_close(&pair);
}

static void files(void)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES object;
    LARGE_INTEGER timeout = {.QuadPart = -500000};
    IO_STATUS_BLOCK iosb;
    HANDLE reader, writer, got;
    struct test_pair pair;
    ACCESS_MASK access;
    char byte = 0;
    ULONG type;

    open_with(&pair, SINGLE, 0xffd);
    RtlInitUnicodeString(&name, L"\\??\\pipe\\alpc-handles");
    InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
    NtCreateNamedPipeFile(&reader, GENERIC_READ | SYNCHRONIZE, &object, &iosb, FILE_SHARE_WRITE, 2,
                          0x20, 0, 0, 0, 1, 4096, 4096, &timeout);
    ok_status(
        NtOpenFile(&writer, GENERIC_WRITE | SYNCHRONIZE, &object, &iosb, FILE_SHARE_READ, 0x20),
        STATUS_SUCCESS, "a pipe");
    got = pass(&pair, writer, &type, &access);
    ok(got && type == OB_FILE_OBJECT_TYPE && (access & FILE_WRITE_DATA) &&
           !(access & FILE_READ_DATA),
       "one end of it is sent");
    NtClose(writer);
    ok_status(NtWriteFile(got, NULL, NULL, NULL, &iosb, (void *)"x", 1, NULL, NULL), STATUS_SUCCESS,
              "the receiver writes after the sender has closed");
    ok_status(NtReadFile(reader, NULL, NULL, NULL, &iosb, &byte, 1, NULL, NULL), STATUS_SUCCESS,
              "and it arrives");
    ok(byte == 'x', "as it was");
    ok_status(NtReadFile(got, NULL, NULL, NULL, &iosb, &byte, 1, NULL, NULL), STATUS_ACCESS_DENIED,
              "it cannot be read");
    NtClose(got);
    ok_status(NtReadFile(reader, NULL, NULL, NULL, &iosb, &byte, 1, NULL, NULL), STATUS_PIPE_BROKEN,
              "its last handle ends the stream");
    NtClose(reader);
    pair_close(&pair);
}

static void threads_and_processes(void)
{
    HANDLE got, thread = NULL, mutant;
    struct test_pair pair;
    ACCESS_MASK access;
    ULONG type;

    open_with(&pair, SINGLE, 0xffd);
    got = pass(&pair, NtCurrentProcess(), &type, &access);
    ok(got && type == OB_PROCESS_OBJECT_TYPE, "a process is sent");
    ok(id_of(got, 0) == (ULONG_PTR)own_client_id()->UniqueProcess, "and is the same");
    NtClose(got);
    NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, TRUE);
    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)taker_main, mutant,
                        &thread, NULL);
    got = pass(&pair, thread, &type, &access);
    ok(got && type == OB_THREAD_OBJECT_TYPE, "a thread is sent");
    ok(id_of(got, 1) == id_of(thread, 1), "and is the same");
    ok_status(wait_poll(got), STATUS_TIMEOUT, "it runs");
    NtReleaseMutant(mutant, NULL);
    ok_status(NtWaitForSingleObject(got, FALSE, NULL), STATUS_SUCCESS,
              "its end is seen by that handle");
    NtClose(got);
    NtClose(thread);
    NtClose(mutant);
    pair_close(&pair);
}

/* ---- moved while it is used ---- */

enum { ROUNDS = 200, N_WORKERS = 4, N_TURNS = 100 };

static HANDLE contended;
static volatile LONG counter; /* under the mutant */

static HANDLE thread_start(void *function, void *argument)
{
    HANDLE thread = NULL;

    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, function, argument, &thread,
                        NULL);
    return thread;
}

static void thread_join(HANDLE thread)
{
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
}

static ULONG NTAPI setter_main(void *argument)
{
    NtSetEvent((HANDLE)argument, NULL);
    RtlExitUserThread(0);
    return 0;
}

static ULONG NTAPI locker_main(void *argument)
{
    (void)argument;
    for (int i = 0; i < N_TURNS; i++) {
        NtWaitForSingleObject(contended, FALSE, NULL);
        LONG was = counter;
        NtYieldExecution();
        counter = was + 1;
        NtReleaseMutant(contended, NULL);
    }
    RtlExitUserThread(0);
    return 0;
}

static ULONG NTAPI taker_of_semaphore_main(void *argument)
{
    (void)argument;
    for (int i = 0; i < N_TURNS; i++)
        NtWaitForSingleObject(contended, FALSE, NULL);
    RtlExitUserThread(0);
    return 0;
}

static ULONG NTAPI giver_main(void *argument)
{
    (void)argument;
    for (int i = 0; i < N_TURNS; i++)
        NtReleaseSemaphore(contended, 1, NULL);
    RtlExitUserThread(0);
    return 0;
}

/* A wait, a signal by the old handle and the move at once: no wake-up is lost (else this hangs). */
static void signal_against_move(struct test_pair *pair)
{
    struct waiter waiter = {.n = 2};
    unsigned n_right = 0, n_passed = 0;
    ACCESS_MASK access;
    ULONG type;

    event_new(&waiter.handles[0], SynchronizationEvent, FALSE);
    for (int i = 0; i < ROUNDS; i++) {
        HANDLE event, got, setter, thread;

        event_new(&event, SynchronizationEvent, FALSE);
        waiter.handles[1] = event;
        thread = waiter_start(&waiter);
        setter = thread_start((void *)setter_main, event);
        got = pass(pair, event, &type, &access);
        n_passed += got != NULL;
        thread_join(setter);
        n_right += waiter_end(&waiter, thread) == STATUS_WAIT_0 + 1;
        NtClose(got);
        NtClose(event);
    }
    ok(n_passed == ROUNDS && n_right == ROUNDS, "%u events moved while set and waited for", ROUNDS);
    NtClose(waiter.handles[0]);
}

static void use_against_move(struct test_pair *pair, void *first, void *second, const char *what)
{
    HANDLE threads[2 * N_WORKERS], got;
    ACCESS_MASK access;
    unsigned n = 0;
    ULONG type;

    for (unsigned i = 0; i < N_WORKERS; i++) {
        threads[n++] = thread_start(first, NULL);
        if (second)
            threads[n++] = thread_start(second, NULL);
    }
    got = pass(pair, contended, &type, &access);
    ok(got != NULL, "%s moves while %u threads use it", what, n);
    while (n)
        thread_join(threads[--n]);
    NtClose(got);
}

static void races(void)
{
    struct test_pair pair;

    open_with(&pair, SINGLE, 0xffd);
    signal_against_move(&pair);
    NtCreateMutant(&contended, MUTANT_ALL_ACCESS, NULL, FALSE);
    use_against_move(&pair, (void *)locker_main, NULL, "a mutant");
    ok(counter == N_WORKERS * N_TURNS, "and always had one owner (%d)", (int)counter);
    NtClose(contended);
    NtCreateSemaphore(&contended, SEMAPHORE_ALL_ACCESS, NULL, 0, N_WORKERS * N_TURNS);
    use_against_move(&pair, (void *)taker_of_semaphore_main, (void *)giver_main, "a semaphore");
    ok_status(wait_poll(contended), STATUS_TIMEOUT, "and gave as much as it was given");
    NtClose(contended);
    pair_close(&pair);
}

TEST_MAIN
{
    promoted();
    mutants();
    sections();
    images();
    files();
    threads_and_processes();
    races();
}
