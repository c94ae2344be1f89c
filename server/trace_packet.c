/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See trace_packet.h. One function per request and direction, made from the list; scalars in
 * hexadecimal (signed ones in decimal), structs as bytes. */

#include "trace_packet.h"

#include <string.h>

#include "client.h"
#include "name.h"

enum field_form { FORM_HEX, FORM_SIGNED, FORM_BYTES };

#define FORM_OF(value)               \
    _Generic((value), int32_t        \
             : FORM_SIGNED, int64_t  \
             : FORM_SIGNED, uint32_t \
             : FORM_HEX, uint64_t    \
             : FORM_HEX, default     \
             : FORM_BYTES)

static void field_print(FILE *file, const char *name, const void *value, size_t size,
                        enum field_form form)
{
    const uint8_t *bytes = value;
    uint64_t number = 0;

    fprintf(file, " %s=", name);
    if (form == FORM_BYTES) {
        for (size_t i = 0; i < size; i++)
            fprintf(file, "%02x", bytes[i]);
        return;
    }
    memcpy(&number, value, size);
    if (form == FORM_HEX)
        fprintf(file, "%#llx", (unsigned long long)number);
    else
        fprintf(file, "%lld", size == 4 ? (long long)(int32_t)number : (long long)number);
}

/* clang-format off */
#define REQUEST(name, in, out, fds_in, fds_out) \
    static void print_##name##_request(FILE *file, const struct name##_request *packet) \
    { \
        (void)file; (void)packet;
#define ARG(type, field) \
        field_print(file, #field, &packet->field, sizeof(packet->field), FORM_OF(packet->field));
#define RET(type, field)
#define END(name) }
#define NOTICE(name)
#define FIELD(type, field)
#define NOTICE_END(name)
#include "portico/requests.def"

#define REQUEST(name, in, out, fds_in, fds_out) \
    static void print_##name##_reply(FILE *file, const struct name##_reply *packet) \
    { \
        (void)file; (void)packet;
#define ARG(type, field)
#define RET(type, field) \
        field_print(file, #field, &packet->field, sizeof(packet->field), FORM_OF(packet->field));
#define END(name) }
#define NOTICE(name)
#define FIELD(type, field)
#define NOTICE_END(name)
#include "portico/requests.def"

void trace_request_fields(FILE *file, const void *request)
{
    switch (((const struct request_header *)request)->code) {
#define REQUEST(name, in, out, fds_in, fds_out) \
    case REQ_##name: print_##name##_request(file, request); break;
#define ARG(type, field)
#define RET(type, field)
#define END(name)
#define NOTICE(name)
#define FIELD(type, field)
#define NOTICE_END(name)
#include "portico/requests.def"
    default: break;
    }
}

void trace_reply_fields(FILE *file, const void *reply)
{
    switch (((const struct reply_header *)reply)->code) {
#define REQUEST(name, in, out, fds_in, fds_out) \
    case REQ_##name: print_##name##_reply(file, reply); break;
#define ARG(type, field)
#define RET(type, field)
#define END(name)
#define NOTICE(name)
#define FIELD(type, field)
#define NOTICE_END(name)
#include "portico/requests.def"
    default: break;
    }
}
/* clang-format on */

void trace_request(pid_t pid, uint32_t thread_id, const void *request,
                   const struct request_data *data)
{
    const struct request_header *header = request;

    fprintf(stderr, "%d.%u #%u: %s(", (int)pid, thread_id, header->sequence,
            request_name(header->code));
    trace_request_fields(stderr, request);
    if (data->name && data->objattr.name_size) {
        char name[256];
        /* Names in packets are 2-aligned: fixed structs and heads are multiples of 4. */
        name_print(
            (struct name){(const uint16_t *)(const void *)data->name, data->objattr.name_size / 2},
            name, sizeof(name));
        fprintf(stderr, " name=\"%s\" attributes=%#x root=%#x", name, data->objattr.attributes,
                data->objattr.root);
    }
    fprintf(stderr, " data=%u fds=%u )\n", header->data_size, data->n_fds);
}

void trace_reply(pid_t pid, uint32_t thread_id, const struct reply_header *reply)
{
    fprintf(stderr, "%d.%u #%u: %s -> %08x", (int)pid, thread_id, reply->sequence,
            request_name(reply->code), reply->status);
    trace_reply_fields(stderr, reply);
    fprintf(stderr, " data=%u fds=%u\n", reply->data_size, reply->n_fds);
}
