/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "runtime_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/own_folder.h"
#include "unit.h"

static const char *own, *xdg;

static const char *get(const char *name)
{
    return !strcmp(name, "PORTICO_RUNTIME_DIR") ? own
           : !strcmp(name, "XDG_RUNTIME_DIR")   ? xdg
                                                : NULL;
}

START_TEST(the_first_of_three_places_is_taken)
{
    char path[64], expected[64];

    own = "/own";
    xdg = "/run/user/1";
    ck_assert_int_eq(runtime_dir_path(path, sizeof(path), get), 0);
    ck_assert_str_eq(path, "/own");
    own = "";
    ck_assert_int_eq(runtime_dir_path(path, sizeof(path), get), 0);
    ck_assert_str_eq(path, "/run/user/1/portico");
    own = NULL;
    xdg = "relative";
    snprintf(expected, sizeof(expected), "/tmp/portico-%u", (unsigned)geteuid());
    ck_assert_int_eq(runtime_dir_path(path, sizeof(path), get), 0);
    ck_assert_str_eq(path, expected);
    ck_assert_int_eq(runtime_dir_path(path, 5, get), -ENAMETOOLONG);
}
END_TEST

START_TEST(a_path_too_long_for_a_socket_goes_through_proc)
{
    char base[] = "/tmp/portico-check.XXXXXX", path[200];
    struct sockaddr_un address;
    struct stat info;
    int dir_fd, fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

    ck_assert_ptr_nonnull(mkdtemp(base));
    snprintf(path, sizeof(path), "%s/%0120d", base, 0);
    dir_fd = own_folder_open(path, 1);
    ck_assert_int_ge(dir_fd, 0);
    runtime_dir_address(path, dir_fd, "socket", &address);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(fstatat(dir_fd, "socket", &info, 0), 0);
    unlinkat(dir_fd, "socket", 0);
    rmdir(path);
    rmdir(base);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("runtime_dir");
    UNIT_TEST(the_first_of_three_places_is_taken);
    UNIT_TEST(a_path_too_long_for_a_socket_goes_through_proc);
    return UNIT_END();
}
