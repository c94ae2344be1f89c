/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Port sections on a section object of the caller's, on a file, and the limits of the port. */
#include "alpc_view.h"

#define NAME      L"\\RPC Control\\ViewSection"
#define FILE_NAME "alpc_view_section" /* in the current folder */

PVOID NTAPI RtlAddVectoredExceptionHandler(ULONG, PVECTORED_EXCEPTION_HANDLER);
ULONG NTAPI RtlRemoveVectoredExceptionHandler(PVOID);
NTSTATUS NTAPI NtMapViewOfSection(HANDLE, HANDLE, PVOID *, ULONG_PTR, SIZE_T, PLARGE_INTEGER,
                                  PSIZE_T, ULONG, ULONG, ULONG);
NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE, PVOID);
NTSTATUS NTAPI NtCreateFile(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK,
                            PLARGE_INTEGER, ULONG, ULONG, ULONG, ULONG, PVOID, ULONG);

NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG, PULONG);

static NTSTATUS make_writable(PVOID base)
{
    SIZE_T size = 0x1000;
    ULONG old;

    return NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, PAGE_READWRITE, &old);
}

static NTSTATUS object_make(SIZE_T bytes, ULONG protection, HANDLE file, HANDLE *ret_object)
{
    LARGE_INTEGER size = {.QuadPart = (LONGLONG)bytes};

    return NtCreateSection(ret_object, SECTION_ALL_ACCESS, NULL, bytes ? &size : NULL, protection,
                           SEC_COMMIT, file);
}

/* The sender's view, the receiver's, and a plain view of the section show the same memory. */
static void of_an_object(struct test_pair *pair)
{
    struct test_attributes attributes;
    struct test_message message;
    ALPC_DATA_VIEW_ATTR view, *got;
    LARGE_INTEGER at = {.QuadPart = 0};
    UCHAR *plain = NULL;
    ALPC_HANDLE section;
    SIZE_T actual, all = 0;
    HANDLE object;

    object_make(0x30000, PAGE_READWRITE, NULL, &object);
    NtMapViewOfSection(object, NtCurrentProcess(), (PVOID *)&plain, 0, 0, &at, &all, 2, 0,
                       PAGE_READWRITE);
    ok_status(NtAlpcCreatePortSection(pair->client, 0, object, 0x30001, &section, &actual),
              STATUS_INVALID_PARAMETER, "more than the section has");
    ok_status(NtAlpcCreatePortSection(pair->client, 0, object, 0, &section, &actual),
              STATUS_SUCCESS, "a port section of all of a section");
    ok(actual == 0x30000, "its size");
    NtClose(object);
    view_make(pair->client, section, 0x1000, &view);
    view_make(pair->client, section, 0x2000, &view);
    plain[0x10000] = 0x61;
    ok(((UCHAR *)view.ViewBase)[0] == 0x61, "the second region begins at 64 KiB");
    view_send(pair->client, 0, &view);
    got = view_receive(pair->connection, &message, &attributes);
    ok(got && got->ViewSize == 0x2000 && ((UCHAR *)got->ViewBase)[0] == 0x61,
       "the receiver sees it");
    plain[0x11fff] = 0x62;
    ok(got && ((UCHAR *)got->ViewBase)[0x1fff] == 0x62, "and what the section's owner stores");
    view_return(pair->connection, RELEASE, &message);
    port_receive(pair->client, &message, NULL, NULL);
    view.Flags = ALPC_VIEWFLG_AUTO_RELEASE;
    ok_status(view_send(pair->client, RELEASE, &view), STATUS_SUCCESS, "AUTO_RELEASE of one");
    got = view_receive(pair->connection, &message, &attributes);
    ok(got && ((UCHAR *)got->ViewBase)[0x1fff] == 0x62, "arrives");
    ok_status(got ? make_writable(got->ViewBase) : 1, STATUS_SECTION_PROTECTION,
              "to be read, and no more");
    view_return(pair->connection, RELEASE, &message);
    NtUnmapViewOfSection(NtCurrentProcess(), plain);
}

static void misuse(struct test_pair *pair)
{
    ALPC_HANDLE section;
    HANDLE object, event;
    SIZE_T actual;

    object_make(0x10000, PAGE_READONLY, NULL, &object);
    ok_status(NtAlpcCreatePortSection(pair->client, 0, object, 0, &section, &actual),
              STATUS_ACCESS_DENIED, "a section that cannot be written");
    NtClose(object);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, 0, FALSE);
    ok_status(NtAlpcCreatePortSection(pair->client, 0, event, 0, &section, &actual),
              STATUS_OBJECT_TYPE_MISMATCH, "an event");
    NtClose(event);
    ok_status(NtAlpcCreatePortSection(pair->client, 0, event, 0, &section, &actual),
              STATUS_INVALID_HANDLE, "a closed handle");
    ok_status(NtAlpcCreatePortSection((HANDLE)0x7ff0, 0, NULL, 0x1000, &section, &actual),
              STATUS_INVALID_HANDLE, "a port that is none");
    ok_status(NtAlpcDeletePortSection(pair->client, 0, NULL), STATUS_INVALID_HANDLE,
              "a section that is none");
    section = section_make(pair->client, 0, 1);
    ok_status(NtAlpcDeletePortSection(pair->client, 1, section), STATUS_INVALID_PARAMETER,
              "an unknown flag of the deletion");
    ALPC_DATA_VIEW_ATTR view;
    fill(&view, 0, sizeof view);
    view.SectionHandle = section;
    view.ViewSize = 0x1000;
    ok_status(NtAlpcCreateSectionView(pair->client, 1, &view), STATUS_INVALID_PARAMETER,
              "an unknown flag of the view");
    view.ViewBase = &view;
    ok_status(NtAlpcCreateSectionView(pair->client, 0, &view), STATUS_INVALID_PARAMETER,
              "a base of the caller's");
    view.ViewBase = NULL;
    view.Flags = ALPC_VIEWFLG_AUTO_RELEASE;
    ok_status(NtAlpcCreateSectionView(pair->client, 0, &view), STATUS_INVALID_PARAMETER,
              "flags in the attribute");
}

/* ---- a file ---- */

static LONG last_code;

/* Skips the two bytes of read_byte's instruction. */
static LONG NTAPI skip_fault(EXCEPTION_POINTERS *pointers)
{
    last_code = (LONG)pointers->ExceptionRecord->ExceptionCode;
    pointers->ContextRecord->Rip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG read_fault(const void *at)
{
    PVOID handler = RtlAddVectoredExceptionHandler(1, skip_fault);

    last_code = 0;
    __asm__ volatile("movb (%%rcx), %%al" : : "c"(at) : "rax", "memory");
    RtlRemoveVectoredExceptionHandler(handler);
    return last_code;
}

static HANDLE file_make(LONGLONG size)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    IO_STATUS_BLOCK io;
    LARGE_INTEGER end = {.QuadPart = size};
    HANDLE file = NULL;

    RtlDosPathNameToNtPathName_U(L"" FILE_NAME, &name, NULL, NULL);
    InitializeObjectAttributes(&attributes, &name, 0, NULL, NULL);
    NtCreateFile(&file, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE | DELETE, &attributes, &io, NULL,
                 FILE_ATTRIBUTE_NORMAL, 0, 5 /* overwrite or create */,
                 0x1020 /* delete on close, synchronous */, NULL, 0);
    RtlFreeUnicodeString(&name);
    NtSetInformationFile(file, &io, &end, sizeof end, 20);
    return file;
}

/* No Windows program can cut a file that is mapped, but any of Linux: truncate(2). */
static long linux_cut(const char *name, long size)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(76L), "D"(name), "S"(size)
                     : "rcx", "r11", "memory");
    return result;
}

static void of_a_file(struct test_pair *pair)
{
    HANDLE file = file_make(0x8000), object = NULL;
    struct test_attributes attributes;
    struct test_message message;
    ALPC_DATA_VIEW_ATTR view, *got;
    LARGE_INTEGER end = {.QuadPart = 0x1000};
    IO_STATUS_BLOCK io;
    ALPC_HANDLE section;
    SIZE_T actual = 0;

    ok_status(object_make(0, PAGE_READWRITE, file, &object), STATUS_SUCCESS, "a file's section");
    ok_status(NtAlpcCreatePortSection(pair->client, 0, object, 0, &section, &actual),
              STATUS_SUCCESS, "a port section of it");
    ok(actual == 0x8000, "of the file's size");
    view_make(pair->client, section, 0x8000, &view);
    fill(view.ViewBase, 0x71, 0x8000);
    view_send(pair->client, 0, &view);
    got = view_receive(pair->connection, &message, &attributes);
    if (!ok(got && bytes_are(got->ViewBase, 0x71, 0x8000), "the receiver reads the file"))
        return;
    ok_status(view_return(pair->connection, 0, &message), STATUS_SUCCESS, "it goes back");
    port_receive(pair->client, &message, NULL, NULL);
    port_send(pair->client, RELEASE, &message.header);
    port_receive(pair->connection, &message, NULL, NULL);
    ok_status(NtSetInformationFile(file, &io, &end, sizeof end, 20), STATUS_USER_MAPPED_FILE,
              "a mapped file is not cut");
    if (!running_on_portico() || linux_cut(FILE_NAME, 0x1000)) {
        skip(5, "nobody else cuts it");
    } else {
        view_send(pair->client, 0, &view);
        got = view_receive(pair->connection, &message, &attributes);
        ok(got != NULL && bytes_are(got->ViewBase, 0x71, 0x1000), "what is left can be read");
        ok(read_fault((char *)got->ViewBase + 0x2000) == STATUS_IN_PAGE_ERROR,
           "the receiver's fault is STATUS_IN_PAGE_ERROR");
        ok(read_fault((char *)view.ViewBase + 0x7000) == STATUS_IN_PAGE_ERROR,
           "so is the sender's");
        ok_status(view_return(pair->connection, RELEASE, &message), STATUS_SUCCESS,
                  "it goes back all the same");
        port_receive(pair->client, &message, NULL, NULL);
        ok(TYPE(message) == LPC_REPLY, "and the message is answered");
    }
    NtClose(object);
    NtClose(file);
}

/* ---- limits ---- */

static HANDLE limited_port(SIZE_T section, SIZE_T view, SIZE_T total)
{
    ALPC_PORT_ATTRIBUTES attributes;
    HANDLE port = NULL;

    port_attributes(&attributes, 0);
    attributes.MaxSectionSize = section;
    attributes.MaxViewSize = view;
    attributes.MaxTotalSectionSize = total;
    NtAlpcCreatePort(&port, NULL, &attributes);
    return port;
}

static void limits(void)
{
    static const SIZE_T open_limits[] = {0, (SIZE_T)-1};
    ALPC_DATA_VIEW_ATTR view;
    ALPC_HANDLE section;
    SIZE_T actual;
    HANDLE port = limited_port(0x20000, 0x3000, 0x40000);

    ok_status(NtAlpcCreatePortSection(port, 0, NULL, 0x20001, &section, &actual),
              STATUS_SECTION_TOO_BIG, "above MaxSectionSize");
    ok_status(NtAlpcCreatePortSection(port, 0, NULL, 0x20000, &section, &actual), STATUS_SUCCESS,
              "at it");
    ok_status(view_make(port, section, 0x3001, &view), STATUS_INVALID_VIEW_SIZE,
              "above MaxViewSize");
    ok_status(view_make(port, section, 0x3000, &view), STATUS_SUCCESS, "at it");
    ok_status(NtAlpcCreatePortSection(port, 0, NULL, 0x20000, &section, &actual), STATUS_SUCCESS,
              "up to MaxTotalSectionSize");
    ok_status(NtAlpcCreatePortSection(port, ALPC_SECTIONFLG_SECURE, NULL, 1, &section, &actual),
              STATUS_QUOTA_EXCEEDED, "above it");
    NtClose(port);
    for (unsigned i = 0; i < 2; i++) {
        port = limited_port(open_limits[i], open_limits[i], open_limits[i]);
        ok_status(NtAlpcCreatePortSection(port, 0, NULL, 0x100000, &section, &actual),
                  STATUS_SUCCESS, "0 and -1 do not limit a section");
        ok_status(view_make(port, section, 0x100000, &view), STATUS_SUCCESS, "nor a view");
        NtClose(port);
    }
}

static BOOL is_refusal(NTSTATUS status)
{
    return status == STATUS_QUOTA_EXCEEDED || status == STATUS_INSUFFICIENT_RESOURCES;
}

static void many(struct test_pair *pair)
{
    static ALPC_HANDLE sections[1000];
    ALPC_DATA_VIEW_ATTR view;
    unsigned n = 0, n_made = 0, n_gone = 0;
    NTSTATUS status = STATUS_SUCCESS;
    SIZE_T actual;

    for (; n < 1000; n++) {
        status = NtAlpcCreatePortSection(pair->client, 0, NULL, 0x1000, &sections[n], &actual);
        if (status)
            break;
        n_made += !view_make(pair->client, sections[n], 0x1000, &view);
        fill(view.ViewBase, (UCHAR)n, 1);
        n_gone += !NtAlpcDeleteSectionView(pair->client, 0, view.ViewBase);
    }
    /* Each is a descriptor of the server's, which may have few (RLIMIT_NOFILE). */
    ok(n == 1000 || (n > 50 && is_refusal(status)), "1,000 sections, or as many as there are");
    ok(n_made == n && n_gone == n, "with a view each");
    n_gone = 0;
    for (unsigned i = 0; i < n; i++)
        n_gone += !NtAlpcDeletePortSection(pair->client, 0, sections[i]);
    ok(n_gone == n, "go again");
}

TEST_MAIN
{
    struct test_pair pair;

    ok(pair_open(&pair, NAME, NULL), "a port pair");
    of_an_object(&pair);
    misuse(&pair);
    of_a_file(&pair);
    limits();
    many(&pair);
    pair_close(&pair);
}
