/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* A terminal's modes, size and colours.
 *
 * The modes that Linux has are Linux': ENABLE_PROCESSED_INPUT is ISIG, ENABLE_LINE_INPUT ICANON,
 * ENABLE_ECHO_INPUT ECHO, DISABLE_NEWLINE_AUTO_RETURN no ONLCR; ENABLE_WRAP_AT_EOL_OUTPUT is told
 * to the terminal. They are the terminal's, so that other programs on it see them; what this
 * process changed is put back when it ends, as cmd does on Windows, and while it is stopped
 * (Ctrl-Z), and set again when it goes on. When others have changed them since, theirs are what the
 * next change goes back to. DIFFERS: the other bits (mouse, quick edit, insert mode) are remembered
 * and mean nothing; the terminal interprets escape sequences whether
 * ENABLE_VIRTUAL_TERMINAL_PROCESSING is set or not; the screen buffer is the window, and its
 * cursor, which Linux cannot be asked for, is told to be in its corner.
 *
 * No change waits for output that has not gone out yet (TCSADRAIN): a line that is held up would
 * hold up whoever wants the lock, and the process' end.
 */
#include "terminal.h"

#include "ntprocess.h"
#include "ntstatus_errno.h"
#include "usermem.h"
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
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
/* The latest change, for signal handlers, which take no lock: written where nobody looks, then the
 * one to look at. */
static struct change {
    struct termios before, mine;
} changes[2];
static _Atomic unsigned latest;
static _Atomic int changed_fd = -1; /* a descriptor of its own; set once, after the first change */
static struct termios text_modes;   /* while keys are read; lock */

static bool modes_equal(const struct termios *a, const struct termios *b)
{
    return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
           a->c_lflag == b->c_lflag && !memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc));
}

static void change_note_locked(const struct termios *before, const struct termios *mine)
{
    const unsigned next = !latest;

    changes[next] = (struct change){*before, *mine};
    latest = next;
}

/* In the background the terminal has the modes of who has it now, and Linux would stop this process
 * for changing them. -1: it is no session's terminal. */
static bool is_ours_to_change(void)
{
    const pid_t has_it = changed_fd < 0 ? 0 : tcgetpgrp(changed_fd);

    return has_it == -1 || has_it == getpgrp();
}

/* Lines are what a terminal is for by itself. Other modes are those of another program that reads
 * keys: it put lines back when it ended meanwhile. */
void terminal_restore(void)
{
    const struct change *change = &changes[latest];
    struct termios now;

    if (!is_ours_to_change() || tcgetattr(changed_fd, &now))
        return;
    if ((change->before.c_lflag & ICANON) || modes_equal(&now, &change->mine))
        (void)tcsetattr(changed_fd, TCSANOW, &change->before);
}

/* Who holds the lock is about to look at the modes himself. */
static void set_again(void)
{
    struct termios now;

    if (!is_ours_to_change() || pthread_mutex_trylock(&lock))
        return;
    const struct change change = changes[latest];
    if (!tcgetattr(changed_fd, &now) && !modes_equal(&change.before, &change.mine) &&
        !modes_equal(&now, &change.mine)) {
        change_note_locked(&now, &change.mine);
        (void)tcsetattr(changed_fd, TCSANOW, &change.mine);
    }
    pthread_mutex_unlock(&lock);
}

/* By Ctrl-Z, or who else sends SIGTSTP: as if there were no handler, but for the modes. */
static void stop_handler(int number)
{
    struct sigaction ours, usual = {.sa_handler = SIG_DFL};
    int saved_errno = errno;
    sigset_t set;

    terminal_restore();
    sigaction(number, &usual, &ours);
    sigemptyset(&set);
    sigaddset(&set, number);
    syscall(SYS_tgkill, getpid(), gettid(), number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL); /* it stops here, unless nobody could continue it */
    sigaction(number, &ours, NULL);
    set_again();
    errno = saved_errno;
}

static void continue_handler(int number)
{
    int saved_errno = errno;

    (void)number;
    set_again();
    errno = saved_errno;
}

static void handler_set(int number, void (*handler)(int number))
{
    struct sigaction old, action = {.sa_handler = handler, .sa_flags = SA_ONSTACK | SA_RESTART};

    sigfillset(&action.sa_mask);
    if (!sigaction(number, NULL, &old) && old.sa_handler == SIG_DFL)
        sigaction(number, &action, NULL);
}

static NTSTATUS first_change_locked(int fd)
{
    const int own = fd_copy_high(fd);

    if (own < 0)
        return STATUS_TOO_MANY_OPENED_FILES;
    changed_fd = own;
    handler_set(SIGTSTP, stop_handler);
    handler_set(SIGCONT, continue_handler);
    return STATUS_SUCCESS;
}

static NTSTATUS modes_set_locked(int fd, const struct termios *now, const struct termios *next)
{
    const struct change *change = &changes[latest];
    struct termios before = change->before, mine;

    if (modes_equal(now, next))
        return STATUS_SUCCESS;
    if (changed_fd < 0 || !modes_equal(now, &change->mine))
        before = *now;
    change_note_locked(&before, next);
    if (changed_fd < 0)
        TRY(first_change_locked(fd));
    if (tcsetattr(fd, TCSANOW, next))
        return status_from_errno(errno);
    if (!tcgetattr(fd, &mine) && !modes_equal(&mine, next))
        change_note_locked(&before, &mine); /* as far as the terminal can */
    return STATUS_SUCCESS;
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
    TRY(modes_set_locked(file->fd, &now, &next));
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
    TRY(modes_set_locked(file->fd, &now, &next));
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

    if (tcgetattr(file->fd, &now))
        return status_from_errno(errno);
    if (terminal_reads_keys && !(now.c_lflag & ICANON)) /* else another wants lines since */
        return STATUS_SUCCESS;
    next = now;
    input_apply(&next, now.c_lflag & ISIG ? ENABLE_PROCESSED_INPUT : 0);
    next.c_cc[VMIN] = 0; /* whoever looks for a key that another took is not held up */
    TRY(modes_set_locked(file->fd, &now, &next));
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
    struct termios now;

    if (!terminal_reads_keys)
        return;
    pthread_mutex_lock(&lock);
    if (atomic_exchange(&terminal_reads_keys, false) && !tcgetattr(changed_fd, &now) &&
        modes_equal(&now, &changes[latest].mine))
        (void)!modes_set_locked(changed_fd, &now, &text_modes);
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
