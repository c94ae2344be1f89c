/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The machine's name as Windows has it: one label, of a bounded length. Linux' may be a whole
 * domain name of 64 characters; a program that asks for Windows' name has room for Windows' bounds.
 */
#pragma once

#include <stddef.h>

#define COMPUTER_NAME_MAX   15u /* characters: MAX_COMPUTERNAME_LENGTH */
#define HOST_NAME_LABEL_MAX 63u

/* What precedes the first dot of `text`, at most `max` characters; "localhost" when that is
 * nothing. ret_name has room for max + 1 characters, and max is 9 at least. */
void host_name_from(const char *text, size_t max, char *ret_name);
/* The same of this machine's name. */
void host_name(size_t max, char *ret_name);
