/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* A job's completion port: the server tells this process what happens to the job, under a number
 * that stands for the port and the key here; the watcher thread posts it. The number is forgotten
 * when the server says that it will tell no more: the job has gone, or its port was taken away.
 * The packet is {key, process id, STATUS_SUCCESS, message} (learn.microsoft.com,
 * JOBOBJECT_ASSOCIATE_COMPLETION_PORT).
 *
 * RACE: the first notices may come before the answer to the request, so the number is known here
 * first. DIFFERS: the port lasts as long as the process that has set it; its handle may be closed.
 */
#include "completion.h"
#include "job.h"
#include "ntprocess.h"
#include "usermem.h"
#include "waitblock.h"
#include <stdlib.h>

struct job_port {
    struct ntlist link; /* dispatcher lock, as all below */
    uint64_t id;
    struct completion *completion; /* a reference */
    ULONG_PTR key;
};

static struct ntlist ports = {&ports, &ports};
static uint64_t last_id;

static struct job_port *port_find_locked(uint64_t id)
{
    for (struct ntlist *link = ports.next; link != &ports; link = link->next)
        if (ntlist_entry(link, struct job_port, link)->id == id)
            return ntlist_entry(link, struct job_port, link);
    return NULL;
}

static void port_forget(uint64_t id)
{
    struct job_port *port;

    dispatcher_lock();
    port = port_find_locked(id);
    if (port)
        ntlist_unlink(&port->link);
    dispatcher_unlock();
    if (!port)
        return;
    completion_unref(port->completion);
    free(port);
}

/* Only the watcher thread takes ports away that the server knows: found, it stays. */
void job_told(uint64_t id, uint32_t message, uint32_t process_id)
{
    struct job_port *port;

    if (message == JOB_TOLD_NO_MORE) {
        port_forget(id);
        return;
    }
    dispatcher_lock();
    port = port_find_locked(id);
    dispatcher_unlock();
    if (port) /* no memory: Windows does not promise that each message comes */
        (void)completion_post(port->completion, port->key, process_id, STATUS_SUCCESS, message);
}

/* Takes the reference over. 0: no memory, it is the caller's still. */
static uint64_t port_new(struct completion *completion, ULONG_PTR key)
{
    struct job_port *port = malloc(sizeof(*port));

    if (!port)
        return 0;
    dispatcher_lock();
    *port = (struct job_port){.id = ++last_id, .completion = completion, .key = key};
    ntlist_append(&ports, &port->link);
    dispatcher_unlock();
    return port->id;
}

NTSTATUS job_port_set(handle_t job, HANDLE handle, ULONG_PTR key)
{
    struct job_listen_request request = {.job = job};
    struct job_listen_reply reply;
    struct completion *completion;
    NTSTATUS status;

    if (handle) {
        TRY(completion_lookup(handle, 2 /* IO_COMPLETION_MODIFY_STATE */, &completion));
        request.id = port_new(completion, key);
        if (!request.id) {
            completion_unref(completion);
            return STATUS_NO_MEMORY;
        }
    }
    status = (NTSTATUS)call_job_listen(portico_control(), &request, &reply, NULL);
    if (status)
        port_forget(request.id);
    return status;
}
