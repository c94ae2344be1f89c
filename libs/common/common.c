/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"
extern int libcommon_placeholder;
int libcommon_placeholder;
