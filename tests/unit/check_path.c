/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* DOS paths by tables: the facts are those of Windows' documentation and of Wine's tests of them.
 */
#include "path.h"

#include "unit.h"

static BOOL drive_d(WCHAR drive, WCHAR *ret_text, size_t n_max)
{
    static const WCHAR text[] = L"D:\\work\\sub";

    if ((drive | 0x20) != 'd' || n_max < ARRAY_COUNT(text))
        return FALSE;
    memcpy(ret_text, text, sizeof(text));
    return TRUE;
}

static const struct {
    const WCHAR *path;
    const char *full, *file;
} full_rows[] = {
    {L"c:\\", "c:\\", NULL},
    {L"c:/test", "c:\\test", "test"},
    {L"c:\\a\\\\b/c", "c:\\a\\b\\c", "c"},
    {L"c:\\a\\..", "c:\\", NULL},
    {L"c:\\a\\..\\..\\b", "c:\\b", "b"},
    {L"c:\\a\\.\\b", "c:\\a\\b", "b"},
    {L"c:\\a\\b\\", "c:\\a\\b\\", NULL},
    {L"c:\\a\\b\\..\\", "c:\\a\\", NULL},
    {L"c:\\a.\\b", "c:\\a\\b", "b"},
    {L"c:\\a.. .", "c:\\a", "a"},
    {L"c:\\a  ", "c:\\a", "a"},
    {L"c:\\.a", "c:\\.a", ".a"},
    {L"c:\\a.b.c", "c:\\a.b.c", "a.b.c"},
    {L"file", "C:\\cur\\dir\\file", "file"},
    {L".", "C:\\cur\\dir", "dir"},
    {L"..", "C:\\cur", "cur"},
    {L"..\\..\\..", "C:\\", NULL},
    {L"..\\x", "C:\\cur\\x", "x"},
    {L"\\x\\y", "C:\\x\\y", "y"},
    {L"c:x", "C:\\cur\\dir\\x", "x"},
    {L"C:", "C:\\cur\\dir", "dir"},
    {L"d:x", "D:\\work\\sub\\x", "x"},
    {L"e:x", "e:\\x", "x"},
    {L"e:", "e:\\", NULL},
    {L"\\\\srv\\share", "\\\\srv\\share\\", NULL},
    {L"\\\\srv\\share\\..\\x", "\\\\srv\\share\\x", "x"},
    {L"//srv/share/a/../b", "\\\\srv\\share\\b", "b"},
    {L"\\\\.\\pipe\\name", "\\\\.\\pipe\\name", "name"},
    {L"\\\\.\\", "\\\\.\\", NULL},
    {L"\\\\.", "\\\\.\\", NULL},
    {L"nul", "\\\\.\\nul", NULL},
    {L"c:\\dir\\con.txt", "\\\\.\\con", NULL},
    {L"lpt1:", "\\\\.\\lpt1", NULL},
    {L"c:prn", "\\\\.\\prn", NULL},
    {L"com", "C:\\cur\\dir\\com", "com"},
    {L"", "", NULL},
    {L"   ", "", NULL},
};

static void narrow(const WCHAR *text, size_t n, char *ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = (char)text[i];
    ret[n] = 0;
}

START_TEST(full_forms_are_as_in_the_table)
{
    struct path_context context = {L"C:\\cur\\dir\\", 11, drive_d};

    for (size_t i = 0; i < ARRAY_COUNT(full_rows); i++) {
        WCHAR buffer[100];
        char text[100];
        size_t file, n = path_make_full(&context, full_rows[i].path, buffer, 100, &file);

        ck_assert_uint_lt(n, 100);
        narrow(buffer, n, text);
        ck_assert_msg(!strcmp(text, full_rows[i].full), "row %zu: %s, not %s", i, text,
                      full_rows[i].full);
        ck_assert_msg(file ? full_rows[i].file && !strcmp(text + file, full_rows[i].file)
                           : !full_rows[i].file,
                      "row %zu: file part at %zu", i, file);
    }
}
END_TEST

START_TEST(a_short_buffer_is_never_written_past)
{
    struct path_context context = {L"C:\\cur\\dir\\", 11, drive_d};

    for (size_t i = 0; i < ARRAY_COUNT(full_rows); i++)
        for (size_t n_max = 0; n_max < 30; n_max++) {
            WCHAR *buffer = malloc(n_max * sizeof(WCHAR) + 1);
            size_t file, n = path_make_full(&context, full_rows[i].path, buffer, n_max, &file);

            if (n <= n_max && n_max)
                ck_assert_uint_eq(n, strlen(full_rows[i].full));
            else
                ck_assert_uint_ge(n, strlen(full_rows[i].full));
            free(buffer);
        }
}
END_TEST

START_TEST(types_follow_the_first_characters)
{
    static const struct {
        const WCHAR *path;
        int type;
    } rows[] = {
        {L"\\\\srv\\x", UNC_PATH},       {L"//srv/x", UNC_PATH},
        {L"c:\\x", ABSOLUTE_DRIVE_PATH}, {L"c:/", ABSOLUTE_DRIVE_PATH},
        {L"c:", RELATIVE_DRIVE_PATH},    {L"c:x", RELATIVE_DRIVE_PATH},
        {L"\\x", ABSOLUTE_PATH},         {L"/", ABSOLUTE_PATH},
        {L"x", RELATIVE_PATH},           {L"", RELATIVE_PATH},
        {L"\\\\.\\x", DEVICE_PATH},      {L"\\\\?\\x", DEVICE_PATH},
        {L"\\\\.", UNC_DOT_PATH},        {L"\\\\?", UNC_DOT_PATH},
        {L"\\\\.x", UNC_PATH},
    };

    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        ck_assert_int_eq(RtlDetermineDosPathNameType_U(rows[i].path), rows[i].type);
}
END_TEST

START_TEST(device_names_are_found_where_they_stand)
{
    static const struct {
        const WCHAR *path;
        ULONG offset, length;
    } rows[] = {
        {L"nul", 0, 3},     {L"NUL.txt", 0, 3},    {L"c:nul", 2, 3},      {L"c:\\a\\aux", 5, 3},
        {L"nul  .x", 0, 3}, {L"com1:", 0, 4},      {L"com0", 0, 0},       {L"com10", 0, 0},
        {L"nulx", 0, 0},    {L"\\\\s\\nul", 0, 0}, {L"\\\\.\\CON", 4, 3}, {L"\\\\.\\nul", 0, 0},
        {L"", 0, 0},        {L"CONIN$", 0, 6},
    };

    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        ULONG found = RtlIsDosDeviceName_U(rows[i].path);
        ULONG length = i == 10 ? 8 : rows[i].length * 2, offset = i == 10 ? 6 : rows[i].offset * 2;

        if (i == 10)
            ck_assert_uint_eq(found, (ULONG)MAKELONG(6, 8));
        else
            ck_assert_msg(found == (ULONG)MAKELONG(length, offset), "row %zu: %x", i, found);
    }
}
END_TEST

int main(void)
{
    UNIT_BEGIN("path");
    UNIT_TEST(full_forms_are_as_in_the_table);
    UNIT_TEST(a_short_buffer_is_never_written_past);
    UNIT_TEST(types_follow_the_first_characters);
    UNIT_TEST(device_names_are_found_where_they_stand);
    return UNIT_END();
}
