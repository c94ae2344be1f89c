/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The HANDLE attribute (reference 1.5.2, 3.6, 4.7): the program's handles as offers to the server.
 *
 * A handle of this process' own object makes the object the server's first (shared.c); its rights
 * and attributes are checked here, since the server's handle behind it has all. Of the attributes
 * only OBJ_INHERIT travels for such a handle (DIFFERS: DUPLICATE_SAME_ATTRIBUTES also keeps
 * OBJ_PROTECT_CLOSE on Windows). A HANDLE attribute of nothing, in a continuation, gives back what
 * came with the message. */
#include "alpc.h"

#include "shared.h"
#include "usermem.h"
#include <stdlib.h>

#define HANDLE_FLAGS_ALL                                                               \
    (ALPC_HANDLEFLG_DUPLICATE_SAME_ACCESS | ALPC_HANDLEFLG_DUPLICATE_SAME_ATTRIBUTES | \
     ALPC_HANDLEFLG_INDIRECT | ALPC_HANDLEFLG_DUPLICATE_INHERIT)

struct alpc_handles {
    ULONG n, n_shared;
    ALPC_HANDLE_ATTR32 elements[ALPC_INDIRECT_HANDLE_MAX]; /* as the program gave them */
    struct shared_handle shared[ALPC_INDIRECT_HANDLE_MAX];
    struct handle_offer offers[ALPC_INDIRECT_HANDLE_MAX];
};

void alpc_handles_freep(struct alpc_handles **handles)
{
    if (!*handles)
        return;
    for (ULONG i = 0; i < (*handles)->n_shared; i++)
        shared_handle_release(&(*handles)->shared[i]);
    free(*handles);
}

/* The elements of the program's memory, each read once; reference 3.6 in its order. */
static NTSTATUS elements_read(const ALPC_HANDLE_ATTR *attr, struct alpc_handles *handles)
{
    if (!(attr->Flags & ALPC_HANDLEFLG_INDIRECT)) {
        if ((uintptr_t)attr->Handle > UINT32_MAX && (intptr_t)attr->Handle > 0)
            return STATUS_INVALID_HANDLE;
        handles->n = attr->Handle ? 1 : 0;
        handles->elements[0] = (ALPC_HANDLE_ATTR32){attr->Flags, (ULONG)(uintptr_t)attr->Handle,
                                                    attr->ObjectType, attr->DesiredAccess};
        return STATUS_SUCCESS;
    }
    if (attr->HandleCount > ALPC_INDIRECT_HANDLE_MAX)
        return STATUS_LPC_HANDLE_COUNT_EXCEEDED;
    if (attr->HandleCount < 2)
        return STATUS_INVALID_PARAMETER;
    TRY(user_read(handles->elements, attr->HandleAttrArray,
                  attr->HandleCount * sizeof(handles->elements[0])));
    for (ULONG i = 0; i < attr->HandleCount; i++)
        if (handles->elements[i].Flags & (ALPC_HANDLEFLG_INDIRECT | ~HANDLE_FLAGS_ALL))
            return STATUS_INVALID_PARAMETER;
    handles->n = attr->HandleCount;
    return STATUS_SUCCESS;
}

/* What a handle of this process' own object may be asked to become. */
static NTSTATUS local_offer(const ALPC_HANDLE_ATTR32 *element, const struct shared_handle *shared,
                            struct handle_offer *offer)
{
    ACCESS_MASK access = access_map(shared->type, element->DesiredAccess);

    if (element->Flags & ALPC_HANDLEFLG_DUPLICATE_SAME_ACCESS)
        access = shared->granted;
    else if (element->DesiredAccess & MAXIMUM_ALLOWED)
        access &= shared->granted;
    if (access & ~shared->granted)
        return STATUS_ACCESS_DENIED;
    offer->access = access;
    offer->flags = element->Flags & ALPC_HANDLEFLG_DUPLICATE_INHERIT;
    if ((element->Flags & ALPC_HANDLEFLG_DUPLICATE_SAME_ATTRIBUTES) &&
        (shared->attributes & OBJ_INHERIT))
        offer->flags |= HANDLE_OFFER_INHERIT;
    return STATUS_SUCCESS;
}

static NTSTATUS offer_make(struct alpc_handles *handles, ULONG i)
{
    const ALPC_HANDLE_ATTR32 *element = &handles->elements[i];
    struct handle_offer *offer = &handles->offers[i];
    struct shared_handle *shared = &handles->shared[i];

    /* Sign-extended: pseudo-handles. */
    TRY(shared_handle_get((HANDLE)(intptr_t)(LONG)element->Handle, shared));
    handles->n_shared++;
    *offer = (struct handle_offer){.flags = element->Flags & ~(ULONG)ALPC_HANDLEFLG_INDIRECT,
                                   .handle = shared->server & ~(handle_t)3,
                                   .type = element->ObjectType,
                                   .access = element->DesiredAccess};
    return shared->is_local ? local_offer(element, shared, offer) : STATUS_SUCCESS;
}

NTSTATUS alpc_handles_read(const ALPC_HANDLE_ATTR *user, struct portico_attributes *attributes,
                           struct alpc_handles **ret_handles)
{
    _cleanup_nt_(alpc_handles_freep) struct alpc_handles *handles = NULL;
    ALPC_HANDLE_ATTR attr;

    TRY(USER_GET(attr, user));
    if (attr.Flags & ~(ULONG)HANDLE_FLAGS_ALL)
        return STATUS_INVALID_PARAMETER;
    handles = calloc(1, sizeof(*handles));
    if (!handles)
        return STATUS_NO_MEMORY;
    TRY(elements_read(&attr, handles));
    for (ULONG i = 0; i < handles->n; i++)
        TRY(offer_make(handles, i));
    attributes->handles.offers = handles->offers;
    attributes->handles.n = handles->n;
    *ret_handles = handles;
    handles = NULL;
    return STATUS_SUCCESS;
}

NTSTATUS alpc_handles_write(ALPC_HANDLE_ATTR *user, const struct portico_attributes *attributes)
{
    ALPC_HANDLE_ATTR attr = {.HandleCount = attributes->handles.n};
    NTSTATUS status;

    if (attributes->handles.handle) {
        attr.Handle = (HANDLE)(uintptr_t)attributes->handles.handle;
        attr.ObjectType = attributes->handles.type;
        attr.GrantedAccess = attributes->handles.access;
    }
    status = USER_PUT(user, attr);
    if (status && attributes->handles.handle)
        (void)!portico_close(attributes->handles.handle);
    return status;
}

NTSTATUS alpc_handles_query(handle_t port, ULONG message_id, void *user, ULONG length,
                            ULONG *ret_user_length)
{
    ALPC_MESSAGE_HANDLE_INFORMATION info;
    struct portico_message_handle handle;
    ULONG size = sizeof(info);
    NTSTATUS status;

    if (ret_user_length)
        TRY(USER_PUT(ret_user_length, size));
    if (length < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(USER_GET(info, (ALPC_MESSAGE_HANDLE_INFORMATION *)user));
    TRY((NTSTATUS)portico_message_handle(port, message_id, info.Index, &handle));
    info = (ALPC_MESSAGE_HANDLE_INFORMATION){.Index = info.Index,
                                             .Handle = handle.handle,
                                             .ObjectType = handle.type,
                                             .GrantedAccess = handle.access};
    status = USER_PUT((ALPC_MESSAGE_HANDLE_INFORMATION *)user, info);
    if (status)
        (void)!portico_close(handle.handle);
    return status;
}
