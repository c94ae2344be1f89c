/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The intrusive list and the ownership macros. */

#include "common/cleanup.h"
#include "common/list.h"
#include "unit.h"

struct item {
    int value;
    struct list link;
};

START_TEST(entries_come_in_the_order_of_appending)
{
    struct list list = LIST_INIT(list);
    struct item items[3] = {{1, {0}}, {2, {0}}, {3, {0}}}, *item;
    int sum = 0;

    list_append(&list, &items[1].link);
    list_append(&list, &items[2].link);
    list_prepend(&list, &items[0].link);
    list_for_each(item, &list, link)
        sum = sum * 10 + item->value;
    ck_assert_int_eq(sum, 123);
    ck_assert_ptr_eq(list_first(&list, struct item, link), &items[0]);
    ck_assert_ptr_eq(list_last(&list, struct item, link), &items[2]);
}
END_TEST

START_TEST(an_entry_may_be_unlinked_while_walking_and_twice)
{
    struct list list = LIST_INIT(list);
    struct item items[3], *item, *tmp;

    for (int i = 0; i < 3; i++)
        list_append(&list, &items[i].link);
    list_for_each_safe(item, tmp, &list, link)
        list_remove(&item->link);
    ck_assert(list_is_empty(&list));
    ck_assert(!list_is_linked(&items[1].link));
    list_remove(&items[1].link);
    ck_assert_ptr_null(list_first(&list, struct item, link));
}
END_TEST

START_TEST(a_zeroed_head_is_an_empty_list_once_it_is_ready)
{
    static struct list heads[2];
    struct item item = {.value = 1};

    ck_assert(list_is_empty(list_ready(&heads[0])));
    list_append(list_ready(&heads[0]), &item.link);
    ck_assert_ptr_eq(list_first(list_ready(&heads[0]), struct item, link), &item);
    ck_assert_ptr_null(heads[1].next);
}
END_TEST

static int n_freed;

static void counted_free(int *p)
{
    n_freed++;
    free(p);
}
DEFINE_CLEANUP(int *, counted_free)

static int *make(bool give)
{
    _cleanup_(counted_freep) int *p = malloc(sizeof(int));

    return give ? TAKE(p) : NULL;
}

START_TEST(take_moves_ownership_and_a_kept_value_is_freed)
{
    _cleanup_(freep) int *p = make(true);

    ck_assert_ptr_nonnull(p);
    ck_assert_int_eq(n_freed, 0);
    ck_assert_ptr_null(make(false));
    ck_assert_int_eq(n_freed, 1);
}
END_TEST

START_TEST(checked_arithmetic_refuses_overflow)
{
    uint32_t sum = 7;

    ck_assert(!checked_add(0xFFFFFFFFu, 1u, &sum));
    ck_assert(checked_add(0xFFFFFFFEu, 1u, &sum));
    ck_assert_uint_eq(sum, 0xFFFFFFFFu);
    ck_assert(!checked_mul(0x10000u, 0x10000u, &sum));
    ck_assert_uint_eq(ALIGN_UP(65u, 64), 128);
    ck_assert_uint_eq(ALIGN_UP(128u, 64), 128);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("list");
    UNIT_TEST(entries_come_in_the_order_of_appending);
    UNIT_TEST(an_entry_may_be_unlinked_while_walking_and_twice);
    UNIT_TEST(a_zeroed_head_is_an_empty_list_once_it_is_ready);
    UNIT_TEST(take_moves_ownership_and_a_kept_value_is_freed);
    UNIT_TEST(checked_arithmetic_refuses_overflow);
    return UNIT_END();
}
