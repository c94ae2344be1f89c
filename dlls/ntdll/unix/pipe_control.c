/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtFsControlFile on pipes, and what NtQueryInformationFile tells of them. */
#include "client.h"
#include "create.h"
#include "io_stream.h"
#include "ntprocess.h"
#include "nttime.h"
#include "pipe.h"
#include "token.h"
#include "usermem.h"
#include <portico/portico.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <winioctl.h>

/* As winioctl.h has them: not every header does. */
enum {
    PIPE_CODE_DISCONNECT = 0x110004,
    PIPE_CODE_LISTEN = 0x110008,
    PIPE_CODE_PEEK = 0x11400c,
    PIPE_CODE_TRANSCEIVE = 0x11c017,
    PIPE_CODE_WAIT = 0x110018,
    PIPE_CODE_IMPERSONATE = 0x11001c,
    PIPE_CODE_ATTRIBUTE = 0x110030, /* FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE */
};

#define PEEK_DATA_MAX (64u * 1024u)

struct control_call {
    struct file *file;
    const void *input;
    ULONG input_length;
    void *output;
    ULONG output_length;
    ULONG_PTR information;
};

static NTSTATUS control_peek(struct control_call *call)
{
    const ULONG header = offsetof(FILE_PIPE_PEEK_BUFFER, Data);
    FILE_PIPE_PEEK_BUFFER info = {.NamedPipeState = FILE_PIPE_CONNECTED_STATE};
    struct pipe_view view;
    NTSTATUS status;
    size_t size;
    char *data;

    if (call->output_length < header)
        return STATUS_INFO_LENGTH_MISMATCH;
    size =
        call->output_length - header < PEEK_DATA_MAX ? call->output_length - header : PEEK_DATA_MAX;
    data = malloc(size + 1);
    if (!data)
        return STATUS_NO_MEMORY;
    status = pipe_peek(call->file, data, size, &view);
    if (!status) {
        info.ReadDataAvailable = view.available;
        info.NumberOfMessages = view.n_messages;
        info.MessageLength = view.message_length;
        status = user_write(call->output, &info, header);
    }
    if (!status)
        status = user_write((char *)call->output + header, data, view.copied);
    free(data);
    if (status)
        return status;
    call->information = header + view.copied;
    return (view.n_messages ? view.message_length : view.available) > view.copied && size
               ? STATUS_BUFFER_OVERFLOW
               : STATUS_SUCCESS;
}

static int64_t wait_timeout(const FILE_PIPE_WAIT_FOR_BUFFER *info)
{
    struct timespec now;
    int64_t left;

    if (!info->TimeoutSpecified)
        return PIPE_TIMEOUT_DEFAULT;
    if (info->Timeout.QuadPart == INT64_MIN)
        return TIMEOUT_NEVER;
    if (info->Timeout.QuadPart > 0) { /* a date */
        clock_gettime(CLOCK_REALTIME, &now);
        left = info->Timeout.QuadPart - nt_time_from_timespec(now);
    } else {
        left = -info->Timeout.QuadPart;
    }
    return left <= 0 ? 0 : pipe_timeout_ns(left);
}

/* WaitNamedPipe: at the port server, which parks the thread. */
static NTSTATUS control_wait(struct control_call *call)
{
    const ULONG header = offsetof(FILE_PIPE_WAIT_FOR_BUFFER, Name);
    FILE_PIPE_WAIT_FOR_BUFFER info;
    struct pipe_wait_request request;
    struct pipe_wait_reply reply;
    WCHAR name[256] = {0};
    struct objattr objattr;
    struct call_extra extra = {.objattr = &objattr, .name = name};
    struct control *control;

    if (call->input_length < header)
        return STATUS_INVALID_PARAMETER;
    TRY(user_read(&info, call->input, header));
    if (info.NameLength > call->input_length - header || info.NameLength >= sizeof(name))
        return STATUS_INVALID_PARAMETER;
    TRY(user_read(name, (const char *)call->input + header, info.NameLength));
    client_need();
    control = portico_control();
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    request = (struct pipe_wait_request){.timeout_ns = wait_timeout(&info)};
    objattr = (struct objattr){.name_size = info.NameLength};
    portico_control_park(control, PORTICO_FOREVER, false);
    return (NTSTATUS)call_pipe_wait(control, &request, &reply, &extra);
}

/* GetNamedPipeClientProcessId and its kin: a name in ASCII, a number back. */
static NTSTATUS control_attribute(struct control_call *call)
{
    char name[32] = "";
    ULONG n = call->input_length < sizeof(name) - 1 ? call->input_length : sizeof(name) - 1;
    struct pipe_query_reply reply;
    ULONG value;

    TRY(user_read(name, call->input, n));
    if (!call->file->pipe)
        return STATUS_ILLEGAL_FUNCTION;
    TRY(pipe_ask(call->file, &reply));
    if (!strcmp(name, "ClientProcessId"))
        value = reply.client_process_id;
    else if (!strcmp(name, "ServerProcessId"))
        value = reply.server_process_id;
    else if (!strcmp(name, "ClientSessionId") || !strcmp(name, "ServerSessionId"))
        value = 1;
    else
        return STATUS_NOT_FOUND;
    if (call->output_length < sizeof(value))
        return STATUS_BUFFER_TOO_SMALL;
    call->information = sizeof(value);
    return user_write(call->output, &value, sizeof(value));
}

/* ImpersonateNamedPipeClient. DIFFERS: nothing needs to have been read from the pipe; the token is
 * that of who opened it, also if somebody else writes to it. */
static NTSTATUS control_impersonate(struct file *file)
{
    struct pipe_impersonate_request request = {.handle = file->header.header.shared};
    struct pipe_impersonate_reply reply;
    struct control *control;

    if (!file->pipe || !request.handle)
        return STATUS_ILLEGAL_FUNCTION;
    control = portico_control();
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    TRY((NTSTATUS)call_pipe_impersonate(control, &request, &reply, NULL));
    token_thread_changed();
    return STATUS_SUCCESS;
}

static bool control_at_once(struct control_call *call, ULONG code, NTSTATUS *ret_status)
{
    switch (code) {
    case PIPE_CODE_DISCONNECT:
        *ret_status = pipe_disconnect(call->file);
        return true;
    case PIPE_CODE_PEEK:
        *ret_status = control_peek(call);
        return true;
    case PIPE_CODE_WAIT:
        *ret_status = control_wait(call);
        return true;
    case PIPE_CODE_IMPERSONATE:
        *ret_status = control_impersonate(call->file);
        return true;
    case PIPE_CODE_ATTRIBUTE:
        *ret_status = control_attribute(call);
        return true;
    default:
        return false;
    }
}

static NTSTATUS listen(struct io_request *request)
{
    struct file *file = request->file;
    struct io_operation operation;

    if (!file->pipe || !file->pipe->is_server || file->pipe->is_anonymous)
        return io_end(request, STATUS_ILLEGAL_FUNCTION, 0);
    pipe_listen_operation(file, &operation);
    return io_do(request, &operation);
}

static NTSTATUS transceive(struct io_request *request, void *input, ULONG input_length,
                           void *output, ULONG output_length)
{
    struct file *file = request->file;
    struct io_operation operation = {
        .buffer = input, .length = input_length, .output = output, .output_length = output_length};

    if (!file->pipe || !file->pipe->is_message_type)
        return io_end(request, file->pipe ? STATUS_INVALID_READ_MODE : STATUS_ILLEGAL_FUNCTION, 0);
    if (!(file->access & FILE_READ_DATA) || !(file->access & FILE_WRITE_DATA))
        return io_end(request, STATUS_ACCESS_DENIED, 0);
    pipe_transceive_operation(file, &operation);
    return io_messages(request, &operation, true, true);
}

bool pipe_control(struct io_request *request, ULONG code, void *input, ULONG input_length,
                  void *output, ULONG output_length, NTSTATUS *ret_status)
{
    struct control_call call = {request->file, input, input_length, output, output_length, 0};
    NTSTATUS status;

    if (code == PIPE_CODE_LISTEN)
        *ret_status = listen(request);
    else if (code == PIPE_CODE_TRANSCEIVE)
        *ret_status = transceive(request, input, input_length, output, output_length);
    else if (control_at_once(&call, code, &status))
        *ret_status = io_end(request, status, call.information);
    else
        return false;
    return true;
}

NTSTATUS pipe_local_information(struct file *file, FILE_PIPE_LOCAL_INFORMATION *ret_info)
{
    FILE_PIPE_LOCAL_INFORMATION info = {.NamedPipeConfiguration = 2,
                                        .MaximumInstances = 1,
                                        .CurrentInstances = 1,
                                        .InboundQuota = 65536,
                                        .OutboundQuota = 65536,
                                        .NamedPipeState = FILE_PIPE_CONNECTED_STATE};
    struct pipe_query_reply reply;
    struct pipe_view view;

    if (file->kind != FILE_KIND_PIPE || file->fd < 0)
        return STATUS_INVALID_PARAMETER;
    if (file->pipe)
        info.NamedPipeEnd = file->pipe->is_server;
    if (file->pipe && file->header.header.shared && !pipe_ask(file, &reply)) {
        info.NamedPipeType = reply.type;
        info.NamedPipeConfiguration = reply.configuration;
        info.MaximumInstances = reply.max_instances;
        info.CurrentInstances = reply.n_instances;
        info.InboundQuota = reply.quota_in;
        info.OutboundQuota = reply.quota_out;
        info.NamedPipeState = reply.state;
    }
    info.WriteQuotaAvailable = info.NamedPipeEnd ? info.OutboundQuota : info.InboundQuota;
    if (!pipe_peek(file, NULL, 0, &view))
        info.ReadDataAvailable = view.available;
    *ret_info = info;
    return STATUS_SUCCESS;
}

FILE_PIPE_INFORMATION pipe_information(struct file *file)
{
    FILE_PIPE_INFORMATION info = {.ReadMode = 0};

    if (!file->pipe)
        return info;
    pthread_mutex_lock(&file->pipe->lock);
    info.ReadMode = file->pipe->reads_messages;
    info.CompletionMode = file->pipe->does_not_wait;
    pthread_mutex_unlock(&file->pipe->lock);
    return info;
}
