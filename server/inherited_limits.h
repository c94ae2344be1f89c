/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Limits (setrlimit) that the daemon inherits from the program that happened to start it and that
 * were meant for that one: `ulimit -t 10; portico x.exe`. Descriptors: server.c. */
#pragma once

#include <stdint.h>

/* To what the system allows. The seconds of processor time after which Linux ends the daemon all
 * the same; 0: it does not. */
uint64_t inherited_limits_raise(void);
