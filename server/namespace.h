/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The names that exist from the start; declared in directory.h, made in namespace.c. */
#pragma once

#include "directory.h"
