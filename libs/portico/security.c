/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Security contexts and impersonation (reference 3.10, 3.12, 4.10). The server keeps both; here is
 * what only this process knows: which contexts its ports have, which of them a message carries that
 * is not over (a SYNC request in n_sending, an asynchronous one in port memory), and that a thread
 * acts as somebody else.
 *
 * UNKNOWN: DELETE_EXISTING on a send (reference 2.4, names only): the context goes before the
 * message does, which carries nothing; one that is the peer's is not ours to delete.
 */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/sid.h"
#include "handle.h"
#include "local_port.h"
#include "process.h"
#include "receiver.h"
#include "security.h"
#include "thread.h"

struct context {
    struct list link;
    uint64_t port_id;
    handle_t port; /* by which it was made or first sent, or another of the port's */
    uint64_t handle;
    uint32_t n_sending; /* sends that have not returned */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list contexts = LIST_INIT(contexts);
/* Some thread of this process has acted as another: the others are to be asked about. */
static _Atomic bool any_acts;

static struct context *find_locked(uint64_t port_id, uint64_t handle)
{
    struct context *context;

    list_for_each(context, &contexts, link)
        if (context->handle == handle && context->port_id == port_id)
            return context;
    return NULL;
}

static struct context *enter_locked(const struct port *port, uint64_t handle)
{
    struct context *context = find_locked(port->port_id, handle);

    if (context)
        return context;
    context = calloc(1, sizeof(*context));
    if (!context)
        abort();
    context->port_id = port->port_id;
    context->port = port->handle;
    context->handle = handle;
    list_append(&contexts, &context->link);
    return context;
}

static void forget_locked(struct context *context)
{
    list_remove(&context->link);
    free(context);
}

/* ---- making and deleting ---- */

static status_t create(const struct port *port, const struct portico_qos *qos,
                       enum security_creation how, uint64_t *ret_context)
{
    struct alpc_create_security_context_request request = {
        .port = port->handle, .has_qos = qos != NULL, .creation = how};
    struct alpc_create_security_context_reply reply;
    struct control *control = portico_control();
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (qos) {
        request.level = qos->level;
        request.tracking = qos->tracking;
        request.effective_only = qos->effective_only;
    }
    status = call_alpc_create_security_context(control, &request, &reply, NULL);
    if (status != STATUS_SUCCESS)
        return status;
    pthread_mutex_lock(&lock);
    enter_locked(port, reply.context);
    pthread_mutex_unlock(&lock);
    *ret_context = reply.context;
    return STATUS_SUCCESS;
}

status_t portico_security_create(handle_t handle, const struct portico_qos *qos,
                                 uint64_t *ret_context)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = handle_get_port(handle, &port);

    return status == STATUS_SUCCESS ? create(port, qos, SECURITY_CREATION_PLAIN, ret_context)
                                    : status;
}

/* Race 1: a send of the context by another thread begins after this look; the receiver then finds
 * no such context when it impersonates, as when the context goes while the message is queued. */
static bool is_used(const struct port *port, uint64_t handle)
{
    const struct context *context;
    bool is_sending;

    pthread_mutex_lock(&lock);
    context = find_locked(port->port_id, handle);
    is_sending = context && context->n_sending;
    pthread_mutex_unlock(&lock);
    return is_sending || (port->receiver && port_security_is_used(&port->receiver->view, handle));
}

static status_t delete (const struct port *port, uint64_t handle)
{
    struct alpc_delete_security_context_request request = {.port = port->handle, .context = handle};
    struct alpc_delete_security_context_reply reply;
    struct control *control = portico_control();
    struct context *context;
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (is_used(port, handle))
        return STATUS_DELETE_PENDING;
    status = call_alpc_delete_security_context(control, &request, &reply, NULL);
    if (status != STATUS_SUCCESS)
        return status;
    pthread_mutex_lock(&lock);
    context = find_locked(port->port_id, handle);
    if (context)
        forget_locked(context);
    pthread_mutex_unlock(&lock);
    return STATUS_SUCCESS;
}

status_t portico_security_delete(handle_t handle, uint64_t context)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = handle_get_port(handle, &port);

    return status == STATUS_SUCCESS ? delete (port, context) : status;
}

status_t portico_security_revoke(handle_t handle, uint64_t context)
{
    struct alpc_revoke_security_context_request request = {.port = handle, .context = context};
    struct alpc_revoke_security_context_reply reply;
    struct control *control = portico_control();

    return control ? call_alpc_revoke_security_context(control, &request, &reply, NULL)
                   : STATUS_INSUFFICIENT_RESOURCES;
}

static bool has_contexts(const struct port *port)
{
    const struct context *context;
    bool has_some = false;

    pthread_mutex_lock(&lock);
    list_for_each(context, &contexts, link)
        has_some |= context->port_id == port->port_id;
    pthread_mutex_unlock(&lock);
    return has_some;
}

void security_port_gone(const struct port *port)
{
    struct context *context, *next;
    handle_t other;

    if (!has_contexts(port))
        return;
    other = port_other_handle(port);
    pthread_mutex_lock(&lock);
    list_for_each_safe(context, next, &contexts, link)
        if (context->port_id != port->port_id)
            continue;
        else if (!other)
            forget_locked(context);
        else if (context->port == port->handle)
            context->port = other;
    pthread_mutex_unlock(&lock);
}

/* ---- with messages ---- */

/* A context that another holder of the port made is not known here: the server is asked once. */
static status_t context_check(const struct port *port, uint64_t handle)
{
    struct alpc_check_security_context_request request = {.port = port->handle, .context = handle};
    struct alpc_check_security_context_reply reply;
    struct control *control;
    bool is_known;

    pthread_mutex_lock(&lock);
    is_known = find_locked(port->port_id, handle) != NULL;
    pthread_mutex_unlock(&lock);
    if (is_known)
        return STATUS_SUCCESS;
    control = portico_control();
    return control ? call_alpc_check_security_context(control, &request, &reply, NULL)
                   : STATUS_INSUFFICIENT_RESOURCES;
}

static void attach(const struct port *port, uint64_t handle, uint32_t flags,
                   struct wire_attributes *wire)
{
    pthread_mutex_lock(&lock);
    enter_locked(port, handle)->n_sending++;
    pthread_mutex_unlock(&lock);
    wire->valid |= PORTICO_ATTRIBUTE_SECURITY;
    wire->security = (struct wire_security){.context = handle, .flags = flags};
}

status_t security_send(struct port *port, const struct portico_security *security,
                       struct wire_attributes *wire)
{
    uint64_t handle = security->context;
    status_t status;

    if (security->flags & PORTICO_SECURITY_DELETE)
        return delete (port, handle);
    if (security->flags & PORTICO_SECURITY_CREATE) {
        if (handle != PORTICO_SECURITY_INLINE)
            return STATUS_INVALID_PARAMETER;
        status = create(port, security->has_qos ? &security->qos : NULL, SECURITY_CREATION_INLINE,
                        &handle);
    } else {
        status = context_check(port, handle);
    }
    if (status == STATUS_SUCCESS)
        attach(port, handle, 0, wire);
    return status;
}

/* Random, as the server's are: what names a context is not to be guessed. */
static status_t inline_wish(const struct portico_security *security,
                            struct connect_security *ret_wish)
{
    uint64_t handle = 0;

    if (security->context != PORTICO_SECURITY_INLINE)
        return STATUS_INVALID_PARAMETER;
    if (getrandom(&handle, sizeof(handle), 0) != sizeof(handle))
        return STATUS_INSUFFICIENT_RESOURCES;
    *ret_wish =
        (struct connect_security){.context = (handle >> 1) | 1, .has_qos = security->has_qos};
    if (security->has_qos) {
        ret_wish->level = security->qos.level;
        ret_wish->tracking = security->qos.tracking;
        ret_wish->effective_only = security->qos.effective_only;
    }
    return STATUS_SUCCESS;
}

/* A reference to the port of an own context; NULL: there is none. */
static struct port *port_of_context(uint64_t handle)
{
    const struct context *context;
    struct port *port = NULL;
    handle_t found = 0;

    pthread_mutex_lock(&lock);
    list_for_each(context, &contexts, link)
        if (context->handle == handle)
            found = context->port;
    pthread_mutex_unlock(&lock);
    return found && handle_get_port(found, &port) == STATUS_SUCCESS ? port : NULL;
}

status_t security_send_connect(const struct portico_security *security,
                               struct wire_attributes *wire, struct connect_security *ret_wish,
                               struct port **ret_port)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status;

    if (!(security->flags & PORTICO_SECURITY_DELETE) &&
        (security->flags & PORTICO_SECURITY_CREATE)) {
        status = inline_wish(security, ret_wish);
        if (status == STATUS_SUCCESS) {
            wire->valid |= PORTICO_ATTRIBUTE_SECURITY;
            wire->security = (struct wire_security){.context = ret_wish->context};
        }
        return status;
    }
    port = port_of_context(security->context);
    if (!port)
        return STATUS_INVALID_HANDLE;
    if (security->flags & PORTICO_SECURITY_DELETE)
        return delete (port, security->context);
    attach(port, security->context, 0, wire);
    *ret_wish = (struct connect_security){.context = security->context, .port = port->handle};
    *ret_port = TAKE(port);
    return STATUS_SUCCESS;
}

bool security_is_implicit(const struct port *port)
{
    return port->lends_thread && any_acts && client_thread()->acts != THREAD_ACTS_ITSELF;
}

status_t security_send_implicit(struct port *port, struct wire_attributes *wire)
{
    uint64_t handle;
    status_t status = create(port, NULL, SECURITY_CREATION_IMPLICIT, &handle);

    if (status == STATUS_SUCCESS)
        attach(port, handle, WIRE_SECURITY_IMPLICIT, wire);
    return status;
}

void security_sent(struct port *port, const struct wire_security *wire, bool is_sent,
                   uint32_t message_id)
{
    struct context *context;

    if (is_sent && message_id && port->receiver)
        port_note_security(&port->receiver->view, message_id, true, wire->context);
    pthread_mutex_lock(&lock);
    context = find_locked(port->port_id, wire->context);
    if (context)
        context->n_sending--;
    pthread_mutex_unlock(&lock);
}

void security_receive(const struct port *port, uint32_t message_id, bool is_final,
                      const struct wire_security *wire, struct portico_attributes *attributes)
{
    if (!is_final)
        port_note_security(&port->receiver->view, message_id, false, wire->context);
    if (!(attributes->wanted & PORTICO_ATTRIBUTE_SECURITY) ||
        (wire->flags & WIRE_SECURITY_IMPLICIT))
        return;
    attributes->valid |= PORTICO_ATTRIBUTE_SECURITY;
    attributes->security = (struct portico_security){.context = wire->context};
}

/* ---- who sent, who acts ---- */

/* A message that was received at the port and is not answered. */
static status_t message_find(const struct port *port, uint32_t message_id, uint32_t callback_id,
                             struct port_message *ret_message)
{
    if (!port->receiver || !message_id ||
        port_find_message(&port->receiver->view, message_id, ret_message) != STATUS_SUCCESS)
        return STATUS_ACCESS_DENIED;
    return callback_id && callback_id != ret_message->callback_id ? STATUS_ACCESS_DENIED
                                                                  : STATUS_SUCCESS;
}

status_t portico_port_impersonate(handle_t handle, uint32_t message_id, uint32_t callback_id,
                                  uint32_t flags)
{
    struct alpc_impersonate_request request = {.port = handle, .flags = flags};
    struct alpc_impersonate_reply reply;
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct control *control = portico_control();
    struct port_message message;
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = handle_get_port(handle, &port);
    if (status == STATUS_SUCCESS)
        status = message_find(port, message_id, callback_id, &message);
    if (status != STATUS_SUCCESS)
        return status;
    request.connection = message.connection;
    request.generation = message.connection_generation;
    request.context = message.security;
    status = call_alpc_impersonate(control, &request, &reply, NULL);
    if (status == STATUS_SUCCESS) {
        client_thread()->acts = THREAD_ACTS_ANOTHER;
        any_acts = true;
    }
    return status;
}

static status_t peer_ask(struct alpc_peer_request *request, struct portico_peer *ret_peer)
{
    struct alpc_peer_reply reply;
    struct identity who;
    struct call_extra extra = {.ret_data = &who, .ret_capacity = sizeof(who)};
    struct control *control = portico_control();
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = call_alpc_peer(control, request, &reply, &extra);
    if (status != STATUS_SUCCESS)
        return status;
    *ret_peer = (struct portico_peer){.token_id = reply.token_id,
                                      .authentication_id = reply.authentication_id,
                                      .modified_id = reply.modified_id,
                                      .sid_size = (uint32_t)sid_size(&who.user)};
    memcpy(ret_peer->sid, &who.user, sizeof(who.user));
    return STATUS_SUCCESS;
}

status_t portico_port_peer(handle_t handle, struct portico_peer *ret_peer)
{
    struct alpc_peer_request request = {.port = handle, .own = 1};

    return peer_ask(&request, ret_peer);
}

status_t portico_message_sender(handle_t handle, uint32_t message_id, uint32_t callback_id,
                                struct portico_peer *ret_peer)
{
    struct alpc_peer_request request = {.port = handle};
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct port_message message;
    status_t status = handle_get_port(handle, &port);

    if (status == STATUS_SUCCESS)
        status = message_find(port, message_id, callback_id, &message);
    if (status != STATUS_SUCCESS)
        return status;
    request.connection = message.connection;
    request.generation = message.connection_generation;
    return peer_ask(&request, ret_peer);
}

status_t portico_thread_impersonate(const struct portico_impersonation *how)
{
    struct token_impersonate_request request = {.thread_id = how->thread_id,
                                                .kind = how->kind,
                                                .handle = how->token,
                                                .source_thread_id = how->source_thread_id,
                                                .level = how->qos.level,
                                                .effective_only = how->qos.effective_only};
    struct token_impersonate_reply reply;
    struct control *control = portico_control();
    bool is_itself = how->kind == TOKEN_IMPERSONATION_NONE;
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = call_token_impersonate(control, &request, &reply, NULL);
    if (status != STATUS_SUCCESS)
        return status;
    if (!is_itself)
        any_acts = true;
    thread_note_acts(how->thread_id, is_itself ? THREAD_ACTS_ITSELF : THREAD_ACTS_ANOTHER);
    return STATUS_SUCCESS;
}
