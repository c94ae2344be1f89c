/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Linux' terminal as a console: modes, size and colours (terminal.c), keys (terminal_keys.c). Each
 * call's file is a terminal. */
#pragma once

#include "file.h"
#include <wincon.h>

NTSTATUS terminal_mode_get(struct file *file, ULONG *ret_mode);
/* STATUS_INVALID_PARAMETER: bits that do not go together or that nobody knows. */
NTSTATUS terminal_mode_set(struct file *file, ULONG mode);
/* One character is a whole reading (ENABLE_LINE_INPUT is off). */
bool terminal_is_raw(struct file *file);

/* As kernelbase asks for it: what GetConsoleScreenBufferInfo tells, colours among it. */
struct terminal_info {
    SHORT cursor_size, cursor_visible, cursor_x, cursor_y;
    SHORT width, height;
    USHORT attributes, popup_attributes;
    SHORT left, top, right, bottom; /* of the window */
    SHORT max_width, max_height;
    SHORT font_width, font_height, font_weight, font_pitch_family;
    ULONG colours[16];
};
NTSTATUS terminal_info_get(struct file *file, struct terminal_info *ret_info);
/* Colours of what is written from now on: FOREGROUND_*, BACKGROUND_*. */
NTSTATUS terminal_attributes_set(struct file *file, USHORT attributes);

/* As it was when this process first changed it: at the process' end, also from a signal handler. */
void terminal_restore(void);

/* INPUT_RECORDs: what the terminal sends, and what WriteConsoleInput puts before it. */
NTSTATUS terminal_keys_read(struct file *file, INPUT_RECORD *user_records,
                            size_t n_room, bool may_wait, bool keep, ULONG *ret_n);
NTSTATUS terminal_keys_add(const INPUT_RECORD *user_records, size_t n);
NTSTATUS terminal_keys_flush(struct file *file);
/* Keys are read one by one from here on, without an echo, until the next reading of text, by this
 * process or a child. */
NTSTATUS terminal_keys_begin(struct file *file);
extern _Atomic bool terminal_reads_keys;
void terminal_text_begin(void);
