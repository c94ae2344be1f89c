/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Uses a terminal as a console: says what it finds, asks for a line, keys and raw bytes. "child":
 * says the modes. "stay": stays while keys are read, "stay raw": with no modes. "key": asks for
 * one. */
#include <windows.h>

#include <conio.h>
#include <stdio.h>
#include <string.h>

static HANDLE input, output;

static DWORD mode_of(HANDLE handle)
{
    DWORD mode = 0xdead;

    GetConsoleMode(handle, &mode);
    return mode;
}

static void look(void)
{
    CONSOLE_SCREEN_BUFFER_INFO info = {0};

    printf("modes %lx %lx\n", mode_of(input) & 7, mode_of(output) & 7);
    printf("size %d", GetConsoleScreenBufferInfo(output, &info));
    printf(" %d %d, window %d %d\n", info.dwSize.X, info.dwSize.Y, info.srWindow.Right,
           info.srWindow.Bottom);
    printf("of the input %d\n", GetConsoleScreenBufferInfo(input, &info));
    printf("bytes h\xc3\xa9\n");
    fflush(stdout);
    SetConsoleTextAttribute(output, FOREGROUND_RED | FOREGROUND_INTENSITY | BACKGROUND_BLUE);
    GetConsoleScreenBufferInfo(output, &info);
    SetConsoleTextAttribute(output, 7);
    printf(" colours %x\n", info.wAttributes);
}

static void set_modes(void)
{
    BOOL done = SetConsoleMode(input, ENABLE_ECHO_INPUT);
    DWORD error = GetLastError();

    printf("echo without lines %d %lu\n", done, error);
    done = SetConsoleMode(output, 0x1000);
    error = GetLastError();
    printf("an unknown bit %d %lu\n", done, error);
    printf("VT %d\n", SetConsoleMode(output, mode_of(output) | 4));
}

static void read_line(void)
{
    WCHAR wide[32];
    char text[32];
    DWORD n = 0;

    printf("line?");
    fflush(stdout);
    printf("%s", fgets(text, sizeof(text), stdin) ? text : "none\n");
    printf("wide line?");
    fflush(stdout);
    ReadConsoleW(input, wide, 32, &n, NULL);
    printf("%lu: %x\n", n, wide[0]);
}

/* Another program that begins while keys are read. */
static void child_look(void)
{
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    char self[MAX_PATH], line[MAX_PATH + 16];
    PROCESS_INFORMATION child;

    GetModuleFileNameA(NULL, self, sizeof(self));
    snprintf(line, sizeof(line), "\"%s\" child", self);
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &child))
        return;
    WaitForSingleObject(child.hProcess, INFINITE);
    CloseHandle(child.hThread);
    CloseHandle(child.hProcess);
}

static DWORD WINAPI read_two_events(void *ret_n)
{
    INPUT_RECORD record;
    DWORD n;

    for (int i = 0; i < 2; i++)
        *(LONG *)ret_n += ReadConsoleInputW(input, &record, 1, &n) && n == 1;
    return 0;
}

/* Who waits for a key that another takes waits for the next. */
static void read_together(void)
{
    LONG n[2] = {0};
    HANDLE threads[2];

    for (int i = 0; i < 2; i++)
        threads[i] = CreateThread(NULL, 0, read_two_events, &n[i], 0, NULL);
    printf("two?");
    fflush(stdout);
    WaitForMultipleObjects(2, threads, TRUE, INFINITE);
    printf("together %ld %ld\n", n[0], n[1]);
    for (int i = 0; i < 2; i++)
        CloseHandle(threads[i]);
}

/* A key without an echo, before it is asked for, would have one: first the mode. */
static void read_keys(void)
{
    INPUT_RECORD records[2];
    DWORD n = 0, was = mode_of(input);
    int key;

    GetNumberOfConsoleInputEvents(input, &n);
    printf("events %lu, key?", n);
    fflush(stdout);
    key = _getch();
    printf("%d, arrow?", key);
    fflush(stdout);
    key = _getch();
    printf("%d %d, record?", key, _getch());
    fflush(stdout);
    while (ReadConsoleInputW(input, records, 1, &n) &&
           (records->EventType != KEY_EVENT || !records->Event.KeyEvent.bKeyDown))
        ;
    printf("vk %x unit %x\n", records->Event.KeyEvent.wVirtualKeyCode,
           records->Event.KeyEvent.uChar.UnicodeChar);
    read_together();
    FlushConsoleInputBuffer(input);
    printf("kbhit %d", _kbhit());
    memset(records, 0, sizeof(records));
    records->EventType = FOCUS_EVENT;
    printf(" write %d", WriteConsoleInputW(input, records, 1, &n));
    printf(" peek %d %lu\n", PeekConsoleInputW(input, records, 2, &n), n);
    FlushConsoleInputBuffer(input);
    fflush(stdout);
    child_look();
    SetConsoleMode(input, was);
}

enum { TURNS = 200000 };

static DWORD WINAPI look_for_keys(void *unused)
{
    DWORD n;

    (void)unused;
    for (int i = 0; i < TURNS; i++)
        GetNumberOfConsoleInputEvents(input, &n);
    return 0;
}

/* Several threads begin to read keys while lines are wanted again and again. */
static void take_turns(void)
{
    DWORD was = mode_of(input);
    HANDLE threads[2];
    int n_right = 0;

    for (int i = 0; i < 2; i++)
        threads[i] = CreateThread(NULL, 0, look_for_keys, NULL, 0, NULL);
    for (int i = 0; i < TURNS; i++) {
        SetConsoleMode(input, was);
        n_right += mode_of(input) == was;
    }
    WaitForMultipleObjects(2, threads, TRUE, INFINITE);
    for (int i = 0; i < 2; i++)
        CloseHandle(threads[i]);
    printf("after all turns %d %lx\n", n_right == TURNS, mode_of(input) & 7);
    SetConsoleMode(input, was);
}

static void read_raw(void)
{
    char bytes[8];
    DWORD n = 0;

    SetConsoleMode(input, 0);
    printf("modes %lx, raw?", mode_of(input) & 7);
    fflush(stdout);
    ReadFile(input, bytes, sizeof(bytes), &n, NULL);
    printf("%lu %d\n", n, bytes[0]);
}

static void by_name(void)
{
    HANDLE in = CreateFileA("CONIN$", GENERIC_READ | GENERIC_WRITE, 3, NULL, OPEN_EXISTING, 0, 0);
    HANDLE out = CreateFileA("CONOUT$", GENERIC_READ | GENERIC_WRITE, 3, NULL, OPEN_EXISTING, 0, 0);
    DWORD n;

    printf("CONIN$ %lx CONOUT$ %lx\n", mode_of(in) & 7, mode_of(out) & 7);
    fflush(stdout);
    WriteFile(out, "written\r\n", 9, &n, NULL);
    WriteConsoleW(out, L"w\u00e9\r\n", 4, &n, NULL);
}

static HANDLE is_over;

static BOOL WINAPI on_control(DWORD event)
{
    (void)event;
    return SetEvent(is_over);
}

/* Until a control event, while keys are read. */
static void stay(void)
{
    DWORD n;

    is_over = CreateEventA(NULL, FALSE, FALSE, NULL);
    SetConsoleCtrlHandler(on_control, TRUE);
    GetNumberOfConsoleInputEvents(input, &n);
    printf("stays\n");
    fflush(stdout);
    WaitForSingleObject(is_over, INFINITE);
}

static void read_key(void)
{
    INPUT_RECORD record;
    DWORD n;

    GetNumberOfConsoleInputEvents(input, &n);
    printf("one key?");
    fflush(stdout);
    do
        if (!ReadConsoleInputW(input, &record, 1, &n))
            return;
    while (record.EventType != KEY_EVENT);
    printf("it is %x\n", record.Event.KeyEvent.uChar.UnicodeChar);
}

int main(int argc, char **argv)
{
    input = GetStdHandle(STD_INPUT_HANDLE);
    output = GetStdHandle(STD_OUTPUT_HANDLE);
    if (argc > 1 && !strcmp(argv[1], "child")) {
        printf("a child's modes %lx\n", mode_of(input) & 7);
        return 0;
    }
    if (argc > 1 && !strcmp(argv[1], "key")) {
        read_key();
        return 0;
    }
    if (argc > 1) {
        if (argc > 2)
            SetConsoleMode(input, 0);
        stay();
        return 6;
    }
    look();
    set_modes();
    read_line();
    read_keys();
    take_turns();
    read_raw();
    by_name();
    printf("the end\n");
    return 5;
}
