/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* A terminal's modes, size and colours.
 *
 * The modes that Linux has are Linux': ENABLE_PROCESSED_INPUT is ISIG, ENABLE_LINE_INPUT ICANON,
 * ENABLE_ECHO_INPUT ECHO, DISABLE_NEWLINE_AUTO_RETURN no ONLCR; ENABLE_WRAP_AT_EOL_OUTPUT is told
 * to the terminal. They are the terminal's, so that other programs on it see them; what this
 * process changed is put back when it ends, as cmd does on Windows. DIFFERS: the other bits (mouse,
 * quick edit, insert mode) are remembered and mean nothing; the terminal interprets escape
 * sequences whether ENABLE_VIRTUAL_TERMINAL_PROCESSING is set or not; the screen buffer is the
 * window, and its cursor, which Linux cannot be asked for, is told to be in its corner.
 *
 * No change waits for output that has not gone out yet (TCSADRAIN): a line that is held up would
 * hold up whoever wants the lock, and the process' end.
 */
#include "terminal.h"

#include "ntprocess.h"
#include "ntstatus_errno.h"
#include "usermem.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum {
    INPUT_ALL = 0x3ff,
    INPUT_OF_LINUX = ENABLE_PROCESSED_INPUT | ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT,
    OUTPUT_ALL = 0x1f,
    VT_PROCESSING = 4,
    NO_AUTO_RETURN = 8,
    USUAL_COLOURS = 7,
};

static _Atomic ULONG input_rest =
    ENABLE_INSERT_MODE | ENABLE_QUICK_EDIT_MODE | ENABLE_EXTENDED_FLAGS | ENABLE_AUTO_POSITION;
static _Atomic ULONG output_mode =
    ENABLE_PROCESSED_OUTPUT | ENABLE_WRAP_AT_EOL_OUTPUT | VT_PROCESSING;
static _Atomic USHORT colours = USUAL_COLOURS;

/* Over each change of the modes, with the look before: else the modes for keys would be taken for
 * those to go back to. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* What is to be put back, on a descriptor of its own. */
static struct termios before;
static _Atomic int before_fd = -1; /* set once, after `before` */
static struct termios text_modes;  /* while keys are read; lock */

/* In the background the terminal has the modes of who has it now, and Linux would stop this process
 * for changing them. -1: it is no session's terminal. */
void terminal_restore(void)
{
    const int fd = before_fd;
    const pid_t has_it = fd < 0 ? 0 : tcgetpgrp(fd);

    if (has_it == -1 || has_it == getpgrp())
        (void)tcsetattr(fd, TCSANOW, &before);
}

static NTSTATUS before_keep_locked(const struct file *file, const struct termios *now)
{
    if (before_fd >= 0)
        return STATUS_SUCCESS;
    before = *now;
    before_fd = fd_copy_high(file->fd);
    return before_fd < 0 ? STATUS_TOO_MANY_OPENED_FILES : STATUS_SUCCESS;
}

static NTSTATUS modes_set_locked(struct file *file, const struct termios *now,
                                 const struct termios *next)
{
    if (!memcmp(now, next, sizeof(*now)))
        return STATUS_SUCCESS;
    TRY(before_keep_locked(file, now));
    return tcsetattr(file->fd, TCSANOW, next) ? status_from_errno(errno) : STATUS_SUCCESS;
}

static bool is_input(const struct file *file)
{
    return file->console == CONSOLE_INPUT ||
           (file->console == CONSOLE_NONE && !(file->access & FILE_WRITE_DATA));
}

/* Those of text, also while keys are read. */
static NTSTATUS modes_get(struct file *file, struct termios *ret_modes)
{
    NTSTATUS status = STATUS_SUCCESS;

    pthread_mutex_lock(&lock);
    if (tcgetattr(file->fd, ret_modes))
        status = status_from_errno(errno);
    else if (terminal_reads_keys)
        *ret_modes = text_modes;
    pthread_mutex_unlock(&lock);
    return status;
}

NTSTATUS terminal_mode_get(struct file *file, ULONG *ret_mode)
{
    struct termios modes;

    TRY(modes_get(file, &modes));
    if (is_input(file))
        *ret_mode = input_rest | (modes.c_lflag & ISIG ? ENABLE_PROCESSED_INPUT : 0) |
                    (modes.c_lflag & ICANON ? ENABLE_LINE_INPUT : 0) |
                    (modes.c_lflag & ECHO ? ENABLE_ECHO_INPUT : 0);
    else
        *ret_mode = output_mode | (modes.c_oflag & ONLCR ? 0 : NO_AUTO_RETURN);
    return STATUS_SUCCESS;
}

static void flag_set(tcflag_t *flags, tcflag_t flag, bool on)
{
    *flags = on ? *flags | flag : *flags & ~flag;
}

static void input_apply(struct termios *modes, ULONG mode)
{
    const bool by_line = mode & ENABLE_LINE_INPUT;

    flag_set(&modes->c_lflag, ISIG, mode & ENABLE_PROCESSED_INPUT);
    flag_set(&modes->c_iflag, IXON, mode & ENABLE_PROCESSED_INPUT);
    flag_set(&modes->c_lflag, ICANON, by_line);
    flag_set(&modes->c_iflag, ICRNL, by_line); /* the Enter key is \r */
    flag_set(&modes->c_lflag, ECHO, mode & ENABLE_ECHO_INPUT);
    if (!by_line) {
        modes->c_cc[VMIN] = 1;
        modes->c_cc[VTIME] = 0;
    }
}

static NTSTATUS text_send(struct file *file, const char *text)
{
    size_t n = strlen(text);

    return write(file->fd, text, n) == (ssize_t)n ? STATUS_SUCCESS : STATUS_IO_DEVICE_ERROR;
}

static NTSTATUS output_mode_set_locked(struct file *file, ULONG mode)
{
    const ULONG old = atomic_load(&output_mode);
    struct termios now, next;

    if (!(mode & ENABLE_PROCESSED_OUTPUT)) {
        absent_once("a console without ENABLE_PROCESSED_OUTPUT",
                    "the terminal interprets its text");
        return STATUS_INVALID_PARAMETER;
    }
    if (tcgetattr(file->fd, &now))
        return status_from_errno(errno);
    next = now;
    flag_set(&next.c_oflag, ONLCR, !(mode & NO_AUTO_RETURN));
    TRY(modes_set_locked(file, &now, &next));
    if ((mode ^ old) & ENABLE_WRAP_AT_EOL_OUTPUT)
        TRY(text_send(file, mode & ENABLE_WRAP_AT_EOL_OUTPUT ? "\033[?7h" : "\033[?7l"));
    atomic_store(&output_mode, mode & ~(ULONG)NO_AUTO_RETURN);
    return STATUS_SUCCESS;
}

static NTSTATUS input_mode_set_locked(struct file *file, ULONG mode)
{
    struct termios now, next;

    if ((mode & ENABLE_ECHO_INPUT) && !(mode & ENABLE_LINE_INPUT))
        return STATUS_INVALID_PARAMETER;
    if (tcgetattr(file->fd, &now))
        return status_from_errno(errno);
    next = now;
    input_apply(&next, mode);
    TRY(modes_set_locked(file, &now, &next));
    atomic_store(&input_rest, mode & ~(ULONG)INPUT_OF_LINUX);
    atomic_store(&terminal_reads_keys, false);
    return STATUS_SUCCESS;
}

NTSTATUS terminal_mode_set(struct file *file, ULONG mode)
{
    NTSTATUS status;

    if (mode & ~(ULONG)(is_input(file) ? INPUT_ALL : OUTPUT_ALL))
        return STATUS_INVALID_PARAMETER;
    pthread_mutex_lock(&lock);
    status =
        is_input(file) ? input_mode_set_locked(file, mode) : output_mode_set_locked(file, mode);
    pthread_mutex_unlock(&lock);
    return status;
}

bool terminal_is_raw(struct file *file)
{
    struct termios modes;

    return !tcgetattr(file->fd, &modes) && !(modes.c_lflag & ICANON);
}

static NTSTATUS keys_begin_locked(struct file *file)
{
    struct termios now, next;

    if (terminal_reads_keys)
        return STATUS_SUCCESS;
    if (tcgetattr(file->fd, &now))
        return status_from_errno(errno);
    next = now;
    input_apply(&next, now.c_lflag & ISIG ? ENABLE_PROCESSED_INPUT : 0);
    next.c_cc[VMIN] = 0; /* whoever looks for a key that another took is not held up */
    TRY(modes_set_locked(file, &now, &next));
    text_modes = now;
    atomic_store(&terminal_reads_keys, true);
    return STATUS_SUCCESS;
}

NTSTATUS terminal_keys_begin(struct file *file)
{
    NTSTATUS status;

    pthread_mutex_lock(&lock);
    status = keys_begin_locked(file);
    pthread_mutex_unlock(&lock);
    return status;
}

void terminal_text_begin(void)
{
    if (!terminal_reads_keys)
        return;
    pthread_mutex_lock(&lock);
    if (atomic_exchange(&terminal_reads_keys, false))
        (void)tcsetattr(before_fd, TCSANOW, &text_modes);
    pthread_mutex_unlock(&lock);
}

NTSTATUS terminal_info_get(struct file *file, struct terminal_info *ret_info)
{
    /* Windows' console colours, as COLORREF. */
    static const ULONG palette[16] = {0x0c0c0c, 0xda3700, 0x0ea113, 0xdd963a, 0x1f0fc5, 0x981788,
                                      0x009cc1, 0xcccccc, 0x767676, 0xff783b, 0x0cc616, 0xd6d661,
                                      0x5648e7, 0x9e00b4, 0xa5f1f9, 0xf2f2f2};
    struct winsize size;

    if (file->console == CONSOLE_INPUT)
        return STATUS_INVALID_HANDLE;
    if (ioctl(file->fd, TIOCGWINSZ, &size))
        return status_from_errno(errno);
    if (!size.ws_col || !size.ws_row) { /* a line that knows no size */
        size.ws_col = 80;
        size.ws_row = 24;
    }
    *ret_info = (struct terminal_info){.cursor_size = 25,
                                       .cursor_visible = 1,
                                       .width = (SHORT)size.ws_col,
                                       .height = (SHORT)size.ws_row,
                                       .attributes = atomic_load(&colours),
                                       .popup_attributes = 0xf5,
                                       .right = (SHORT)(size.ws_col - 1),
                                       .bottom = (SHORT)(size.ws_row - 1),
                                       .max_width = (SHORT)size.ws_col,
                                       .max_height = (SHORT)size.ws_row};
    memcpy(ret_info->colours, palette, sizeof(palette));
    return STATUS_SUCCESS;
}

/* Windows' bits are blue, green, red; ANSI's red, green, blue. */
static int ansi_colour(unsigned bits)
{
    return (int)((bits & 4) >> 2 | (bits & 2) | (bits & 1) << 2);
}

NTSTATUS terminal_attributes_set(struct file *file, USHORT attributes)
{
    const unsigned text = attributes & 15, ground = attributes >> 4 & 15;
    char sequence[48] = "\033[0m";

    if (attributes != USUAL_COLOURS)
        snprintf(sequence, sizeof(sequence), "\033[0;%d;%d%sm",
                 (text & 8 ? 90 : 30) + ansi_colour(text),
                 (ground & 8 ? 100 : 40) + ansi_colour(ground),
                 attributes & COMMON_LVB_REVERSE_VIDEO ? ";7" : "");
    TRY(text_send(file, sequence));
    atomic_store(&colours, attributes);
    return STATUS_SUCCESS;
}
