/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* What threads impersonate (token.h). An entry for each thread that does, at its process: the
 * daemon knows no other threads than those with a request socket, and a thread may be given a token
 * by another before it has one. It goes when the thread reverts, when its socket closes (the thread
 * has ended), with the process. */

#include <stdlib.h>

#include "alpc/security_context.h"
#include "process.h"
#include "token.h"

/* Far more than a process has threads that impersonate: the list is walked at every request. */
#define THREAD_TOKENS_MAX 8192u

struct thread_token {
    struct list link; /* of process->thread_tokens */
    uint32_t thread_id;
    struct token *token;              /* reference */
    struct security_context *context; /* reference: in use as long as this thread is under it */
    struct charge charge;
};

static struct thread_token *find(const struct process *process, uint32_t thread_id)
{
    struct thread_token *entry;

    list_for_each(entry, &process->thread_tokens, link) {
        if (entry->thread_id == thread_id)
            return entry;
    }
    return NULL;
}

static void entry_free(struct process *process, struct thread_token *entry)
{
    list_remove(&entry->link);
    process->n_thread_tokens--;
    token_unref(entry->token);
    security_context_leave(entry->context);
    charge_release(&entry->charge);
    free(entry);
}

static status_t entry_new(struct process *process, uint32_t thread_id,
                          struct thread_token **ret_entry)
{
    _cleanup_(freep) struct thread_token *entry = calloc(1, sizeof(*entry));
    status_t status;

    if (!entry)
        return STATUS_NO_MEMORY;
    if (process->n_thread_tokens >= THREAD_TOKENS_MAX)
        return STATUS_QUOTA_EXCEEDED;
    status = user_charge(&entry->charge, process->user, USER_OBJECTS, 1);
    if (status)
        return status;
    entry->thread_id = thread_id;
    list_append(&process->thread_tokens, &entry->link);
    process->n_thread_tokens++;
    *ret_entry = TAKE(entry);
    return STATUS_SUCCESS;
}

struct token *thread_token(const struct process *process, uint32_t thread_id)
{
    struct thread_token *entry = find(process, thread_id);

    return entry ? entry->token : NULL;
}

/* NT's SeTokenCanImpersonate, as far as there are such things here: the same user, or nobody at
 * all, or a process with SeImpersonatePrivilege, which SYSTEM has. */
static bool may_impersonate(const struct process *process, const struct token *token)
{
    const struct identity *own = &process->token->identity->who, *other = &token->identity->who;

    return identity_is_system(own) || identity_is_anonymous(other) ||
           sid_is((const uint8_t *)&own->user, sid_size(&own->user), &other->user);
}

status_t thread_token_set(struct process *process, uint32_t thread_id, struct token *token,
                          struct security_context *context)
{
    _cleanup_(token_unrefp) struct token *own = NULL;
    struct thread_token *entry = find(process, thread_id);
    status_t status = STATUS_SUCCESS;

    if (!token) {
        thread_tokens_drop(process, thread_id);
        return STATUS_SUCCESS;
    }
    if (token->type != TOKEN_IMPERSONATION)
        return STATUS_BAD_TOKEN_TYPE;
    if (token->level > LEVEL_IDENTIFICATION && !may_impersonate(process, token))
        status = token_copy(token, process->user, TOKEN_IMPERSONATION, LEVEL_IDENTIFICATION,
                            token->effective_only, &own);
    else
        own = token_ref(token);
    if (!status && !entry)
        status = entry_new(process, thread_id, &entry);
    if (status)
        return status;
    token_unref(entry->token);
    security_context_leave(entry->context);
    entry->token = TAKE(own);
    entry->context = context ? security_context_enter(context) : NULL;
    return STATUS_SUCCESS;
}

void thread_tokens_drop(struct process *process, uint32_t thread_id)
{
    struct thread_token *entry, *next;

    list_for_each_safe(entry, next, &process->thread_tokens, link) {
        if (!thread_id || entry->thread_id == thread_id)
            entry_free(process, entry);
    }
}
