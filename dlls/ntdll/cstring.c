/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The narrow C string functions that ntdll exports, in the C locale: ASCII case mapping only. */
#include "rtl.h"

int __cdecl tolower(int ch)
{
    return ch >= 'A' && ch <= 'Z' ? ch + ('a' - 'A') : ch;
}

int __cdecl toupper(int ch)
{
    return ch >= 'a' && ch <= 'z' ? ch - ('a' - 'A') : ch;
}

int __cdecl isdigit(int ch)
{
    return ch >= '0' && ch <= '9' ? 0x04 : 0;
}

int __cdecl isupper(int ch)
{
    return ch >= 'A' && ch <= 'Z' ? 0x01 : 0;
}

int __cdecl islower(int ch)
{
    return ch >= 'a' && ch <= 'z' ? 0x02 : 0;
}

int __cdecl isalpha(int ch)
{
    return isupper(ch) || islower(ch) ? 0x100 | isupper(ch) | islower(ch) : 0;
}

int __cdecl isalnum(int ch)
{
    return isalpha(ch) | isdigit(ch);
}

int __cdecl isxdigit(int ch)
{
    return isdigit(ch) || (ch >= 'a' && ch <= 'f') || (ch >= 'A' && ch <= 'F') ? 0x80 : 0;
}

int __cdecl isspace(int ch)
{
    return ch == ' ' || (ch >= '\t' && ch <= '\r') ? 0x08 : 0;
}

int __cdecl isprint(int ch)
{
    return ch >= ' ' && ch < 0x7f;
}

int __cdecl ispunct(int ch)
{
    return ch > ' ' && ch < 0x7f && !isalnum(ch) ? 0x10 : 0;
}

int __cdecl isgraph(int ch)
{
    return ch > ' ' && ch < 0x7f;
}

int __cdecl iscntrl(int ch)
{
    return (ch >= 0 && ch < ' ') || ch == 0x7f ? 0x20 : 0;
}

size_t __cdecl strlen(const char *text)
{
    const char *p = text;

    while (*p)
        p++;
    return (size_t)(p - text);
}

size_t __cdecl strnlen(const char *text, size_t n_max)
{
    size_t n = 0;

    while (n < n_max && text[n])
        n++;
    return n;
}

char *__cdecl strcpy(char *dst, const char *src)
{
    char *d = dst;

    while ((*d++ = *src++))
        ;
    return dst;
}

char *__cdecl strncpy(char *dst, const char *src, size_t n)
{
    size_t i = 0;

    for (; i < n && src[i]; i++)
        dst[i] = src[i];
    for (; i < n; i++)
        dst[i] = 0;
    return dst;
}

char *__cdecl strcat(char *dst, const char *src)
{
    strcpy(dst + strlen(dst), src);
    return dst;
}

char *__cdecl strncat(char *dst, const char *src, size_t n)
{
    char *d = dst + strlen(dst);

    while (n-- && *src)
        *d++ = *src++;
    *d = 0;
    return dst;
}

char *__cdecl strchr(const char *text, int ch)
{
    for (;; text++) {
        if (*text == (char)ch)
            return (char *)text;
        if (!*text)
            return NULL;
    }
}

char *__cdecl strrchr(const char *text, int ch)
{
    const char *found = NULL;

    do {
        if (*text == (char)ch)
            found = text;
    } while (*text++);
    return (char *)found;
}

int __cdecl strncmp(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++) {
        if (*a != *b)
            return (UCHAR)*a < (UCHAR)*b ? -1 : 1;
        if (!*a)
            return 0;
    }
    return 0;
}

int __cdecl strcmp(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return ((UCHAR)*a > (UCHAR)*b) - ((UCHAR)*a < (UCHAR)*b);
}

int __cdecl _strnicmp(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++) {
        int diff = tolower((UCHAR)*a) - tolower((UCHAR)*b);

        if (diff || !*a)
            return diff;
    }
    return 0;
}

int __cdecl _stricmp(const char *a, const char *b)
{
    return _strnicmp(a, b, (size_t)-1);
}

int __cdecl _strcmpi(const char *a, const char *b)
{
    return _strnicmp(a, b, (size_t)-1);
}

int __cdecl _memicmp(const void *a, const void *b, size_t n)
{
    const UCHAR *p = a, *q = b;

    for (; n; n--, p++, q++)
        if (tolower(*p) != tolower(*q))
            return tolower(*p) - tolower(*q);
    return 0;
}

size_t __cdecl strcspn(const char *text, const char *reject)
{
    size_t n = 0;

    while (text[n] && !strchr(reject, text[n]))
        n++;
    return n;
}

size_t __cdecl strspn(const char *text, const char *accept)
{
    size_t n = 0;

    while (text[n] && strchr(accept, text[n]))
        n++;
    return n;
}

char *__cdecl strpbrk(const char *text, const char *accept)
{
    text += strcspn(text, accept);
    return *text ? (char *)text : NULL;
}

char *__cdecl strstr(const char *text, const char *part)
{
    size_t n = strlen(part);

    for (;; text++) {
        if (!strncmp(text, part, n))
            return (char *)text;
        if (!*text)
            return NULL;
    }
}

char *__cdecl _strlwr(char *text)
{
    for (char *p = text; *p; p++)
        *p = (char)tolower((UCHAR)*p);
    return text;
}

char *__cdecl _strupr(char *text)
{
    for (char *p = text; *p; p++)
        *p = (char)toupper((UCHAR)*p);
    return text;
}
