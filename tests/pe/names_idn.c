/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Normalization forms, and names of hosts that are not ASCII. Examples: UAX 15, RFC 3492 (7.1), RFC
 * 3490, RFC 3454 (6). */
#define _WIN32_WINNT 0x0600
#include <windows.h>

#include <wchar.h>

#include "test.h"

static int is_text(const wchar_t *got, int n, const wchar_t *want)
{
    return n == (int)wcslen(want) + 1 && !wmemcmp(got, want, (size_t)n);
}

static void test_forms(void)
{
    static const struct {
        const wchar_t *text, *forms[4]; /* C, D, KC, KD */
    } rows[] = {
        {L"plain", {L"plain", L"plain", L"plain", L"plain"}},
        {L"\xc5", {L"\xc5", L"A\x30a", L"\xc5", L"A\x30a"}},
        {L"A\x30a", {L"\xc5", L"A\x30a", L"\xc5", L"A\x30a"}},
        {L"\x212b", {L"\xc5", L"A\x30a", L"\xc5", L"A\x30a"}},
        {L"u\x304\x308", {L"\x1e7b", L"u\x304\x308", L"\x1e7b", L"u\x304\x308"}},
        {L"u\x308\x304", {L"\x1d6", L"u\x308\x304", L"\x1d6", L"u\x308\x304"}},
        {L"s\x307\x323", {L"\x1e69", L"s\x323\x307", L"\x1e69", L"s\x323\x307"}},
        {L"\xfb01", {L"\xfb01", L"\xfb01", L"fi", L"fi"}},
        {L"\xac01", {L"\xac01", L"\x1100\x1161\x11a8", L"\xac01", L"\x1100\x1161\x11a8"}},
        {L"\x1100\x1161\x11a8",
         {L"\xac01", L"\x1100\x1161\x11a8", L"\xac01", L"\x1100\x1161\x11a8"}},
        {L"\xd834\xdd5e", /* U+1D15E, which composition leaves alone */
         {L"\xd834\xdd57\xd834\xdd65", L"\xd834\xdd57\xd834\xdd65", L"\xd834\xdd57\xd834\xdd65",
          L"\xd834\xdd57\xd834\xdd65"}},
    };
    static const NORM_FORM forms[] = {NormalizationC, NormalizationD, NormalizationKC,
                                      NormalizationKD};
    wchar_t buffer[64];

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        for (int f = 0; f < 4; f++) {
            const wchar_t *want = rows[i].forms[f];
            int n = NormalizeString(forms[f], rows[i].text, -1, buffer, 64);

            ok(is_text(buffer, n, want), "row %u, form %u", (unsigned)i, (unsigned)forms[f]);
            ok(!IsNormalizedString(forms[f], rows[i].text, -1) == !!wcscmp(rows[i].text, want),
               "and whether it was in it");
        }
}

static void test_form_errors(void)
{
    wchar_t buffer[64];

    ok(NormalizeString(NormalizationD, L"\xc5\xc5", -1, NULL, 0) >= 5, "an estimate is enough");
    SetLastError(0);
    is_number(NormalizeString(NormalizationD, L"\xc5\xc5", -1, buffer, 2), -5,
              "too little room: how much it takes");
    is_number(GetLastError(), ERROR_INSUFFICIENT_BUFFER, "and why");
    is_number(NormalizeString(NormalizationC, L"ab\xd800z", -1, buffer, 64), -2,
              "half a character: where it is");
    is_number(GetLastError(), ERROR_NO_UNICODE_TRANSLATION, "and why");
    ok(!IsNormalizedString(NormalizationC, L"\xdc00", -1), "such a text has no form");
    is_number(NormalizeString(3, L"a", -1, buffer, 64), 0, "there is no form 3");
    is_number(GetLastError(), ERROR_INVALID_PARAMETER, "of course");
}

static void test_names(void)
{
    static const struct {
        const wchar_t *name, *ascii, *back; /* back NULL: the name */
    } rows[] = {
        {L"example.org", L"example.org", NULL},
        {L"Example.ORG.", L"Example.ORG.", NULL},
        {L"b\xfc"
         L"cher.de",
         L"xn--bcher-kva.de", NULL},
        {L"B\xdc"
         L"CHER.DE",
         L"xn--bcher-kva.de",
         L"b\xfc"
         L"cher.de"},
        {L"fu\xdf"
         L"ball",
         L"fussball", L"fussball"},
        {L"\x4ed6\x4eec\x4e3a\x4ec0\x4e48\x4e0d\x8bf4\x4e2d\x6587", L"xn--ihqwcrb4cv8a8dqg056pqjye",
         NULL},
        {L"\x5e4\x5e8\x5d5\x5d9\x5e7\x5d8", L"xn--9dbgc6brd", NULL},
        {L"\x33\x5e74\x42\x7d44\x91d1\x516b\x5148\x751f", L"xn--3b-ww4c5e180e575a65lsy2b",
         L"3\x5e74"
         L"b\x7d44\x91d1\x516b\x5148\x751f"},
        {L"a\x3002"
         L"b\xff0e"
         L"\xe9",
         L"a.b.xn--9ca", L"a.b.\xe9"},
    };
    wchar_t ascii[128], back[128];

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        int n = IdnToAscii(0, rows[i].name, -1, ascii, 128);

        ok(is_text(ascii, n, rows[i].ascii), "row %u becomes ASCII: %S", (unsigned)i, ascii);
        is_number(IdnToAscii(0, rows[i].name, -1, NULL, 0), n, "its size can be asked for");
        n = IdnToUnicode(0, rows[i].ascii, -1, back, 128);
        ok(is_text(back, n, rows[i].back ? rows[i].back : rows[i].name), "and comes back");
    }
    is_number(IdnToNameprepUnicode(0,
                                   L"B\xdc"
                                   L"CHER",
                                   6, back, 128),
              6, "without a terminator, none comes back");
    ok(!wmemcmp(back,
                L"b\xfc"
                L"cher",
                6),
       "and the name is prepared");
}

static void test_refused(void)
{
    static const struct {
        const wchar_t *name;
        DWORD flags;
        const char *why;
    } rows[] = {
        {L"", 0, "nothing"},
        {L"a..b", 0, "an empty label"},
        {L".a", 0, "a dot at the beginning"},
        {L"abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01.de", 0,
         "64 characters"},
        {L"a\x7f", 0, "a control character"},
        {L"a\xd800", 0, "half a character"},
        {L"\x5d0z", 0, "two directions"},
        {L"1\x5d0", 0, "a digit where a letter from right to left must be"},
        {L"xn--\xfc", 0, "the prefix before what is not ASCII"},
        {L"\x378", 0, "no character"},
        {L"a_b", IDN_USE_STD3_ASCII_RULES, "an underline, with strict rules"},
        {L"-\xfc", IDN_USE_STD3_ASCII_RULES, "a hyphen at the beginning, with strict rules"},
    };
    static const wchar_t *const encoded[] = {
        L"xn--",          /* nothing */
        L"xn--abc-",      /* ASCII needs no prefix */
        L"xn--\xfc",      /* not ASCII */
        L"xn--a_",        /* no digit */
        L"xn--999999b",   /* beyond Unicode */
        L"xn--bcher-2pa", /* a capital letter: that would have become another */
    };
    wchar_t buffer[128];

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        SetLastError(0);
        is_number(IdnToAscii(rows[i].flags, rows[i].name, -1, buffer, 128), 0, "refused: %s",
                  rows[i].why);
        is_number(GetLastError(), ERROR_INVALID_NAME, "as an invalid name");
    }
    ok(IdnToAscii(0, L"a_b", -1, buffer, 128) &&
           IdnToAscii(IDN_ALLOW_UNASSIGNED, L"\x378", -1, buffer, 128),
       "two of them only then");
    for (size_t i = 0; i < sizeof(encoded) / sizeof(*encoded); i++) {
        SetLastError(0);
        is_number(IdnToUnicode(0, encoded[i], -1, buffer, 128), 0, "encoded name %u is refused",
                  (unsigned)i);
        is_number(GetLastError(), ERROR_INVALID_NAME, "too");
    }
    is_number(IdnToAscii(0, L"b\xfc", -1, buffer, 3), 0, "too little room");
    is_number(GetLastError(), ERROR_INSUFFICIENT_BUFFER, "is told");
    is_number(IdnToAscii(0, L"a", 0, buffer, 3), 0, "no characters");
    is_number(GetLastError(), ERROR_INVALID_PARAMETER, "are no name");
}

/* Windows 8's. TODO(names): here they are refused by name. */
static void test_other_flags(void)
{
    static const DWORD flags[] = {4, 8}; /* IDN_EMAIL_ADDRESS, IDN_RAW_PUNYCODE */
    wchar_t buffer[64];

    for (int i = 0; i < 2; i++) {
        SetLastError(0);
        if (running_on_portico())
            ok(!IdnToAscii(flags[i], L"b\xfc", -1, buffer, 64) &&
                   GetLastError() == ERROR_NOT_SUPPORTED,
               "flag %u is refused", (unsigned)flags[i]);
        else
            ok(IdnToAscii(flags[i], L"b\xfc", -1, buffer, 64) > 0, "flag %u", (unsigned)flags[i]);
    }
}

static void test_main(void)
{
    test_other_flags();
    test_forms();
    test_form_errors();
    test_names();
    test_refused();
}
