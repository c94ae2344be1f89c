/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The server of the CSR scenario: csr-server.exe CLIENTS
 *
 * Publishes \Windows\ApiPort by NtCreatePort and serves it as csrss does, with one
 * NtReplyWaitReceivePort loop: connection requests with views of both sides, calls by API number
 * whose pointers lie in the client's view, questions back to the waiting client, the death of
 * threads and the close of ports. Ends with status 0 when CLIENTS clients came and went and
 * everything was as they had said.
 */
#include "csr.h"

NTSTATUS NTAPI NtCreateSection(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PLARGE_INTEGER, ULONG,
                               ULONG, HANDLE);
NTSTATUS NTAPI NtMapViewOfSection(HANDLE, HANDLE, PVOID *, ULONG_PTR, SIZE_T, PLARGE_INTEGER,
                                  PSIZE_T, int, ULONG, ULONG);

enum { CLIENTS_MAX = 64 };

/* A CSR process; its address is the port context. */
struct process {
    HANDLE port;
    ULONG pid, record;
    char name[32];
    char *view; /* the client's section, here */
    SIZE_T view_size;
    int will_die, has_died;
    unsigned n_calls;
};

static struct process processes[CLIENTS_MAX];
static unsigned n_processes, n_closed, n_died;
static HANDLE api_port, shared_section;
static char *shared_base; /* one of our own; each client's port has a view more */

static void shared_create(void)
{
    LARGE_INTEGER size = {.QuadPart = CSR_SHARED_BYTES};
    PVOID base = NULL;
    SIZE_T view_size = 0;

    NTSTATUS status = NtCreateSection(&shared_section, SECTION_ALL_ACCESS, NULL, &size,
                                      PAGE_READWRITE, SEC_COMMIT, NULL);
    must(status == 0, "create the shared section", status);
    status = NtMapViewOfSection(shared_section, GetCurrentProcess(), &base, 0, 0, NULL, &view_size,
                                1 /* ViewShare */, 0, PAGE_READWRITE);
    must(status == 0, "map the shared section", status);
    shared_base = base;
    strcpy(shared_base + 0x100, "static server data");
}

static void port_create(void)
{
    OBJECT_ATTRIBUTES object = {.Length = sizeof object};
    UNICODE_STRING name;

    name_init(&name, CSR_PORT);
    object.ObjectName = &name;
    NTSTATUS status = NtCreatePort(&api_port, &object, sizeof(struct csr_connect_info),
                                   sizeof(struct csr_message), 0);
    must(status == 0, "create the port", status);
    step("published %ls by NtCreatePort", CSR_PORT);
}

/* ---- connections ---- */

/* In place: what the client gets back. */
static void info_fill(void *data)
{
    struct csr_connect_info *info = data;

    info->shared_section_base = shared_base;
    info->shared_static_server_data = shared_base + 0x100;
    info->debug_flags++;
    info->n_server_dlls = 4;
    info->server_process_id = (HANDLE)(ULONG_PTR)GetCurrentProcessId();
}

static void process_connect(PORT_MESSAGE *request)
{
    PORT_VIEW shared = {
        .Length = sizeof shared, .SectionHandle = shared_section, .ViewSize = CSR_SHARED_BYTES};
    REMOTE_PORT_VIEW remote = {.Length = sizeof remote};

    must(n_processes < CLIENTS_MAX, "a place for one more client", 0);
    must(request->u2.s2.Type == LPC_CONNECTION_REQUEST, "a request of type 10", 0);
    must(request->ClientViewSize == CSR_SECTION_BYTES, "the size of the client's view", 0);
    must(request->u1.s1.DataLength == sizeof(struct csr_connect_info), "its information", 0);
    struct process *process = &processes[n_processes++];
    process->pid = (ULONG)(ULONG_PTR)request->ClientId.UniqueProcess;
    process->record = n_processes;
    info_fill(request + 1);
    NTSTATUS status = NtAcceptConnectPort(&process->port, process, request, TRUE, &shared, &remote);
    must(status == 0, "accept a connection", status);
    must(remote.ViewSize == CSR_SECTION_BYTES && shared.ViewRemoteBase, "both views", 0);
    process->view = remote.ViewBase;
    process->view_size = remote.ViewSize;
    status = NtCompleteConnectPort(process->port);
    must(status == 0, "complete it", status);
    step("process %lu connected: its view at %p here, the shared section at %p there", process->pid,
         remote.ViewBase, shared.ViewRemoteBase);
}

static void process_closed(struct process *process)
{
    step("record %lu (\"%s\") closed its port after %u calls", process->record, process->name,
         process->n_calls);
    must(process->has_died == process->will_die, "its thread's end as it was announced", 0);
    NtClose(process->port);
    n_closed++;
}

static void thread_died(struct process *process, const PORT_MESSAGE *message)
{
    const LPC_CLIENT_DIED_MSG *died = CONTAINING_RECORD(message, LPC_CLIENT_DIED_MSG, PortMsg);

    must(message->u1.s1.DataLength == sizeof died->CreateTime, "a time of creation", 0);
    must((ULONG)(ULONG_PTR)message->ClientId.UniqueProcess == process->pid, "of that process", 0);
    step("LPC_CLIENT_DIED: thread %lu of record %lu (\"%s\")",
         (ULONG)(ULONG_PTR)message->ClientId.UniqueThread, process->record, process->name);
    process->has_died = 1;
    n_died++;
}

/* ---- calls ---- */

/* A pointer of the client's must lie in its view, with all that it points to. */
static int is_captured(const struct process *process, const void *pointer, SIZE_T size)
{
    ULONG_PTR offset = (ULONG_PTR)pointer - (ULONG_PTR)process->view;

    return offset < process->view_size && size <= process->view_size - offset;
}

static NTSTATUS serve_register(struct process *process, struct csr_message *message)
{
    snprintf(process->name, sizeof process->name, "%.31s", message->u.registration.name);
    process->will_die = message->u.registration.will_die != 0;
    message->u.registration.record = process->record;
    step("call %08x of process %lu: \"%s\" is record %lu", API_REGISTER, process->pid,
         process->name, process->record);
    return STATUS_SUCCESS;
}

static NTSTATUS serve_sum(const struct process *process, struct csr_message *message)
{
    ULONG n = message->u.sum.n;

    if (n > N_NUMBERS || !is_captured(process, message->u.sum.numbers, n * sizeof(ULONG)))
        return STATUS_INVALID_PARAMETER;
    message->u.sum.sum = 0;
    for (ULONG i = 0; i < n; i++)
        message->u.sum.sum += message->u.sum.numbers[i];
    step("call %08lx of record %lu: %lu numbers at %p", message->api, process->record, n,
         message->u.sum.numbers);
    return STATUS_SUCCESS;
}

static NTSTATUS serve_write(const struct process *process, struct csr_message *message)
{
    ULONG length = message->u.write.length;
    char *text = message->u.write.text;

    if (!is_captured(process, text, (SIZE_T)length + 1))
        return STATUS_INVALID_PARAMETER;
    step("call %08x of record %lu: \"%.*s\"", API_WRITE, process->record, (int)length, text);
    for (ULONG i = 0; i < length; i++)
        if (text[i] >= 'a' && text[i] <= 'z')
            text[i] -= 'a' - 'A';
    return STATUS_SUCCESS;
}

/* Requests into the thread that waits for the reply: each answer comes in the same message. */
static NTSTATUS serve_ask_back(const struct process *process, struct csr_message *message)
{
    ULONG total = 0;

    for (ULONG i = 1; i <= N_CALLBACKS; i++) {
        message->u.ask.question = i;
        NTSTATUS status = NtRequestWaitReplyPort(process->port, &message->header, &message->header);
        must(status == 0, "a question back", status);
        must(message->u.ask.answer == i * i, "its answer", 0);
        total += message->u.ask.answer;
    }
    message->u.ask.total = total;
    step("call %08x of record %lu: asked it back %d times", API_ASK_BACK, process->record,
         N_CALLBACKS);
    return STATUS_SUCCESS;
}

static NTSTATUS serve(struct process *process, struct csr_message *message)
{
    process->n_calls++;
    switch (message->api) {
    case API_REGISTER:
        return serve_register(process, message);
    case API_SUM:
    case API_WRONG_POINTER:
        return serve_sum(process, message);
    case API_WRITE:
        return serve_write(process, message);
    case API_ASK_BACK:
        return serve_ask_back(process, message);
    default:
        return STATUS_ILLEGAL_FUNCTION;
    }
}

/* One message; the reply to be sent with the next receive, or NULL. */
static struct csr_message *serve_one(struct csr_message *message, struct csr_message *reply)
{
    PVOID context = NULL;

    NTSTATUS status =
        NtReplyWaitReceivePort(api_port, &context, reply ? &reply->header : NULL, &message->header);
    must(status == 0, "reply and receive", status);
    switch (message->header.u2.s2.Type) {
    case LPC_CONNECTION_REQUEST:
        must(context == NULL, "no context yet", 0);
        process_connect(&message->header);
        return NULL;
    case LPC_REQUEST:
        message->status = serve(context, message);
        return message;
    case LPC_CLIENT_DIED:
        thread_died(context, &message->header);
        return NULL;
    case LPC_PORT_CLOSED:
        process_closed(context);
        return NULL;
    default:
        must(0, "a type that csrss knows", message->header.u2.s2.Type);
        return NULL;
    }
}

int main(int argc, char **argv)
{
    unsigned n_expected = argc > 1 ? (unsigned)atoi(argv[1]) : 1;
    struct csr_message message, *reply = NULL;

    shared_create();
    port_create();
    step("ready for %u clients", n_expected);
    while (n_closed < n_expected)
        reply = serve_one(&message, reply);
    NtClose(api_port);
    step("all %u clients came and went, %u threads were seen to die: done", n_expected, n_died);
    return 0;
}
