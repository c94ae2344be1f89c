/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The registry as programs use it, through advapi32. */

#include <windows.h>

#include <stdio.h>
#include <string.h>

#include "test.h"

static HKEY key_made(HKEY parent, const char *name)
{
    DWORD disposition = 0;
    HKEY key = NULL;

    is_number(RegCreateKeyExA(parent, name, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, &disposition),
              ERROR_SUCCESS, "%s is made", name);
    is_number(disposition, REG_CREATED_NEW_KEY, "it is new");
    return key;
}

static void test_first_content(void)
{
    char text[64] = "";
    DWORD size = sizeof text, number = 0, type = 0;
    HKEY key;

    is_number(RegOpenKeyExA(HKEY_LOCAL_MACHINE, "software\\microsoft\\windows nt\\currentversion",
                            0, KEY_READ, &key),
              ERROR_SUCCESS, "the version's key opens");
    is_number(RegQueryValueExA(key, "currentbuild", NULL, &type, (BYTE *)text, &size),
              ERROR_SUCCESS, "its build is there");
    ok(type == REG_SZ && !strcmp(text, "19041"), "build %s", text);
    size = sizeof number;
    is_number(
        RegQueryValueExA(key, "CurrentMajorVersionNumber", NULL, &type, (BYTE *)&number, &size),
        ERROR_SUCCESS, "so is its version");
    ok(type == REG_DWORD && number == 10, "version %lu", number);
    is_number(RegQueryValueExA(key, "NoSuchValue", NULL, NULL, NULL, NULL), ERROR_FILE_NOT_FOUND,
              "another value is not");
    is_number(RegOpenKeyExA(key, "NoSuchKey", 0, KEY_READ, &key), ERROR_FILE_NOT_FOUND,
              "nor another key");
    RegCloseKey(key);
    size = sizeof text;
    ok(GetComputerNameA(text, &size) && size, "the machine has a name: %s", text);
}

static void test_values(HKEY key)
{
    static const char *const names[] = {"alpha", "Beta", "gamma"};
    char name[64], data[64];
    DWORD type, name_size, data_size;

    for (DWORD i = 0; i < 3; i++)
        is_number(RegSetValueExA(key, names[i], 0, REG_SZ, (const BYTE *)names[i],
                                 (DWORD)strlen(names[i]) + 1),
                  ERROR_SUCCESS, "%s is set", names[i]);
    for (DWORD i = 0; i < 3; i++) {
        name_size = sizeof name;
        data_size = sizeof data;
        is_number(RegEnumValueA(key, i, name, &name_size, NULL, &type, (BYTE *)data, &data_size),
                  ERROR_SUCCESS, "value %lu is listed", i);
        ok(!strcmp(name, names[i]) && !strcmp(data, names[i]) && type == REG_SZ, "as %s", names[i]);
    }
    name_size = sizeof name;
    is_number(RegEnumValueA(key, 3, name, &name_size, NULL, NULL, NULL, NULL), ERROR_NO_MORE_ITEMS,
              "and no more");
    data_size = 3;
    is_number(RegQueryValueExA(key, "ALPHA", NULL, &type, (BYTE *)data, &data_size),
              ERROR_MORE_DATA, "a small buffer is told");
    is_number(data_size, 6, "how much there is");
    is_number(RegDeleteValueA(key, "beta"), ERROR_SUCCESS, "a value is deleted");
    is_number(RegQueryValueExA(key, "Beta", NULL, NULL, NULL, NULL), ERROR_FILE_NOT_FOUND,
              "and gone");
}

static void test_keys(HKEY key)
{
    DWORD n_keys = 0, longest = 0, n_values = 0, size;
    char name[64];
    HKEY one = key_made(key, "one"), deep = key_made(one, "deeper\\still");

    RegCloseKey(key_made(key, "another"));
    is_number(RegQueryInfoKeyA(key, NULL, NULL, NULL, &n_keys, &longest, NULL, &n_values, NULL,
                               NULL, NULL, NULL),
              ERROR_SUCCESS, "a key tells");
    ok(n_keys == 2 && longest == 7 && n_values == 2, "%lu keys, %lu long, %lu values", n_keys,
       longest, n_values);
    size = sizeof name;
    is_number(RegEnumKeyExA(key, 0, name, &size, NULL, NULL, NULL, NULL), ERROR_SUCCESS,
              "its keys are listed");
    ok(!strcmp(name, "another"), "in order: %s first", name);
    is_number(RegDeleteKeyA(key, "one"), ERROR_ACCESS_DENIED, "one with keys in it stays");
    is_number(RegDeleteTreeA(key, "one"), ERROR_SUCCESS, "a tree goes as a whole");
    is_number(RegSetValueExA(deep, "x", 0, REG_SZ, (const BYTE *)"", 1), ERROR_KEY_DELETED,
              "a deleted key says so");
    RegCloseKey(deep);
    RegCloseKey(one);
}

static void test_notification(HKEY key)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);

    is_number(RegNotifyChangeKeyValue(key, TRUE, REG_NOTIFY_CHANGE_LAST_SET, event, TRUE),
              ERROR_SUCCESS, "a change is asked for");
    is_number(WaitForSingleObject(event, 0), WAIT_TIMEOUT, "there is none yet");
    RegSetValueExA(key, "alpha", 0, REG_SZ, (const BYTE *)"new", 4);
    is_number(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0, "it comes");
    CloseHandle(event);
}

static LONG made_below(HKEY parent, const char *name, DWORD options)
{
    HKEY key = NULL;
    LONG error = RegCreateKeyExA(parent, name, 0, NULL, options, KEY_ALL_ACCESS, NULL, &key, NULL);

    if (!error)
        RegCloseKey(key);
    return error;
}

static void test_volatile(HKEY key)
{
    HKEY environment = NULL, above = NULL;

    is_number(made_below(key, "v", REG_OPTION_VOLATILE), ERROR_SUCCESS, "a volatile key");
    is_number(made_below(key, "v\\stable", 0), ERROR_CHILD_MUST_BE_VOLATILE, "no other below it");
    is_number(made_below(key, "v\\w\\x", REG_OPTION_VOLATILE), ERROR_SUCCESS,
              "volatile ones, also two at once");
    is_number(made_below(key, "v\\w\\x\\y", 0), ERROR_CHILD_MUST_BE_VOLATILE, "nor deeper");
    is_number(made_below(key, "v\\w", 0), ERROR_SUCCESS, "what is there is opened as ever");
    is_number(RegOpenKeyExA(key, "v", 0, KEY_ALL_ACCESS, &above), ERROR_SUCCESS, "opened");
    is_number(RegSetValueExA(above, "x", 0, REG_SZ, (const BYTE *)"", 1), ERROR_SUCCESS,
              "values have no such rule");
    RegCloseKey(above);
    is_number(RegDeleteTreeA(key, "v"), ERROR_SUCCESS, "away with them");
    is_number(
        RegOpenKeyExA(HKEY_CURRENT_USER, "Volatile Environment", 0, KEY_ALL_ACCESS, &environment),
        ERROR_SUCCESS, "a session's environment");
    is_number(made_below(environment, "stable", 0), ERROR_CHILD_MUST_BE_VOLATILE,
              "is as volatile as it is called");
    RegCloseKey(environment);
}

static void test_main(void)
{
    HKEY key;

    test_first_content();
    key = key_made(HKEY_CURRENT_USER, "Software\\PorticoTest");
    test_values(key);
    test_keys(key);
    test_notification(key);
    test_volatile(key);
    RegCloseKey(key);
    is_number(RegDeleteTreeA(HKEY_CURRENT_USER, "Software\\PorticoTest"), ERROR_SUCCESS,
              "and all goes");
}
