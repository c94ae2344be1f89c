/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See sid.h. */

#include "common/sid.h"

#include <string.h>

#define AUTHORITY_WORLD     1u
#define AUTHORITY_CREATOR   3u
#define AUTHORITY_NT        5u
#define AUTHORITY_INTEGRITY 16u
#define AUTHORITY_UNIX      22u

static struct sid make(uint8_t authority, uint8_t count, uint32_t first, uint32_t second)
{
    return (struct sid){1, count, {0, 0, 0, 0, 0, authority}, {first, second}};
}

struct sid sid_everyone(void)
{
    return make(AUTHORITY_WORLD, 1, 0, 0);
}

struct sid sid_anonymous(void)
{
    return make(AUTHORITY_NT, 1, 7, 0);
}

struct sid sid_authenticated(void)
{
    return make(AUTHORITY_NT, 1, 11, 0);
}

struct sid sid_system(void)
{
    return make(AUTHORITY_NT, 1, 18, 0);
}

struct sid sid_administrators(void)
{
    return make(AUTHORITY_NT, 2, 32, 544);
}

struct sid sid_owner_rights(void)
{
    return make(AUTHORITY_CREATOR, 1, 4, 0);
}

struct sid sid_integrity(uint32_t level)
{
    return make(AUTHORITY_INTEGRITY, 1, level, 0);
}

struct sid sid_from_uid(uid_t uid)
{
    return uid ? make(AUTHORITY_UNIX, 2, 1, uid) : sid_system();
}

struct sid sid_from_gid(gid_t gid)
{
    return make(AUTHORITY_UNIX, 2, 2, gid);
}

size_t sid_bytes_size(const uint8_t *bytes, size_t room)
{
    size_t size;

    if (room < SID_MIN_BYTES || bytes[0] != 1 || bytes[1] > 15)
        return 0;
    size = SID_MIN_BYTES + 4u * bytes[1];
    return size <= room ? size : 0;
}

bool sid_is(const uint8_t *bytes, size_t size, const struct sid *sid)
{
    return size == sid_size(sid) && !memcmp(bytes, sid, size);
}

static bool sid_equal(const struct sid *a, const struct sid *b)
{
    return sid_is((const uint8_t *)a, sid_size(a), b);
}

static void group_add(struct identity *identity, struct sid group)
{
    for (uint32_t i = 0; i < identity->n_groups; i++) {
        if (sid_equal(&identity->groups[i], &group))
            return;
    }
    if (identity->n_groups < IDENTITY_GROUPS_MAX)
        identity->groups[identity->n_groups++] = group;
}

void identity_from_unix(uid_t uid, gid_t gid, const gid_t *groups, size_t n_groups,
                        struct identity *ret_identity)
{
    memset(ret_identity, 0, sizeof(*ret_identity));
    ret_identity->user = sid_from_uid(uid);
    ret_identity->primary_group = sid_from_gid(gid);
    group_add(ret_identity, ret_identity->primary_group);
    group_add(ret_identity, sid_everyone());
    group_add(ret_identity, sid_authenticated());
    if (uid == 0)
        group_add(ret_identity, sid_administrators());
    for (size_t i = 0; i < n_groups; i++)
        group_add(ret_identity, sid_from_gid(groups[i]));
}

void identity_anonymous(struct identity *ret_identity)
{
    memset(ret_identity, 0, sizeof(*ret_identity));
    ret_identity->user = ret_identity->primary_group = sid_anonymous();
}

bool identity_is_anonymous(const struct identity *identity)
{
    struct sid anonymous = sid_anonymous();

    return sid_equal(&identity->user, &anonymous);
}

bool identity_is_system(const struct identity *identity)
{
    struct sid system = sid_system();

    return sid_equal(&identity->user, &system);
}

bool identity_has(const struct identity *identity, const uint8_t *sid, size_t size)
{
    if (sid_is(sid, size, &identity->user))
        return true;
    for (uint32_t i = 0; i < identity->n_groups; i++) {
        if (sid_is(sid, size, &identity->groups[i]))
            return true;
    }
    return false;
}
