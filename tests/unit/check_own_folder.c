/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "common/own_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

START_TEST(a_folder_that_others_can_write_or_a_link_is_refused)
{
    char base[] = "/tmp/portico-check.XXXXXX", path[64], link[64];
    struct stat info;
    int fd;

    ck_assert_ptr_nonnull(mkdtemp(base));
    snprintf(path, sizeof(path), "%s/dir", base);
    snprintf(link, sizeof(link), "%s/link", base);
    ck_assert_int_eq(own_folder_open(path, false), -ENOENT);
    fd = own_folder_open(path, true);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fstat(fd, &info), 0);
    ck_assert_uint_eq(info.st_mode & 077, 0);
    close(fd);
    ck_assert_int_eq(chmod(path, 0720), 0);
    ck_assert_int_eq(own_folder_open(path, true), -EPERM);
    ck_assert_int_eq(chmod(path, 0702), 0);
    ck_assert_int_eq(own_folder_open(path, false), -EPERM);
    ck_assert_int_eq(chmod(path, 0755), 0);
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert_int_eq(own_folder_open(link, true), -ENOTDIR);
    fd = own_folder_open(path, false);
    ck_assert_int_ge(fd, 0);
    close(fd);
    unlink(link);
    rmdir(path);
    rmdir(base);
}
END_TEST

START_TEST(what_is_no_folder_or_cannot_be_made_is_refused)
{
    char base[] = "/tmp/portico-check.XXXXXX", path[64];
    FILE *file;

    ck_assert_ptr_nonnull(mkdtemp(base));
    snprintf(path, sizeof(path), "%s/file", base);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    ck_assert_int_eq(own_folder_open(path, true), -ENOTDIR);
    unlink(path);
    rmdir(base);
    ck_assert_int_eq(own_folder_open(path, true), -ENOENT);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("own_folder");
    UNIT_TEST(a_folder_that_others_can_write_or_a_link_is_refused);
    UNIT_TEST(what_is_no_folder_or_cannot_be_made_is_refused);
    return UNIT_END();
}
