/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The DLLs of crt_modules.c. */
#pragma once

#ifdef BUILDING_MODULE
#define MODULE_API __declspec(dllexport)
#else
#define MODULE_API __declspec(dllimport)
#endif

extern MODULE_API int module_number;
MODULE_API int module_read_number(void);
MODULE_API int *module_read_pointer(void);
/* 1: attached with the program, 2: at run time. */
MODULE_API int module_static_reason(void);
/* How often DllMain has heard this reason. */
MODULE_API int module_count(unsigned reason);

/* crt_module_late.dll's, imported with delay. */
int late_value(int n);
