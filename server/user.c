/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See user.h. Limits are totals per user: with one daemon per user they keep one wild program from
 * taking the machine; a daemon for several users (later) needs shares of a common pool besides. */

#include "user.h"

#include <assert.h>
#include <stdlib.h>

#define MEMORY_MAX_BYTES (UINT64_C(256) << 30) /* sparse: address space of memfds, not memory */
#define OBJECTS_MAX      400000
#define HANDLES_MAX      1000000
#define FDS_RESERVED     64 /* for the daemon itself: listener, epoll, lock, log, accepting */

void users_init(struct users *users, uint64_t n_fds)
{
    list_init(&users->list);
    users->limit[USER_MEMORY] = MEMORY_MAX_BYTES;
    n_fds = n_fds > 2 * FDS_RESERVED ? n_fds - FDS_RESERVED : n_fds / 2;
    users->limit[USER_SOCKETS] = n_fds / 4;
    users->limit[USER_FDS] = n_fds - n_fds / 4;
    users->limit[USER_OBJECTS] = OBJECTS_MAX;
    users->limit[USER_HANDLES] = HANDLES_MAX;
}

void users_deinit(struct users *users)
{
    assert(list_is_empty(&users->list));
}

struct user *users_get(struct users *users, uid_t uid)
{
    struct user *user;

    list_for_each(user, &users->list, link) {
        if (user->uid == uid)
            return user_ref(user);
    }
    user = calloc(1, sizeof(*user));
    if (!user)
        return NULL;
    *user = (struct user){.users = users, .uid = uid, .refs = 1};
    list_append(&users->list, &user->link);
    return user;
}

struct user *user_ref(struct user *user)
{
    user->refs++;
    return user;
}

struct user *user_unref(struct user *user)
{
    if (user && --user->refs == 0) {
        for (int i = 0; i < USER_SLOTS; i++)
            assert(user->held[i] == 0);
        list_remove(&user->link);
        free(user);
    }
    return NULL;
}

status_t user_charge(struct charge *charge, struct user *user, enum user_slot slot, uint64_t amount)
{
    assert(!charge->user);
    if (amount > user_room(user, slot))
        return STATUS_QUOTA_EXCEEDED;
    user->held[slot] += amount;
    *charge = (struct charge){.user = user_ref(user), .slot = slot, .amount = amount};
    return STATUS_SUCCESS;
}

uint64_t user_room(const struct user *user, enum user_slot slot)
{
    return user->users->limit[slot] - user->held[slot];
}

bool user_is_near_limit(const struct user *user, enum user_slot slot)
{
    return user->held[slot] > user->users->limit[slot] / 2;
}

void charge_release(struct charge *charge)
{
    if (!charge->user)
        return;
    assert(charge->user->held[charge->slot] >= charge->amount);
    charge->user->held[charge->slot] -= charge->amount;
    charge->user = user_unref(charge->user);
}
