/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The names of volumes, and the mount manager that tells them (volume_names.c). */
#pragma once

#include "nttypes.h"
#include <stddef.h>

enum { VOLUME_NAME_UNITS = 44 }; /* Volume{...} */

/* The drive whose volume's name `text` begins with (behind \??\), or 0. */
WCHAR volume_drive(const WCHAR *text, size_t units);

/* That of \Device\HarddiskVolumeN by the digit, or 0. */
WCHAR volume_device_drive(WCHAR digit);

/* `\??\C:\x` as `\Device\HarddiskVolume1\x`, to be freed; the bytes without the NUL. */
NTSTATUS volume_device_name(const WCHAR *name, WCHAR **ret_name, SIZE_T *ret_bytes);

/* Is this a control code of the mount manager's? */
#define IS_MOUNT_CODE(code) ((code) >> 16 == 0x6d)

/* The buffers are the program's; *ret_done is set in any case, in bytes. */
NTSTATUS mount_manager_control(ULONG code, const void *input, ULONG input_length, void *output,
                               ULONG output_length, ULONG *ret_done);
