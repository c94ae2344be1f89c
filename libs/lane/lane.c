/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"
extern int liblane_placeholder;
int liblane_placeholder;
