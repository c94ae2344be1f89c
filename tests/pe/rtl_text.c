/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Strings, code pages, case, formatting and numbers as text, by tables. */
#include "rtl.h"

NTSTATUS NTAPI RtlUTF8ToUnicodeN(WCHAR *, ULONG, ULONG *, const char *, ULONG);
NTSTATUS NTAPI RtlUnicodeToUTF8N(char *, ULONG, ULONG *, const WCHAR *, ULONG);
WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR);
WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR);
LONG NTAPI RtlCompareUnicodeString(const UNICODE_STRING *, const UNICODE_STRING *, BOOLEAN);
BOOLEAN NTAPI RtlPrefixUnicodeString(const UNICODE_STRING *, const UNICODE_STRING *, BOOLEAN);
NTSTATUS NTAPI RtlHashUnicodeString(const UNICODE_STRING *, BOOLEAN, ULONG, ULONG *);
NTSTATUS NTAPI RtlDuplicateUnicodeString(int, const UNICODE_STRING *, UNICODE_STRING *);
NTSTATUS NTAPI RtlFindCharInUnicodeString(int, const UNICODE_STRING *, const UNICODE_STRING *,
                                          USHORT *);
NTSTATUS NTAPI RtlAppendUnicodeToString(UNICODE_STRING *, const WCHAR *);
NTSTATUS NTAPI RtlInt64ToUnicodeString(ULONGLONG, ULONG, UNICODE_STRING *);
NTSTATUS NTAPI RtlUnicodeStringToInteger(const UNICODE_STRING *, ULONG, ULONG *);
NTSTATUS NTAPI RtlGUIDFromString(UNICODE_STRING *, GUID *);
NTSTATUS NTAPI RtlStringFromGUID(const GUID *, UNICODE_STRING *);
int __cdecl _vsnprintf(char *, size_t, const char *, va_list);
int __cdecl _vsnwprintf(WCHAR *, size_t, const WCHAR *, va_list);

static int text_equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static int bytes_equal(const void *a, const void *b, SIZE_T n)
{
    const char *p = a, *q = b;

    while (n && *p == *q)
        p++, q++, n--;
    return !n;
}

static void test_utf8(void)
{
    static const struct {
        const char *utf8;
        const WCHAR *wide;
        NTSTATUS status;
    } rows[] = {
        {"plain", L"plain", 0},
        {"b\xc3\xa4r", L"b\xe4r", 0},
        {"\xe2\x82\xac", L"\x20ac", 0},
        {"\xf0\x9f\x98\x80", L"\xd83d\xde00", 0},
        {"a\xff"
         "b",
         L"a\xfffd"
         "b",
         0x107},
        {"\xc0\xaf", L"\xfffd\xfffd", 0x107},
        {"\xed\xa0\x80", L"\xfffd\xfffd\xfffd", 0x107},
        {"\xe2\x82", L"\xfffd", 0x107},
        {"\xe2\x82x", L"\xfffdx", 0x107},
        {"\xf4\x90\x80\x80", L"\xfffd\xfffd\xfffd\xfffd", 0x107},
    };

    for (int i = 0; i < COUNT(rows); i++) {
        WCHAR wide[20];
        char back[40];
        ULONG n, n_back, n_wide = 0, n_utf8 = 0;

        while (rows[i].wide[n_wide])
            n_wide++;
        while (rows[i].utf8[n_utf8])
            n_utf8++;
        NTSTATUS status = RtlUTF8ToUnicodeN(wide, sizeof(wide), &n, rows[i].utf8, n_utf8);
        ok(status == rows[i].status && n == n_wide * 2 && bytes_equal(wide, rows[i].wide, n),
           "row %d: UTF-8 to UTF-16 (status %x, %u bytes)", i, status, n);
        RtlUTF8ToUnicodeN(NULL, 0, &n, rows[i].utf8, n_utf8);
        ok(n == n_wide * 2, "row %d: the size without a buffer", i);
        status = RtlUnicodeToUTF8N(back, sizeof(back), &n_back, rows[i].wide, n_wide * 2);
        if (!rows[i].status)
            ok(!status && n_back == n_utf8 && bytes_equal(back, rows[i].utf8, n_utf8),
               "row %d: and back", i);
    }
    char small[3];
    ULONG n;
    is_status(RtlUnicodeToUTF8N(small, 3, &n, L"a\x20ac", 4), STATUS_BUFFER_TOO_SMALL,
              "a character that does not fit is left out");
    is_number(n, 1, "the whole ones before it are there");
    is_status(RtlUnicodeToUTF8N(small, 3, &n, L"\xd800", 2), STATUS_SOME_NOT_MAPPED,
              "half a surrogate pair is replaced");
}

static int narrow(char *dst, size_t n, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int result = _vsnprintf(dst, n, format, args);
    va_end(args);
    return result;
}

static int wide(WCHAR *dst, size_t n, const WCHAR *format, ...)
{
    va_list args;

    va_start(args, format);
    int result = _vsnwprintf(dst, n, format, args);
    va_end(args);
    return result;
}

#define PRINTS(want, ...)                                                                  \
    do {                                                                                   \
        char got[100];                                                                     \
        int n = narrow(got, sizeof(got), __VA_ARGS__), length = (int)sizeof(want) - 1;     \
        ok(n == length && text_equal(got, want), "[%s] is printed (got [%s])", want, got); \
    } while (0)

static void test_printf(void)
{
    PRINTS("x", "x");
    PRINTS("%", "%%");
    PRINTS("-5", "%d", -5);
    PRINTS("  -5|-5  |-005", "%4d|%-4d|%04d", -5, -5, -5);
    PRINTS("+7 7 0007", "%+d% d %.4d", 7, 7, 7);
    PRINTS("ff FF 0xff 0XFF 377 0377", "%x %X %#x %#X %o %#o", 255, 255, 255, 255, 255, 255);
    PRINTS("4294967295", "%u", -1);
    PRINTS("18446744073709551615 -1 255 -1", "%I64u %lld %hhu %hd", -1ll, -1ll, 255, -1);
    PRINTS("4294967295 ffffffffffffffff", "%lu %Ix", -1, -1ll);
    PRINTS("00000000DEADBEEF", "%p", (void *)0xdeadbeef);
    PRINTS("text   text|te|  te", "%s %6s|%.2s|%4.2s", "text", "text", "text", "text");
    PRINTS("left  |", "%-6s|", "left");
    PRINTS("wide wide \xe2\x82\xac", "%S %ls %ws", L"wide", L"wide", L"\x20ac");
    PRINTS("(null)", "%s", (char *)NULL);
    PRINTS("a b", "%c %C", 'a', L'b');
    PRINTS("   12|3    |", "%*d|%*d|", 5, 12, -5, 3);
    PRINTS("0.", "%.*d.", 1, 0);
    PRINTS(" |", "%1.0d|", 0);
    UNICODE_STRING counted = {6, 6, (WCHAR *)L"abcdef"};
    PRINTS("abc", "%wZ", &counted);
    char buffer[5] = "zzzz";
    is_number(narrow(buffer, 4, "12345"), -1, "a longer text gives -1");
    ok(bytes_equal(buffer, "1234", 5), "and fills the buffer, which ends where it ended");
    buffer[4] = 'z';
    is_number(narrow(buffer, 4, "1234"), 4, "a text that fills the buffer gives its length");
    ok(buffer[4] == 'z', "and is not terminated");
    is_number(narrow(NULL, 0, "12345"), 5, "without a buffer the length is counted");
    WCHAR text[20];
    is_number(wide(text, 20, L"%s %S %hs %d", L"w", "n", "n", 3), 7, "the wide form's length");
    ok(bytes_equal(text, L"w n n 3", 16), "the wide form's text (%S)", text);
}

static void test_strings(void)
{
    UNICODE_STRING a, b, c;
    USHORT pos;
    ULONG hash;

    RtlInitUnicodeString(&a, L"Stra\xdf"
                             "e \x416\x451");
    RtlInitUnicodeString(&b, L"STRA\xdf"
                             "E \x436\x401");
    ok(RtlCompareUnicodeString(&a, &b, FALSE) != 0, "case counts");
    is_number(RtlCompareUnicodeString(&a, &b, TRUE), 0, "case does not count, beyond ASCII too");
    ok(RtlUpcaseUnicodeChar(0xe9) == 0xc9 && RtlUpcaseUnicodeChar(0xdf) == 0xdf &&
           RtlUpcaseUnicodeChar(0x3b1) == 0x391 && RtlDowncaseUnicodeChar(0x416) == 0x436,
       "single characters map by the table");
    is_status(RtlHashUnicodeString(&a, TRUE, 0, &hash), 0, "hash");
    ULONG other;
    RtlHashUnicodeString(&b, TRUE, 1, &other);
    ok(hash == other, "the hash without case is equal");
    RtlInitUnicodeString(&c, L"hello");
    RtlHashUnicodeString(&c, FALSE, 0, &hash);
    is_number(hash, 0x28d19932, "it is the hash of x65599");
    RtlInitUnicodeString(&b, L"HELLO world");
    ok(RtlPrefixUnicodeString(&c, &b, TRUE) && !RtlPrefixUnicodeString(&c, &b, FALSE) &&
           !RtlPrefixUnicodeString(&b, &c, TRUE),
       "prefixes");
    is_status(RtlDuplicateUnicodeString(1, &c, &a), 0, "a duplicate");
    ok(a.Length == 10 && a.MaximumLength == 12 && !a.Buffer[5], "is terminated");
    RtlFreeUnicodeString(&a);
    ok(!a.Buffer && !a.Length, "freed is empty");
    UNICODE_STRING set;
    RtlInitUnicodeString(&set, L"l");
    is_status(RtlFindCharInUnicodeString(0, &c, &set, &pos), 0, "a character is found");
    is_number(pos, 6, "behind the first");
    RtlFindCharInUnicodeString(1, &c, &set, &pos);
    is_number(pos, 6, "the last one's own place");
    is_status(RtlFindCharInUnicodeString(0, &set, &a, &pos), STATUS_NOT_FOUND, "none is found");
    WCHAR room[8];
    a = (UNICODE_STRING){0, sizeof(room), room};
    is_status(RtlAppendUnicodeToString(&a, L"seven!!"), 0, "appended");
    ok(!room[7], "and terminated, as there is room");
    is_status(RtlAppendUnicodeToString(&a, L"xx"), STATUS_BUFFER_TOO_SMALL, "no room");
    ANSI_STRING ansi;
    RtlInitUnicodeString(&b, L"\x20ac!");
    is_status(RtlUnicodeStringToAnsiString(&ansi, &b, TRUE), 0, "to ANSI");
    ok(ansi.Length == 4 && bytes_equal(ansi.Buffer, "\xe2\x82\xac!", 5), "which is UTF-8 here");
    char cut[3];
    ansi = (ANSI_STRING){0, sizeof(cut), cut};
    is_status(RtlUnicodeStringToAnsiString(&ansi, &b, FALSE), STATUS_BUFFER_OVERFLOW, "cut");
    is_number(ansi.Length, 0, "after a whole character");
}

static void test_numbers(void)
{
    static const struct {
        const WCHAR *text;
        ULONG base, value;
    } rows[] = {{L"123", 0, 123},      {L"  -5", 0, (ULONG)-5}, {L"0x1F", 0, 31},  {L"0b101", 0, 5},
                {L"0o17", 0, 15},      {L"17", 8, 15},          {L"fFg", 16, 255}, {L"", 0, 0},
                {L"4294967296", 10, 0}};
    WCHAR buffer[50];
    UNICODE_STRING text = {0, sizeof(buffer), buffer};
    GUID guid;

    for (int i = 0; i < COUNT(rows); i++) {
        UNICODE_STRING in;
        ULONG value = 77;

        RtlInitUnicodeString(&in, rows[i].text);
        is_status(RtlUnicodeStringToInteger(&in, rows[i].base, &value), 0, "number %d", i);
        is_number(value, rows[i].value, "its value");
    }
    RtlInt64ToUnicodeString(0xfedcba9876543210ull, 16, &text);
    ok(text.Length == 32 && bytes_equal(buffer, L"FEDCBA9876543210", 34), "64 bits as text");
    is_status(RtlInt64ToUnicodeString(1, 7, &text), STATUS_INVALID_PARAMETER, "no base 7");
    RtlInitUnicodeString(&text, L"{00112233-4455-6677-8899-aAbBcCdDeEfF}");
    is_status(RtlGUIDFromString(&text, &guid), 0, "a GUID");
    ok(guid.Data1 == 0x112233 && guid.Data3 == 0x6677 && guid.Data4[0] == 0x88 &&
           guid.Data4[7] == 0xff,
       "its parts");
    UNICODE_STRING back;
    RtlStringFromGUID(&guid, &back);
    ok(bytes_equal(back.Buffer, L"{00112233-4455-6677-8899-AABBCCDDEEFF}", 78), "and back");
    text.Length -= 2;
    is_status(RtlGUIDFromString(&text, &guid), STATUS_INVALID_PARAMETER, "one without its brace");
}

static void test_main(void)
{
    test_utf8();
    test_printf();
    test_strings();
    test_numbers();
}
