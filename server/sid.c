/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See sid.h. Layout: revision, count, six bytes of authority (big-endian), sub-authorities
 * (little-endian). */

#include "sid.h"

#include <string.h>

#define AUTHORITY_NT   5u
#define AUTHORITY_UNIX 22u
#define RID_SYSTEM     18u

size_t sid_from_uid(uid_t uid, uint8_t ret_sid[SID_MAX_BYTES])
{
    uint32_t parts[2] = {1, uid}, n = 2;

    if (uid == 0) {
        parts[0] = RID_SYSTEM;
        n = 1;
    }
    memset(ret_sid, 0, 8);
    ret_sid[0] = 1;
    ret_sid[1] = (uint8_t)n;
    ret_sid[7] = uid == 0 ? AUTHORITY_NT : AUTHORITY_UNIX;
    memcpy(ret_sid + 8, parts, n * sizeof(parts[0]));
    return 8 + n * sizeof(parts[0]);
}

bool sid_is_uid(const uint8_t *sid, size_t size, uid_t uid)
{
    uint8_t own[SID_MAX_BYTES];

    return size == sid_from_uid(uid, own) && !memcmp(sid, own, size);
}
