/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Winsock's error texts. */
#pragma once

#include "rtl.h"

/* The system's text for this error, if the module is the one that has the system's messages and the
 * error one that its table lacks; else NULL. */
const MESSAGE_RESOURCE_ENTRY *message_winsock(HMODULE module, ULONG id);
