/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Who wants to hear of changes of a registry key (NtNotifyChangeKey). A watch fires once: it sets
 * its event, and is gone.
 *
 * Each change looks at the watches of the key and of those above it, so a user has only so many at
 * a key; all of his are charged to him as objects are. What one user has takes nothing from others.
 */
#pragma once

#include "event.h"
#include "key.h"

#define KEY_WATCHES_MAX 1024u /* of one user at one key */

/* What a change is, and what a watch wants: the REG_NOTIFY_ values. */
#define KEY_CHANGE_NAME       0x1u
#define KEY_CHANGE_ATTRIBUTES 0x2u
#define KEY_CHANGE_LAST_SET   0x4u
#define KEY_CHANGE_SECURITY   0x8u

/* The event is set at the next change of this kind, or when a handle of the process to the key is
 * closed. At the user's charge. STATUS_INSUFFICIENT_RESOURCES: KEY_WATCHES_MAX;
 * STATUS_QUOTA_EXCEEDED. */
status_t key_watch_add(struct key *key, struct process *process, struct user *user,
                       struct event *event, uint32_t filter, bool subtree) _must_check_;
/* The key has changed: its own watches, and those above it that want its subtree. */
void key_watches_tell(struct key *key, uint32_t what);
/* Those of one process (the others can still be told), or of all (NULL), fire. */
void key_watches_end(struct key *key, const struct process *process);
