/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See token.h. */

#include "token.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "process.h"
#include "server.h"

#define AUTHENTICATION_ID_USERS     UINT64_C(0x10000) /* + uid; NT's own are below 0x1000 */
#define AUTHENTICATION_ID_ANONYMOUS UINT64_C(0x3e6)   /* ANONYMOUS_LOGON_LUID */

static void token_destroy(struct object *object);
static void token_dump(struct object *object, char *ret_text, size_t size);

const struct object_ops token_ops = {
    .kind = OBJECT_KIND_TOKEN,
    .type_name = "Token",
    .size = sizeof(struct token),
    .all_access = 0x000f01ff,
    .generic_read = 0x00020008,
    .generic_write = 0x000200e0,
    .generic_execute = 0x00020004,
    .destroy = token_destroy,
    .dump = token_dump,
};

DEFINE_OBJECT_CAST(token, token_ops)

static void token_destroy(struct object *object)
{
    struct token *token = token_from_object(object);

    if (token->identity && --token->identity->refs == 0)
        free(token->identity);
}

static void token_dump(struct object *object, char *ret_text, size_t size)
{
    const struct token *token = token_from_object(object);
    const struct sid *user = &token->identity->who.user;

    snprintf(ret_text, size, "type=%d level=%d user=S-1-%u-%u-%u", token->type, token->level,
             user->authority[5], user->sub[0], user->sub[1]);
}

static status_t token_new(struct server *server, struct user *user, struct token_identity *identity,
                          struct token **ret_token)
{
    struct object *object;
    status_t status = object_new(server, user, &token_ops, &object);

    if (status)
        return status;
    *ret_token = token_from_object(object);
    identity->refs++;
    (*ret_token)->identity = identity;
    (*ret_token)->modified_id = object->id;
    return STATUS_SUCCESS;
}

/* With an identity of its own, to be filled. */
static status_t token_make(struct server *server, struct user *user, enum token_type type,
                           struct token **ret_token)
{
    struct token_identity *identity = calloc(1, sizeof(*identity));
    status_t status;

    if (!identity)
        return STATUS_NO_MEMORY;
    status = token_new(server, user, identity, ret_token);
    if (status) {
        free(identity);
        return status;
    }
    (*ret_token)->type = type;
    (*ret_token)->level = LEVEL_IMPERSONATION;
    return STATUS_SUCCESS;
}

static size_t socket_groups(int fd, gid_t *ret_groups, size_t n_max)
{
    socklen_t size = (socklen_t)(n_max * sizeof(*ret_groups));

#ifdef SO_PEERGROUPS
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, ret_groups, &size) == 0)
        return size / sizeof(*ret_groups);
#else
    (void)fd;
#endif
    return 0; /* more than there is room for, or an old kernel: the fewer groups, the less access */
}

status_t token_of_socket(struct server *server, struct user *user, int fd, struct token **ret_token)
{
    gid_t groups[IDENTITY_GROUPS_MAX];
    struct ucred peer;
    socklen_t size = sizeof(peer);
    status_t status;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return STATUS_ACCESS_DENIED;
    status = token_make(server, user, TOKEN_PRIMARY, ret_token);
    if (status)
        return status;
    identity_from_unix(user->uid, peer.gid, groups, socket_groups(fd, groups, ARRAY_SIZE(groups)),
                       &(*ret_token)->identity->who);
    (*ret_token)->authentication_id = AUTHENTICATION_ID_USERS + user->uid;
    return STATUS_SUCCESS;
}

status_t token_anonymous(struct server *server, struct user *user, struct token **ret_token)
{
    status_t status = token_make(server, user, TOKEN_IMPERSONATION, ret_token);

    if (status)
        return status;
    identity_anonymous(&(*ret_token)->identity->who);
    (*ret_token)->authentication_id = AUTHENTICATION_ID_ANONYMOUS;
    return STATUS_SUCCESS;
}

status_t token_copy(const struct token *token, struct user *user, enum token_type type,
                    enum token_level level, bool effective_only, struct token **ret_token)
{
    status_t status = token_new(token->object.server, user, token->identity, ret_token);

    if (status)
        return status;
    (*ret_token)->type = type;
    (*ret_token)->level = type == TOKEN_PRIMARY ? LEVEL_IMPERSONATION : level;
    (*ret_token)->effective_only = token->effective_only || effective_only;
    (*ret_token)->authentication_id = token->authentication_id;
    (*ret_token)->modified_id = token->modified_id;
    return STATUS_SUCCESS;
}

status_t token_level_check(const struct token *token, uint32_t type, uint32_t level)
{
    if (type != TOKEN_PRIMARY && type != TOKEN_IMPERSONATION)
        return STATUS_INVALID_PARAMETER;
    if (type == TOKEN_IMPERSONATION && level > LEVEL_DELEGATION)
        return STATUS_BAD_IMPERSONATION_LEVEL;
    if (token->type == TOKEN_PRIMARY)
        return STATUS_SUCCESS;
    if (type == TOKEN_PRIMARY ? token->level < LEVEL_IMPERSONATION : level > token->level)
        return STATUS_BAD_IMPERSONATION_LEVEL;
    return STATUS_SUCCESS;
}

status_t token_lookup(struct process *process, handle_t handle, uint32_t access,
                      struct token **ret_token)
{
    struct object *object;
    status_t status;

    if (!handle) {
        *ret_token = token_ref(process->token);
        return STATUS_SUCCESS;
    }
    status = handle_lookup(&process->handles, handle, &token_ops, access, &object);
    if (!status)
        *ret_token = token_from_object(object);
    return status;
}

struct token *client_token(const struct client *client)
{
    struct token *token = thread_token(client->process, client->thread_id);

    return token ? token : client->process->token;
}
