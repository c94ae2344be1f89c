/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#pragma once

/* Numbers of calls as who reads a line of ours knows them. */

#include "ntobject.h"

/* As unimplemented_once: `code FSCTL_SET_REPARSE_POINT`, or in hexadecimal where no name is known.
 */
void unimplemented_code_once(const char *function, ULONG code);
/* `security information DACL, PROTECTED_DACL`; a bit without a name in hexadecimal. */
void unimplemented_security_once(const char *function, SECURITY_INFORMATION which);
