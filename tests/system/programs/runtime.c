/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The C run time from inside a program, built with msvcrt and with the UCRT (crt.sh): environment,
 * code pages and locales, streams and their modes, descriptors, time, threads. */

#include <windows.h>

#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <io.h>
#include <locale.h>
#include <math.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <wchar.h>

#include "test.h"

#ifdef _UCRT
enum { IS_UCRT = 1 };
#else
enum { IS_UCRT = 0 };
#endif

static int is_value(const char *name, const char *want)
{
    const char *value = getenv(name);

    return value ? want && !strcmp(value, want) : !want;
}

static int is_inherited(const char *name, const char *want)
{
    char value[100] = "";

    GetEnvironmentVariableA(name, value, sizeof(value));
    return !strcmp(value, want);
}

static void test_environment(void)
{
    const wchar_t *wide;
    char value[20];
    size_t size = 0;
    int n = 0;

    ok(!putenv("CRT_ONE=first") && is_value("CRT_ONE", "first"), "putenv");
    ok(is_value("crt_one", "first"), "getenv in any case");
    ok(is_inherited("CRT_ONE", "first"), "Windows' environment has it");
    ok(!_putenv_s("CRT_ONE", "second") && is_value("CRT_ONE", "second"), "_putenv_s");
    ok(!_wputenv(L"CRT_TWO=w\u00e4rme"), "_wputenv");
    wide = _wgetenv(L"CRT_TWO");
    ok(wide && !wcscmp(wide, L"w\u00e4rme"), "_wgetenv");
    ok(getenv("CRT_TWO") != NULL, "getenv has it too");
    SetEnvironmentVariableA("CRT_LATE", "late");
    ok(is_value("CRT_LATE", NULL), "the run time does not see SetEnvironmentVariable");
    ok(!getenv_s(&size, value, sizeof(value), "CRT_ONE") && size == 7 && !strcmp(value, "second"),
       "getenv_s");
    for (char **at = _environ; at && *at; at++)
        n += !strcmp(*at, "CRT_ONE=second");
    is_number(n, 1, "_environ has it once");
    ok(!putenv("CRT_ONE=") && is_value("CRT_ONE", NULL) && is_inherited("CRT_ONE", ""),
       "an empty value removes it");
    putenv("CRT_CHILD=for the child");
    is_number((int)_spawnl(_P_WAIT, _pgmptr, "runtime", "child", NULL), 42,
              "a child inherits what putenv set");
}

static int child_main(void)
{
    return is_value("CRT_CHILD", "for the child") && is_value("CRT_LATE", "late") &&
                   is_value("CRT_ONE", NULL)
               ? 42
               : 1;
}

static int converts(UINT page, const char *bytes, const wchar_t *want)
{
    wchar_t wide[50] = L"";
    char back[50] = "";
    int n = MultiByteToWideChar(page, 0, bytes, -1, wide, 50);

    if (!n || wcscmp(wide, want))
        return 0;
    return WideCharToMultiByte(page, 0, wide, -1, back, sizeof(back), NULL, NULL) &&
           !strcmp(back, bytes);
}

static void test_code_pages(void)
{
    BOOL used = FALSE;
    wchar_t wide[10];
    char narrow[10] = "";
    CPINFO info;

    ok(converts(CP_UTF8, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", L"\u00e4\u20ac\xd83d\xde00"),
       "UTF-8, there and back");
    ok(converts(1252, "\x80\xe4", L"\u20ac\u00e4"), "1252");
    ok(converts(437, "\x81", L"\u00fc"), "437");
    ok(converts(932,
                "\x82\xa0"
                "a",
                L"\u3042a"),
       "932, of two bytes");
    ok(IsDBCSLeadByteEx(932, 0x82) && !IsDBCSLeadByteEx(932, 'a'), "its lead bytes");
    ok(converts(28591, "\xff", L"\u00ff"), "28591");
    ok(!MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "a\xff", -1, wide, 10) &&
           GetLastError() == ERROR_NO_UNICODE_TRANSLATION,
       "bytes that are no UTF-8 are refused when asked for");
    ok(MultiByteToWideChar(CP_UTF8, 0, "a\xff", -1, wide, 10) == 3 && wide[1] == 0xfffd,
       "and replaced otherwise");
    ok(WideCharToMultiByte(1252, WC_NO_BEST_FIT_CHARS, L"a\u3042", -1, narrow, 10, "!", &used) &&
           used && !strcmp(narrow, "a!"),
       "a default character");
    ok(!MultiByteToWideChar(CP_UTF8, 0, "abc", -1, wide, 2) &&
           GetLastError() == ERROR_INSUFFICIENT_BUFFER,
       "a short buffer");
    ok(GetCPInfo(932, &info) && info.MaxCharSize == 2 && GetCPInfo(CP_UTF8, &info) &&
           info.MaxCharSize == 4,
       "GetCPInfo");
    ok(!IsValidCodePage(12345), "a code page that is not there");
    ok(IsValidCodePage(GetACP()) && IsValidCodePage(GetOEMCP()), "ANSI and OEM pages");
}

static void test_locale(void)
{
    wchar_t wide[10] = L"";
    const char *name = setlocale(LC_ALL, NULL);
    char text[10] = "";

    ok(name && !strcmp(name, "C") && MB_CUR_MAX == 1, "the locale is C at first");
    ok(localeconv()->decimal_point[0] == '.', "its decimal point");
    if (IS_UCRT) {
        ok(setlocale(LC_ALL, ".UTF-8") && MB_CUR_MAX == 4, "setlocale .UTF-8");
        ok(mbstowcs(wide, "\xc3\xa4\xe2\x82\xac", 10) == 2 && !wcscmp(wide, L"\u00e4\u20ac"),
           "mbstowcs");
        ok(wctomb(text, L'\u20ac') == 3 && !memcmp(text, "\xe2\x82\xac", 3), "wctomb");
    } else {
        ok(setlocale(LC_ALL, "English_United States.1252") != NULL,
           "setlocale English_United States.1252");
        ok(mbstowcs(wide, "\x80\xe4", 10) == 2 && !wcscmp(wide, L"\u20ac\u00e4"), "mbstowcs");
        ok(wctomb(text, L'\u20ac') == 1 && text[0] == '\x80', "wctomb");
    }
    ok(!setlocale(LC_ALL, "no such locale"), "one that is not there");
    ok(setlocale(LC_ALL, "C") && !strcmp(setlocale(LC_ALL, NULL), "C"), "back to C");
}

static void test_formats(void)
{
    char text[100];
    wchar_t wide[100];
    double real = 0;
    int n = 0;

    snprintf(text, sizeof(text), "%d %5.2f|%-6s|%06x|%lld|%p", 42, 3.14159, "ab", 0xabc, 1ll << 40,
             NULL);
    ok(!strncmp(text, "42  3.14|ab    |000abc|1099511627776|0000", 40), "snprintf: %s", text);
    snprintf(text, sizeof(text), "%e %g %.3g", 12345.678, 1e-5, 1234567.0);
    ok(IS_UCRT ? !strcmp(text, "1.234568e+04 1e-05 1.23e+06")
               : !strcmp(text, "1.234568e+004 1e-005 1.23e+006") ||
                     !strcmp(text, "1.234568e+04 1e-05 1.23e+06"),
       "floating point: %s", text);
    is_number(swprintf(wide, 100, L"%d %ls", 5, L"w\u00fc"), 4, "swprintf");
    ok(sscanf("17 2.5 word", "%d %lf %9s", &n, &real, text) == 3 && n == 17 && real == 2.5 &&
           !strcmp(text, "word"),
       "sscanf");
    ok(strtod("0x1p4", NULL) == 16 || !IS_UCRT, "strtod of a hexadecimal number");
    errno = 0;
    ok(strtol("99999999999999", NULL, 10) == LONG_MAX && errno == ERANGE, "strtol out of range");
    errno = 0;
    ok(isnan(sqrt(-1.0)) && fabs(sin(1) - 0.8414709848) < 1e-9 && pow(2, 0.5) > 1.414,
       "mathematics");
    ok(strstr(strerror(ENOENT), "No such file") != NULL, "strerror");
}

static const char file_name[] = "runtime.txt";

static long file_bytes(char *ret_bytes, size_t size)
{
    FILE *file = fopen(file_name, "rb");
    size_t n = file ? fread(ret_bytes, 1, size, file) : 0;

    if (file)
        fclose(file);
    return (long)n;
}

static void test_modes(void)
{
    char bytes[64];
    wchar_t line[20] = L"";
    FILE *file = fopen(file_name, "w");

    fputs("a\nb\x1a"
          "c\n",
          file);
    fclose(file);
    ok(file_bytes(bytes, sizeof(bytes)) == 8 && !memcmp(bytes,
                                                        "a\r\nb\x1a"
                                                        "c\r\n",
                                                        8),
       "text mode writes CR LF");
    file = fopen(file_name, "r");
    ok(fgetc(file) == 'a' && fgetc(file) == '\n' && fgetc(file) == 'b' && fgetc(file) == EOF &&
           feof(file),
       "text mode reads LF, and Ctrl-Z is the end");
    fclose(file);
    file = fopen(file_name, "rb");
    is_number(_setmode(_fileno(file), _O_TEXT), _O_BINARY, "_setmode tells the old mode");
    ok(fgetc(file) == 'a' && fgetc(file) == '\n', "and sets the new one");
    fclose(file);
    file = fopen(file_name, "w, ccs=UTF-8");
    ok(file && fputws(L"\u00e4\n", file) >= 0 && !fclose(file),
       "a stream of wide characters, ccs=UTF-8");
    ok(file_bytes(bytes, sizeof(bytes)) == 7 && !memcmp(bytes, "\xef\xbb\xbf\xc3\xa4\r\n", 7),
       "with its mark");
    file = fopen(file_name, "r, ccs=UTF-8");
    ok(file && fgetws(line, 20, file) && !wcscmp(line, L"\u00e4\n"), "is read again");
    fclose(file);
    file = fopen(file_name, "w, ccs=UTF-16LE");
    fputws(L"x\n", file);
    fclose(file);
    ok(file_bytes(bytes, sizeof(bytes)) == 8 && !memcmp(bytes,
                                                        "\xff\xfe"
                                                        "x\0\r\0\n\0",
                                                        8),
       "ccs=UTF-16LE");
    remove(file_name);
}

static void test_descriptors(void)
{
    char text[20] = "";
    int ends[2], copy, saved, copied;
    struct _stat64 status;
    FILE *file;

    ok(!_pipe(ends, 4096, _O_BINARY) && _write(ends[1], "through", 7) == 7 &&
           _read(ends[0], text, 20) == 7,
       "_pipe");
    copy = _dup(ends[1]);
    _close(ends[1]);
    ok(copy > 2 && _write(copy, "x", 1) == 1 && _read(ends[0], text, 20) == 1, "_dup");
    _close(copy);
    is_number(_read(ends[0], text, 20), 0, "the end of a pipe");
    _close(ends[0]);
    fflush(stdout);
    saved = _dup(1);
    copy = _open(file_name, _O_CREAT | _O_TRUNC | _O_WRONLY | _O_BINARY, _S_IREAD | _S_IWRITE);
    copied = _dup2(copy, 1); /* from here to the next one, lines of this test would go there too */
    fputs("redirected", stdout);
    fflush(stdout);
    _dup2(saved, 1);
    _close(copy);
    _close(saved);
    is_number(copied, 0, "_dup2 over standard output");
    ok(file_bytes(text, sizeof(text)) == 10 && !memcmp(text, "redirected", 10),
       "what is printed goes there");
    ok(!_stat64(file_name, &status) && status.st_size == 10 && (status.st_mode & _S_IFREG),
       "_stat64");
    ok(_get_osfhandle(1) == (intptr_t)GetStdHandle(STD_OUTPUT_HANDLE) || _get_osfhandle(1) != -1,
       "_get_osfhandle");
    file = fopen(file_name, "r+b");
    ok(ungetc('q', file) == 'q' && fgetc(file) == 'q' && fgetc(file) == 'r', "ungetc");
    fseek(file, -1, SEEK_END);
    ok(ftell(file) == 9 && fgetc(file) == 'd', "fseek");
    ok(!_chsize(_fileno(file), 3) && _filelength(_fileno(file)) == 3, "_chsize");
    fclose(file);
    remove(file_name);
    file = tmpfile();
    ok(file && fputs("t", file) >= 0 && !fclose(file), "tmpfile");
    errno = 0;
    ok(_open("nothing", _O_RDONLY) == -1 && errno == ENOENT, "errno");
}

static void test_time(void)
{
    struct tm date = {.tm_year = 100, .tm_mon = 1, .tm_mday = 29, .tm_hour = 12, .tm_isdst = -1},
              *utc;
    time_t when = mktime(&date), leap = 951782400;
    char text[64];

    ok(when != -1 && date.tm_wday == 2 && date.tm_yday == 59, "mktime knows the weekday");
    utc = gmtime(&leap);
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %a %b", utc);
    ok(!strcmp(text, "2000-02-29 00:00:00 Tue Feb"), "gmtime, strftime: %s", text);
    ok(localtime(&when)->tm_hour == 12, "localtime is mktime's inverse");
    ok(time(NULL) > 1600000000 && clock() >= 0, "time, clock");
}

static unsigned __stdcall thread_main(void *argument)
{
    errno = EDOM;
    srand(1);
    *(int *)argument = errno;
    return 9;
}

static int exit_order;

static void exit_first(void)
{
    if (exit_order != 1)
        _exit(77);
}

static void exit_last_registered(void)
{
    exit_order++;
}

static void test_threads(void)
{
    int theirs = 0;
    DWORD code = 0;
    HANDLE thread;

    errno = ENOENT;
    thread = (HANDLE)_beginthreadex(NULL, 0, thread_main, &theirs, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    ok(code == 9 && theirs == EDOM && errno == ENOENT,
       "_beginthreadex; errno is each thread's own");
    atexit(exit_first);
    ok(!atexit(exit_last_registered), "atexit: the exit status tells whether the order is right");
}

static void test_main(void)
{
    if (__argc > 1 && !strcmp(__argv[1], "child"))
        exit(child_main());
    test_environment();
    test_code_pages();
    test_locale();
    test_formats();
    test_modes();
    test_descriptors();
    test_time();
    test_threads();
}
