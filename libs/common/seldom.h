/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* SELDOM, after the declarator of a large zeroed table: it is put behind all other data, which then
 * lie together on few pages. The linker's scripts keep .lbss for that. */
#pragma once

#define SELDOM __attribute__((section(".lbss.seldom")))
