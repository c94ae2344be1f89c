/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See pipe.h. */

#include "pipe.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "closer.h"
#include "process.h"
#include "server.h"
#include "token.h"

#define PIPE_ACCESS_READ  0x1u
#define PIPE_ACCESS_WRITE 0x6u

enum { PIPE_INBOUND = 0, PIPE_OUTBOUND = 1 };          /* else both ways */
enum { DISPOSITION_OPEN = 1, DISPOSITION_CREATE = 2 }; /* else FILE_OPEN_IF */

struct pipe_waiter {
    struct parked parked;
    struct list link; /* of name->waiters */
};

static struct name pipe_name_name(const struct pipe_name *pipe)
{
    return (struct name){pipe->chars, pipe->length};
}

static struct pipe_name *pipe_find(struct server *server, struct name name)
{
    struct pipe_name *pipe;

    list_for_each(pipe, &server->pipes, link) {
        if (name_equal(pipe_name_name(pipe), name, true))
            return pipe;
    }
    return NULL;
}

/* ---- who waits ---- */

static void waiter_end(struct pipe_waiter *waiter, status_t status)
{
    struct pipe_wait_reply reply = {.header = {.status = 0}};

    list_remove(&waiter->link);
    parked_finish(&waiter->parked, status, &reply.header, sizeof(reply), NULL);
    free(waiter);
}

static void waiter_cancel(struct parked *parked, status_t why)
{
    waiter_end(CONTAINER_OF(parked, struct pipe_waiter, parked),
               why == STATUS_TIMEOUT ? STATUS_IO_TIMEOUT : why);
}

/* An instance listens, or none will: all of them try again, as on Windows. */
static void waiters_end(struct pipe_name *pipe, status_t status)
{
    struct pipe_waiter *waiter, *next;

    list_for_each_safe(waiter, next, &pipe->waiters, link) {
        waiter_end(waiter, status);
    }
}

status_t pipe_wait(struct client *client, struct name name, int64_t timeout_ns)
{
    struct pipe_name *pipe = pipe_find(client->server, name);
    struct pipe_instance *instance;
    struct pipe_waiter *waiter;
    status_t status;

    if (!pipe)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    list_for_each(instance, &pipe->instances, link) {
        if (instance->state == PIPE_LISTENING)
            return STATUS_SUCCESS;
    }
    if (timeout_ns == PIPE_TIMEOUT_DEFAULT)
        timeout_ns = pipe->timeout_ns;
    if (!timeout_ns)
        return STATUS_IO_TIMEOUT;
    waiter = calloc(1, sizeof(*waiter));
    if (!waiter)
        return STATUS_NO_MEMORY;
    status = client_park(client, &waiter->parked, timeout_ns, waiter_cancel);
    if (status) {
        free(waiter);
        return status;
    }
    list_append(&pipe->waiters, &waiter->link);
    return STATUS_PENDING;
}

/* ---- names and instances ---- */

static void pipe_name_unref(struct pipe_name *pipe)
{
    if (!pipe || --pipe->refs)
        return;
    assert(list_is_empty(&pipe->waiters));
    list_remove(&pipe->link);
    free(pipe->chars);
    free(pipe);
}

static struct pipe_name *pipe_name_new(struct server *server, const struct pipe_params *params)
{
    struct pipe_name *pipe = malloc(sizeof(*pipe));

    if (!pipe)
        return NULL;
    *pipe = params->kind;
    pipe->refs = 1;
    pipe->n_instances = 0;
    list_init(&pipe->instances);
    list_init(&pipe->waiters);
    pipe->length = params->name.length;
    pipe->chars = name_copy(params->name);
    if (!pipe->chars) {
        free(pipe);
        return NULL;
    }
    list_append(&server->pipes, &pipe->link);
    return pipe;
}

/* A reference to the name that another instance fits. */
static status_t pipe_name_get(struct server *server, const struct pipe_params *params,
                              bool *ret_existed, struct pipe_name **ret_pipe)
{
    struct pipe_name *pipe = pipe_find(server, params->name);

    *ret_existed = pipe;
    if (!pipe) {
        if (params->disposition == DISPOSITION_OPEN)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        pipe = pipe_name_new(server, params);
        *ret_pipe = pipe;
        return pipe ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    }
    if (params->disposition == DISPOSITION_CREATE || pipe->type != params->kind.type ||
        pipe->configuration != params->kind.configuration)
        return STATUS_ACCESS_DENIED;
    if (pipe->n_instances >= pipe->max_instances)
        return STATUS_INSTANCE_NOT_AVAILABLE;
    pipe->refs++;
    *ret_pipe = pipe;
    return STATUS_SUCCESS;
}

/* Both ends have gone. */
static void instance_free(struct pipe_instance *instance)
{
    token_unref(instance->client_token);
    pipe_name_unref(instance->name);
    charge_release(&instance->fd_charge);
    free(instance);
}

static status_t pair_make(int fds[2])
{
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) ? STATUS_INSUFFICIENT_RESOURCES
                                                                   : STATUS_SUCCESS;
}

/* Takes the reference to the name, also on failure. */
static status_t instance_new(struct client *client, struct pipe_name *pipe,
                             struct pipe_instance **ret_instance, int *ret_server_fd)
{
    struct pipe_instance *instance = calloc(1, sizeof(*instance));
    status_t status = STATUS_NO_MEMORY;
    int fds[2] = {-1, -1};

    if (instance)
        status = user_charge(&instance->fd_charge, client->user, USER_FDS, 1);
    if (!status)
        status = pair_make(fds);
    if (status) {
        if (instance)
            charge_release(&instance->fd_charge);
        free(instance);
        pipe_name_unref(pipe);
        return status;
    }
    instance->name = pipe;
    instance->state = PIPE_LISTENING;
    instance->client_fd = fds[1];
    instance->server_process_id = (uint32_t)client->process->pid;
    list_init(&instance->link);
    *ret_server_fd = fds[0];
    *ret_instance = instance;
    return STATUS_SUCCESS;
}

status_t pipe_new(struct client *client, const struct pipe_params *params, bool *ret_existed,
                  struct object **ret_object)
{
    struct server *server = client->server;
    struct pipe_instance *instance;
    struct pipe_name *pipe;
    status_t status = pipe_name_get(server, params, ret_existed, &pipe);
    int fd = -1;

    if (status)
        return status;
    status = instance_new(client, pipe, &instance, &fd);
    if (status)
        return status;
    status = file_new(server, client->user, &params->file, fd, ret_object);
    if (status) {
        closer_close(server->closer, fd);
        closer_close(server->closer, instance->client_fd);
        instance_free(instance);
        return status;
    }
    instance->server_end = file_from_object(*ret_object);
    instance->server_end->pipe = instance;
    pipe->n_instances++;
    list_append(&pipe->instances, &instance->link);
    waiters_end(pipe, STATUS_SUCCESS);
    return STATUS_SUCCESS;
}

static struct pipe_instance *listening_find(struct pipe_name *pipe)
{
    struct pipe_instance *instance;

    list_for_each(instance, &pipe->instances, link) {
        if (instance->state == PIPE_LISTENING)
            return instance;
    }
    return NULL;
}

/* Who opens: a token for those who may act in his name. */
static status_t client_token_copy(struct client *client, uint32_t level, struct token **ret_token)
{
    const struct token *own = client_token(client);
    status_t status;

    if (level > LEVEL_DELEGATION)
        return STATUS_BAD_IMPERSONATION_LEVEL;
    if (level == LEVEL_ANONYMOUS)
        return token_anonymous(client->server, client->user, ret_token);
    status = token_level_check(own, TOKEN_IMPERSONATION, level);
    return status ? status
                  : token_copy(own, client->user, TOKEN_IMPERSONATION, level, own->effective_only,
                               ret_token);
}

status_t pipe_open(struct client *client, struct name name, const struct file_params *file,
                   uint32_t access, uint32_t level, struct object **ret_object)
{
    struct pipe_name *pipe = pipe_find(client->server, name);
    struct pipe_instance *instance = pipe ? listening_find(pipe) : NULL;
    _cleanup_(token_unrefp) struct token *token = NULL;
    status_t status;

    if (!pipe)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (!instance)
        return STATUS_PIPE_NOT_AVAILABLE;
    if ((pipe->configuration == PIPE_INBOUND && (access & PIPE_ACCESS_READ)) ||
        (pipe->configuration == PIPE_OUTBOUND && (access & PIPE_ACCESS_WRITE)))
        return STATUS_ACCESS_DENIED;
    status = client_token_copy(client, level, &token);
    if (!status)
        status = file_new(client->server, client->user, file, instance->client_fd, ret_object);
    if (status)
        return status;
    token_unref(instance->client_token);
    instance->client_token = TAKE(token);
    instance->client_fd = -1;
    instance->client_end = file_from_object(*ret_object);
    instance->client_end->pipe = instance;
    instance->client_process_id = (uint32_t)client->process->pid;
    instance->state = PIPE_CONNECTED;
    return STATUS_SUCCESS;
}

/* The client's end, if it is open, has no part in this instance any more. */
static void client_cut(struct pipe_instance *instance)
{
    struct file *end = instance->client_end;

    if (end) {
        end->pipe_cut = true;
        instance->n_cut++;
    }
    instance->client_end = NULL;
    instance->client_process_id = 0;
}

status_t pipe_disconnect(struct file *end)
{
    struct pipe_instance *instance = end->pipe;

    if (instance->state == PIPE_LISTENING)
        return STATUS_PIPE_LISTENING;
    if (instance->state == PIPE_DISCONNECTED)
        return STATUS_PIPE_DISCONNECTED;
    client_cut(instance);
    instance->state = PIPE_DISCONNECTED;
    return STATUS_SUCCESS;
}

status_t pipe_listen(struct file *end, bool *ret_is_new)
{
    struct pipe_instance *instance = end->pipe;
    status_t status;
    int fds[2];

    *ret_is_new = false;
    if (instance->state == PIPE_LISTENING)
        return STATUS_SUCCESS;
    if (instance->state != PIPE_DISCONNECTED)
        return instance->state == PIPE_CONNECTED ? STATUS_PIPE_CONNECTED : STATUS_PIPE_CLOSING;
    status = pair_make(fds);
    if (status)
        return status;
    closer_close(end->object.server->closer, end->fd);
    end->fd = fds[0];
    end->pipe_mode &= ~PIPE_MODE_GREETED;
    instance->client_fd = fds[1];
    instance->state = PIPE_LISTENING;
    *ret_is_new = true;
    waiters_end(instance->name, STATUS_SUCCESS);
    return STATUS_SUCCESS;
}

status_t pipe_impersonate(const struct file *end, struct client *client)
{
    const struct pipe_instance *instance = end->pipe;

    if (!instance->client_process_id || !instance->client_token)
        return STATUS_CANNOT_IMPERSONATE;
    return thread_token_set(client->process, client->thread_id, instance->client_token, NULL);
}

enum pipe_state pipe_state_of(const struct file *end)
{
    const struct pipe_instance *instance = end->pipe;

    if (instance->server_end == end)
        return instance->state;
    if (end->pipe_cut)
        return PIPE_DISCONNECTED;
    return instance->server_end ? PIPE_CONNECTED : PIPE_CLOSING;
}

static void server_end_closed(struct pipe_instance *instance, struct server *server)
{
    struct pipe_name *pipe = instance->name;

    instance->server_end = NULL;
    closer_close(server->closer, instance->client_fd);
    instance->client_fd = -1;
    list_remove(&instance->link);
    if (--pipe->n_instances)
        return;
    list_remove(&pipe->link);
    waiters_end(pipe, STATUS_OBJECT_NAME_NOT_FOUND);
}

void pipe_end_closed(struct file *end)
{
    struct pipe_instance *instance = end->pipe;

    end->pipe = NULL;
    instance->n_cut -= end->pipe_cut;
    /* The other end knows before the closer gets to it: who closed his handle has closed the pipe.
     */
    (void)shutdown(end->fd, SHUT_RDWR);
    if (instance->server_end == end) {
        server_end_closed(instance, end->object.server);
    } else if (instance->client_end == end) {
        instance->client_end = NULL;
        instance->state = PIPE_CLOSING;
    }
    if (!instance->server_end && !instance->client_end && !instance->n_cut)
        instance_free(instance);
}
