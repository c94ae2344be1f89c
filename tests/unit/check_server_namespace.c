/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "namespace.h"

#include "server_fixture.h"

START_TEST(the_names_of_windows_are_there)
{
    static const char *const paths[] = {"\\RPC Control",
                                        "\\BaseNamedObjects",
                                        "\\Windows",
                                        "\\Sessions\\1\\Windows",
                                        "\\Sessions\\1\\BaseNamedObjects",
                                        "\\Sessions\\0\\Windows",
                                        "\\sessions\\1\\basenamedobjects\\global",
                                        "\\BaseNamedObjects\\Session\\1",
                                        "\\Sessions\\1\\BaseNamedObjects\\Local"};
    struct server *server = fixture_start();
    uint16_t chars[128];

    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        struct lookup lookup = {0};
        ck_assert_uint_eq(namespace_lookup(server, NULL, name_from_ascii(paths[i], chars),
                                           OBJ_CASE_INSENSITIVE, false, &lookup),
                          STATUS_SUCCESS);
        ck_assert_msg(lookup.object && lookup.object->ops == &directory_ops, "%s", paths[i]);
        lookup_deinit(&lookup);
    }
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("namespace");
    UNIT_TEST(the_names_of_windows_are_there);
    return UNIT_END();
}
