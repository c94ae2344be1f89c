/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The processors that the program sees: those that a process here may be given, at most 64,
 * numbered from 0 without gaps as on Windows, whatever their numbers are on this machine (a
 * container may have 4 and 5). Which of them it may use at the moment (taskset) is its affinity, as
 * there. */
#pragma once

#include "nttypes.h"
#include <sched.h>
#include <stdbool.h>

unsigned processors_count(void);
ULONG_PTR processors_all(void); /* as a mask */
ULONG_PTR processors_mask(const cpu_set_t *set);
unsigned processors_current(void);
int processors_number(unsigned processor); /* on this machine */
/* False: a processor that there is not, or none. */
bool processors_set(ULONG_PTR mask, cpu_set_t *ret_set);

/* processor_topology.c: what GetLogicalProcessorInformation and its Ex form tell. *ret_size is what
 * all needs; STATUS_INFO_LENGTH_MISMATCH: more than there is room for. */
NTSTATUS processors_query(void *buffer, ULONG length, ULONG *ret_size);
NTSTATUS processors_query_ex(ULONG relationship, void *buffer, ULONG length, ULONG *ret_size);
