/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A server with two peers: a is of this process, b of a child. */
#pragma once

#include "server_fixture.h"

static struct server *server;
static struct peer a, b;
static pid_t pid;

static void start(void)
{
    pid = fixture_child();
    server = fixture_start();
    peer_start(&a, server, 0, 1);
    peer_start(&b, server, pid, 2);
}

static void end(void)
{
    peer_end(&a);
    peer_end(&b);
    child_die(pid);
    fixture_end();
}
