/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The client of the CSR scenario: csr-client.exe NAME [quick | wait]
 *
 * Connects to \Windows\ApiPort by NtSecureConnectPort with a section of its own, calls the API with
 * captured pointers, is asked back while it waits, and ends without closing its port. `quick` makes
 * one call and closes; `wait` registers and waits until it is killed. Status 0 only when each
 * answer was verified.
 */
#include "csr.h"

NTSTATUS NTAPI NtCreateSection(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PLARGE_INTEGER, ULONG,
                               ULONG, HANDLE);
NTSTATUS NTAPI NtOpenProcessToken(HANDLE, ACCESS_MASK, PHANDLE);
NTSTATUS NTAPI NtQueryInformationToken(HANDLE, TOKEN_INFORMATION_CLASS, PVOID, ULONG, PULONG);
BOOLEAN NTAPI RtlEqualSid(PSID, PSID);
NTSTATUS NTAPI RtlConvertSidToUnicodeString(PUNICODE_STRING, PSID, BOOLEAN);

static HANDLE port;
static PORT_VIEW view = {.Length = sizeof view};
static REMOTE_PORT_VIEW shared = {.Length = sizeof shared};
static ptrdiff_t delta; /* from our address in the view to the server's */

/* ---- connecting ---- */

static SID local_system = {SID_REVISION, 1, {SECURITY_NT_AUTHORITY}, {SECURITY_LOCAL_SYSTEM_RID}};

static PSID own_sid(void)
{
    static union {
        TOKEN_USER user;
        char space[256];
    } information;
    HANDLE token;
    ULONG size;

    NTSTATUS status = NtOpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token);
    must(status == 0, "open the own token", status);
    status = NtQueryInformationToken(token, TokenUser, &information, sizeof information, &size);
    must(status == 0, "read the own SID", status);
    NtClose(token);
    return information.user.User.Sid;
}

static NTSTATUS connect_as(PSID server_sid, struct csr_connect_info *info, ULONG *max)
{
    SECURITY_QUALITY_OF_SERVICE qos = {sizeof qos, SecurityImpersonation, SECURITY_DYNAMIC_TRACKING,
                                       TRUE};
    ULONG size = sizeof *info;
    UNICODE_STRING name;

    memset(info, 0, sizeof *info);
    info->debug_flags = 0x1234;
    name_init(&name, CSR_PORT);
    NTSTATUS status =
        NtSecureConnectPort(&port, &name, &qos, &view, server_sid, &shared, max, info, &size);
    must(status != 0 || size == sizeof *info, "the connection information", status);
    return status;
}

/* CSR demands LocalSystem of its server. Here that is who runs it as root; for another user the
 * server has that user's SID, and LocalSystem must be refused. */
static void secure_connect(struct csr_connect_info *info, ULONG *max)
{
    PSID own = own_sid();
    UNICODE_STRING text;

    RtlConvertSidToUnicodeString(&text, own, TRUE);
    NTSTATUS status = connect_as(&local_system, info, max);
    if (RtlEqualSid(own, &local_system)) {
        must(status == 0, "connect to a server that runs as LocalSystem", status);
        step("the server is LocalSystem (%ls), as demanded", text.Buffer);
    } else {
        must(status == STATUS_SERVER_SID_MISMATCH, "a server that is not LocalSystem", status);
        step("the server is not LocalSystem: refused, status %08lx", (unsigned long)status);
        status = connect_as(own, info, max);
        must(status == 0, "connect to a server of the own user", status);
        step("the server is %ls, as demanded", text.Buffer);
    }
    RtlFreeUnicodeString(&text);
}

/* The server's data in its shared section, at its address there. */
static void check_shared(const struct csr_connect_info *info)
{
    const char *ours = (char *)shared.ViewBase + ((char *)info->shared_static_server_data -
                                                  (char *)info->shared_section_base);

    must(shared.ViewSize == CSR_SHARED_BYTES && shared.ViewBase, "the server's view", 0);
    must(!strcmp(ours, "static server data"), "the server's data in its section", 0);
    step("shared section of the server at %p (there at %p): \"%s\"", shared.ViewBase,
         info->shared_section_base, ours);
}

static void csr_connect(void)
{
    LARGE_INTEGER size = {.QuadPart = CSR_SECTION_BYTES};
    struct csr_connect_info info;
    ULONG max = 0;

    NTSTATUS status = NtCreateSection(&view.SectionHandle, SECTION_ALL_ACCESS, NULL, &size,
                                      PAGE_READWRITE, SEC_COMMIT, NULL);
    must(status == 0, "create the section", status);
    view.ViewSize = CSR_SECTION_BYTES;
    secure_connect(&info, &max);
    NtClose(view.SectionHandle);
    must(max >= sizeof(struct csr_message), "room for a message", 0);
    must(info.debug_flags == 0x1235 && info.n_server_dlls == 4, "the server's information", 0);
    delta = (char *)view.ViewRemoteBase - (char *)view.ViewBase;
    must(view.ViewBase && view.ViewRemoteBase, "a view on both sides", 0);
    step("connected to process %lu: view at %p here, at %p there; messages of %lu bytes",
         (ULONG)(ULONG_PTR)info.server_process_id, view.ViewBase, view.ViewRemoteBase, max);
    check_shared(&info);
}

/* ---- calling ---- */

static struct csr_capture *capture_begin(struct csr_message *message)
{
    struct csr_capture *capture = view.ViewBase;

    memset(capture, 0, sizeof *capture);
    capture->size = CSR_SECTION_BYTES;
    capture->end = capture->data;
    message->capture = capture;
    return capture;
}

/* Copies bytes into the buffer; *pointer, a field of the message, points to them. */
static void capture_bytes(struct csr_message *message, void *pointer, const void *bytes, ULONG size)
{
    struct csr_capture *capture = message->capture;

    must(capture->n_pointers < N_POINTERS_MAX, "room for a pointer", 0);
    must(capture->end + size <= (char *)capture + capture->size, "room in the capture buffer", 0);
    memcpy(capture->end, bytes, size);
    *(char **)pointer = capture->end;
    capture->offsets[capture->n_pointers++] = (ULONG_PTR)((char *)pointer - (char *)message);
    capture->end += (size + 7) & ~7u;
}

static void capture_rebase(struct csr_message *message, ptrdiff_t by)
{
    struct csr_capture *capture = message->capture;

    for (ULONG i = 0; capture && i < capture->n_pointers; i++)
        *(char **)((char *)message + capture->offsets[i]) += by;
}

/* CsrClientCallServer: one buffer for request and reply. What comes back may be a question of the
 * server first. */
static NTSTATUS call_server(struct csr_message *message)
{
    struct csr_capture *capture = message->capture;
    unsigned n_questions = 0;

    capture_rebase(message, delta);
    if (capture)
        message->capture = (struct csr_capture *)((char *)capture + delta);
    NTSTATUS status = NtRequestWaitReplyPort(port, &message->header, &message->header);
    while (status == 0 && message->header.u2.s2.Type == LPC_REQUEST) {
        message->u.ask.answer = message->u.ask.question * message->u.ask.question;
        n_questions++;
        status = NtReplyWaitReplyPort(port, &message->header);
    }
    must(status == 0, "a call", status);
    must(message->header.u2.s2.Type == LPC_REPLY, "a reply of type 2", 0);
    must(n_questions == (message->api == API_ASK_BACK ? N_CALLBACKS : 0), "the questions", 0);
    message->capture = capture;
    capture_rebase(message, -delta);
    return message->status;
}

static void csr_register(const char *name, int will_die)
{
    struct csr_message message;

    if (will_die) {
        NTSTATUS status = NtRegisterThreadTerminatePort(port);
        must(status == 0, "register the port for this thread's end", status);
    }
    csr_message_init(&message, API_REGISTER);
    snprintf(message.u.registration.name, sizeof message.u.registration.name, "%s", name);
    message.u.registration.will_die = (ULONG)will_die;
    NTSTATUS status = call_server(&message);
    must(status == 0 && message.u.registration.record, "registration", status);
    step("registered: record %lu", message.u.registration.record);
}

static void csr_sum(void)
{
    struct csr_message message;
    ULONG numbers[N_NUMBERS];

    for (ULONG i = 0; i < N_NUMBERS; i++)
        numbers[i] = i * i;
    csr_message_init(&message, API_SUM);
    capture_begin(&message);
    capture_bytes(&message, &message.u.sum.numbers, numbers, sizeof numbers);
    message.u.sum.n = N_NUMBERS;
    NTSTATUS status = call_server(&message);
    must(status == 0 && message.u.sum.sum == 332833500, "the sum", status);
    must((char *)message.u.sum.numbers == message.capture->data, "the pointer, rebased back", 0);
    step("call %08x: the sum of %d captured numbers is %llu", API_SUM, N_NUMBERS,
         message.u.sum.sum);
}

static void csr_write(const char *name)
{
    struct csr_message message;
    char text[64];

    snprintf(text, sizeof text, "hello from %s", name);
    csr_message_init(&message, API_WRITE);
    capture_begin(&message);
    capture_bytes(&message, &message.u.write.text, text, (ULONG)strlen(text) + 1);
    message.u.write.length = (ULONG)strlen(text);
    NTSTATUS status = call_server(&message);
    must(status == 0 && !strncmp(message.u.write.text, "HELLO FROM ", 11), "the text", status);
    step("call %08x: the text in the view is now \"%s\"", API_WRITE, message.u.write.text);
}

static void csr_ask_back(void)
{
    struct csr_message message;

    csr_message_init(&message, API_ASK_BACK);
    NTSTATUS status = call_server(&message);
    must(status == 0 && message.u.ask.total == 1 + 4 + 9, "the total of the answers", status);
    step("call %08x: asked back %d times while it waited, total %lu", API_ASK_BACK, N_CALLBACKS,
         message.u.ask.total);
}

static void csr_errors(void)
{
    struct csr_message message;

    csr_message_init(&message, API_WRONG_POINTER);
    message.u.sum.numbers = (ULONG *)((char *)view.ViewRemoteBase + CSR_SECTION_BYTES - 4);
    message.u.sum.n = 2;
    NTSTATUS status = call_server(&message);
    must(status == STATUS_INVALID_PARAMETER, "a pointer beyond the view", status);
    csr_message_init(&message, API_UNKNOWN);
    status = call_server(&message);
    must(status == STATUS_ILLEGAL_FUNCTION, "a call that nobody knows", status);
    step("a pointer beyond the view and an unknown call are refused");
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "csr-client.exe";
    const char *mode = argc > 2 ? argv[2] : "";

    csr_connect();
    csr_register(name, strcmp(mode, "quick") != 0);
    if (!strcmp(mode, "wait")) {
        step("waiting to be killed");
        Sleep(INFINITE);
    }
    csr_sum();
    if (!strcmp(mode, "quick")) {
        NtClose(port);
        step("closed: done");
        return 0;
    }
    csr_write(name);
    csr_ask_back();
    csr_errors();
    step("ends without closing its port: done");
    return 0;
}
