/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The port server that another version would be: it takes another hello. What its hello calls is
 * the library's, which it is linked to, as is all else. */
#define PROTOCOL_VERSION 2u
#include "handlers_server.c"
