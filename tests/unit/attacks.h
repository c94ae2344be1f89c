/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What an attacker of check_attacks does to all that the daemon has handed out to its process: the
 * eventfds it finds in /proc/self/fd, the lanes in /proc/self/maps. */
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "own_lanes.h"
#include "portico/lane.h"

/* ---- attacks on eventfds ---- */

enum bell_attack { READ_AWAY, FILL, FILL_AND_BLOCK, RING, NEST };

static int nest = -1; /* an epoll that takes the bells */

static void attack_bell(int fd, enum bell_attack attack)
{
    const uint64_t one = 1, most = UINT64_MAX - 1;
    uint64_t count;

    if (attack == NEST) {
        struct epoll_event event = {.events = EPOLLIN};
        if (epoll_ctl(nest, EPOLL_CTL_ADD, fd, &event) < 0)
            _exit(91);
        return;
    }
    if (attack == RING) {
        (void)!write(fd, &one, sizeof(one));
        return;
    }
    (void)!read(fd, &count, sizeof(count)); /* all of them are made with O_NONBLOCK */
    if (attack == READ_AWAY)
        return;
    (void)!write(fd, &most, sizeof(most));
    if (attack == FILL_AND_BLOCK && fcntl(fd, F_SETFL, 0) < 0)
        _exit(90);
}

/* Every eventfd of this process; how many. */
static unsigned attack_bells(enum bell_attack attack)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    char target[64];
    unsigned n = 0;

    while (dir && (entry = readdir(dir))) {
        ssize_t size = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
        if (size < 0)
            continue;
        target[size] = '\0';
        if (strcmp(target, "anon_inode:[eventfd]") != 0)
            continue;
        attack_bell(atoi(entry->d_name), attack);
        n++;
    }
    if (dir)
        closedir(dir);
    return n;
}

/* ---- attacks on futexes ---- */

static uint32_t elsewhere; /* where sleepers are moved */

static unsigned attack_word(uint32_t *word, int operation)
{
    long n = syscall(SYS_futex, word, operation, operation == FUTEX_WAKE ? INT32_MAX : 0,
                     (void *)INT32_MAX, &elsewhere, 0);

    return n > 0 ? (unsigned)n : 0;
}

/* The words of a first lane on which its sender may sleep: all of the header, each slot's finish.
 */
static unsigned attack_lane(uint8_t *base, int operation)
{
    uint8_t *slots = base + LANE_HEADER_BYTES + LANE_RING_FIRST_BYTES;
    unsigned n = 0;

    for (size_t at = 0; at < sizeof(struct lane_header); at += sizeof(uint32_t))
        n += attack_word((uint32_t *)(void *)(base + at), operation);
    for (size_t slot = 0; slot < LANE_SLOTS_MAX; slot++) {
        struct lane_slot *at = (struct lane_slot *)(void *)(slots + slot * LANE_SLOT_BYTES);
        n += attack_word(&((struct lane_slot_reply *)(at + 1))->finished, operation);
    }
    return n;
}

/* In every lane that this process has mapped; how many sleepers it has hit. */
static unsigned attack_lanes(int operation)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    uint8_t *base;
    size_t size;
    unsigned n = 0;

    while (maps && own_lane_next(maps, &base, &size))
        n += attack_lane(base, operation);
    if (maps)
        fclose(maps);
    return n;
}

/* The kernel lets a hundred ways lead up from an eventfd through three epolls: takes them all. */
static void nest_bells(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int middle = epoll_create1(0), n = 0;

    nest = epoll_create1(0);
    (void)attack_bells(NEST);
    if (epoll_ctl(middle, EPOLL_CTL_ADD, nest, &event) < 0)
        _exit(92);
    while (epoll_ctl(epoll_create1(0), EPOLL_CTL_ADD, middle, &event) == 0)
        n++;
    if (n < 90)
        _exit(93);
}
