/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The process's token: made from the Linux user, one for the life of the process. */
#pragma once

#include "ntobject.h"

struct nt_object *token_object_current(void); /* borrowed */
