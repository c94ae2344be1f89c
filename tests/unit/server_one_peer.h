/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A server with one peer of this process. */
#pragma once

#include "server_fixture.h"

static struct server *server;
static struct peer a;

static void start(void)
{
    server = fixture_start();
    peer_start(&a, server, 0, 1);
}

static void end(void)
{
    peer_end(&a);
    fixture_end();
}
