/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What each Linux user holds of the daemon, and how much of it he may.
 *
 * Every resource that a client makes the daemon hold carries an embedded struct charge, released by
 * the destructor of what holds it: accounting cannot drift from ownership. A refused charge is
 * STATUS_QUOTA_EXCEEDED for the caller. A user dies with his last charge or process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/list.h"
#include "common/macro.h"
#include "portico/status.h"

enum user_slot {
    USER_MEMORY,  /* bytes of memfds, as sized (sparse ones too) */
    USER_SOCKETS, /* descriptors for sockets and processes: a pool of its own, so that --stop still
                     gets in */
    USER_FDS,     /* other descriptors: memfds, eventfds, epolls */
    USER_OBJECTS, /* objects of any type */
    USER_HANDLES, /* entries of handle tables */
    USER_SLOTS
};

struct user {
    struct list link; /* of users */
    struct users *users;
    uid_t uid;
    uint32_t refs;
    uint64_t held[USER_SLOTS];
};

struct users {
    struct list list;
    uint64_t limit[USER_SLOTS];
};

struct charge {
    struct user *user; /* NULL: nothing charged; holds a reference */
    enum user_slot slot;
    uint64_t amount;
};

/* n_fds: how many descriptors the process may have open. */
void users_init(struct users *users, uint64_t n_fds);
void users_deinit(struct users *users);

/* A reference, made on first sight; NULL without memory. */
struct user *users_get(struct users *users, uid_t uid);
struct user *user_ref(struct user *user);
struct user *user_unref(struct user *user);

status_t user_charge(struct charge *charge, struct user *user, enum user_slot slot,
                     uint64_t amount) _must_check_;
void charge_release(struct charge *charge);
/* What he may still be charged. */
uint64_t user_room(const struct user *user, enum user_slot slot);
/* Holds more than half of what it may: what could wait for another use had better go. */
bool user_is_near_limit(const struct user *user, enum user_slot slot);
