/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Tokens: the process' own (design section 8: the user is S-1-22-1-<uid>, root S-1-5-18), opening,
 * duplicating, and what all of them can be asked (token.h). */
#include "token.h"

#include "client.h"
#include "create.h"
#include "named.h"
#include "ntprocess.h"
#include "usermem.h"
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static NTSTATUS token_share(struct nt_object *object, uint32_t *ret_server);

const struct nt_type token_type = {
    .name = u"Token",
    .valid = TOKEN_ALL_ACCESS,
    .generic = {TOKEN_READ, TOKEN_WRITE, TOKEN_EXECUTE},
    .share = token_share,
};

/* The server has the process' own token too. */
static NTSTATUS token_share(struct nt_object *object, uint32_t *ret_server)
{
    struct token_open_request request = {.as_self = 1, .access = TOKEN_ALL_ACCESS};
    struct token_open_reply reply;
    struct control *control = portico_control();

    (void)object; /* there is one */
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    TRY((NTSTATUS)call_token_open(control, &request, &reply, NULL));
    *ret_server = reply.handle;
    return STATUS_SUCCESS;
}

size_t token_sid_of_user(uid_t uid, uint32_t ret_sid[8])
{
    struct sid sid = sid_from_uid(uid);

    memcpy(ret_sid, &sid, sid_size(&sid));
    return sid_size(&sid);
}

size_t token_sid_of_group(gid_t gid, uint32_t ret_sid[8])
{
    struct sid sid = sid_from_gid(gid);

    memcpy(ret_sid, &sid, sid_size(&sid));
    return sid_size(&sid);
}

struct nt_object *token_object_current(void)
{
    static struct nt_object *_Atomic current;
    struct nt_object *object = current, *none = NULL;

    if (object)
        return object;
    object = calloc(1, sizeof(*object));
    if (!object)
        return NULL;
    nt_object_init(object, &token_type);
    if (!atomic_compare_exchange_strong(&current, &none, object)) {
        nt_object_unref(object);
        object = none;
    }
    return object;
}

static NTSTATUS token_open(HANDLE process, ACCESS_MASK access, ULONG attributes, PHANDLE ret_handle)
{
    struct creation creation;
    struct nt_object *token;

    TRY(create_begin(ret_handle, NULL, &creation));
    TRY(process_require_current("NtOpenProcessToken", process));
    token = token_object_current();
    if (!token)
        return STATUS_NO_MEMORY;
    creation.attributes = attributes;
    return create_end(ret_handle, nt_object_ref(token), access, &creation);
}

NTSTATUS WINAPI NtOpenProcessToken(HANDLE process, DWORD access, HANDLE *ret_handle)
{
    return token_open(process, access, 0, ret_handle);
}

NTSTATUS WINAPI NtOpenProcessTokenEx(HANDLE process, DWORD access, DWORD attributes,
                                     HANDLE *ret_handle)
{
    return token_open(process, access, attributes, ret_handle);
}

NTSTATUS server_handle_give(PHANDLE ret_user_handle, handle_t handle)
{
    HANDLE value = (HANDLE)(uintptr_t)handle;
    NTSTATUS status = USER_PUT(ret_user_handle, value);

    if (status)
        (void)portico_close(handle);
    return status;
}

void token_refp(struct token_ref *ref)
{
    if (ref->is_temporary)
        (void)portico_close(ref->handle);
}

/* The calling thread's, as the process sees it. */
static NTSTATUS thread_token_open(struct token_ref *ret_ref)
{
    struct token_open_request request = {
        .thread_id = (uint32_t)gettid(), .as_self = 1, .access = TOKEN_ALL_ACCESS};
    struct token_open_reply reply;
    struct control *control;

    if (!token_any_thread())
        return STATUS_NO_TOKEN;
    client_need();
    control = portico_control();
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    TRY((NTSTATUS)call_token_open(control, &request, &reply, NULL));
    *ret_ref = (struct token_ref){reply.handle, true};
    return STATUS_SUCCESS;
}

static NTSTATUS server_token_check(handle_t handle, ACCESS_MASK access)
{
    enum object_kind kind;
    uint32_t granted;

    TRY((NTSTATUS)portico_handle_kind(handle, &kind, &granted));
    if (kind != OBJECT_KIND_TOKEN)
        return STATUS_OBJECT_TYPE_MISMATCH;
    return access & ~granted ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

NTSTATUS token_resolve(HANDLE handle, ACCESS_MASK access, struct token_ref *ret_ref)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    NTSTATUS status;

    *ret_ref = (struct token_ref){0};
    if (handle_is_server(handle)) {
        client_need();
        ret_ref->handle = (handle_t)(uintptr_t)handle & ~(handle_t)3;
        return server_token_check(ret_ref->handle, access);
    }
    switch ((intptr_t)handle) {
    case -5:
        return thread_token_open(ret_ref);
    case -6:
        status = thread_token_open(ret_ref);
        return status == STATUS_NO_TOKEN ? STATUS_SUCCESS : status;
    default:
        return handle_lookup(handle, access, &token_type, &object);
    }
}

static void own_facts(struct token_facts *facts)
{
    gid_t groups[IDENTITY_GROUPS_MAX];
    int n_groups = getgroups(IDENTITY_GROUPS_MAX, groups);

    *facts = (struct token_facts){.type = TokenPrimary, .level = SecurityImpersonation};
    identity_from_unix(geteuid(), getegid(), groups, n_groups > 0 ? (size_t)n_groups : 0,
                       &facts->who);
}

NTSTATUS token_facts(const struct token_ref *ref, bool with_ids, struct token_facts *ret_facts)
{
    struct token_query_request request = {.handle = ref->handle};
    struct token_query_reply reply;
    struct call_extra extra = {.ret_data = &ret_facts->who, .ret_capacity = sizeof(ret_facts->who)};
    struct control *control;

    if (!ref->handle && !with_ids) {
        own_facts(ret_facts);
        return STATUS_SUCCESS;
    }
    client_need();
    control = portico_control();
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    TRY((NTSTATUS)call_token_query(control, &request, &reply, &extra));
    ret_facts->type = (TOKEN_TYPE)reply.type;
    ret_facts->level = (SECURITY_IMPERSONATION_LEVEL)reply.level;
    ret_facts->token_id = reply.token_id;
    ret_facts->authentication_id = reply.authentication_id;
    ret_facts->modified_id = reply.modified_id;
    return STATUS_SUCCESS;
}

NTSTATUS qos_read(const SECURITY_QUALITY_OF_SERVICE *user, bool *ret_has_qos,
                  struct portico_qos *ret_qos)
{
    SECURITY_QUALITY_OF_SERVICE qos;

    *ret_has_qos = user != NULL;
    *ret_qos = (struct portico_qos){0};
    if (!user)
        return STATUS_SUCCESS;
    TRY(USER_GET(qos, user));
    if ((qos.Length != 0 && qos.Length != sizeof(qos)) ||
        (unsigned)qos.ImpersonationLevel > SecurityDelegation)
        return STATUS_INVALID_PARAMETER;
    *ret_qos = (struct portico_qos){.level = (uint32_t)qos.ImpersonationLevel,
                                    .tracking = (uint8_t)qos.ContextTrackingMode,
                                    .effective_only = qos.EffectiveOnly};
    return STATUS_SUCCESS;
}

/* The level comes with the attributes' quality of service; without one it is SecurityAnonymous.
 * DIFFERS: the fourth argument is EffectiveOnly, but Wine's kernelbase passes the level in it, and
 * no quality of service: without one it counts as the level. */
static NTSTATUS quality_of(const OBJECT_ATTRIBUTES *attributes, BYTE fourth,
                           struct portico_qos *ret_qos)
{
    OBJECT_ATTRIBUTES copy = {.SecurityQualityOfService = NULL};
    bool has_qos;

    if (attributes)
        TRY(USER_GET(copy, attributes));
    TRY(qos_read(copy.SecurityQualityOfService, &has_qos, ret_qos));
    if (has_qos)
        ret_qos->effective_only |= fourth != 0;
    else
        ret_qos->level = MIN(fourth, (BYTE)SecurityDelegation);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtDuplicateToken(HANDLE handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes,
                                 SECURITY_IMPERSONATION_LEVEL fourth, TOKEN_TYPE type,
                                 HANDLE *ret_handle)
{
    _cleanup_nt_(token_refp) struct token_ref ref = {0};
    struct token_duplicate_request request = {.access = access, .type = type};
    struct token_duplicate_reply reply;
    struct creation creation;
    struct portico_qos qos;
    struct control *control;

    TRY(create_begin(ret_handle, attributes, &creation));
    TRY(quality_of(attributes, (BYTE)fourth, &qos));
    TRY(token_resolve(handle, TOKEN_DUPLICATE, &ref));
    if (type != TokenPrimary && type != TokenImpersonation)
        return STATUS_INVALID_PARAMETER;
    client_need();
    control = portico_control();
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    request.handle = ref.handle;
    request.attributes = creation.attributes;
    request.level = qos.level;
    request.effective_only = qos.effective_only;
    TRY((NTSTATUS)call_token_duplicate(control, &request, &reply, NULL));
    return server_handle_give(ret_handle, reply.handle);
}
