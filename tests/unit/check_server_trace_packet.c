/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "trace_packet.h"

#include <stdlib.h>

#include "unit.h"

static char *text;
static size_t size;

START_TEST(every_field_is_printed_by_name)
{
    struct wait_request wait = {
        .header = {.code = REQ_wait}, .timeout_ns = -1, .mode = 1, .signal = 0x10};
    struct mutant_release_reply release = {.header = {.code = REQ_mutant_release}, .previous = -3};
    FILE *file = open_memstream(&text, &size);

    trace_request_fields(file, &wait);
    fputs(" |", file);
    trace_reply_fields(file, &release);
    fclose(file);
    ck_assert_str_eq(text, " timeout_ns=-1 mode=0x1 signal=0x10 | previous=-3 reserved=0");
    free(text);
}
END_TEST

START_TEST(structs_are_bytes_and_unknown_packets_nothing)
{
    struct alpc_map_lane_reply reply = {.header = {.code = REQ_alpc_map_lane},
                                        .lane = {.size = 0x12}};
    struct request_header unknown = {.code = 0xffff};
    FILE *file = open_memstream(&text, &size);

    trace_request_fields(file, &unknown);
    trace_reply_fields(file, &reply);
    fclose(file);
    ck_assert_uint_eq(size, 6 + 2 * sizeof(struct lane_grant));
    ck_assert_int_eq(text[6], '1');
    ck_assert_int_eq(text[7], '2');
    free(text);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("trace_packet");
    UNIT_TEST(every_field_is_printed_by_name);
    UNIT_TEST(structs_are_bytes_and_unknown_packets_nothing);
    return UNIT_END();
}
