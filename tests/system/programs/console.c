/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Writes to standard output and reads lines of standard input by the console's functions, reports
 * on standard output; then tries, twice, what is not there. Exits with 0 when that failed. */
#include <windows.h>

#include <conio.h>
#include <stdio.h>

static void read_wide(HANDLE input, DWORD room)
{
    WCHAR text[32];
    DWORD n = 77;

    if (!ReadConsoleW(input, text, room, &n, NULL))
        printf("wide failed, error %lu", GetLastError());
    for (DWORD i = 0; n != 77 && i < n; i++)
        printf("%x ", text[i]);
    printf("| ");
    fflush(stdout);
}

static int absent(HANDLE output)
{
    COORD corner = {0, 0};
    DWORD n;
    int n_done = 0;

    n_done += SetConsoleMode(output, 3);
    n_done += SetConsoleTitleW(L"title");
    n_done += SetConsoleOutputCP(1252);
    n_done += GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0);
    n_done += SetConsoleTextAttribute(output, 7);
    n_done += SetConsoleCursorPosition(output, corner);
    n_done += FillConsoleOutputCharacterW(output, ' ', 1, corner, &n);
    n_done += FlushConsoleInputBuffer(output);
    n_done += _cputs("lost") != -1;
    return n_done;
}

static int is_refused(HANDLE handle, const void *text)
{
    DWORD n = 1;

    SetLastError(0);
    return !WriteConsoleW(handle, text, 1, &n, NULL) && !n &&
           GetLastError() == ERROR_INVALID_HANDLE;
}

int main(void)
{
    HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE), input = GetStdHandle(STD_INPUT_HANDLE), file;
    char bytes[8];
    DWORD n, mode;

    if (!WriteConsoleW(output, L"h\u00e9\xd83d\xde00\n", 5, &n, NULL) || n != 5)
        return 2;
    if (GetConsoleOutputCP() || !SetConsoleOutputCP(CP_UTF8) || GetConsoleOutputCP() != CP_UTF8)
        return 3;
    if (!WriteConsoleA(output, "\xc3\xa9\n", 3, &n, NULL) || n != 3)
        return 4;
    read_wide(input, 32);
    read_wide(input, 2);
    read_wide(input, 32);
    if (!ReadConsoleA(input, bytes, sizeof(bytes), &n, NULL) || n != 3 || memcmp(bytes, "x\r\n", 3))
        return 5;
    read_wide(input, 32);
    file = CreateFileW(L"NUL", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (GetConsoleMode(output, &mode) || !is_refused(file, L"x") || !is_refused(output, (void *)16))
        return 6;
    return absent(output) + absent(output);
}
