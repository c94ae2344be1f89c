/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* ReadConsoleInput: what a terminal sends, as keys.
 *
 * A character is a key that goes down and up; an escape sequence that terminals send for arrows,
 * function keys and the like is such a key without a character. The rest of a sequence is there
 * when its beginning is, so an escape behind which nothing is ready is the Escape key. DIFFERS:
 * keys that are not typed alone (Shift) have no events of their own, nor have the mouse and the
 * window's size; a wait on the input's handle does not wait for a key.
 */
#include "terminal.h"

#include "ntstatus_errno.h"
#include "ntwait.h"
#include "usermem.h"
#include "waitblock.h"
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <winuser.h>

enum { QUEUE_MAX = 256, SEQUENCE_MAX = 16 };

_Atomic bool terminal_reads_keys;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static INPUT_RECORD queue[QUEUE_MAX]; /* lock, as n_queued */
static size_t n_queued;

static const struct named_key {
    const char *sequence; /* behind the escape */
    WORD key, scan;
} named_keys[] = {
    {"[A", VK_UP, 0x48},    {"[B", VK_DOWN, 0x50},    {"[C", VK_RIGHT, 0x4d},
    {"[D", VK_LEFT, 0x4b},  {"[H", VK_HOME, 0x47},    {"[F", VK_END, 0x4f},
    {"OA", VK_UP, 0x48},    {"OB", VK_DOWN, 0x50},    {"OC", VK_RIGHT, 0x4d},
    {"OD", VK_LEFT, 0x4b},  {"OH", VK_HOME, 0x47},    {"OF", VK_END, 0x4f},
    {"[1~", VK_HOME, 0x47}, {"[2~", VK_INSERT, 0x52}, {"[3~", VK_DELETE, 0x53},
    {"[4~", VK_END, 0x4f},  {"[5~", VK_PRIOR, 0x49},  {"[6~", VK_NEXT, 0x51},
    {"OP", VK_F1, 0x3b},    {"OQ", VK_F2, 0x3c},      {"OR", VK_F3, 0x3d},
    {"OS", VK_F4, 0x3e},    {"[15~", VK_F5, 0x3f},    {"[17~", VK_F6, 0x40},
    {"[18~", VK_F7, 0x41},  {"[19~", VK_F8, 0x42},    {"[20~", VK_F9, 0x43},
    {"[21~", VK_F10, 0x44}, {"[23~", VK_F11, 0x57},   {"[24~", VK_F12, 0x58},
};

/* Signalled while the queue has something: what one thread has taken from the terminal another may
 * wait for. */
static struct notification has_keys;

static void has_keys_init(void)
{
    static const struct nt_type type = {.name = u"Keys", .is_signaled = notification_is_signaled};

    nt_object_init(&has_keys.header, &type);
}

static void keys_lock(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, has_keys_init);
    pthread_mutex_lock(&lock);
}

static void keys_unlock(void)
{
    dispatcher_lock();
    has_keys.signaled = n_queued;
    if (has_keys.signaled)
        dispatcher_wake_locked(&has_keys.header);
    dispatcher_unlock();
    pthread_mutex_unlock(&lock);
}

static bool queue_add_locked(const INPUT_RECORD *record)
{
    if (n_queued == QUEUE_MAX)
        return false;
    queue[n_queued++] = *record;
    return true;
}

static void key_add_locked(WORD key, WORD scan, WCHAR unit, DWORD state)
{
    INPUT_RECORD record = {.EventType = KEY_EVENT};

    record.Event.KeyEvent.bKeyDown = TRUE;
    record.Event.KeyEvent.wRepeatCount = 1;
    record.Event.KeyEvent.wVirtualKeyCode = key;
    record.Event.KeyEvent.wVirtualScanCode = scan;
    record.Event.KeyEvent.uChar.UnicodeChar = unit;
    record.Event.KeyEvent.dwControlKeyState = state;
    (void)queue_add_locked(&record);
    record.Event.KeyEvent.bKeyDown = FALSE;
    (void)queue_add_locked(&record);
}

/* A character that the terminal sent. */
static void unit_add_locked(WCHAR unit)
{
    if (unit == '\r' || unit == '\n')
        key_add_locked(VK_RETURN, 0x1c, '\r', 0);
    else if (unit == 0x7f || unit == '\b')
        key_add_locked(VK_BACK, 0x0e, '\b', 0);
    else if (unit == '\t')
        key_add_locked(VK_TAB, 0x0f, '\t', 0);
    else if (unit == 0x1b)
        key_add_locked(VK_ESCAPE, 0x01, 0x1b, 0);
    else if (unit && unit < ' ')
        key_add_locked((WORD)(unit + '@'), 0, unit, LEFT_CTRL_PRESSED);
    else if (unit >= 'a' && unit <= 'z')
        key_add_locked((WORD)(unit - 'a' + 'A'), 0, unit, 0);
    else if (unit >= 'A' && unit <= 'Z')
        key_add_locked(unit, 0, unit, SHIFT_PRESSED);
    else
        key_add_locked(unit == ' ' || (unit >= '0' && unit <= '9') ? unit : 0, 0, unit, 0);
}

static bool is_ready(int fd)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};

    return poll(&poller, 1, 0) > 0 && (poller.revents & POLLIN);
}

static bool byte_take(int fd, char *ret_byte)
{
    return is_ready(fd) && read(fd, ret_byte, 1) == 1;
}

/* Behind an escape. An unknown sequence is left out. */
static void sequence_take_locked(int fd)
{
    char text[SEQUENCE_MAX] = "";
    size_t n = 0;

    while (n + 1 < sizeof(text) && byte_take(fd, text + n)) {
        n++;
        if (n > 1 && ((text[n - 1] >= '@' && text[n - 1] <= '~') || text[0] == 'O'))
            break;
        if (n == 1 && text[0] != '[' && text[0] != 'O') { /* Alt and a key */
            unit_add_locked((unsigned char)text[0]);
            return;
        }
    }
    if (!n)
        unit_add_locked(0x1b);
    for (size_t i = 0; i < sizeof(named_keys) / sizeof(*named_keys); i++)
        if (!strcmp(named_keys[i].sequence, text))
            key_add_locked(named_keys[i].key, named_keys[i].scan, 0, ENHANCED_KEY);
}

static void units_freep(WCHAR **units)
{
    free(*units);
}

/* The keys of one byte and of what belongs to it. */
static void byte_add_locked(int fd, char first)
{
    _cleanup_nt_(units_freep) WCHAR *units = NULL;
    const unsigned char lead = (unsigned char)first;
    size_t want = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4, n = 1, n_units = 0;
    char text[4] = {first};

    if (first == 0x1b) {
        sequence_take_locked(fd);
        return;
    }
    while (n < want && byte_take(fd, text + n))
        n++;
    units = utf16_from_utf8(text, n, &n_units);
    for (size_t i = 0; units && i < n_units; i++)
        unit_add_locked(units[i]);
}

/* All that has been typed, as far as there is room. */
static void queue_fill_locked(int fd)
{
    char byte;

    while (n_queued + 2 * SEQUENCE_MAX < QUEUE_MAX && byte_take(fd, &byte))
        byte_add_locked(fd, byte);
}

static NTSTATUS queue_give_locked(INPUT_RECORD *user_records, size_t n_room, bool keep,
                                  ULONG *ret_n)
{
    size_t n = n_room < n_queued ? n_room : n_queued;

    *ret_n = (ULONG)n;
    if (!user_records || !n)
        return STATUS_SUCCESS;
    TRY(user_write(user_records, queue, n * sizeof(*queue)));
    if (keep)
        return STATUS_SUCCESS;
    n_queued -= n;
    memmove(queue, queue + n, n_queued * sizeof(*queue));
    return STATUS_SUCCESS;
}

/* A key has come, or the end. Another reader, of another process say, may have taken it. */
static NTSTATUS key_take_locked(int fd)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    char byte;
    ssize_t n;

    if (poll(&poller, 1, 0) <= 0)
        return STATUS_SUCCESS;
    n = read(fd, &byte, 1);
    if (n == 1)
        byte_add_locked(fd, byte);
    else if (n < 0 && errno != EAGAIN && errno != EINTR)
        return status_from_errno(errno);
    else if (!n && (poller.revents & POLLHUP))
        return STATUS_END_OF_FILE;
    return STATUS_SUCCESS;
}

/* Without the lock, and as any reader waits: the thread may be ended. For the terminal, or for what
 * another thread has queued. */
static NTSTATUS key_await(struct file *file)
{
    const struct deadline deadline = deadline_from_timeout(NULL);
    NTSTATUS status;

    TRY(wait_fd_or_object(file->fd, POLLIN, &has_keys.header, false, &deadline));
    keys_lock();
    status = key_take_locked(file->fd);
    keys_unlock();
    return status;
}

NTSTATUS terminal_keys_read(struct file *file, INPUT_RECORD *user_records, size_t n_room,
                            bool may_wait, bool keep, ULONG *ret_n)
{
    NTSTATUS status;

    TRY(terminal_keys_begin(file));
    for (;;) {
        keys_lock();
        queue_fill_locked(file->fd);
        status = queue_give_locked(user_records, n_room, keep, ret_n);
        keys_unlock();
        if (status || *ret_n || !may_wait || !n_room)
            return status;
        TRY(key_await(file));
    }
}

NTSTATUS terminal_keys_add(const INPUT_RECORD *user_records, size_t n)
{
    NTSTATUS status = STATUS_SUCCESS;
    INPUT_RECORD record;

    keys_lock();
    for (size_t i = 0; i < n && !status; i++) {
        status = user_read(&record, user_records + i, sizeof(record));
        if (!status && !queue_add_locked(&record))
            status = STATUS_INSUFFICIENT_RESOURCES;
    }
    keys_unlock();
    return status;
}

NTSTATUS terminal_keys_flush(struct file *file)
{
    keys_lock();
    n_queued = 0;
    keys_unlock();
    return tcflush(file->fd, TCIFLUSH) ? STATUS_INVALID_HANDLE : STATUS_SUCCESS;
}
