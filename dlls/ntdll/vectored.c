/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Vectored exception handlers and vectored continue handlers: two ordered lists of callbacks.
 *
 * A handler may add and remove handlers, also itself, and other threads may be in the same handler:
 * entries are counted while they are called, an entry that is removed stays linked, marked, until
 * nobody stands on it. The lock is not held during a call. */

#include "ntdll.h"

#include "exception.h"

struct vectored_handler {
    LIST_ENTRY link;
    ULONG n_users; /* one for the registration, one for each call under way */
    bool is_removed;
    PVECTORED_EXCEPTION_HANDLER function;
};

struct handler_list {
    LIST_ENTRY head;
};

/* Guard: vectored_lock. */
static struct handler_list exception_handlers = {
    {&exception_handlers.head, &exception_handlers.head}};
static struct handler_list continue_handlers = {{&continue_handlers.head, &continue_handlers.head}};
static RTL_CRITICAL_SECTION vectored_lock = {(void *)(LONG_PTR)-1, -1, 0, 0, 0, 0};

static void *handler_add(struct handler_list *list, ULONG is_first,
                         PVECTORED_EXCEPTION_HANDLER function)
{
    struct vectored_handler *handler =
        RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, sizeof(*handler));
    LIST_ENTRY *before;

    if (!handler)
        return NULL;
    handler->n_users = 1;
    handler->function = function;
    RtlEnterCriticalSection(&vectored_lock);
    before = is_first ? &list->head : list->head.Blink;
    handler->link.Blink = before;
    handler->link.Flink = before->Flink;
    before->Flink->Blink = &handler->link;
    before->Flink = &handler->link;
    RtlLeaveCriticalSection(&vectored_lock);
    return handler;
}

/* The lock is held. */
static void handler_unref(struct vectored_handler *handler)
{
    if (--handler->n_users)
        return;
    handler->link.Blink->Flink = handler->link.Flink;
    handler->link.Flink->Blink = handler->link.Blink;
    RtlFreeHeap(process_heap(), 0, handler);
}

static ULONG handler_remove(struct handler_list *list, void *cookie)
{
    LIST_ENTRY *link;
    ULONG is_found = FALSE;

    RtlEnterCriticalSection(&vectored_lock);
    for (link = list->head.Flink; link != &list->head; link = link->Flink) {
        struct vectored_handler *handler = CONTAINING_RECORD(link, struct vectored_handler, link);

        if (handler == cookie && !handler->is_removed) {
            handler->is_removed = true;
            handler_unref(handler);
            is_found = TRUE;
            break;
        }
    }
    RtlLeaveCriticalSection(&vectored_lock);
    return is_found;
}

/* The first live handler at or after link, with a reference; NULL at the end. The lock is held. */
static struct vectored_handler *handler_get(struct handler_list *list, LIST_ENTRY *link)
{
    for (; link != &list->head; link = link->Flink) {
        struct vectored_handler *handler = CONTAINING_RECORD(link, struct vectored_handler, link);

        if (!handler->is_removed) {
            handler->n_users++;
            return handler;
        }
    }
    return NULL;
}

static bool handlers_call(struct handler_list *list, EXCEPTION_RECORD *record, CONTEXT *context)
{
    EXCEPTION_POINTERS pointers = {record, context};
    struct vectored_handler *handler;
    LONG answer = EXCEPTION_CONTINUE_SEARCH;

    /* Race 1: an addition at this instant may be missed, as if it had come after the exception. */
    if (__atomic_load_n(&list->head.Flink, __ATOMIC_ACQUIRE) == &list->head)
        return false;
    RtlEnterCriticalSection(&vectored_lock);
    handler = handler_get(list, list->head.Flink);
    while (handler) {
        struct vectored_handler *next;

        RtlLeaveCriticalSection(&vectored_lock);
        answer = handler->function(&pointers);
        RtlEnterCriticalSection(&vectored_lock);
        next =
            answer == EXCEPTION_CONTINUE_EXECUTION ? NULL : handler_get(list, handler->link.Flink);
        handler_unref(handler);
        handler = next;
    }
    RtlLeaveCriticalSection(&vectored_lock);
    return answer == EXCEPTION_CONTINUE_EXECUTION;
}

bool vectored_call(EXCEPTION_RECORD *record, CONTEXT *context)
{
    return handlers_call(&exception_handlers, record, context);
}

void vectored_call_continue(EXCEPTION_RECORD *record, CONTEXT *context)
{
    handlers_call(&continue_handlers, record, context);
}

PVOID WINAPI RtlAddVectoredExceptionHandler(ULONG is_first, PVECTORED_EXCEPTION_HANDLER function)
{
    return handler_add(&exception_handlers, is_first, function);
}

PVOID WINAPI RtlAddVectoredContinueHandler(ULONG is_first, PVECTORED_EXCEPTION_HANDLER function)
{
    return handler_add(&continue_handlers, is_first, function);
}

ULONG WINAPI RtlRemoveVectoredExceptionHandler(PVOID cookie)
{
    return handler_remove(&exception_handlers, cookie);
}

ULONG WINAPI RtlRemoveVectoredContinueHandler(PVOID cookie)
{
    return handler_remove(&continue_handlers, cookie);
}
