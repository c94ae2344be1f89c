/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* main or, with -municode, wmain: "args ..." prints the arguments in UTF-8, one a line in brackets;
 * "upper text" and "upper binary" are filters that tell on standard error how many characters
 * passed; "env NAME" prints a variable. */

#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#ifdef UNICODE
typedef wchar_t character;
#define IS(text, word) (!wcscmp((text), L##word))
#define GETENV         _wgetenv
#else
typedef char character;
#define IS(text, word) (!strcmp((text), word))
#define GETENV         getenv
#endif

static const char *in_utf8(const character *text)
{
    static char utf8[4000];
#ifdef UNICODE
    const wchar_t *wide = text;
#else
    wchar_t wide[2000];

    MultiByteToWideChar(CP_ACP, 0, text, -1, wide, 2000);
#endif
    WideCharToMultiByte(CP_UTF8, 0, wide, -1, utf8, sizeof(utf8), NULL, NULL);
    return utf8;
}

static int upper(int mode)
{
    int n = 0, c;

    _setmode(0, mode);
    _setmode(1, mode);
    while ((c = getchar()) != EOF) {
        putchar(c >= 'a' && c <= 'z' ? c - 32 : c);
        n++;
    }
    fprintf(stderr, "%d\n", n);
    return 0;
}

#ifdef UNICODE
int wmain(int argc, wchar_t **argv)
#else
int main(int argc, char **argv)
#endif
{
    if (argc < 2)
        return 99;
    if (IS(argv[1], "upper"))
        return upper(IS(argv[2], "text") ? _O_TEXT : _O_BINARY);
    _setmode(1, _O_BINARY);
    if (IS(argv[1], "env"))
        printf("%s\n", GETENV(argv[2]) ? in_utf8(GETENV(argv[2])) : "(not set)");
    for (int i = 2; IS(argv[1], "args") && i < argc; i++)
        printf("[%s]\n", in_utf8(argv[i]));
    return 0;
}
