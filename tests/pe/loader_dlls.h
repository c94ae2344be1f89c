/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the DLLs of the loader test give to each other and to loader.c. */
#ifndef PORTICO_LOADER_DLLS_H
#define PORTICO_LOADER_DLLS_H

#ifdef BUILDING_TWO
#define TWO_API __declspec(dllexport)
#else
#define TWO_API __declspec(dllimport)
#endif

TWO_API extern int two_refuse_three;
TWO_API extern const char *two_last_line;
TWO_API void two_note(char who, ULONG reason);
TWO_API const char *two_history(void);
TWO_API void two_forget(void);
TWO_API int two_value(void);

int one_add(int a, int b);
int one_secret(void); /* ordinal 7, no name */
int one_was_static(void);
int one_forward(void); /* two_value */

__declspec(dllexport) int *three_tls(void);
__declspec(dllexport) int three_calls_one(void);

#endif
