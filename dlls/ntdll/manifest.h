/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The program's manifest: manifest.c. */
#pragma once

#include "rtl.h"

enum { MANIFEST_SYSTEMS_MAX = 16 };

/* Versions of Windows that the program says to know, by the GUIDs of supportedOS. */
struct manifest_systems {
    ULONG n;
    GUID ids[MANIFEST_SYSTEMS_MAX];
};

/* n is 0 when there is no manifest, or none of them in it. */
void manifest_systems_get(struct manifest_systems *ret_systems);
