/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See descriptor.h. The bytes stand anywhere in a packet: nothing is aligned, numbers are copied
 * out. */

#include "descriptor.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 20u /* revision, 0, control, then four offsets */
#define ACL_BYTES    8u  /* revision, 0, size, count, 0 */
#define ACE_BYTES    8u  /* type, flags, size, mask */
#define GUID_BYTES   16u

static uint16_t get16(const uint8_t *bytes)
{
    uint16_t value;

    memcpy(&value, bytes, sizeof(value));
    return value;
}

static uint32_t get32(const uint8_t *bytes)
{
    uint32_t value;

    memcpy(&value, bytes, sizeof(value));
    return value;
}

struct descriptor *descriptor_free(struct descriptor *descriptor)
{
    if (descriptor)
        charge_release(&descriptor->charge);
    free(descriptor);
    return NULL;
}

static status_t sid_at(const uint8_t *bytes, uint32_t size, uint32_t offset,
                       const uint8_t **ret_sid, uint32_t *ret_size)
{
    if (!offset)
        return STATUS_SUCCESS;
    if (offset > size)
        return STATUS_INVALID_SECURITY_DESCR;
    *ret_size = (uint32_t)sid_bytes_size(bytes + offset, size - offset);
    if (!*ret_size)
        return STATUS_INVALID_SID;
    *ret_sid = bytes + offset;
    return STATUS_SUCCESS;
}

/* Where the SID of an ACE stands; 0: a type that has no meaning here. */
static uint32_t ace_sid_offset(const uint8_t *ace, uint32_t size)
{
    uint32_t offset = ACE_BYTES;

    if (ace[0] == ACE_ALLOWED || ace[0] == ACE_DENIED)
        return offset;
    if (ace[0] != ACE_ALLOWED_OBJECT && ace[0] != ACE_DENIED_OBJECT)
        return 0;
    if (size < ACE_BYTES + 4)
        return size; /* no SID fits there */
    for (uint32_t flags = get32(ace + ACE_BYTES) & 3; flags; flags &= flags - 1)
        offset += GUID_BYTES;
    return offset + 4;
}

static bool ace_check(const uint8_t *ace, uint32_t size)
{
    uint32_t offset = ace_sid_offset(ace, size);

    return !offset || (offset <= size && sid_bytes_size(ace + offset, size - offset));
}

static bool dacl_check(const uint8_t *dacl, uint32_t room)
{
    uint32_t size, at = ACL_BYTES;

    if (room < ACL_BYTES || dacl[0] < 2 || dacl[0] > 4)
        return false;
    size = get16(dacl + 2);
    if (size < ACL_BYTES || size > room)
        return false;
    for (uint32_t n = get16(dacl + 4); n; n--) {
        uint32_t ace_size;

        if (size - at < ACE_BYTES)
            return false;
        ace_size = get16(dacl + at + 2);
        if (ace_size < ACE_BYTES || ace_size % 4 || ace_size > size - at ||
            !ace_check(dacl + at, ace_size))
            return false;
        at += ace_size;
    }
    return true;
}

status_t descriptor_parse(const uint8_t *bytes, uint32_t size, struct descriptor_parts *ret_parts)
{
    struct descriptor_parts parts = {0};
    uint32_t dacl;
    status_t status;

    if (size < HEADER_BYTES || size > DESCRIPTOR_MAX_BYTES)
        return STATUS_INVALID_SECURITY_DESCR;
    if (bytes[0] != 1)
        return STATUS_UNKNOWN_REVISION;
    parts.control = get16(bytes + 2);
    if (!(parts.control & CONTROL_SELF_RELATIVE))
        return STATUS_INVALID_SECURITY_DESCR;
    status = sid_at(bytes, size, get32(bytes + 4), &parts.owner, &parts.owner_size);
    if (!status)
        status = sid_at(bytes, size, get32(bytes + 8), &parts.group, &parts.group_size);
    if (status)
        return status;
    parts.has_dacl = parts.control & CONTROL_DACL_PRESENT;
    dacl = parts.has_dacl ? get32(bytes + 16) : 0;
    if (dacl > size)
        return STATUS_INVALID_SECURITY_DESCR;
    if (dacl) {
        if (!dacl_check(bytes + dacl, size - dacl))
            return STATUS_INVALID_ACL;
        parts.dacl = bytes + dacl;
        parts.dacl_size = get16(parts.dacl + 2);
    }
    *ret_parts = parts;
    return STATUS_SUCCESS;
}

static void put32(uint8_t *bytes, uint32_t value)
{
    memcpy(bytes, &value, sizeof(value));
}

/* Appends a part; its offset, 0 when it is absent. */
static uint32_t part_put(struct descriptor *descriptor, const uint8_t *part, uint32_t size)
{
    uint32_t at = descriptor->size;

    if (!part)
        return 0;
    memcpy(descriptor->bytes + at, part, size);
    descriptor->size += ALIGN_UP(size, 4u);
    return at;
}

status_t descriptor_new(const struct descriptor_parts *parts, struct user *user,
                        struct descriptor **ret_descriptor)
{
    uint32_t size =
        HEADER_BYTES + parts->owner_size + parts->group_size + ALIGN_UP(parts->dacl_size, 4u);
    _cleanup_(descriptor_freep) struct descriptor *descriptor =
        calloc(1, sizeof(*descriptor) + size);
    uint16_t control = CONTROL_SELF_RELATIVE | (parts->control & CONTROL_DACL_PROTECTED) |
                       (parts->has_dacl ? CONTROL_DACL_PRESENT : 0);
    status_t status;

    if (!descriptor)
        return STATUS_NO_MEMORY;
    if (size > DESCRIPTOR_MAX_BYTES) /* parts that shared bytes: what is kept must be readable */
        return STATUS_INVALID_SECURITY_DESCR;
    status = user_charge(&descriptor->charge, user, USER_MEMORY, sizeof(*descriptor) + size);
    if (status)
        return status;
    descriptor->bytes[0] = 1;
    memcpy(descriptor->bytes + 2, &control, sizeof(control));
    descriptor->size = HEADER_BYTES;
    put32(descriptor->bytes + 4, part_put(descriptor, parts->owner, parts->owner_size));
    put32(descriptor->bytes + 8, part_put(descriptor, parts->group, parts->group_size));
    put32(descriptor->bytes + 16, part_put(descriptor, parts->dacl, parts->dacl_size));
    assert(descriptor->size == size);
    *ret_descriptor = TAKE(descriptor);
    return STATUS_SUCCESS;
}

bool ace_next(const struct descriptor_parts *parts, struct ace_walk *walk, struct ace *ret_ace)
{
    const uint8_t *ace;
    uint32_t size, offset;

    if (!parts->dacl)
        return false;
    if (!walk->offset)
        *walk = (struct ace_walk){ACL_BYTES, get16(parts->dacl + 4)};
    if (!walk->n_left)
        return false;
    ace = parts->dacl + walk->offset;
    size = get16(ace + 2);
    offset = ace_sid_offset(ace, size);
    *ret_ace = (struct ace){.type = ace[0], .flags = ace[1], .mask = get32(ace + 4)};
    if (offset) {
        ret_ace->sid = ace + offset;
        ret_ace->sid_size = (uint32_t)sid_bytes_size(ace + offset, size - offset);
    }
    walk->offset += size;
    walk->n_left--;
    return true;
}

uint32_t dacl_allow(const struct sid *const *sids, uint32_t n_sids, uint32_t mask,
                    uint8_t ret_dacl[DACL_DEFAULT_MAX_BYTES])
{
    uint32_t at = ACL_BYTES;
    uint16_t size, count = (uint16_t)n_sids;

    memset(ret_dacl, 0, DACL_DEFAULT_MAX_BYTES);
    for (uint32_t i = 0; i < n_sids; i++) {
        uint16_t ace_size = (uint16_t)(ACE_BYTES + sid_size(sids[i]));

        assert(at + ace_size <= DACL_DEFAULT_MAX_BYTES);
        memcpy(ret_dacl + at + 2, &ace_size, sizeof(ace_size));
        put32(ret_dacl + at + 4, mask);
        memcpy(ret_dacl + at + ACE_BYTES, sids[i], sid_size(sids[i]));
        at += ace_size;
    }
    size = (uint16_t)at;
    ret_dacl[0] = 2;
    memcpy(ret_dacl + 2, &size, sizeof(size));
    memcpy(ret_dacl + 4, &count, sizeof(count));
    return at;
}
