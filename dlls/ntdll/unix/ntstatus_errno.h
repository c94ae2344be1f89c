/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#pragma once

#include "nttypes.h"

/* errno as a file system call of NT would report it. */
NTSTATUS status_from_errno(int error);
