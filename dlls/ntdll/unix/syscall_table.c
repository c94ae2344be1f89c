/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The table behind the dispatcher: one entry for each SYSCALL line of exports.def, then each
 * UNIXCALL line of unixcalls.def, in their order; exports.S of the PE half counts the same lines.
 * The prototypes do not matter here: only addresses are taken. No NT header is included, so these
 * declarations meet no others. */

#include <stdint.h>

#define STUB(name)
#define FUNCTION(name)
#define ALIAS(name, symbol)
#define FORWARD(name, target)
#define DATA(name)

#define SYSCALL(name, n_args)  void name(void);
#define UNIXCALL(name, n_args) void name(void);
#include "exports.def"
#include "unixcalls.def"
#undef SYSCALL
#undef UNIXCALL

extern void (*const syscall_table[])(void);
extern const uint8_t syscall_n_args[];
extern const uint32_t syscall_count;

#define SYSCALL(name, n_args)  name,
#define UNIXCALL(name, n_args) name,
void (*const syscall_table[])(void) = {
#include "exports.def"
#include "unixcalls.def"
};
#undef SYSCALL
#undef UNIXCALL

#define SYSCALL(name, n_args)  n_args,
#define UNIXCALL(name, n_args) n_args,
const uint8_t syscall_n_args[] = {
#include "exports.def"
#include "unixcalls.def"
};
#undef SYSCALL
#undef UNIXCALL

const uint32_t syscall_count = sizeof(syscall_table) / sizeof(syscall_table[0]);
