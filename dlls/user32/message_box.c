/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A message box is a line on the program's standard error: "CAPTION: TEXT [ANSWER]", in UTF-8.
 *
 * DIFFERS: nobody can press a button, and a program must neither hang nor be told yes by nobody:
 * the answer is OK where there is no choice, else the one that does the least: Cancel, No, Abort.
 * The line says which. */

#include "absent.h"

struct box {
    UINT type;
    int answer;
    const char *answer_text;
};

static const struct box boxes[] = {
    {MB_OK, IDOK, "OK"},
    {MB_OKCANCEL, IDCANCEL, "Cancel"},
    {MB_ABORTRETRYIGNORE, IDABORT, "Abort"},
    {MB_YESNOCANCEL, IDCANCEL, "Cancel"},
    {MB_YESNO, IDNO, "No"},
    {MB_RETRYCANCEL, IDCANCEL, "Cancel"},
    {MB_CANCELTRYCONTINUE, IDCANCEL, "Cancel"},
};

/* Where the program's own complaints go; if it has no such handle, where Portico's go. */
static void say(const char *line, DWORD size)
{
    const HANDLE error = GetStdHandle(STD_ERROR_HANDLE);
    DWORD n;

    if (!error || error == INVALID_HANDLE_VALUE || !WriteFile(error, line, size, &n, NULL))
        __portico_log(line);
}

/* The line without its NUL, or NULL: no memory. The caller frees it. */
static char *line_new(LPCWSTR caption, LPCWSTR text, const char *answer, DWORD *ret_size)
{
    const int caption_units = lstrlenW(caption), text_units = lstrlenW(text);
    const size_t answer_size = strlen(answer);
    char *line = HeapAlloc(GetProcessHeap(), 0,
                           ((size_t)caption_units + (size_t)text_units) * 3 + answer_size + 8);
    char *at = line;

    if (!line)
        return NULL;
    at +=
        WideCharToMultiByte(CP_UTF8, 0, caption, caption_units, at, caption_units * 3, NULL, NULL);
    *at++ = ':';
    *at++ = ' ';
    at += WideCharToMultiByte(CP_UTF8, 0, text, text_units, at, text_units * 3, NULL, NULL);
    *at++ = ' ';
    *at++ = '[';
    memcpy(at, answer, answer_size);
    at += answer_size;
    memcpy(at, "]\n", 3);
    *ret_size = (DWORD)(at + 2 - line);
    return line;
}

int WINAPI MessageBoxExW(HWND owner, LPCWSTR text, LPCWSTR caption, UINT type, WORD language)
{
    const struct box *box = NULL;
    DWORD size;
    char *line;

    (void)language;
    for (unsigned i = 0; i < ARRAYSIZE(boxes); i++)
        if (boxes[i].type == (type & MB_TYPEMASK))
            box = &boxes[i];
    if (!box) {
        SetLastError(ERROR_INVALID_MSGBOX_STYLE);
        return 0;
    }
    if (owner && !IsWindow(owner)) /* which sets the error */
        return 0;
    line = line_new(caption ? caption : L"Error", text ? text : L"", box->answer_text, &size);
    if (!line) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return 0;
    }
    say(line, size);
    HeapFree(GetProcessHeap(), 0, line);
    return box->answer;
}

int WINAPI MessageBoxW(HWND owner, LPCWSTR text, LPCWSTR caption, UINT type)
{
    return MessageBoxExW(owner, text, caption, type, 0);
}

/* NULL stays NULL; FALSE: no memory. The caller frees *ret_wide. */
static BOOL to_wide(LPCSTR text, WCHAR **ret_wide)
{
    int units;

    *ret_wide = NULL;
    if (!text)
        return TRUE;
    units = MultiByteToWideChar(CP_ACP, 0, text, -1, NULL, 0);
    *ret_wide = HeapAlloc(GetProcessHeap(), 0, (SIZE_T)units * sizeof(WCHAR));
    if (*ret_wide)
        MultiByteToWideChar(CP_ACP, 0, text, -1, *ret_wide, units);
    return *ret_wide != NULL;
}

int WINAPI MessageBoxExA(HWND owner, LPCSTR text, LPCSTR caption, UINT type, WORD language)
{
    WCHAR *wide_text, *wide_caption = NULL;
    int answer = 0;

    if (to_wide(text, &wide_text) && to_wide(caption, &wide_caption))
        answer = MessageBoxExW(owner, wide_text, wide_caption, type, language);
    else
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    if (wide_text)
        HeapFree(GetProcessHeap(), 0, wide_text);
    if (wide_caption)
        HeapFree(GetProcessHeap(), 0, wide_caption);
    return answer;
}

int WINAPI MessageBoxA(HWND owner, LPCSTR text, LPCSTR caption, UINT type)
{
    return MessageBoxExA(owner, text, caption, type, 0);
}

/* With a time-out: nobody waits. */
int WINAPI MessageBoxTimeoutW(HWND owner, LPCWSTR text, LPCWSTR caption, UINT type, WORD language,
                              DWORD timeout);
int WINAPI MessageBoxTimeoutW(HWND owner, LPCWSTR text, LPCWSTR caption, UINT type, WORD language,
                              DWORD timeout)
{
    (void)timeout;
    return MessageBoxExW(owner, text, caption, type, language);
}

int WINAPI MessageBoxTimeoutA(HWND owner, LPCSTR text, LPCSTR caption, UINT type, WORD language,
                              DWORD timeout);
int WINAPI MessageBoxTimeoutA(HWND owner, LPCSTR text, LPCSTR caption, UINT type, WORD language,
                              DWORD timeout)
{
    (void)timeout;
    return MessageBoxExA(owner, text, caption, type, language);
}
