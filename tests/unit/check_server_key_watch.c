/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "key_watch.h"

#include <stdio.h>

#include "server_fixture.h"
#include "server_key.h"

static struct name wide(const char *ascii)
{
    static uint16_t storage[4][512];
    static unsigned turn;

    return name_from_ascii(ascii, storage[turn++ % 4]);
}

static struct key *key_made(struct key *parent, const char *name)
{
    struct key *key;

    ck_assert_uint_eq(key_add(parent, NULL, wide(name), &key), STATUS_SUCCESS);
    return key;
}

/* An event that a watch on `watched` sets at what `change` does. */
static bool is_told(struct server *server, struct key *watched, uint32_t filter, bool subtree,
                    void (*change)(struct key *))
{
    struct user *user = users_get(&server->users, 1);
    struct object *object;
    bool signaled;

    ck_assert_uint_eq(event_new(server, NULL, true, false, &object), STATUS_SUCCESS);
    ck_assert_uint_eq(
        key_watch_add(watched, NULL, user, event_from_object(object), filter, subtree),
        STATUS_SUCCESS);
    change(watched);
    signaled = event_from_object(object)->signaled;
    object_unref(object);
    user_unref(user);
    return signaled;
}

static void child_add(struct key *key)
{
    static unsigned n;
    char name[16];

    snprintf(name, sizeof(name), "child%u", n++);
    (void)key_made(key, name);
}

static void value_set(struct key *key)
{
    ck_assert_uint_eq(key_value_set(key, wide("v"), 4, "1234", 4), STATUS_SUCCESS);
}

static void value_set_below(struct key *key)
{
    value_set(key_child_at(key, 0));
}

START_TEST(a_watch_tells_of_what_it_asked_for_and_of_nothing_else)
{
    struct server *server = fixture_start();
    struct key *key = key_made(key_of(server, "Machine\\Software"), "watched");

    ck_assert(is_told(server, key, KEY_CHANGE_NAME, false, child_add));
    ck_assert(!is_told(server, key, KEY_CHANGE_LAST_SET, false, child_add));
    ck_assert(is_told(server, key, KEY_CHANGE_LAST_SET, false, value_set));
    ck_assert(!is_told(server, key, KEY_CHANGE_NAME, false, value_set));
    ck_assert(is_told(server, key, KEY_CHANGE_LAST_SET, true, value_set_below));
    ck_assert(!is_told(server, key, KEY_CHANGE_LAST_SET, false, value_set_below));
    fixture_end();
}
END_TEST

static status_t watch(struct key *key, struct process *process, struct user *user,
                      struct object *event)
{
    return key_watch_add(key, process, user, event_from_object(event), KEY_CHANGE_NAME, false);
}

START_TEST(a_user_has_room_for_so_many_watches_of_a_key_and_takes_nobody_s)
{
    struct server *server = fixture_start();
    struct user *one = users_get(&server->users, 1);
    struct user *two = users_get(&server->users, 2);
    struct key *key = key_made(key_of(server, "Machine\\Software"), "watched");
    struct object *event;

    ck_assert_uint_eq(event_new(server, NULL, true, false, &event), STATUS_SUCCESS);
    for (unsigned i = 0; i < KEY_WATCHES_MAX; i++)
        ck_assert_uint_eq(watch(key, NULL, one, event), STATUS_SUCCESS);
    ck_assert_uint_eq(watch(key, NULL, one, event), STATUS_INSUFFICIENT_RESOURCES);
    ck_assert_uint_eq(watch(key, NULL, two, event), STATUS_SUCCESS);
    child_add(key);
    ck_assert(event_from_object(event)->signaled);
    ck_assert_uint_eq(event->refs, 1); /* all have fired */
    object_unref(event);
    user_unref(one);
    user_unref(two);
    fixture_end();
}
END_TEST

START_TEST(a_user_has_room_for_so_many_watches_of_all_keys)
{
    struct server *server = fixture_start();
    struct user *user = users_get(&server->users, 1);
    struct key *software = key_of(server, "Machine\\Software");
    struct key *a = key_made(software, "a"), *b = key_made(software, "b");
    struct object *event;

    ck_assert_uint_eq(event_new(server, NULL, true, false, &event), STATUS_SUCCESS);
    server->users.limit[USER_OBJECTS] = 2;
    ck_assert_uint_eq(watch(a, NULL, user, event), STATUS_SUCCESS);
    ck_assert_uint_eq(watch(b, NULL, user, event), STATUS_SUCCESS);
    ck_assert_uint_eq(watch(b, NULL, user, event), STATUS_QUOTA_EXCEEDED);
    ck_assert_uint_eq(event->refs, 3);
    child_add(a); /* fires, and gives its place back */
    ck_assert_uint_eq(user->held[USER_OBJECTS], 1);
    ck_assert_uint_eq(watch(b, NULL, user, event), STATUS_SUCCESS);
    key_watches_end(b, NULL);
    ck_assert_uint_eq(user->held[USER_OBJECTS], 0);
    object_unref(event);
    user_unref(user);
    fixture_end();
}
END_TEST

START_TEST(those_of_one_process_end_alone)
{
    struct server *server = fixture_start();
    struct user *user = users_get(&server->users, 1);
    struct key *key = key_made(key_of(server, "Machine\\Software"), "watched");
    struct process *mine = (struct process *)server, *other = NULL; /* only compared */
    struct object *my_event, *other_event;

    ck_assert_uint_eq(event_new(server, NULL, true, false, &my_event), STATUS_SUCCESS);
    ck_assert_uint_eq(event_new(server, NULL, true, false, &other_event), STATUS_SUCCESS);
    ck_assert_uint_eq(watch(key, mine, user, my_event), STATUS_SUCCESS);
    ck_assert_uint_eq(watch(key, other, user, other_event), STATUS_SUCCESS);
    key_watches_end(key, mine);
    ck_assert(event_from_object(my_event)->signaled);
    ck_assert(!event_from_object(other_event)->signaled);
    child_add(key);
    ck_assert(event_from_object(other_event)->signaled);
    object_unref(my_event);
    object_unref(other_event);
    user_unref(user);
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("key_watch");
    UNIT_TEST(a_watch_tells_of_what_it_asked_for_and_of_nothing_else);
    UNIT_TEST(a_user_has_room_for_so_many_watches_of_a_key_and_takes_nobody_s);
    UNIT_TEST(a_user_has_room_for_so_many_watches_of_all_keys);
    UNIT_TEST(those_of_one_process_end_alone);
    return UNIT_END();
}
