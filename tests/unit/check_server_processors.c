/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "common/possible_processors.h"
#include "key_watch.h"
#include "processors.h"

#include <string.h>

#include "server_fixture.h"
#include "server_key.h"

static bool text_is(struct key *key, const char *name, const char *want)
{
    uint16_t storage[128], text[128] = {0};
    const struct key_value *value = key_value_find(key, name_from_ascii(name, storage));
    struct name wanted = name_from_ascii(want, text);

    return value && value->type == 1 && value->size == (wanted.length + 1) * 2 &&
           !memcmp(value->data, text, value->size);
}

static struct key *filled_from(struct server *server, const char *text, const cpu_set_t *which)
{
    struct key *parent = key_of(server, "Machine\\Software"), *key = NULL;
    FILE *file = fmemopen((void *)text, strlen(text), "r");
    uint16_t storage[8];

    ck_assert_uint_eq(key_add(parent, NULL, name_from_ascii("here", storage), &key), 0);
    ck_assert_uint_eq(processors_fill_from(key, file, which), STATUS_SUCCESS);
    fclose(file);
    return key;
}

START_TEST(each_block_is_a_key)
{
    struct server *server = fixture_start();
    struct key *key = filled_from(server,
                                  "processor\t: 0\nvendor_id\t: GenuineIntel\n"
                                  "cpu family\t: 6\nmodel\t\t: 85\n"
                                  "model name\t: A Processor: the first\n"
                                  "stepping\t: 7\ncpu MHz\t\t: 2700.123\n\n"
                                  "processor\t: 1\nvendor_id\t: AuthenticAMD\n"
                                  "cpu family\t: 25\nmodel\t\t: 1\n",
                                  NULL);
    struct key *first, *second;
    const struct key_value *speed;
    uint16_t storage[8];

    ck_assert_uint_eq(key->n_children, 2);
    first = key_child(key, name_from_ascii("0", storage));
    second = key_child(key, name_from_ascii("1", storage));
    ck_assert(text_is(first, "ProcessorNameString", "A Processor: the first"));
    ck_assert(text_is(first, "VendorIdentifier", "GenuineIntel"));
    ck_assert(text_is(first, "Identifier", "Intel64 Family 6 Model 85 Stepping 7"));
    speed = key_value_find(first, name_from_ascii("~MHz", storage));
    ck_assert(speed && speed->type == 4 && speed->size == 4);
    ck_assert_int_eq(memcmp(speed->data, "\x8c\x0a\0\0", 4), 0);
    ck_assert(text_is(second, "Identifier", "AMD64 Family 25 Model 1 Stepping 0"));
    ck_assert_ptr_null(key_value_find(second, name_from_ascii("~MHz", storage)));
    fixture_end();
}
END_TEST

START_TEST(what_is_not_told_has_no_key)
{
    struct server *server = fixture_start();

    ck_assert_uint_eq(filled_from(server, "\n\nflags: none\n\nno colon\n", NULL)->n_children, 0);
    fixture_end();
}
END_TEST

START_TEST(those_that_a_process_may_not_have_are_left_out)
{
    struct server *server = fixture_start();
    uint16_t storage[8];
    struct key *key;
    cpu_set_t which;

    CPU_ZERO(&which);
    CPU_SET(1, &which);
    key = filled_from(server,
                      "processor\t: 0\nmodel name\t: zero\n\n"
                      "processor\t: 1\nmodel name\t: one\n\n"
                      "processor\t: 99999\n\n",
                      &which);
    ck_assert_uint_eq(key->n_children, 1);
    ck_assert(text_is(key_child(key, name_from_ascii("0", storage)), "ProcessorNameString", "one"));
    fixture_end();
}
END_TEST

START_TEST(this_machine_s_are_read_at_the_first_look_and_are_no_change)
{
    struct server *server = fixture_start();
    struct key *system = key_of(server, "Machine\\Hardware\\Description\\System"), *key;
    uint16_t storage[32];
    cpu_set_t possible;
    int n;

    ck_assert(possible_processors(&possible));
    n = CPU_COUNT(&possible);

    key = key_child(system, name_from_ascii("CentralProcessor", storage));
    ck_assert_ptr_nonnull(key);
    ck_assert_uint_eq(key->n_children, 0);
    ck_assert_ptr_nonnull(
        key_of(server, "Machine\\Hardware\\Description\\System\\CentralProcessor\\0"));
    ck_assert_int_eq((int)key->n_children, n);
    ck_assert(!server->registry.is_changed && server->registry.is_filled);
    ck_assert_ptr_eq(key_of(server, "Machine\\Hardware\\Description\\System\\CentralProcessor"),
                     key);
    ck_assert_int_eq((int)key->n_children, n);
    fixture_end();
}
END_TEST

START_TEST(they_are_there_in_a_full_registry_and_wake_nobody)
{
    struct server *server = fixture_start();
    struct key *machine = key_of(server, "Machine");
    const int64_t rest = (int64_t)(REGISTRY_MAX_BYTES - server->registry.bytes);
    struct object *event;
    struct peer peer;

    peer_start(&peer, server, 0, 1);
    ck_assert_uint_eq(event_new(server, NULL, true, false, &event), STATUS_SUCCESS);
    ck_assert_uint_eq(key_watch_add(machine, peer.client->process, peer.client->user,
                                    event_from_object(event), 0xf, true),
                      STATUS_SUCCESS);
    registry_charge(server, rest);
    ck_assert_ptr_nonnull(
        key_of(server, "Machine\\Hardware\\Description\\System\\CentralProcessor\\0"));
    ck_assert(!event_from_object(event)->signaled);
    registry_charge(server, -rest);
    ck_assert_uint_eq(key_value_set(machine, (struct name){NULL, 0}, 3, "", 0), STATUS_SUCCESS);
    ck_assert(event_from_object(event)->signaled);
    object_unref(event);
    peer_end(&peer);
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("processors");
    UNIT_TEST(each_block_is_a_key);
    UNIT_TEST(what_is_not_told_has_no_key);
    UNIT_TEST(those_that_a_process_may_not_have_are_left_out);
    UNIT_TEST(this_machine_s_are_read_at_the_first_look_and_are_no_change);
    UNIT_TEST(they_are_there_in_a_full_registry_and_wake_nobody);
    return UNIT_END();
}
