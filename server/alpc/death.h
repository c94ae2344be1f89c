/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the end of a process means for ports. */
#pragma once

struct process;

/* Its lanes die, the ports that it held lose a holder, their other holders are told. Its handles
 * close after this. */
void alpc_process_ended(struct process *process);
