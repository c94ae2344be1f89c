/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See key_watch.h. */

#include "key_watch.h"

#include <stdlib.h>

#include "user.h"

struct key_watch {
    struct list link;        /* of key->watches */
    struct process *process; /* only compared */
    struct event *event;     /* reference */
    struct charge charge;    /* one object */
    uint32_t filter;
    bool subtree;
};

static void watch_fire(struct key_watch *watch)
{
    uint32_t previous;

    if (event_change(watch->event, EVENT_CHANGE_SET, &previous))
        abort(); /* setting is a change that every event knows */
    object_unref(&watch->event->object);
    charge_release(&watch->charge);
    list_remove(&watch->link);
    free(watch);
}

void key_watches_tell(struct key *key, uint32_t what)
{
    struct key_watch *watch, *next;
    struct key *at;

    for (at = key; at; at = at->parent)
        list_for_each_safe(watch, next, &at->watches, link) {
            if (watch->filter & what && (at == key || watch->subtree))
                watch_fire(watch);
        }
}

void key_watches_end(struct key *key, const struct process *process)
{
    struct key_watch *watch, *next;

    list_for_each_safe(watch, next, &key->watches, link) {
        if (!process || watch->process == process)
            watch_fire(watch);
    }
}

static bool has_room(const struct key *key, const struct user *user)
{
    const struct key_watch *watch;
    uint32_t n = 0;

    list_for_each(watch, &key->watches, link)
        n += watch->charge.user == user;
    return n < KEY_WATCHES_MAX;
}

status_t key_watch_add(struct key *key, struct process *process, struct user *user,
                       struct event *event, uint32_t filter, bool subtree)
{
    struct key_watch *watch;
    status_t status;

    if (!has_room(key, user))
        return STATUS_INSUFFICIENT_RESOURCES;
    watch = malloc(sizeof(*watch));
    if (!watch)
        return STATUS_NO_MEMORY;
    *watch = (struct key_watch){
        .process = process, .event = event, .filter = filter, .subtree = subtree};
    status = user_charge(&watch->charge, user, USER_OBJECTS, 1);
    if (status) {
        free(watch);
        return status;
    }
    object_ref(&event->object);
    list_append(&key->watches, &watch->link);
    return STATUS_SUCCESS;
}
