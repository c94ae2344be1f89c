/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See descriptor.h. */
#include "descriptor.h"

#include "common/sid.h"
#include "create.h"
#include "usermem.h"
#include <stdlib.h>
#include <string.h>

#define DESCRIPTOR_MAX 0x10000u /* an ACL's size is 16 bits */

/* Where the parts are in the program's memory; NULL: absent. */
struct parts {
    const uint8_t *owner, *group, *dacl;
    SECURITY_DESCRIPTOR_CONTROL control;
};

static const uint8_t *part_at(PSECURITY_DESCRIPTOR user, DWORD offset)
{
    return offset ? (const uint8_t *)user + offset : NULL;
}

static NTSTATUS parts_find(PSECURITY_DESCRIPTOR user, struct parts *ret_parts)
{
    SECURITY_DESCRIPTOR_RELATIVE relative;
    SECURITY_DESCRIPTOR absolute;

    TRY(USER_GET(relative, (const SECURITY_DESCRIPTOR_RELATIVE *)user));
    if (relative.Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    if (relative.Control & SE_SELF_RELATIVE) {
        *ret_parts = (struct parts){part_at(user, relative.Owner), part_at(user, relative.Group),
                                    part_at(user, relative.Dacl), relative.Control};
        return STATUS_SUCCESS;
    }
    TRY(USER_GET(absolute, (const SECURITY_DESCRIPTOR *)user));
    *ret_parts = (struct parts){(const uint8_t *)absolute.Owner, (const uint8_t *)absolute.Group,
                                (const uint8_t *)absolute.Dacl, absolute.Control};
    return STATUS_SUCCESS;
}

/* Appends `size` bytes of the program's. */
static NTSTATUS append(uint8_t **bytes, uint32_t *at, const uint8_t *user, uint32_t size,
                       DWORD *ret_offset)
{
    uint8_t *grown = realloc(*bytes, *at + ((size + 3u) & ~3u));

    if (!grown)
        return STATUS_NO_MEMORY;
    *bytes = grown;
    memset(grown + *at, 0, (size + 3u) & ~3u);
    TRY(user_read(grown + *at, user, size));
    *ret_offset = *at;
    *at += (size + 3u) & ~3u;
    return STATUS_SUCCESS;
}

static NTSTATUS append_sid(uint8_t **bytes, uint32_t *at, const uint8_t *user, DWORD *ret_offset)
{
    uint8_t head[SID_MIN_BYTES];

    if (!user)
        return STATUS_SUCCESS;
    TRY(user_read(head, user, sizeof(head)));
    if (head[0] != 1 || head[1] > 15)
        return STATUS_INVALID_SID;
    return append(bytes, at, user, SID_MIN_BYTES + 4u * head[1], ret_offset);
}

static NTSTATUS append_acl(uint8_t **bytes, uint32_t *at, const uint8_t *user, DWORD *ret_offset)
{
    ACL head;

    if (!user)
        return STATUS_SUCCESS;
    TRY(user_read(&head, user, sizeof(head)));
    if (head.AclSize < sizeof(head))
        return STATUS_INVALID_ACL;
    return append(bytes, at, user, head.AclSize, ret_offset);
}

static NTSTATUS parts_gather(const struct parts *parts, uint8_t **bytes, uint32_t *size)
{
    SECURITY_DESCRIPTOR_RELATIVE header = {
        .Revision = SECURITY_DESCRIPTOR_REVISION,
        .Control = SE_SELF_RELATIVE | (parts->control & (SE_DACL_PRESENT | SE_DACL_PROTECTED)),
    };

    *bytes = malloc(sizeof(header));
    if (!*bytes)
        return STATUS_NO_MEMORY;
    *size = sizeof(header);
    TRY(append_sid(bytes, size, parts->owner, &header.Owner));
    TRY(append_sid(bytes, size, parts->group, &header.Group));
    if (parts->control & SE_DACL_PRESENT)
        TRY(append_acl(bytes, size, parts->dacl, &header.Dacl));
    memcpy(*bytes, &header, sizeof(header));
    return STATUS_SUCCESS;
}

NTSTATUS descriptor_read(PSECURITY_DESCRIPTOR user, void **ret_bytes, uint32_t *ret_size)
{
    struct parts parts;
    uint8_t *bytes = NULL;
    uint32_t size = 0;
    NTSTATUS status;

    *ret_bytes = NULL;
    *ret_size = 0;
    if (!user)
        return STATUS_SUCCESS;
    TRY(parts_find(user, &parts));
    status = parts_gather(&parts, &bytes, &size);
    if (status) {
        free(bytes);
        return status;
    }
    *ret_bytes = bytes;
    *ret_size = size;
    return STATUS_SUCCESS;
}

void descriptor_freep(void *pointer)
{
    free(*(void **)pointer);
}
