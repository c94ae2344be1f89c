/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Completion lists (reference 1.7, 3.15, 4.6): messages are put straight into a buffer of the
 * program's, a view of the port's own section; threads take them there, use them where they are and
 * free them.
 *
 * On Windows the kernel fills the list at each send. Here messages travel from peer to peer, and
 * nobody but this process can receive them; so whoever looks fills.
 * AlpcGetMessageFromCompletionList on an empty list, the two questions about it, and a receive on
 * the port first move everything that is queued into the list; no thread watches. Who sleeps for
 * messages sleeps as without a list: in a receive, which then returns
 * STATUS_ALPC_CHECK_COMPLETION_LIST, or for the port's completion packets, which are one for each
 * message whether it is in the list already or not: so each packet finds its message.
 *
 * Every Alpc* function comes here (the way into the ELF half costs less than a lock); list_memory.c
 * says what is where in the buffer. A fill receives straight into it. Connection requests are left
 * for the port's receivers (PORTICO_ONLY_OTHERS), and what the list has no room for stays queued:
 * the next fill takes it, or a receive gives it out normally when nothing is ready in the list, so
 * a message larger than the whole list reaches the program too.
 *
 * After AlpcRundownCompletionList and AlpcUnregisterCompletionList nothing more is put in; what is
 * in the list can still be taken until it is empty or the buffer becomes a list again.
 *
 * UNKNOWN(AlpcAdjustCompletionListConcurrencyCount): what the count limits, no source says; it is
 * kept, and holds nobody back: a worker may find nothing.
 * UNKNOWN(AlpcAdjustCompletionListConcurrencyCountInformation): what the count limits, as with the
 * function.
 * UNKNOWN(AlpcRegisterCompletionListWorkerThread): what Windows does with the number of workers;
 * here it is counted, shown in the list's head, and nothing depends on it.
 * DIFFERS: another process that holds the port receives beside the list and may have one of its
 * own. UNKNOWN: which statuses and results Windows gives where 3.13 and 3.15 are silent. */
#include "completion_list.h"

#include "list_memory.h"
#include "ntlist.h"
#include "unixcalls.h"
#include "usermem.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define ATTRIBUTES_KNOWN                                                \
    (ALPC_MESSAGE_SECURITY_ATTRIBUTE | ALPC_MESSAGE_CONTEXT_ATTRIBUTE | \
     ALPC_MESSAGE_TOKEN_ATTRIBUTE | ALPC_MESSAGE_WORK_ON_BEHALF_ATTRIBUTE) /* [1S] */

struct completion_list {
    struct ntlist link;   /* lists_lock, as the next two */
    unsigned n_refs;      /* one is the list's own, until its buffer is another's */
    uint64_t port_id;     /* 0: the port has it no longer */
    pthread_mutex_t lock; /* all below */
    handle_t port;
    struct list_memory memory;
    ULONG concurrency;
    bool is_filled; /* by new messages, until rundown */
    bool is_full;   /* the last fill left something for want of room */
};

static pthread_mutex_t lists_lock = PTHREAD_MUTEX_INITIALIZER;
static struct ntlist lists = {&lists, &lists};
static atomic_uint n_lists; /* of ports: a receive on any port looks here first */

static void list_free(struct completion_list *list)
{
    pthread_mutex_destroy(&list->lock);
    list_memory_deinit(&list->memory);
    free(list);
}

static void list_unref_locked(struct completion_list *list)
{
    if (--list->n_refs)
        return;
    ntlist_unlink(&list->link);
    list_free(list);
}

static void list_unrefp(struct completion_list **list)
{
    if (!*list)
        return;
    pthread_mutex_lock(&lists_lock);
    list_unref_locked(*list);
    pthread_mutex_unlock(&lists_lock);
}

static void list_leave_port_locked(struct completion_list *list)
{
    if (!list->port_id)
        return;
    list->port_id = 0;
    atomic_fetch_sub(&n_lists, 1);
}

/* A list that has left its port goes when all its messages have been freed. */
static void list_settle(struct completion_list *list)
{
    bool is_over;

    pthread_mutex_lock(&list->lock);
    is_over = list->memory.n_posted == list->memory.n_returned;
    pthread_mutex_unlock(&list->lock);
    pthread_mutex_lock(&lists_lock);
    if (is_over && !list->port_id && list->memory.base) {
        list->memory.base = NULL;
        list_unref_locked(list);
    }
    pthread_mutex_unlock(&lists_lock);
}

static struct completion_list *list_of_port(uint64_t port_id)
{
    struct completion_list *found = NULL;

    pthread_mutex_lock(&lists_lock);
    for (struct ntlist *link = lists.next; link != &lists && !found; link = link->next)
        if (ntlist_entry(link, struct completion_list, link)->port_id == port_id)
            found = ntlist_entry(link, struct completion_list, link);
    if (found)
        found->n_refs++;
    pthread_mutex_unlock(&lists_lock);
    return found;
}

static struct completion_list *list_of_handle(handle_t port)
{
    struct portico_port_info info;

    return portico_port_query(port, &info) == STATUS_SUCCESS ? list_of_port(info.id) : NULL;
}

bool completion_lists_exist(void)
{
    return atomic_load_explicit(&n_lists, memory_order_relaxed);
}

static struct completion_list *list_of_buffer(const void *base)
{
    struct completion_list *found = NULL;

    pthread_mutex_lock(&lists_lock);
    for (struct ntlist *link = lists.next; link != &lists && !found; link = link->next)
        if (ntlist_entry(link, struct completion_list, link)->memory.base == base)
            found = ntlist_entry(link, struct completion_list, link);
    if (found)
        found->n_refs++;
    pthread_mutex_unlock(&lists_lock);
    return found;
}

/* Lists whose port has been closed, and those that have been left and have this buffer. */
static void lists_sweep_locked(const char *base)
{
    struct portico_port_info info;

    for (struct ntlist *link = lists.next, *next; link != &lists; link = next) {
        struct completion_list *list = ntlist_entry(link, struct completion_list, link);

        next = link->next;
        if (list->port_id &&
            (portico_port_query(list->port, &info) != STATUS_SUCCESS || info.id != list->port_id))
            list_leave_port_locked(list);
        if (!list->port_id && list->memory.base == base) {
            list->memory.base = NULL;
            list_unref_locked(list);
        }
    }
}

/* One more message; false: there is none, or no room for it. */
static bool message_fill(struct completion_list *list)
{
    struct list_memory *memory = &list->memory;
    struct portico_attributes attributes = {.wanted = memory->attribute_flags};
    struct portico_exchange exchange = {.flags = PORTICO_ONLY_OTHERS,
                                        .receive_attributes = &attributes,
                                        .deadline_ns = PORTICO_POLL};
    ALPC_MESSAGE_ATTRIBUTES header = {.AllocatedAttributes = memory->attribute_flags}, *user;
    struct portico_message message;
    status_t status;

    exchange.receive = list_memory_room(memory, &exchange.capacity);
    list->is_full = !exchange.receive;
    if (list->is_full)
        return false;
    status = portico_port_exchange(list->port, &exchange);
    list->is_full = status == (status_t)STATUS_BUFFER_TOO_SMALL;
    if (status != STATUS_SUCCESS)
        return false;
    user = list_memory_post(memory, exchange.receive, exchange.ret_size);
    if (USER_PUT(user, header) >= 0)
        (void)!alpc_attributes_write(user, &attributes);
    if (USER_GET(message, exchange.receive) >= 0) {
        memory->last_message_id = message.message_id;
        memory->last_callback_id = (ULONG)message.callback_id;
    }
    return true;
}

static void list_fill_locked(struct completion_list *list)
{
    bool is_changed = false;

    list->is_full = false;
    while (list->is_filled && message_fill(list))
        is_changed = true;
    if (is_changed)
        list_memory_show(&list->memory);
}

static NTSTATUS info_check(const ALPC_PORT_COMPLETION_LIST_INFORMATION *info)
{
    if (!info->Buffer || (uintptr_t)info->Buffer % LIST_PAGE_BYTES ||
        info->Size % LIST_PAGE_BYTES || info->Size < LIST_BYTES_MIN ||
        info->Size > LIST_BYTES_MAX || !info->ConcurrencyCount ||
        (info->AttributeFlags & ~(ULONG)ATTRIBUTES_KNOWN))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static NTSTATUS list_new(handle_t port, uint64_t port_id,
                         const ALPC_PORT_COMPLETION_LIST_INFORMATION *info,
                         struct completion_list **ret_list)
{
    struct completion_list *list = calloc(1, sizeof(*list));
    NTSTATUS status;

    if (!list)
        return STATUS_NO_MEMORY;
    pthread_mutex_init(&list->lock, NULL);
    ntlist_init(&list->link);
    list->n_refs = 1;
    list->port_id = port_id;
    list->port = port;
    list->concurrency = info->ConcurrencyCount;
    list->is_filled = true;
    status = list_memory_init(&list->memory, info->Buffer, info->Size, info->AttributeFlags);
    if (status) {
        list_free(list);
        return status;
    }
    *ret_list = list;
    return STATUS_SUCCESS;
}

/* Enters it, unless the port has one; takes the list over. */
static NTSTATUS list_enter(struct completion_list *list)
{
    NTSTATUS status = STATUS_SUCCESS;

    pthread_mutex_lock(&lists_lock);
    lists_sweep_locked(list->memory.base);
    for (struct ntlist *link = lists.next; link != &lists; link = link->next) {
        const struct completion_list *other = ntlist_entry(link, struct completion_list, link);

        if (other->port_id == list->port_id)
            status = STATUS_PORT_ALREADY_HAS_COMPLETION_LIST;
        else if (!status && other->memory.base == list->memory.base)
            status = STATUS_INVALID_PARAMETER;
    }
    if (!status) {
        ntlist_append(&lists, &list->link);
        atomic_fetch_add(&n_lists, 1);
    }
    pthread_mutex_unlock(&lists_lock);
    if (status)
        list_free(list);
    return status;
}

NTSTATUS completion_list_register(handle_t port, const ALPC_PORT_COMPLETION_LIST_INFORMATION *info)
{
    struct portico_port_info port_info;
    struct completion_list *list = NULL;

    TRY((NTSTATUS)portico_port_query(port, &port_info));
    TRY(info_check(info));
    if (port_info.kind == PORT_KIND_SERVER || !portico_view_holds(port, info->Buffer, info->Size))
        return STATUS_INVALID_PARAMETER;
    TRY(list_new(port, port_info.id, info, &list));
    return list_enter(list);
}

static NTSTATUS list_of_handle_need(handle_t port, struct completion_list **ret_list)
{
    struct portico_port_info info;

    TRY((NTSTATUS)portico_port_query(port, &info));
    *ret_list = list_of_port(info.id);
    return *ret_list ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static void list_stop(struct completion_list *list)
{
    pthread_mutex_lock(&list->lock);
    list->is_filled = false;
    pthread_mutex_unlock(&list->lock);
}

NTSTATUS completion_list_rundown(handle_t port)
{
    _cleanup_nt_(list_unrefp) struct completion_list *list = NULL;

    TRY(list_of_handle_need(port, &list));
    list_stop(list);
    return STATUS_SUCCESS;
}

NTSTATUS completion_list_unregister(handle_t port)
{
    _cleanup_nt_(list_unrefp) struct completion_list *list = NULL;

    TRY(list_of_handle_need(port, &list));
    list_stop(list);
    pthread_mutex_lock(&lists_lock);
    list_leave_port_locked(list);
    pthread_mutex_unlock(&lists_lock);
    list_settle(list);
    return STATUS_SUCCESS;
}

NTSTATUS completion_list_adjust(handle_t port, ULONG concurrency)
{
    _cleanup_nt_(list_unrefp) struct completion_list *list = NULL;

    if (!concurrency)
        return STATUS_INVALID_PARAMETER;
    TRY(list_of_handle_need(port, &list));
    pthread_mutex_lock(&list->lock);
    list->concurrency = concurrency;
    pthread_mutex_unlock(&list->lock);
    return STATUS_SUCCESS;
}

/* Everything that goes into the list is in it: what else is there? */
static status_t receive_rest(struct completion_list *list, handle_t port,
                             const struct portico_exchange *exchange, struct portico_exchange *rest)
{
    bool is_ready, is_full;

    pthread_mutex_lock(&list->lock);
    list->port = port; /* the handle it was registered with may be closed */
    list_fill_locked(list);
    is_ready = list->memory.n_ready;
    is_full = list->is_full || !list->is_filled;
    pthread_mutex_unlock(&list->lock);
    if (is_ready)
        return STATUS_ALPC_CHECK_COMPLETION_LIST;
    *rest = *exchange;
    rest->send = NULL;
    rest->deadline_ns = PORTICO_POLL;
    rest->flags |= is_full ? 0 : PORTICO_ONLY_CONNECTS;
    return portico_port_exchange(port, rest);
}

bool completion_list_receive(handle_t port, struct portico_exchange *exchange, status_t *ret_status)
{
    _cleanup_nt_(list_unrefp) struct completion_list *list = list_of_handle(port);
    struct portico_exchange rest = {.ret_size = 0};
    status_t status;

    if (!list)
        return false;
    do {
        status = receive_rest(list, port, exchange, &rest);
        if (status == STATUS_TIMEOUT && exchange->deadline_ns != PORTICO_POLL)
            status = portico_port_await(port, exchange->flags & PORTICO_ALERTABLE,
                                        exchange->deadline_ns);
        else
            break;
    } while (status == STATUS_SUCCESS);
    exchange->ret_size = rest.ret_size;
    *ret_status = status;
    return true;
}

/* ---- the calls of the PE half ---- */

NTSTATUS WINAPI unix_list_take(const void *buffer, struct unix_list_message *ret_user_message)
{
    _cleanup_nt_(list_unrefp) struct completion_list *list = list_of_buffer(buffer);
    struct unix_list_message message;

    if (!list)
        return STATUS_INVALID_PARAMETER;
    pthread_mutex_lock(&list->lock);
    if (!list->memory.n_ready)
        list_fill_locked(list);
    message.message = list_memory_take(&list->memory);
    if (message.message) {
        message.attributes = list_memory_attributes(&list->memory, message.message);
        list_memory_show(&list->memory);
    }
    pthread_mutex_unlock(&list->lock);
    return message.message ? USER_PUT(ret_user_message, message) : STATUS_NOT_FOUND;
}

NTSTATUS WINAPI unix_list_free(const void *buffer, const void *message)
{
    _cleanup_nt_(list_unrefp) struct completion_list *list = list_of_buffer(buffer);
    bool is_freed;

    if (!list)
        return STATUS_INVALID_PARAMETER;
    pthread_mutex_lock(&list->lock);
    is_freed = list_memory_free(&list->memory, message);
    list_memory_show(&list->memory);
    pthread_mutex_unlock(&list->lock);
    list_settle(list);
    return is_freed ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS WINAPI unix_list_attributes(const void *buffer, const void *message, void **ret_user)
{
    _cleanup_nt_(list_unrefp) struct completion_list *list = list_of_buffer(buffer);
    void *attributes;

    if (!list)
        return STATUS_INVALID_PARAMETER;
    pthread_mutex_lock(&list->lock);
    attributes = list_memory_attributes(&list->memory, message);
    pthread_mutex_unlock(&list->lock);
    return attributes ? USER_PUT(ret_user, attributes) : STATUS_INVALID_PARAMETER;
}

NTSTATUS WINAPI unix_list_query(const void *buffer, struct unix_list_info *ret_user_info)
{
    _cleanup_nt_(list_unrefp) struct completion_list *list = list_of_buffer(buffer);
    const struct list_memory *memory;
    struct unix_list_info info;

    if (!list)
        return STATUS_INVALID_PARAMETER;
    memory = &list->memory;
    pthread_mutex_lock(&list->lock);
    list_fill_locked(list);
    info = (struct unix_list_info){.n_outstanding = memory->n_posted - memory->n_returned,
                                   .last_message_id = memory->last_message_id,
                                   .last_callback_id = memory->last_callback_id};
    pthread_mutex_unlock(&list->lock);
    return USER_PUT(ret_user_info, info);
}

NTSTATUS WINAPI unix_list_worker(const void *buffer, ULONG begins)
{
    _cleanup_nt_(list_unrefp) struct completion_list *list = list_of_buffer(buffer);
    bool is_done;

    if (!list)
        return STATUS_INVALID_PARAMETER;
    pthread_mutex_lock(&list->lock);
    is_done = begins ? list->memory.n_active < LIST_ACTIVE_MAX : list->memory.n_active > 0;
    if (is_done) {
        list->memory.n_active += begins ? 1 : -1u;
        list_memory_show(&list->memory);
    }
    pthread_mutex_unlock(&list->lock);
    return is_done ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
