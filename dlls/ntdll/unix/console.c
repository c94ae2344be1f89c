/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* What kernelbase asks of the console driver.
 *
 * There is no console device, but there are the streams that `portico` was started with (struct
 * file's `console`; children inherit it) and terminals. WriteConsole writes UTF-8 to them,
 * ReadConsole reads a line from them (the narrow ones: bytes). DIFFERS from Windows, where a stream
 * that is redirected is no console: here it is, so that the words of a program which knows only
 * WriteConsole are not lost in a pipe or a log. GetConsoleMode says that such a stream is none, so
 * that programs which ask use plain writes; a terminal is one, with modes, size, colours and single
 * keys (terminal.c).
 *
 * Linux' streams are UTF-8: that code page can be set, others cannot (per process; DIFFERS:
 * children do not inherit it).
 *
 * Questions are answered quietly as to a program without a console, and before any system call:
 * msvcrt asks one before every character that it writes to a terminal. What would do something says
 * its name, once.
 */
#include "console.h"
#include "file.h"
#include "ntprocess.h"
#include "terminal.h"
#include "usermem.h"
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { UTF8_PAGE = 65001, CHUNK = 1024 };

/* The driver's functions, of which a control code is made. */
enum console_function {
    GET_MODE = 0,
    SET_MODE = 1,
    READ_CONSOLE = 10,
    READ_NARROW = 11,
    READ_INPUT = 12,
    WRITE_INPUT = 13,
    PEEK_INPUT = 14,
    GET_INPUT_INFO = 15,
    SET_INPUT_INFO = 16,
    SET_TITLE = 18,
    CTRL_EVENT = 19,
    BEEP = 20,
    FLUSH = 21,
    READ_WITH_CONTROL = 24,
    WRITE_CONSOLE = 30,
    WRITE_NARROW = 31,
    READ_OUTPUT = 32,
    WRITE_OUTPUT = 33,
    GET_OUTPUT_INFO = 34,
    SET_OUTPUT_INFO = 35,
    ACTIVATE = 36,
    FILL_OUTPUT = 37,
    SCROLL = 38
};

/* Not even on a terminal. */
static const char *const absent[] = {
    [SET_TITLE] = "SetConsoleTitle",
    [CTRL_EVENT] = "GenerateConsoleCtrlEvent",
    [BEEP] = "Beep",
    [READ_WITH_CONTROL] = "ReadConsole with a control",
    [READ_OUTPUT] = "ReadConsoleOutput",
    [WRITE_OUTPUT] = "WriteConsoleOutput",
    [ACTIVATE] = "SetConsoleActiveScreenBuffer",
    [FILL_OUTPUT] = "FillConsoleOutput",
    [SCROLL] = "ScrollConsoleScreenBuffer",
};

static NTSTATUS stream_lookup(HANDLE handle, ACCESS_MASK access)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;

    TRY(file_lookup(handle, access, &file));
    if (file->console || file->kind == FILE_KIND_TTY)
        return file_is_synchronous(file) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
    return STATUS_INVALID_HANDLE;
}

/* A NUL is shown as a space, as Windows' console does. */
static NTSTATUS chunk_write(HANDLE handle, WCHAR *units, size_t n)
{
    _cleanup_nt_(path_freep) char *text = NULL;
    IO_STATUS_BLOCK iosb;

    for (size_t i = 0; i < n; i++)
        if (!units[i])
            units[i] = ' ';
    text = utf8_from_utf16(units, n);
    if (!text)
        return STATUS_NO_MEMORY;
    return NtWriteFile(handle, NULL, NULL, NULL, &iosb, text, (ULONG)strlen(text), NULL, NULL);
}

static NTSTATUS console_write(HANDLE handle, const WCHAR *input, ULONG bytes)
{
    WCHAR units[CHUNK];
    size_t n_units = bytes / sizeof(WCHAR), n;

    TRY(stream_lookup(handle, FILE_WRITE_DATA));
    for (size_t done = 0; done < n_units; done += n) {
        n = n_units - done < CHUNK ? n_units - done : CHUNK;
        TRY(user_read(units, input + done, n * sizeof(WCHAR)));
        if (n == CHUNK && units[n - 1] >= 0xd800 && units[n - 1] < 0xdc00)
            n--; /* a pair stays whole */
        TRY(chunk_write(handle, units, n));
    }
    return STATUS_SUCCESS;
}

/* A line ends with \r\n for the program: the \n comes at the next reading. */
static NTSTATUS byte_read(HANDLE handle, unsigned char *ret_byte)
{
    static _Atomic bool owes_newline, is_after_cr;
    IO_STATUS_BLOCK iosb;

    if (atomic_exchange(&owes_newline, false)) {
        *ret_byte = '\n';
        return STATUS_SUCCESS;
    }
    TRY(NtReadFile(handle, NULL, NULL, NULL, &iosb, ret_byte, 1, NULL, NULL));
    if (*ret_byte == '\n' && !is_after_cr) {
        *ret_byte = '\r';
        owes_newline = true;
    }
    is_after_cr = *ret_byte == '\r' && !owes_newline;
    return STATUS_SUCCESS;
}

static void units_freep(WCHAR **units)
{
    free(*units);
}

/* One character, or what was no UTF-8 after all: up to four units, the first one lowest. */
static NTSTATUS character_read(HANDLE handle, uint64_t *ret_units)
{
    _cleanup_nt_(units_freep) WCHAR *units = NULL;
    unsigned char text[4];
    size_t n = 0, want = 1, n_units;

    for (; n < want; n++) {
        TRY(byte_read(handle, text + n));
        if (!n)
            want = text[0] < 0xc2 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
        else if ((text[n] & 0xc0) != 0x80)
            want = n + 1;
    }
    units = utf16_from_utf8((char *)text, n, &n_units);
    if (!units)
        return STATUS_NO_MEMORY;
    *ret_units = 0;
    while (n_units--)
        *ret_units = *ret_units << 16 | (units[n_units] ? units[n_units] : ' ');
    return STATUS_SUCCESS;
}

static NTSTATUS unit_read(HANDLE handle, WCHAR *ret_unit)
{
    static _Atomic uint64_t pending; /* read and not given out yet; 0: none */
    uint64_t units = pending;

    if (!units)
        TRY(character_read(handle, &units));
    *ret_unit = (WCHAR)units;
    pending = units >> 16;
    return STATUS_SUCCESS;
}

static NTSTATUS terminal_lookup(HANDLE handle, struct file **ret_file)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;

    if (handle == CONSOLE_NO_DEVICE)
        return STATUS_INVALID_HANDLE;
    TRY(file_lookup(handle, 0, &file));
    if (file->kind != FILE_KIND_TTY)
        return STATUS_INVALID_HANDLE;
    *ret_file = file;
    file = NULL;
    return STATUS_SUCCESS;
}

static bool is_raw_terminal(HANDLE handle)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;

    return !terminal_lookup(handle, &file) && terminal_is_raw(file);
}

/* Up to the end of a line; at the stream's end nothing, as after Ctrl-Z. A wide program gets
 * UTF-16, a narrow one the bytes. */
static NTSTATUS console_read(HANDLE handle, unsigned char *output, ULONG length, bool is_wide,
                             ULONG *ret_done)
{
    const ULONG size = is_wide ? sizeof(WCHAR) : 1;
    NTSTATUS status;
    WCHAR unit = 0;

    TRY(stream_lookup(handle, FILE_READ_DATA));
    TRY(user_probe_write(output, length));
    while (*ret_done + size <= length && unit != '\n') {
        status = is_wide ? unit_read(handle, &unit) : byte_read(handle, (unsigned char *)&unit);
        if (status == STATUS_PIPE_BROKEN || status == STATUS_END_OF_FILE)
            break;
        TRY(status);
        TRY(user_write(output + *ret_done, &unit, size));
        *ret_done += size;
        if (is_raw_terminal(handle))
            break;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS bytes_write(HANDLE handle, const void *input, ULONG length)
{
    IO_STATUS_BLOCK iosb;

    TRY(stream_lookup(handle, FILE_WRITE_DATA));
    return NtWriteFile(handle, NULL, NULL, NULL, &iosb, input, length, NULL, NULL);
}

/* What kernelbase gives and takes; a mask of what to set comes before it. */
struct input_info {
    ULONG input_page, output_page, n_events;
};
static _Atomic ULONG input_page, output_page;

static NTSTATUS input_info_get(HANDLE handle, void *output, ULONG length, ULONG *ret_done)
{
    _cleanup_nt_(file_unrefp) struct file *terminal = NULL;
    struct input_info info = {input_page, output_page, 0};

    if (length != sizeof(info))
        return STATUS_INVALID_HANDLE;
    if (!terminal_lookup(handle, &terminal)) /* how many events are there? */
        TRY(terminal_keys_read(terminal, NULL, SIZE_MAX, false, true, &info.n_events));
    else if (handle != CONSOLE_NO_DEVICE || (!input_page && !output_page))
        return STATUS_INVALID_HANDLE;
    *ret_done = sizeof(info);
    return USER_PUT(output, info);
}

static NTSTATUS pages_set(const void *input, ULONG length)
{
    enum { SETS_INPUT = 1, SETS_OUTPUT = 2 };
    struct {
        ULONG mask;
        struct input_info info;
    } set;

    if (length != sizeof(set))
        return STATUS_INVALID_PARAMETER;
    TRY(user_read(&set, input, sizeof(set)));
    if (((set.mask & SETS_INPUT) && set.info.input_page != UTF8_PAGE) ||
        ((set.mask & SETS_OUTPUT) && set.info.output_page != UTF8_PAGE)) {
        absent_once("a code page of the console other than 65001 (SetConsoleCP, "
                    "SetConsoleOutputCP)",
                    "the standard streams are UTF-8");
        return STATUS_INVALID_HANDLE;
    }
    if (set.mask & SETS_INPUT)
        input_page = UTF8_PAGE;
    if (set.mask & SETS_OUTPUT)
        output_page = UTF8_PAGE;
    return STATUS_SUCCESS;
}

static NTSTATUS keys_get(struct file *terminal, unsigned function, const void *input,
                         ULONG input_length, void *output, ULONG length, ULONG *ret_done)
{
    const bool keep = function == PEEK_INPUT;
    int waits = !keep;
    ULONG n = 0;

    if (!keep && input_length == sizeof(waits))
        TRY(USER_GET(waits, (const int *)input));
    TRY(user_probe_write(output, length));
    TRY(terminal_keys_read(terminal, output, length / sizeof(INPUT_RECORD), waits, keep, &n));
    *ret_done = n * (ULONG)sizeof(INPUT_RECORD);
    return STATUS_SUCCESS;
}

static NTSTATUS output_info_get(struct file *terminal, void *output, ULONG length, ULONG *ret_done)
{
    struct terminal_info info;

    if (length != sizeof(info))
        return STATUS_INVALID_PARAMETER;
    TRY(terminal_info_get(terminal, &info));
    *ret_done = sizeof(info);
    return USER_PUT((struct terminal_info *)output, info);
}

static NTSTATUS output_info_set(struct file *terminal, const void *input, ULONG length)
{
    enum { SETS_ATTRIBUTES = 8 };
    struct {
        ULONG mask;
        struct terminal_info info;
    } set;

    if (length != sizeof(set))
        return STATUS_INVALID_PARAMETER;
    TRY(user_read(&set, input, sizeof(set)));
    if (set.mask == SETS_ATTRIBUTES)
        return terminal_attributes_set(terminal, set.info.attributes);
    absent_once("setting the console's cursor or size", "the terminal's own program has them");
    return STATUS_INVALID_HANDLE;
}

/* STATUS_NOT_FOUND: not one of a terminal's functions. */
static NTSTATUS terminal_control(HANDLE handle, unsigned function, const void *input,
                                 ULONG input_length, void *output, ULONG output_length,
                                 ULONG *ret_done)
{
    _cleanup_nt_(file_unrefp) struct file *terminal = NULL;
    ULONG mode;

    if (terminal_lookup(handle, &terminal))
        return STATUS_NOT_FOUND;
    switch (function) {
    case GET_MODE:
        TRY(terminal_mode_get(terminal, &mode));
        *ret_done = sizeof(mode);
        return output_length == sizeof(mode) ? USER_PUT((ULONG *)output, mode)
                                             : STATUS_INVALID_PARAMETER;
    case SET_MODE:
        TRY(USER_GET(mode, (const ULONG *)input));
        return terminal_mode_set(terminal, mode);
    case READ_INPUT:
    case PEEK_INPUT:
        return keys_get(terminal, function, input, input_length, output, output_length, ret_done);
    case WRITE_INPUT:
        return terminal_keys_add(input, input_length / sizeof(INPUT_RECORD));
    case FLUSH:
        return terminal_keys_flush(terminal);
    case GET_OUTPUT_INFO:
        return output_info_get(terminal, output, output_length, ret_done);
    case SET_OUTPUT_INFO:
        return output_info_set(terminal, input, input_length);
    default:
        return STATUS_NOT_FOUND;
    }
}

/* What is not there is said of a terminal, of what is the whole console's, and of reading, which a
 * stream can. That a redirected stream has no cursor and no modes is so on Windows too. */
static NTSTATUS refuse(HANDLE handle, unsigned function)
{
    _cleanup_nt_(file_unrefp) struct file *terminal = NULL;
    const bool is_whole = function == SET_TITLE || function == CTRL_EVENT || function == BEEP ||
                          function == READ_WITH_CONTROL;

    if (function < sizeof(absent) / sizeof(*absent) && absent[function] &&
        (is_whole || !terminal_lookup(handle, &terminal)))
        absent_once(absent[function], "there is no console but the terminal and the streams");
    return STATUS_INVALID_HANDLE;
}

NTSTATUS console_control(HANDLE handle, ULONG code, const void *input, ULONG input_length,
                         void *output, ULONG output_length, ULONG *ret_done)
{
    const unsigned function = code >> 2 & 0xfff;
    NTSTATUS status;

    *ret_done = 0;
    status =
        terminal_control(handle, function, input, input_length, output, output_length, ret_done);
    if (status != STATUS_NOT_FOUND)
        return status;
    switch (function) {
    case WRITE_CONSOLE:
        return console_write(handle, input, input_length);
    case WRITE_NARROW:
        return bytes_write(handle, input, input_length);
    case READ_CONSOLE:
    case READ_NARROW:
        return console_read(handle, output, output_length, function == READ_CONSOLE, ret_done);
    case GET_INPUT_INFO:
        return input_info_get(handle, output, output_length, ret_done);
    case SET_INPUT_INFO:
        return pages_set(input, input_length);
    default:
        return refuse(handle, function);
    }
}
