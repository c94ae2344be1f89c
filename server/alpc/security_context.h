/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Security contexts (reference 3.10, 4.10): a port's word "you may impersonate me through this".
 *
 * A context belongs to the port that made it; it is attached to messages by its handle, which the
 * receiver sees with the same value. Messages do not pass through the daemon, so it cannot know
 * which of them carries what: the handle is a random number, and who names it at impersonation has
 * it from a message or not at all. Besides, it counts only between the two ends of a connection of
 * its port: a handle that somebody passed on opens nothing elsewhere (impersonate.h).
 */
#pragma once

#include "port.h"

struct client;
struct connection;
struct token;

#define SECURITY_CONTEXTS_MAX 1024u /* of one port */
#define TRACKING_DYNAMIC      1u

struct security_quality {
    uint32_t level; /* enum token_level */
    bool dynamic;   /* the maker's token at the moment of the impersonation, else of the creation */
    bool effective_only;
};

struct security_context {
    struct list link; /* of port->security_contexts */
    uint32_t refs;    /* the port's list is one, each thread that impersonates by it another */
    uint64_t handle;
    struct security_quality quality;
    struct process *process; /* reference: whose it is */
    struct token *token;     /* reference: who made it, then */
    uint32_t thread_id;      /* the same, for dynamic tracking */
    bool is_inline;          /* made by sending: given again for the same wish */
    bool revoked;
    struct charge charge;
};

/* Of the calling thread. quality NULL: the port's own. INLINE: one that was made so before, for
 * the same quality and identity, is as good. IMPLICIT: so too, and static, at the level that there
 * is. STATUS_BAD_IMPERSONATION_LEVEL: the thread impersonates at a lower level;
 * STATUS_INVALID_PARAMETER, STATUS_QUOTA_EXCEEDED, STATUS_PORT_DISCONNECTED. */
status_t security_context_new(struct port *port, struct client *client,
                              const struct security_quality *quality,
                              enum security_creation creation,
                              struct security_context **ret_context) _must_check_;
/* One with a handle of the caller's choice, which a port of its own that nobody else has may have.
 * STATUS_INVALID_PARAMETER: none of those that security_context_new chooses. */
status_t security_context_new_with(struct port *port, struct client *client,
                                   const struct security_quality *quality,
                                   uint64_t handle) _must_check_;
/* Borrowed; NULL: the port has none of that handle. */
struct security_context *security_context_find(const struct port *port, uint64_t handle);
/* STATUS_INVALID_HANDLE, STATUS_DELETE_PENDING while a thread impersonates by it. */
status_t security_context_delete(struct port *port, uint64_t handle) _must_check_;
status_t security_context_revoke(struct port *port, uint64_t handle) _must_check_;
/* All of a port's, of both ends of a connection that ends. */
void security_contexts_free(struct port *port);
void security_contexts_end(struct connection *connection);

/* A thread begins and ends to impersonate by it. */
struct security_context *security_context_enter(struct security_context *context);
void security_context_leave(struct security_context *context); /* NULL: nothing */

/* What the attributes of a port say. */
struct security_quality port_quality(const struct port *port);
