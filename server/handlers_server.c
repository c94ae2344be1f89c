/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Requests about the connection to the daemon and the daemon itself: hello, cancel, status, stop,
 * lists. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alpc/list.h"
#include "closer.h"
#include "handlers.h"
#include "process.h"
#include "server.h"
#include "settle.h"

#define LIST_MAX_BYTES 32768u
#define SESSION        1u

/* Stamps are CLOCK_MONOTONIC of one time namespace. One that cannot be read (a peer that is not
 * dumpable) passes. */
static bool is_in_our_time(pid_t pid)
{
    char path[48], own[64], peer[64];
    ssize_t n_own = readlink("/proc/self/ns/time", own, sizeof(own)), n_peer;

    snprintf(path, sizeof(path), "/proc/%d/ns/time", (int)pid);
    n_peer = readlink(path, peer, sizeof(peer));
    return n_own <= 0 || n_peer <= 0 || (n_own == n_peer && !memcmp(own, peer, (size_t)n_own));
}

status_t req_hello(struct client *client, const struct hello_request *request,
                   struct request_data *data, struct hello_reply *ret_reply,
                   struct reply_extra *extra _unused_)
{
    char program[PROCESS_PROGRAM_MAX] = "";
    status_t status = STATUS_SUCCESS;

    ret_reply->version = PROTOCOL_VERSION;
    if (request->version != PROTOCOL_VERSION || request->layout_hash != protocol_hash())
        status = STATUS_REVISION_MISMATCH;
    else if (request->kind != HELLO_REQUEST && request->kind != HELLO_NOTICE)
        status = STATUS_INVALID_PARAMETER;
    else if (request->kind == HELLO_REQUEST && request->thread_id == 0)
        status = STATUS_INVALID_PARAMETER;
    else if (!is_in_our_time(client->pid))
        status = STATUS_NOT_SUPPORTED;
    for (uint32_t i = 0; i < data->size && i < sizeof(program) - 1; i++)
        program[i] = data->bytes[i] < 0x20 || data->bytes[i] == 0x7f ? '?' : (char)data->bytes[i];
    if (!status)
        status = process_client_hello(client, request->kind, request->thread_id, program);
    if (status) {
        struct hello_reply reply = {.version = PROTOCOL_VERSION};
        struct reply_extra version = {.data = PACKAGE_VERSION,
                                      .data_size = sizeof(PACKAGE_VERSION) - 1};
        client_reply(client, client->code, client->sequence, status, &reply.header, sizeof(reply),
                     &version);
        client_doom(client, NULL);
        return status; /* the client is doomed: dispatch's reply goes nowhere */
    }
    ret_reply->process_id = (uint32_t)client->pid;
    ret_reply->server_id = (uint32_t)getpid();
    ret_reply->session = SESSION;
    return STATUS_SUCCESS;
}

status_t req_cancel_request(struct client *client, const struct cancel_request_request *request,
                            struct request_data *data _unused_,
                            struct cancel_request_reply *ret_reply _unused_,
                            struct reply_extra *extra _unused_)
{
    struct client *target =
        request->thread_id ? process_thread(client->process, request->thread_id) : client;

    if (target && target->parked &&
        (!request->target || target->parked->sequence == request->target))
        target->parked->cancel(target->parked, STATUS_CANCELLED); /* (B) */
    return STATUS_SUCCESS;
}

/* Descriptors of this process, the one of the listing not counted. Since 6.2 Linux tells their
 * number as the folder's size; to read it costs a look at each. */
static uint32_t fds_count(void)
{
    struct stat info;
    uint32_t n = 0;
    DIR *dir;

    if (!stat("/proc/self/fd", &info) && info.st_size > 0)
        return (uint32_t)info.st_size;
    dir = opendir("/proc/self/fd");
    if (!dir)
        return 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n - 1;
}

static void status_fill(struct server *server, struct server_status_reply *ret_reply,
                        struct reply_extra *extra)
{
    ret_reply->uptime_ns = clock_ns() - server->started_ns;
    ret_reply->lane_bytes = server->lane_bytes;
    ret_reply->server_id = (uint32_t)getpid();
    ret_reply->n_processes = server->n_processes;
    ret_reply->n_clients = server->n_clients;
    ret_reply->n_objects = server->n_objects;
    ret_reply->n_handles = server->n_handles;
    /* In this order: none pending means that every descriptor counted is one that is held. */
    ret_reply->n_closing_fds = closer_pending(server->closer);
    ret_reply->n_fds = fds_count();
    ret_reply->n_ports = server->n_ports;
    ret_reply->n_connections = server->n_connections;
    ret_reply->n_lanes = server->n_lanes;
    ret_reply->n_parked = server->n_parked;
    ret_reply->linger_s = server->linger_ns < 0
                              ? UINT32_MAX
                              : (uint32_t)((server->linger_ns + 999999999) / 1000000000);
    extra->data = PACKAGE_VERSION;
    extra->data_size = sizeof(PACKAGE_VERSION) - 1;
}

static void status_finish(struct parked *parked, status_t status)
{
    struct server_status_reply reply = {0};
    struct reply_extra extra = {0};

    if (!status)
        status_fill(parked->client->server, &reply, &extra);
    reply.n_parked -= !status; /* this one */
    parked_finish(parked, status, &reply.header, sizeof(reply), &extra);
}

status_t req_server_status(struct client *client, const struct server_status_request *request,
                           struct request_data *data _unused_,
                           struct server_status_reply *ret_reply, struct reply_extra *extra)
{
    status_t status = STATUS_SUCCESS;

    ports_sweep(client->server); /* before the wait: it lets go, too */
    if (request->settle_ms)
        status = settle_wait(client, request->settle_ms * INT64_C(1000000), status_finish);
    if (!status)
        status_fill(client->server, ret_reply, extra);
    return status;
}

status_t req_server_stop(struct client *client, const struct server_stop_request *request _unused_,
                         struct request_data *data _unused_,
                         struct server_stop_reply *ret_reply _unused_,
                         struct reply_extra *extra _unused_)
{
    struct process *process;

    list_for_each(process, &client->server->processes, link) {
        struct server_stopping_notice notice = {0};
        process_notify(process, NOTICE_server_stopping, &notice.header, sizeof(notice));
    }
    server_stop(client->server);
    return STATUS_SUCCESS;
}

/* One line of list_objects; its length. */
static int object_line(struct object *object, char *text, size_t size)
{
    uint16_t path[512];
    char name[1024] = "-", details[512] = "";
    uint32_t length = object_path(object, path, ARRAY_SIZE(path));

    if (length)
        name_print((struct name){path, length}, name, sizeof(name));
    if (object->ops->dump)
        object->ops->dump(object, details, sizeof(details));
    return snprintf(text, size, "%llu %s refs=%u handles=%u \"%s\" %s\n",
                    (unsigned long long)object->id, object->ops->type_name, object->refs,
                    object->n_handles, name, details);
}

status_t req_list_objects(struct client *client, const struct list_objects_request *request,
                          struct request_data *data _unused_, struct list_objects_reply *ret_reply,
                          struct reply_extra *extra)
{
    char *text = malloc(LIST_MAX_BYTES), line[2048];
    struct object *object;

    if (!text)
        return STATUS_NO_MEMORY;
    extra->owned_data = text;
    list_for_each(object, &client->server->objects, link) {
        if (object->id <= request->cursor)
            continue;
        size_t n = (size_t)object_line(object, line, sizeof(line));
        n = MIN(n, sizeof(line) - 1);
        if (extra->data_size + n > LIST_MAX_BYTES)
            return STATUS_SUCCESS;
        memcpy(text + extra->data_size, line, n);
        extra->data_size += (uint32_t)n;
        ret_reply->cursor = object->id;
    }
    ret_reply->cursor = 0;
    return STATUS_SUCCESS;
}

status_t req_list_ports(struct client *client, const struct list_ports_request *request,
                        struct request_data *data _unused_, struct list_ports_reply *ret_reply,
                        struct reply_extra *extra)
{
    uint8_t *bytes = malloc(LIST_MAX_BYTES);

    if (!bytes)
        return STATUS_NO_MEMORY;
    extra->owned_data = bytes;
    ret_reply->cursor = ports_list(client->server, request->cursor, bytes, LIST_MAX_BYTES,
                                   &extra->data_size, &ret_reply->n_entries);
    return STATUS_SUCCESS;
}
