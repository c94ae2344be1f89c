/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Security identifiers, and who a Linux process is in their terms (docs/SECURITY.md).
 *
 *     user   S-1-22-1-<uid>; root is S-1-5-18 (SYSTEM)
 *     group  S-1-22-2-<gid>
 *     all    S-1-1-0 (Everyone), S-1-5-11 (Authenticated Users); root S-1-5-32-544 (Administrators)
 *
 * Two forms: `struct sid` for those that we make (at most two sub-authorities), and bytes, up to
 * SID_MAX_BYTES, for what a program hands in. The layout is the same: revision, count, authority
 * (big-endian), sub-authorities (little-endian). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/macro.h"

#define SID_MAX_BYTES 68u /* 15 sub-authorities */
#define SID_MIN_BYTES 8u

struct sid {
    uint8_t revision, count, authority[6];
    uint32_t sub[2];
};
_Static_assert(sizeof(struct sid) == 16, "sid");

/* Well-known ones. */
struct sid sid_everyone(void);
struct sid sid_anonymous(void);           /* S-1-5-7 */
struct sid sid_authenticated(void);       /* S-1-5-11 */
struct sid sid_system(void);              /* S-1-5-18 */
struct sid sid_administrators(void);      /* S-1-5-32-544 */
struct sid sid_owner_rights(void);        /* S-1-3-4 */
struct sid sid_integrity(uint32_t level); /* S-1-16-<level> */

struct sid sid_from_uid(uid_t uid);
struct sid sid_from_gid(gid_t gid);

/* Bytes of a SID that we made. */
static inline size_t sid_size(const struct sid *sid)
{
    return SID_MIN_BYTES + 4u * sid->count;
}

/* Bytes of the SID at `bytes`, of which `room` may be read; 0: it is none. */
size_t sid_bytes_size(const uint8_t *bytes, size_t room);
/* Is the SID of `size` bytes that one? */
bool sid_is(const uint8_t *bytes, size_t size, const struct sid *sid);

#define IDENTITY_GROUPS_MAX 64u

/* Who somebody is: what an access check looks at. Also its form on the wire. */
struct identity {
    uint32_t n_groups;
    struct sid user;
    struct sid primary_group;
    struct sid groups[IDENTITY_GROUPS_MAX]; /* the primary group among them */
};

/* From Linux credentials. More groups than there is room for are left out. */
void identity_from_unix(uid_t uid, gid_t gid, const gid_t *groups, size_t n_groups,
                        struct identity *ret_identity);
/* S-1-5-7, without groups: not even Everyone, as Windows has had it since XP. */
void identity_anonymous(struct identity *ret_identity);

bool identity_is_anonymous(const struct identity *identity);
bool identity_is_system(const struct identity *identity);
/* Is the SID the user or one of the groups? */
bool identity_has(const struct identity *identity, const uint8_t *sid, size_t size);
