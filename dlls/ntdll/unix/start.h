/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The loader proper: everything between main and the program's first instruction. */
#pragma once

/* The Unix path that the user's name for the program means (a Unix path or one on a drive),
 * absolute, to be freed; the process ends with a message when there is no such file. */
char *portico_program_path(const char *file);
/* Runs FILE (a Unix path or Z:\...) with its arguments; does not return. */
void portico_start_program(const char *file, char *const *arguments, char *const *environment)
    __attribute__((noreturn));
/* Runs the program that another one starts through the socket fd (child.h); does not return. */
void portico_start_child(int fd) __attribute__((noreturn));
