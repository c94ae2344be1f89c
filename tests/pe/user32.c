/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* user32 as console programs use it. DIFFERS from Windows with a desktop where dlls/user32/dll.h
 * says so: those tests run on Portico only. */
#include "test.h"

static const char *formatted(const char *format, ...)
{
    static char text[1024];
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = wvsprintfA(text, format, arguments);
    va_end(arguments);
    return n == lstrlenA(text) ? text : "(the result is not the length)";
}

#define is_text(got, want) ok(!lstrcmpA(got, want), "wsprintf: [%s] is [%s]", got, want)

static void test_wsprintf(void)
{
    WCHAR wide[1024], big_wide[1100];
    char big[1100], out[1024];

    is_text(formatted("%d|%i|%u", -5, 7, 0xffffffff), "-5|7|4294967295");
    is_text(formatted("%5d|%-5d|%05d|%.3d", 42, 42, 42, 42), "   42|42   |00042|042");
    is_text(formatted("%05d", -42), "-0042");
    is_text(formatted("%x|%X|%#x|%#X|%08lx", 0xbeef, 0xbeef, 0xbeef, 0xbeef, 0xbeef),
            "beef|BEEF|0xbeef|0XBEEF|0000beef");
    is_text(formatted("%I64d|%I64x|%I32d|%Ix", -5000000000ll, 0x123456789abll, -3, (ULONG_PTR)0xab),
            "-5000000000|123456789ab|-3|ab");
    is_text(formatted("%hd|%hu", 0x12345, 0x1ffff), "9029|65535");
    is_text(formatted("%p", (void *)0xdead), "000000000000DEAD");
    is_text(formatted("%s|%6s|%-6s|%.2s", "abc", "abc", "abc", "abc"), "abc|   abc|abc   |ab");
    is_text(formatted("%S|%ls|%hs", L"wide", L"too", "narrow"), "wide|too|narrow");
    is_text(formatted("%s", (char *)NULL), "(null)");
    is_text(formatted("%c%C%hc%5c", 'a', L'b', 'c', 'd'), "abc    d");
    is_text(formatted("100%%|%q|%"), "100%|q|");
    is_number(wsprintfW(wide, L"%s %S %hs %d", L"w", "n", "h", 1), 7, "wsprintfW counts");
    ok(!lstrcmpW(wide, L"w n h 1"), "wsprintfW: [%S]", wide);
    memset(big, 'x', sizeof(big));
    big[sizeof(big) - 1] = 0;
    is_number(wsprintfA(out, "%s", big), 1023, "at most 1,024 characters with the NUL");
    is_number(lstrlenA(out), 1023, "all of them there");
    for (unsigned i = 0; i < ARRAYSIZE(big); i++)
        big_wide[i] = big[i];
    is_number(wsprintfA(out, "%S", big_wide), 1023, "of text of the other kind too");
    is_number(wsprintfA(out, "%.1090S", big_wide), 1023, "with a precision beyond");
    is_number(wsprintfW(wide, L"%.1090S", big), 1023, "and the other way");
    is_number(wsprintfW(wide, L"%S|%s", "", L"x"), 2, "one without text");
    for (unsigned i = 0; i < 1000; i++)
        big_wide[i] = 0x20ac;
    big_wide[1000] = 0;
    ok(wsprintfA(out, "%S", big_wide) >= 1000, "units that take more bytes each: %d",
       lstrlenA(out));
}

static void test_characters(void)
{
    char text[] = "MiXed", buffer[16];
    WCHAR wide[] = L"\u00c4Bc";

    ok(!lstrcmpA(CharUpperA(text), "MIXED") && !lstrcmpA(text, "MIXED"), "CharUpper: in place");
    ok(!lstrcmpA(CharLowerA(text), "mixed"), "CharLower");
    ok(CharUpperA((LPSTR)(ULONG_PTR)'q') == (LPSTR)(ULONG_PTR)'Q', "CharUpper of one character");
    is_number(CharLowerBuffW(wide, 3), 3, "CharLowerBuff counts");
    ok(!lstrcmpW(wide, L"\u00e4bc"), "beyond ASCII too");
    ok(CharNextA(text) == text + 1 && CharPrevA(text, text + 2) == text + 1, "CharNext, CharPrev");
    ok(CharPrevA(text, text) == text && CharNextW(L"") != NULL, "not beyond either end");
    ok(IsCharAlphaA('x') && !IsCharAlphaA('1') && IsCharAlphaNumericA('1'),
       "IsCharAlpha, -Numeric");
    ok(IsCharUpperW(L'X') && !IsCharUpperW(L'x') && IsCharLowerW(L'x'), "IsCharUpper, IsCharLower");
    ok(CharToOemA("plain", buffer) && !lstrcmpA(buffer, "plain"), "CharToOem");
    ok(OemToCharBuffA("abcd", buffer, 2) && !memcmp(buffer, "abain", 5), "OemToCharBuff: n units");
    ok(CharToOemW(L"wide", buffer) && !lstrcmpA(buffer, "wide"), "CharToOemW");
    memset(buffer, '#', sizeof(buffer));
    ok(CharToOemA("\xff", buffer) && !buffer[1], "CharToOem of any byte: one and the NUL");
    memset(buffer, '#', sizeof(buffer));
    ok(CharToOemW(L"\u20ac\u20ac", buffer) && lstrlenA(buffer) <= 5,
       "CharToOemW ends within two bytes a character");
    ok(!CharToOemA(NULL, buffer) && !OemToCharW("x", NULL), "NULL is refused");
}

static void test_rectangles(void)
{
    RECT a = {0, 0, 10, 10}, b = {5, 5, 20, 20}, got, none = {3, 3, 3, 9};

    ok(IntersectRect(&got, &a, &b) && got.left == 5 && got.top == 5 && got.right == 10 &&
           got.bottom == 10,
       "IntersectRect");
    ok(!IntersectRect(&got, &a, &none) && IsRectEmpty(&got) && !got.right, "with an empty one");
    ok(UnionRect(&got, &a, &b) && got.right == 20 && got.left == 0, "UnionRect");
    b = (RECT){0, 5, 10, 10};
    ok(SubtractRect(&got, &a, &b) && got.bottom == 5 && got.right == 10, "SubtractRect");
    ok(OffsetRect(&a, 1, 2) && a.left == 1 && a.bottom == 12, "OffsetRect");
    ok(PtInRect(&a, (POINT){1, 2}) && !PtInRect(&a, (POINT){11, 2}), "PtInRect");
    ok(InflateRect(&a, 1, 1) && !a.left && EqualRect(&a, &a) && SetRectEmpty(&a) && IsRectEmpty(&a),
       "InflateRect, EqualRect, SetRectEmpty");
}

/* user32.rc */
static void test_strings(void)
{
    const HMODULE self = GetModuleHandleA(NULL);
    const WCHAR *inside = NULL;
    char text[32];
    WCHAR wide[4];

    is_number(LoadStringA(self, 7, text, sizeof(text)), 5, "LoadString counts");
    ok(!lstrcmpA(text, "seven"), "and copies: %s", text);
    is_number(LoadStringW(self, 7, wide, 4), 3, "as much as there is room for");
    ok(!lstrcmpW(wide, L"sev"), "with its NUL: %S", wide);
    is_number(LoadStringW(self, 300, (LPWSTR)&inside, 0), 25, "room 0: where it lies");
    ok(inside && inside[0] == 'a' && inside[24] == 'k', "in the image itself");
    SetLastError(0);
    is_number(LoadStringA(self, 12345, text, sizeof(text)), 0, "no such string");
    is_number(GetLastError(), ERROR_RESOURCE_NAME_NOT_FOUND, "says the error");
}

static int box(LPCSTR text, LPCSTR caption, UINT type, char *ret_line, DWORD size)
{
    HANDLE read_end, write_end, before = GetStdHandle(STD_ERROR_HANDLE);
    DWORD n = 0;
    int answer;

    if (!CreatePipe(&read_end, &write_end, NULL, 4096))
        bail_out("no pipe");
    SetStdHandle(STD_ERROR_HANDLE, write_end);
    answer = MessageBoxA(NULL, text, caption, type);
    SetStdHandle(STD_ERROR_HANDLE, before);
    CloseHandle(write_end);
    if (!ReadFile(read_end, ret_line, size - 1, &n, NULL))
        n = 0;
    ret_line[n] = 0;
    CloseHandle(read_end);
    return answer;
}

static void test_message_boxes(void)
{
    char line[256];

    is_number(box("It broke.", "My program", MB_ICONERROR, line, sizeof(line)), IDOK,
              "a plain box");
    ok(!lstrcmpA(line, "My program: It broke. [OK]\n"), "is a line on standard error");
    is_number(box("Go on?", "Q", MB_YESNO, line, sizeof(line)), IDNO, "nobody says yes");
    ok(!lstrcmpA(line, "Q: Go on? [No]\n"), "and the line tells");
    is_number(box(NULL, NULL, MB_OKCANCEL, line, sizeof(line)), IDCANCEL,
              "nor OK where it matters");
    ok(!lstrcmpA(line, "Error:  [Cancel]\n"), "without caption it is an error");
    SetLastError(0);
    is_number(MessageBoxA(NULL, "x", "y", 0xf), 0, "no such kind of box");
    is_number(GetLastError(), ERROR_INVALID_MSGBOX_STYLE, "says the error");
    is_number(MessageBoxA((HWND)0x1234, "x", "y", MB_OK), 0, "an owner that is no window");
    is_number(GetLastError(), ERROR_INVALID_WINDOW_HANDLE, "says the error");
}

static DWORD WINAPI set_it(void *event)
{
    SetEvent(event);
    return 0;
}

static void test_no_windows(void)
{
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL), thread;
    UINT message = RegisterWindowMessageA("portico.test");
    MSG msg;

    ok(!IsWindow((HWND)1) && !GetActiveWindow() && !GetFocus(), "there is no window");
    ok(!PeekMessageA(&msg, NULL, 0, 0, PM_REMOVE), "nor a message");
    ok(message >= 0xc000 && RegisterWindowMessageW(L"PORTICO.test") == message,
       "a registered message keeps its number: %x", message);
    thread = CreateThread(NULL, 0, set_it, event, 0, NULL);
    is_number(MsgWaitForMultipleObjects(1, &event, FALSE, INFINITE, QS_ALLINPUT), WAIT_OBJECT_0,
              "a wait for objects and input ends with the object");
    is_number(MsgWaitForMultipleObjectsEx(0, NULL, 0, QS_ALLINPUT, 0), WAIT_TIMEOUT,
              "a wait for input alone with the time");
    WaitForSingleObject(thread, INFINITE);
    SetLastError(0);
    ok(!CreateWindowExA(0, "STATIC", "x", 0, 0, 0, 1, 1, NULL, NULL, NULL, NULL),
       "no window is made");
    is_number(GetLastError(), ERROR_REQUIRES_INTERACTIVE_WINDOWSTATION, "for want of a display");
    is_number((DWORD)GetMessageA(&msg, NULL, 0, 0), (DWORD)-1,
              "GetMessage fails and does not wait");
    ok(!GetDC(NULL) && !LoadIconA(NULL, IDI_APPLICATION) && !SetTimer(NULL, 0, 1, NULL),
       "no device context, icon, timer");
    SetLastErrorEx(77, 0);
    is_number(GetLastError(), 77, "SetLastErrorEx");
    CloseHandle(thread);
    CloseHandle(event);
}

static void test_atoms(void)
{
    const ATOM atom = GlobalAddAtomA("portico.Atom");
    char name[32];

    ok(atom >= 0xc000, "GlobalAddAtom: %x", atom);
    ok(GlobalFindAtomW(L"PORTICO.atom") == atom, "is found without case");
    ok(GlobalGetAtomNameA(atom, name, sizeof(name)) == 12 && !lstrcmpA(name, "portico.Atom"),
       "its name is as it was given");
    ok(GlobalAddAtomW(L"portico.atom") == atom && !GlobalDeleteAtom(atom) &&
           GlobalFindAtomA("portico.atom") == atom,
       "it is counted");
    ok(!GlobalDeleteAtom(atom) && !GlobalFindAtomA("portico.atom"), "and gone with the last");
    is_number(GetLastError(), ERROR_FILE_NOT_FOUND, "says the error");
    is_number(GlobalAddAtomA("#77"), 77, "a number is an atom");
    ok(GlobalGetAtomNameA(77, name, sizeof(name)) == 3 && !lstrcmpA(name, "#77"), "and its name");
}

static void test_main(void)
{
    test_wsprintf();
    test_characters();
    test_rectangles();
    test_strings();
    test_atoms();
    if (running_on_portico()) {
        test_message_boxes();
        test_no_windows();
    }
    done_testing();
}
