/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The Alpc* helpers on message attributes: arithmetic on the caller's own buffer, no system call.
 *
 * A buffer is the 8-byte header, then the bodies of the allocated attributes, from the highest flag
 * bit down to the lowest, each at its natural size, without padding. So the offset of one is the
 * header's size for all flags above it. Facts: reference 1.5 and 1.5.1 (sizes as measured by Wine's
 * tests on Windows). */

#include "ntdll.h"

#include "nt/ntalpc.h"

/* Everything on x64 is limited by the 16 bits of TotalLength. */
enum { MESSAGE_TOTAL_MAX_BYTES = 0xffff };

static const struct {
    ULONG flag;
    ULONG size;
} bodies[] = {
    {ALPC_MESSAGE_SECURITY_ATTRIBUTE, 0x18},       {ALPC_MESSAGE_VIEW_ATTRIBUTE, 0x20},
    {ALPC_MESSAGE_CONTEXT_ATTRIBUTE, 0x20},        {ALPC_MESSAGE_HANDLE_ATTRIBUTE, 0x18},
    {ALPC_MESSAGE_TOKEN_ATTRIBUTE, 0x18},          {ALPC_MESSAGE_DIRECT_ATTRIBUTE, 0x08},
    {ALPC_MESSAGE_WORK_ON_BEHALF_ATTRIBUTE, 0x08},
};

/* Unknown bits take no room. */
ULONG NTAPI AlpcGetHeaderSize(ULONG flags)
{
    ULONG size = sizeof(ALPC_MESSAGE_ATTRIBUTES);
    unsigned i;

    for (i = 0; i < ARRAY_COUNT(bodies); i++)
        if (flags & bodies[i].flag)
            size += bodies[i].size;
    return size;
}

NTSTATUS NTAPI AlpcInitializeMessageAttribute(ULONG flags, PALPC_MESSAGE_ATTRIBUTES buffer,
                                              SIZE_T buffer_size, PSIZE_T ret_required)
{
    const ULONG required = AlpcGetHeaderSize(flags);

    *ret_required = required;
    if (buffer_size < required)
        return STATUS_BUFFER_TOO_SMALL;
    if (buffer) {
        buffer->AllocatedAttributes = flags;
        buffer->ValidAttributes = 0;
    }
    return STATUS_SUCCESS;
}

/* Only AllocatedAttributes counts: a body may be asked for before it is valid. */
PVOID NTAPI AlpcGetMessageAttribute(PALPC_MESSAGE_ATTRIBUTES buffer, ULONG flag)
{
    const ULONG is_one_bit = flag && !(flag & (flag - 1));

    if (!is_one_bit || !(flag & ALPC_MESSAGE_ATTRIBUTE_ALL) ||
        !(buffer->AllocatedAttributes & flag))
        return NULL;
    return (char *)buffer + AlpcGetHeaderSize(buffer->AllocatedAttributes & ~(flag | (flag - 1)));
}

ULONG NTAPI AlpcMaxAllowedMessageLength(void)
{
    return MESSAGE_TOTAL_MAX_BYTES;
}
