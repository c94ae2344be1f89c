/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Message attributes and port attributes between the program's layout (reference 1.4, 1.5) and
 * libportico's.
 *
 * Bodies follow the 8-byte header from the highest flag to the lowest, only those that are
 * allocated. A send may mark only allocated ones valid. HANDLE is in alpc_handles.c, SECURITY in
 * alpc_security.c. */
#include "alpc.h"

#include "ntprocess.h"
#include "usermem.h"
#include "work_on_behalf.h"

#define SUPPORTED_TO_SEND                                              \
    (ALPC_MESSAGE_VIEW_ATTRIBUTE | ALPC_MESSAGE_CONTEXT_ATTRIBUTE |    \
     ALPC_MESSAGE_HANDLE_ATTRIBUTE | ALPC_MESSAGE_SECURITY_ATTRIBUTE | \
     ALPC_MESSAGE_WORK_ON_BEHALF_ATTRIBUTE)
#define IGNORED_TO_SEND                                                                         \
    (ALPC_MESSAGE_TOKEN_ATTRIBUTE /* the receiver is told by the server, not by the sender */ | \
     ALPC_MESSAGE_DIRECT_ATTRIBUTE /* direct.c: it does not go to the receiver */)

static const struct {
    ULONG flag;
    ULONG size;
} bodies[] = {
    {ALPC_MESSAGE_SECURITY_ATTRIBUTE, sizeof(ALPC_SECURITY_ATTR)},
    {ALPC_MESSAGE_VIEW_ATTRIBUTE, sizeof(ALPC_DATA_VIEW_ATTR)},
    {ALPC_MESSAGE_CONTEXT_ATTRIBUTE, sizeof(ALPC_CONTEXT_ATTR)},
    {ALPC_MESSAGE_HANDLE_ATTRIBUTE, sizeof(ALPC_HANDLE_ATTR)},
    {ALPC_MESSAGE_TOKEN_ATTRIBUTE, sizeof(ALPC_TOKEN_ATTR)},
    {ALPC_MESSAGE_DIRECT_ATTRIBUTE, sizeof(ALPC_DIRECT_ATTR)},
    {ALPC_MESSAGE_WORK_ON_BEHALF_ATTRIBUTE, sizeof(ALPC_WORK_ON_BEHALF_ATTR)},
};

/* Where the body of an allocated attribute is; flag 0: the end of all. */
static void *body_at(const ALPC_MESSAGE_ATTRIBUTES *user, ULONG allocated, ULONG flag)
{
    char *at = (char *)user + sizeof(*user);

    for (unsigned i = 0; i < sizeof(bodies) / sizeof(bodies[0]) && bodies[i].flag != flag; i++)
        if (allocated & bodies[i].flag)
            at += bodies[i].size;
    return at;
}

ULONG alpc_attributes_size(ULONG flags)
{
    ULONG size = sizeof(ALPC_MESSAGE_ATTRIBUTES);

    for (unsigned i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        if (flags & bodies[i].flag)
            size += bodies[i].size;
    return size;
}

static NTSTATUS header_read(const ALPC_MESSAGE_ATTRIBUTES *user,
                            ALPC_MESSAGE_ATTRIBUTES *ret_header)
{
    if ((uintptr_t)user & (sizeof(void *) - 1))
        return STATUS_DATATYPE_MISALIGNMENT;
    return USER_GET(*ret_header, user);
}

static NTSTATUS view_read(const void *user_body, struct portico_attributes *attributes)
{
    ALPC_DATA_VIEW_ATTR attr;

    TRY(USER_GET(attr, (const ALPC_DATA_VIEW_ATTR *)user_body));
    if (attr.Flags &
        ~(ALPC_VIEWFLG_UNMAP_EXISTING | ALPC_VIEWFLG_AUTO_RELEASE | ALPC_VIEWFLG_SECURED_ACCESS))
        return STATUS_INVALID_PARAMETER;
    if ((uintptr_t)attr.SectionHandle > UINT32_MAX)
        return STATUS_INVALID_HANDLE;
    attributes->view = (struct portico_view){.flags = attr.Flags,
                                             .section = (uint32_t)(uintptr_t)attr.SectionHandle,
                                             .base = attr.ViewBase,
                                             .size = attr.ViewSize};
    return STATUS_SUCCESS;
}

NTSTATUS alpc_attributes_read(const ALPC_MESSAGE_ATTRIBUTES *user,
                              struct portico_attributes *ret_attributes,
                              struct alpc_handles **ret_handles)
{
    ALPC_MESSAGE_ATTRIBUTES header;
    ALPC_CONTEXT_ATTR context;
    ULONG unsupported;

    *ret_attributes = (struct portico_attributes){0};
    if (!user)
        return STATUS_SUCCESS;
    TRY(header_read(user, &header));
    header.ValidAttributes &= ALPC_MESSAGE_ATTRIBUTE_ALL;
    if (header.ValidAttributes & ~header.AllocatedAttributes)
        return STATUS_INVALID_PARAMETER;
    if (header.ValidAttributes & ALPC_MESSAGE_HANDLE_ATTRIBUTE)
        TRY(alpc_handles_read(
            body_at(user, header.AllocatedAttributes, ALPC_MESSAGE_HANDLE_ATTRIBUTE),
            ret_attributes, ret_handles));
    unsupported = header.ValidAttributes & ~(SUPPORTED_TO_SEND | IGNORED_TO_SEND);
    if (unsupported) {
        unimplemented_once("ALPC", "message attribute", unsupported);
        return STATUS_NOT_IMPLEMENTED;
    }
    if (header.ValidAttributes & ALPC_MESSAGE_CONTEXT_ATTRIBUTE) {
        TRY(USER_GET(context, (const ALPC_CONTEXT_ATTR *)body_at(user, header.AllocatedAttributes,
                                                                 ALPC_MESSAGE_CONTEXT_ATTRIBUTE)));
        ret_attributes->context.message_context = (uintptr_t)context.MessageContext;
    }
    if (header.ValidAttributes & ALPC_MESSAGE_SECURITY_ATTRIBUTE)
        TRY(alpc_security_read(
            body_at(user, header.AllocatedAttributes, ALPC_MESSAGE_SECURITY_ATTRIBUTE),
            ret_attributes));
    if (header.ValidAttributes & ALPC_MESSAGE_VIEW_ATTRIBUTE)
        TRY(view_read(body_at(user, header.AllocatedAttributes, ALPC_MESSAGE_VIEW_ATTRIBUTE),
                      ret_attributes));
    if (header.ValidAttributes & ALPC_MESSAGE_WORK_ON_BEHALF_ATTRIBUTE)
        ret_attributes->work_on_behalf = work_on_behalf_ticket(); /* whatever the body says */
    ret_attributes->valid = header.ValidAttributes & SUPPORTED_TO_SEND;
    return STATUS_SUCCESS;
}

NTSTATUS alpc_attributes_wanted(ALPC_MESSAGE_ATTRIBUTES *user,
                                struct portico_attributes *ret_attributes)
{
    ALPC_MESSAGE_ATTRIBUTES header;

    *ret_attributes = (struct portico_attributes){0};
    if (!user)
        return STATUS_SUCCESS;
    TRY(header_read(user, &header));
    TRY(user_probe_write(user, (size_t)((char *)body_at(user, header.AllocatedAttributes, 0) -
                                        (char *)user))); /* before a message is taken */
    ret_attributes->wanted = header.AllocatedAttributes & ALPC_MESSAGE_ATTRIBUTE_ALL;
    return STATUS_SUCCESS;
}

static LUID luid_from(uint64_t value)
{
    return (LUID){.LowPart = (ULONG)value, .HighPart = (LONG)(value >> 32)};
}

static NTSTATUS context_write(void *user_body, const struct portico_attributes *attributes)
{
    ALPC_CONTEXT_ATTR context = {0}; /* not valid (a connection request): all zero */

    if (attributes->valid & PORTICO_ATTRIBUTE_CONTEXT)
        context = (ALPC_CONTEXT_ATTR){
            .PortContext = (PVOID)(uintptr_t)attributes->context.port_context,
            .MessageContext = (PVOID)(uintptr_t)attributes->context.message_context,
            .Sequence = attributes->context.sequence,
            .MessageId = attributes->context.message_id,
            .CallbackId = attributes->context.callback_id,
        };
    return USER_PUT((ALPC_CONTEXT_ATTR *)user_body, context);
}

void alpc_context_sent(ALPC_MESSAGE_ATTRIBUTES *user, const struct portico_exchange *exchange)
{
    ALPC_MESSAGE_ATTRIBUTES header;
    ALPC_CONTEXT_ATTR *context;

    if (header_read(user, &header) ||
        !(header.ValidAttributes & header.AllocatedAttributes & ALPC_MESSAGE_CONTEXT_ATTRIBUTE))
        return;
    context = body_at(user, header.AllocatedAttributes, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
    if (!USER_PUT(&context->MessageId, exchange->ret_message_id))
        (void)!USER_PUT(&context->CallbackId, exchange->ret_callback_id);
}

NTSTATUS alpc_attributes_write(ALPC_MESSAGE_ATTRIBUTES *user,
                               const struct portico_attributes *attributes)
{
    ULONG allocated = attributes->wanted, valid = attributes->valid;

    if (!user)
        return STATUS_SUCCESS;
    if (allocated & ALPC_MESSAGE_CONTEXT_ATTRIBUTE)
        TRY(context_write(body_at(user, allocated, ALPC_MESSAGE_CONTEXT_ATTRIBUTE), attributes));
    if (valid & ALPC_MESSAGE_TOKEN_ATTRIBUTE) {
        ALPC_TOKEN_ATTR token = {.TokenId = luid_from(attributes->token.token_id),
                                 .AuthenticationId = luid_from(attributes->token.authentication_id),
                                 .ModifiedId = luid_from(attributes->token.modified_id)};
        TRY(USER_PUT((ALPC_TOKEN_ATTR *)body_at(user, allocated, ALPC_MESSAGE_TOKEN_ATTRIBUTE),
                     token));
    }
    if (valid & ALPC_MESSAGE_SECURITY_ATTRIBUTE)
        TRY(alpc_security_write(body_at(user, allocated, ALPC_MESSAGE_SECURITY_ATTRIBUTE),
                                attributes));
    if (valid & ALPC_MESSAGE_VIEW_ATTRIBUTE) {
        ALPC_DATA_VIEW_ATTR view = {.Flags = attributes->view.flags,
                                    .ViewBase = attributes->view.base,
                                    .ViewSize = attributes->view.size};
        TRY(USER_PUT((ALPC_DATA_VIEW_ATTR *)body_at(user, allocated, ALPC_MESSAGE_VIEW_ATTRIBUTE),
                     view));
    }
    if (valid & ALPC_MESSAGE_WORK_ON_BEHALF_ATTRIBUTE) {
        ALPC_WORK_ON_BEHALF_ATTR behalf = {.Ticket = attributes->work_on_behalf};
        TRY(USER_PUT((ALPC_WORK_ON_BEHALF_ATTR *)body_at(user, allocated,
                                                         ALPC_MESSAGE_WORK_ON_BEHALF_ATTRIBUTE),
                     behalf));
    }
    if (valid & ALPC_MESSAGE_HANDLE_ATTRIBUTE)
        TRY(alpc_handles_write(body_at(user, allocated, ALPC_MESSAGE_HANDLE_ATTRIBUTE),
                               attributes));
    return USER_PUT(&user->ValidAttributes, valid);
}

NTSTATUS alpc_direct_read(const ALPC_MESSAGE_ATTRIBUTES *user, bool *ret_is_valid,
                          HANDLE *ret_event)
{
    ALPC_MESSAGE_ATTRIBUTES header;
    ALPC_DIRECT_ATTR direct;

    *ret_is_valid = false;
    if (!user)
        return STATUS_SUCCESS;
    TRY(header_read(user, &header));
    if (!(header.ValidAttributes & header.AllocatedAttributes & ALPC_MESSAGE_DIRECT_ATTRIBUTE))
        return STATUS_SUCCESS;
    TRY(USER_GET(direct, (const ALPC_DIRECT_ATTR *)body_at(user, header.AllocatedAttributes,
                                                           ALPC_MESSAGE_DIRECT_ATTRIBUTE)));
    *ret_is_valid = true;
    *ret_event = direct.Event;
    return STATUS_SUCCESS;
}

/* Kept and read back, without effect, since no source tells one (reference 2.1, 6.1):
 * UNKNOWN(ALPC_PORFLG_WAKE_POLICY1): power and wake references, says the name.
 * UNKNOWN(ALPC_PORFLG_WAKE_POLICY2): the same.
 * UNKNOWN(ALPC_PORFLG_WAKE_POLICY3): the same.
 * UNKNOWN(ALPC_PORFLG_DIRECT_MESSAGE): what it is to a DIRECT attribute, which goes without it
 * here. UNKNOWN(ALPC_PORFLG_LPC_MODE): kernel only; Windows takes it from a program all the same.
 * UNKNOWN(MemoryBandwidth): what it limits; 0 is not "none" (reference 4.11). */
NTSTATUS alpc_port_attributes_read(const ALPC_PORT_ATTRIBUTES *user, bool is_create,
                                   struct port_attributes *ret_attributes, bool *ret_has_attributes)
{
    ALPC_PORT_ATTRIBUTES copy;

    *ret_has_attributes = user != NULL;
    *ret_attributes = (struct port_attributes){0};
    if (!user)
        return STATUS_SUCCESS;
    TRY(USER_GET(copy, user));
    if (copy.Flags & ALPC_PORFLG_SYSTEM_PROCESS)
        return STATUS_INVALID_PARAMETER;
    if (copy.SecurityQos.Length != 0 && copy.SecurityQos.Length != sizeof(copy.SecurityQos))
        return STATUS_INVALID_PARAMETER;
    if (copy.MaxMessageLength != 0 && copy.MaxMessageLength < sizeof(PORT_MESSAGE))
        return STATUS_INVALID_PARAMETER;
    if (copy.MaxMessageLength > PORT_MESSAGE_LENGTH_MAX) {
        if (is_create)
            return STATUS_INVALID_PARAMETER;
        copy.MaxMessageLength = PORT_MESSAGE_LENGTH_MAX;
    }
    *ret_attributes = (struct port_attributes){
        .flags = copy.Flags,
        .qos_length = copy.SecurityQos.Length,
        .impersonation_level = (uint32_t)copy.SecurityQos.ImpersonationLevel,
        .context_tracking = (uint8_t)copy.SecurityQos.ContextTrackingMode,
        .effective_only = copy.SecurityQos.EffectiveOnly,
        .max_message_length = copy.MaxMessageLength,
        .memory_bandwidth = copy.MemoryBandwidth,
        .max_pool_usage = copy.MaxPoolUsage,
        .max_section_size = copy.MaxSectionSize,
        .max_view_size = copy.MaxViewSize,
        .max_total_section_size = copy.MaxTotalSectionSize,
        .dup_object_types = copy.DupObjectTypes,
    };
    return STATUS_SUCCESS;
}

NTSTATUS alpc_capacity_read(SIZE_T *user, size_t *ret_capacity)
{
    SIZE_T capacity = SIZE_MAX;

    if (user) {
        TRY(USER_GET(capacity, user));
        TRY(USER_PUT(user, capacity)); /* it can be written, before a message is taken */
    }
    *ret_capacity = capacity;
    return STATUS_SUCCESS;
}

NTSTATUS alpc_length_write(SIZE_T *user, status_t status, size_t size)
{
    SIZE_T length = size;

    if (!user || (status != STATUS_SUCCESS && status != (status_t)STATUS_BUFFER_TOO_SMALL))
        return STATUS_SUCCESS;
    return USER_PUT(user, length);
}
