/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Exceptions, as the other sources of ntdll's PE half see them. */
#ifndef PORTICO_EXCEPTION_H
#define PORTICO_EXCEPTION_H

/* Raise an exception with this code and these flags, without parameters, at the caller. */
void raise_status(NTSTATUS status, ULONG flags);

#endif
