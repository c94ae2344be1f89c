/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Access tokens: who acts.
 *
 * A process has a primary token, made at its first hello from what the kernel says of its socket
 * (SO_PEERCRED, SO_PEERGROUPS), never from its own word. A thread that impersonates has an
 * impersonation token besides; while it has, the daemon's access checks for its requests use that
 * one (client_token). It changes nothing about the Linux process.
 *
 * A token never changes once it is made; copies share its identity and have its ModifiedId, with a
 * TokenId of their own, as on NT.
 */
#pragma once

#include "client.h"
#include "common/sid.h"
#include "object.h"

enum token_type { TOKEN_PRIMARY = 1, TOKEN_IMPERSONATION = 2 };

/* SECURITY_IMPERSONATION_LEVEL. Below LEVEL_IMPERSONATION a token passes no access check. */
enum token_level { LEVEL_ANONYMOUS, LEVEL_IDENTIFICATION, LEVEL_IMPERSONATION, LEVEL_DELEGATION };

#define TOKEN_ACCESS_DUPLICATE   0x0002u
#define TOKEN_ACCESS_IMPERSONATE 0x0004u
#define TOKEN_ACCESS_QUERY       0x0008u

/* Shared by the copies of a token. */
struct token_identity {
    uint32_t refs;
    struct identity who;
};

struct token {
    struct object object; /* its id is the TokenId */
    struct token_identity *identity;
    enum token_type type;
    enum token_level level; /* a primary one: LEVEL_IMPERSONATION, and it means nothing */
    bool effective_only;
    uint64_t authentication_id, modified_id;
};

extern const struct object_ops token_ops;

static inline struct token *token_unref(struct token *token)
{
    if (token)
        object_unref(&token->object);
    return NULL;
}
DEFINE_CLEANUP(struct token *, token_unref)

static inline struct token *token_ref(struct token *token)
{
    object_ref(&token->object);
    return token;
}

/* The primary token of the process at the other end of a socket. */
status_t token_of_socket(struct server *server, struct user *user, int fd,
                         struct token **ret_token) _must_check_;
/* S-1-5-7, an impersonation token. */
status_t token_anonymous(struct server *server, struct user *user,
                         struct token **ret_token) _must_check_;
/* A copy; `user` is charged. No check: see token_level_check. */
status_t token_copy(const struct token *token, struct user *user, enum token_type type,
                    enum token_level level, bool effective_only,
                    struct token **ret_token) _must_check_;
/* May a copy of this type and level be made of it? STATUS_BAD_IMPERSONATION_LEVEL when an
 * impersonation token would gain by it; STATUS_INVALID_PARAMETER. */
status_t token_level_check(const struct token *token, uint32_t type, uint32_t level) _must_check_;

/* Handle of the process, 0: its primary token. A reference. */
status_t token_lookup(struct process *process, handle_t handle, uint32_t access,
                      struct token **ret_token) _must_check_;

/* ---- what threads impersonate ---- */

struct security_context;

/* The thread's token, borrowed; NULL: it impersonates nobody. */
struct token *thread_token(const struct process *process, uint32_t thread_id);
/* Gives a thread of the process a token (NULL: it reverts). Without the right to impersonate others
 * (SYSTEM has it) a process gets another user's token at LEVEL_IDENTIFICATION only, as NT has it
 * for those without SeImpersonatePrivilege. context: through which it was got, or NULL.
 * STATUS_BAD_TOKEN_TYPE, STATUS_QUOTA_EXCEEDED. */
status_t thread_token_set(struct process *process, uint32_t thread_id, struct token *token,
                          struct security_context *context) _must_check_;
/* All threads' (thread_id 0) or one's end. */
void thread_tokens_drop(struct process *process, uint32_t thread_id);

/* Who acts in a request: the thread's token, else the process'. Borrowed. */
struct token *client_token(const struct client *client);
