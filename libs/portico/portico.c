/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"
extern int libportico_placeholder;
int libportico_placeholder;
