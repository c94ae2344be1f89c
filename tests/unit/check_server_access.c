/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "access.h"

#include "directory.h"
#include "server_security.h"

#define ALL 0x1f0003u

static const struct generic_mapping mapping = {0x20001, 0x20002, 0x120000, ALL};

static struct identity user_1000(void)
{
    static const gid_t groups[] = {100, 7};
    struct identity who;

    identity_from_unix(1000, 100, groups, ARRAY_SIZE(groups), &who);
    return who;
}

static status_t check(const struct sd *sd, uint32_t wanted, uint32_t *ret_granted)
{
    struct identity who = user_1000();
    struct descriptor_parts parts;

    ck_assert_uint_eq(descriptor_parse(sd->bytes, sd->size, &parts), STATUS_SUCCESS);
    *ret_granted = 0xdead;
    return access_check(&parts, &who, wanted, &mapping, ret_granted);
}

static void begin(struct sd *sd)
{
    sd_begin(sd);
    sd_owner(sd, sid_from_uid(7));
    sd_dacl(sd);
}

START_TEST(the_first_ace_that_mentions_a_right_decides)
{
    uint32_t granted;
    struct sd sd;

    begin(&sd);
    sd_ace(&sd, ACE_ALLOWED, 0, 1, sid_from_uid(1000));
    sd_ace(&sd, ACE_DENIED, 0, 3, sid_from_gid(7));
    sd_ace(&sd, ACE_ALLOWED, 0, 0x100003, sid_everyone());
    ck_assert_uint_eq(check(&sd, 1, &granted), STATUS_SUCCESS);
    ck_assert_uint_eq(granted, 1);
    ck_assert_uint_eq(check(&sd, 2, &granted), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(granted, 0xdead);
    ck_assert_uint_eq(check(&sd, 0x100001, &granted), STATUS_SUCCESS);
    ck_assert_uint_eq(granted, 0x100001);
    ck_assert_uint_eq(check(&sd, 0x100002, &granted), STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(rights_may_come_from_several_aces)
{
    uint32_t granted;
    struct sd sd;

    begin(&sd);
    sd_ace(&sd, ACE_ALLOWED, 0, 1, sid_from_gid(100));
    sd_ace(&sd, ACE_ALLOWED, 0, 2, sid_authenticated());
    sd_ace(&sd, ACE_DENIED, 0, ALL, sid_from_uid(1000)); /* too late for these */
    ck_assert_uint_eq(check(&sd, 3, &granted), STATUS_SUCCESS);
    ck_assert_uint_eq(check(&sd, 0x20000, &granted), STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(generic_rights_are_mapped_on_both_sides)
{
    uint32_t granted;
    struct sd sd;

    begin(&sd);
    sd_ace(&sd, ACE_ALLOWED, 0, GENERIC_READ_BIT, sid_everyone());
    ck_assert_uint_eq(check(&sd, GENERIC_READ_BIT, &granted), STATUS_SUCCESS);
    ck_assert_uint_eq(granted, 0x20001);
    ck_assert_uint_eq(check(&sd, 1, &granted), STATUS_SUCCESS);
    ck_assert_uint_eq(check(&sd, GENERIC_WRITE_BIT, &granted), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(check(&sd, GENERIC_ALL_BIT, &granted), STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(maximum_allowed_is_what_is_not_denied)
{
    uint32_t granted;
    struct sd sd;

    begin(&sd);
    sd_ace(&sd, ACE_DENIED, 0, 2, sid_everyone());
    sd_ace(&sd, ACE_ALLOWED, 0, GENERIC_ALL_BIT, sid_from_uid(1000));
    ck_assert_uint_eq(check(&sd, ACCESS_MAXIMUM, &granted), STATUS_SUCCESS);
    ck_assert_uint_eq(granted, ALL & ~2u);
    ck_assert_uint_eq(check(&sd, ACCESS_MAXIMUM | 2, &granted), STATUS_ACCESS_DENIED);
    begin(&sd);
    ck_assert_uint_eq(check(&sd, ACCESS_MAXIMUM, &granted), STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(an_owner_may_read_and_change_the_dacl_unless_owner_rights_say_else)
{
    uint32_t granted;
    struct sd sd;

    sd_begin(&sd);
    sd_owner(&sd, sid_from_uid(1000));
    sd_dacl(&sd);
    ck_assert_uint_eq(check(&sd, 0x60000, &granted), STATUS_SUCCESS);
    ck_assert_uint_eq(check(&sd, 0x80000, &granted), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(check(&sd, 1, &granted), STATUS_ACCESS_DENIED);
    sd_ace(&sd, ACE_ALLOWED, 0, 0x20000, sid_owner_rights());
    ck_assert_uint_eq(check(&sd, 0x20000, &granted), STATUS_SUCCESS);
    ck_assert_uint_eq(check(&sd, 0x40000, &granted), STATUS_ACCESS_DENIED);
    begin(&sd); /* another's */
    sd_ace(&sd, ACE_ALLOWED, 0, 0x20000, sid_owner_rights());
    ck_assert_uint_eq(check(&sd, 0x20000, &granted), STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(inherit_only_aces_and_unknown_ones_mean_nothing)
{
    uint32_t granted;
    struct sd sd;

    begin(&sd);
    sd_ace(&sd, ACE_ALLOWED, ACE_FLAG_INHERIT_ONLY, 1, sid_everyone());
    sd_ace(&sd, 2 /* audit */, 0, 1, sid_everyone());
    sd_ace(&sd, 9 /* callback */, 0, 1, sid_everyone());
    ck_assert_uint_eq(check(&sd, 1, &granted), STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(no_dacl_allows_everything_but_what_needs_a_privilege)
{
    uint32_t granted;
    struct sd sd;

    sd_begin(&sd);
    ck_assert_uint_eq(check(&sd, GENERIC_ALL_BIT, &granted), STATUS_SUCCESS);
    ck_assert_uint_eq(granted, ALL);
    ck_assert_uint_eq(check(&sd, ACCESS_MAXIMUM, &granted), STATUS_SUCCESS);
    ck_assert_uint_eq(granted, ALL);
    ck_assert_uint_eq(check(&sd, ACCESS_SYSTEM_SECURITY, &granted), STATUS_PRIVILEGE_NOT_HELD);
}
END_TEST

/* ---- with the daemon: objects ---- */

#define NAME "\\BaseNamedObjects\\guarded"

static struct server *server;
static struct peer owner, other, root;
static pid_t pids[3];

static void start(void)
{
    server = fixture_start();
    for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
        pids[i] = fixture_child();
    peer_start_as(&owner, server, pids[0], 1, 1000);
    peer_start_as(&other, server, pids[1], 2, 1001);
    peer_start_as(&root, server, pids[2], 3, 0);
}

static void end(void)
{
    peer_end(&owner);
    peer_end(&other);
    peer_end(&root);
    for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
        child_die(pids[i]);
    fixture_end();
}

static status_t open_as(struct peer *peer, uint32_t access)
{
    struct object_open_reply reply;

    return CALL_NAMED(peer, object_open, &reply, NAME, 0, .access = access,
                      .type = OBJECT_KIND_EVENT);
}

START_TEST(without_a_descriptor_the_creators_user_and_system_have_access)
{
    struct event_create_reply made;

    start();
    ck_assert_uint_eq(CALL_NAMED(&owner, event_create, &made, NAME, 0, .access = ALL),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(open_as(&owner, ALL), STATUS_SUCCESS);
    ck_assert_uint_eq(open_as(&root, ALL), STATUS_SUCCESS);
    ck_assert_uint_eq(open_as(&other, 1), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(open_as(&other, ACCESS_MAXIMUM), STATUS_ACCESS_DENIED);
    end();
}
END_TEST

START_TEST(a_descriptor_says_who_may_open_and_openif_obeys_it)
{
    struct event_create_reply made;
    struct sd sd;

    start();
    begin(&sd);
    sd_begin(&sd);
    sd_dacl(&sd);
    sd_ace(&sd, ACE_ALLOWED, 0, 1, sid_from_uid(1001));
    ck_assert_uint_eq(CALL_NAMED_SD(&owner, event_create, &made, NAME, &sd, .access = ALL),
                      STATUS_SUCCESS); /* its maker gets what he asks for */
    ck_assert_uint_eq(open_as(&owner, 1), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(open_as(&owner, 0x40000), STATUS_SUCCESS);
    ck_assert_uint_eq(open_as(&root, 1), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(open_as(&other, 1), STATUS_SUCCESS);
    ck_assert_uint_eq(open_as(&other, 2), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL_NAMED(&other, event_create, &made, NAME, OBJ_OPENIF, .access = 1),
                      STATUS_OBJECT_NAME_EXISTS);
    ck_assert_uint_eq(CALL_NAMED(&other, event_create, &made, NAME, OBJ_OPENIF, .access = 3),
                      STATUS_ACCESS_DENIED);
    end();
}
END_TEST

START_TEST(a_duplicate_gains_nothing_that_opening_would_not_give)
{
    struct event_create_reply made;
    struct handle_duplicate_reply copy;
    struct object_open_reply opened;
    struct sd sd;

    start();
    sd_begin(&sd);
    sd_dacl(&sd);
    sd_ace(&sd, ACE_ALLOWED, 0, 1, sid_from_uid(1001));
    ck_assert_uint_eq(CALL_NAMED_SD(&owner, event_create, &made, NAME, &sd, .access = ALL),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&other, object_open, &opened, NAME, 0, .access = 1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&other, handle_duplicate, &copy, .source_process = HANDLE_SELF,
                           .source = opened.handle, .target_process = HANDLE_SELF, .access = 1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&other, handle_duplicate, &copy, .source_process = HANDLE_SELF,
                           .source = opened.handle, .target_process = HANDLE_SELF, .access = 3),
                      STATUS_ACCESS_DENIED);
    /* A handle that has the rights passes them on, whatever the descriptor says. */
    ck_assert_uint_eq(CALL(&owner, handle_duplicate, &copy, .source_process = HANDLE_SELF,
                           .source = made.handle, .target_process = HANDLE_SELF, .access = 3),
                      STATUS_SUCCESS);
    end();
}
END_TEST

START_TEST(nobody_names_another_as_owner)
{
    struct event_create_reply made;
    struct sd sd;

    start();
    sd_begin(&sd);
    sd_owner(&sd, sid_from_uid(1001));
    ck_assert_uint_eq(CALL_NAMED_SD(&owner, event_create, &made, NAME, &sd, .access = ALL),
                      STATUS_INVALID_OWNER);
    ck_assert_uint_eq(CALL_NAMED_SD(&root, event_create, &made, NAME, &sd, .access = ALL),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(open_as(&other, 0x20000), STATUS_SUCCESS); /* its owner */
    end();
}
END_TEST

START_TEST(a_directory_guards_who_makes_names_in_it)
{
    struct directory_create_reply directory;
    struct event_create_reply made;
    struct sd sd;

    start();
    sd_begin(&sd);
    sd_dacl(&sd);
    sd_ace(&sd, ACE_ALLOWED, 0, DIRECTORY_CREATE_OBJECT, sid_from_uid(1001));
    ck_assert_uint_eq(CALL_NAMED_SD(&owner, directory_create, &directory, "\\BaseNamedObjects\\d",
                                    &sd, .access = 0xf000f),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(
        CALL_NAMED(&other, event_create, &made, "\\BaseNamedObjects\\d\\e", 0, .access = ALL),
        STATUS_SUCCESS);
    ck_assert_uint_eq(
        CALL_NAMED(&owner, event_create, &made, "\\BaseNamedObjects\\d\\f", 0, .access = ALL),
        STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL_NAMED(&other, directory_create, &directory, "\\BaseNamedObjects\\d\\g",
                                 0, .access = 1),
                      STATUS_ACCESS_DENIED);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("access");
    UNIT_TEST(the_first_ace_that_mentions_a_right_decides);
    UNIT_TEST(rights_may_come_from_several_aces);
    UNIT_TEST(generic_rights_are_mapped_on_both_sides);
    UNIT_TEST(maximum_allowed_is_what_is_not_denied);
    UNIT_TEST(an_owner_may_read_and_change_the_dacl_unless_owner_rights_say_else);
    UNIT_TEST(inherit_only_aces_and_unknown_ones_mean_nothing);
    UNIT_TEST(no_dacl_allows_everything_but_what_needs_a_privilege);
    UNIT_TEST(without_a_descriptor_the_creators_user_and_system_have_access);
    UNIT_TEST(a_descriptor_says_who_may_open_and_openif_obeys_it);
    UNIT_TEST(a_duplicate_gains_nothing_that_opening_would_not_give);
    UNIT_TEST(nobody_names_another_as_owner);
    UNIT_TEST(a_directory_guards_who_makes_names_in_it);
    return UNIT_END();
}
