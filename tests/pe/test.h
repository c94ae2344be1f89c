/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* TAP for programs built by mingw-w64, with a C run time or without. A test program includes this
 * after windows.h and its like, and defines
 *
 *     static void test_main(void) { plan(2); ok(1 + 1 == 2, "sums are right"); ...; }
 *
 * This header supplies main(), or start() in a freestanding program (-ffreestanding -nostdlib
 * -Wl,-e,start: only ntdll below). Lines go to the standard output handle by NtWriteFile, one write
 * each. The exit status is 0 if as many tests ran as planned and none failed (todo failures do not
 * count), else 1. Threads: ok() and its like may be called from several at once only under the
 * test's own lock.
 *
 *     plan(n)                          how many tests will run; or call no plan, and done_testing()
 * prints it ok(condition, format, ...)       a test with its name is_status(got, want, format...)
 * prints both when they differ; is_number the same for integers skip(n, format, ...)             n
 * tests are not run, for this reason todo_if(condition, reason)       the next test may fail, it is
 * known; a condition of 0 changes nothing diag(format, ...)                a remark
 *     bail_out(format, ...)            nothing more makes sense
 *     running_on_portico()             for expected differences
 *
 * Formats: %s char *, %S wchar_t *, %c, %d %u %x 32 bits, %lld %llu %llx 64 bits, %p pointer, %%.
 */
#ifndef PORTICO_TEST_H
#define PORTICO_TEST_H

#include <stdarg.h>
#include <stddef.h>

#ifndef _WINDOWS_
#include <windows.h>
#endif
#include <winternl.h>

#define TEST_UNUSED __attribute__((unused))

static int test_n_run TEST_UNUSED, test_n_failed TEST_UNUSED, test_n_planned TEST_UNUSED = -1;
static const char *test_todo TEST_UNUSED;

static void test_main(void);

/* Declared here and not taken from headers, which differ in what they have. */
extern LONG WINAPI NtWriteFile(HANDLE, HANDLE, void *, void *, void *, void *, ULONG, void *,
                               void *);
extern LONG WINAPI NtTerminateProcess(HANDLE, LONG);
extern LONG WINAPI LdrGetProcedureAddress(HMODULE, const void *, ULONG, void **);
extern LONG WINAPI LdrGetDllHandle(const WCHAR *, ULONG *, const UNICODE_STRING *, HMODULE *);

static inline char *test_peb(void)
{
    char *peb;

    __asm__ volatile("movq %%gs:0x60, %0" : "=r"(peb));
    return peb;
}

static inline HANDLE test_stdout(void)
{
    return *(HANDLE *)(*(char **)(test_peb() + 0x20) + 0x28);
}

struct test_line {
    char text[1024];
    size_t used;
};

static inline void test_put(struct test_line *line, char c)
{
    if (line->used < sizeof(line->text) - 1)
        line->text[line->used++] = c;
}

static inline void test_put_text(struct test_line *line, const char *text)
{
    for (text = text ? text : "(null)"; *text; text++)
        test_put(line, *text);
}

static inline void test_put_wide(struct test_line *line, const wchar_t *text)
{
    for (text = text ? text : L"(null)"; *text; text++)
        test_put(line, *text < 0x80 ? (char)*text : '?');
}

static inline void test_put_number(struct test_line *line, unsigned long long value, unsigned base)
{
    char digits[24];
    unsigned n = 0;

    do
        digits[n++] = "0123456789abcdef"[value % base];
    while (value /= base);
    while (n)
        test_put(line, digits[--n]);
}

static inline void test_put_signed(struct test_line *line, long long value)
{
    if (value < 0)
        test_put(line, '-');
    test_put_number(line, value < 0 ? 0 - (unsigned long long)value : (unsigned long long)value,
                    10);
}

/* The conversion after '%'; returns its last character. */
static const char *test_convert(struct test_line *line, const char *format, va_list *arguments)
{
    int is_long = 0;

    while (*format == 'l') {
        is_long++;
        format++;
    }
    switch (*format) {
    case 's':
        test_put_text(line, va_arg(*arguments, const char *));
        break;
    case 'S':
        test_put_wide(line, va_arg(*arguments, const wchar_t *));
        break;
    case 'c':
        test_put(line, (char)va_arg(*arguments, int));
        break;
    case 'd':
        test_put_signed(line,
                        is_long > 1 ? va_arg(*arguments, long long) : va_arg(*arguments, int));
        break;
    case 'u':
    case 'x':
        test_put_number(line,
                        is_long > 1 ? va_arg(*arguments, unsigned long long)
                                    : va_arg(*arguments, unsigned),
                        *format == 'u' ? 10 : 16);
        break;
    case 'p':
        test_put_number(line, (size_t)va_arg(*arguments, void *), 16);
        break;
    default:
        test_put(line, *format);
        break;
    }
    return format;
}

static inline void test_format(struct test_line *line, const char *format, va_list *arguments)
{
    for (; *format; format++) {
        if (*format == '%' && format[1])
            format = test_convert(line, format + 1, arguments);
        else
            test_put(line, *format);
    }
}

static inline void test_write(struct test_line *line)
{
    ULONG_PTR io[2] = {0, 0};

    line->text[line->used++] = '\n';
    NtWriteFile(test_stdout(), NULL, NULL, NULL, io, line->text, (ULONG)line->used, NULL, NULL);
    line->used = 0;
}

static TEST_UNUSED void diag(const char *format, ...)
{
    struct test_line line;
    va_list arguments;

    line.used = 0;
    test_put_text(&line, "# ");
    va_start(arguments, format);
    test_format(&line, format, &arguments);
    va_end(arguments);
    test_write(&line);
}

static TEST_UNUSED void plan(int n)
{
    struct test_line line;

    line.used = 0;
    test_n_planned = n;
    test_put_text(&line, "1..");
    test_put_signed(&line, n);
    test_write(&line);
}

static inline void test_result(struct test_line *line, int is_ok, const char *format,
                               va_list *arguments)
{
    line->used = 0;
    test_n_run++;
    if (!is_ok && !test_todo)
        test_n_failed++;
    test_put_text(line, is_ok ? "ok " : "not ok ");
    test_put_signed(line, test_n_run);
    test_put_text(line, " - ");
    test_format(line, format, arguments);
    if (test_todo) {
        test_put_text(line, " # TODO ");
        test_put_text(line, test_todo);
        test_todo = NULL;
    }
    test_write(line);
}

/* Returns the condition. */
static TEST_UNUSED int ok(int is_ok, const char *format, ...)
{
    struct test_line line;
    va_list arguments;

    va_start(arguments, format);
    test_result(&line, is_ok, format, &arguments);
    va_end(arguments);
    return is_ok;
}

static TEST_UNUSED int is_status(LONG got, LONG want, const char *format, ...)
{
    struct test_line line;
    va_list arguments;

    va_start(arguments, format);
    test_result(&line, got == want, format, &arguments);
    va_end(arguments);
    if (got != want)
        diag("got %x, want %x", (unsigned)got, (unsigned)want);
    return got == want;
}

static TEST_UNUSED int is_number(long long got, long long want, const char *format, ...)
{
    struct test_line line;
    va_list arguments;

    va_start(arguments, format);
    test_result(&line, got == want, format, &arguments);
    va_end(arguments);
    if (got != want)
        diag("got %lld (0x%llx), want %lld (0x%llx)", got, got, want, want);
    return got == want;
}

static TEST_UNUSED void skip(int n, const char *format, ...)
{
    struct test_line line;
    va_list arguments;

    while (n-- > 0) {
        line.used = 0;
        test_n_run++;
        test_put_text(&line, "ok ");
        test_put_signed(&line, test_n_run);
        test_put_text(&line, " # SKIP ");
        va_start(arguments, format);
        test_format(&line, format, &arguments);
        va_end(arguments);
        test_write(&line);
    }
}

static TEST_UNUSED void todo_if(int condition, const char *reason)
{
    test_todo = condition ? reason : NULL;
}

__attribute__((noreturn)) static TEST_UNUSED void test_exit(int status)
{
    for (;;)
        NtTerminateProcess((HANDLE)(LONG_PTR)-1, status);
}

__attribute__((noreturn)) static TEST_UNUSED void bail_out(const char *format, ...)
{
    struct test_line line;
    va_list arguments;

    line.used = 0;
    test_put_text(&line, "Bail out! ");
    va_start(arguments, format);
    test_format(&line, format, &arguments);
    va_end(arguments);
    test_write(&line);
    test_exit(99);
}

/* The exit status. Prints the plan if there was none. */
static TEST_UNUSED int done_testing(void)
{
    if (test_n_planned < 0)
        plan(test_n_run);
    if (test_n_run != test_n_planned)
        diag("%d tests were planned, %d ran", test_n_planned, test_n_run);
    return test_n_failed || test_n_run != test_n_planned;
}

/* Portico's port server has no name on Windows, and Wine's own exports are not there. */
static TEST_UNUSED int running_on_portico(void)
{
    static const char name[] = "wine_nt_to_unix_file_name";
    struct {
        USHORT length, size;
        const char *buffer;
    } text = {sizeof(name) - 1, sizeof(name), name};
    UNICODE_STRING dll = {18, 20, (WCHAR *)L"ntdll.dll"};
    HMODULE base = NULL;
    void *address = NULL;

    if (LdrGetDllHandle(NULL, NULL, &dll, &base))
        return 0;
    return !LdrGetProcedureAddress(base, &text, 0, &address);
}

#if __STDC_HOSTED__
int main(void)
{
    test_main();
    return done_testing();
}
#else
void start(void);
void start(void)
{
    test_main();
    test_exit(done_testing());
}
#endif

#endif
