/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The version of Windows is that of the newest system that the program's manifest names, 6.2 for
 * who names none: built with each manifest of manifest.rc, WANT_MAJOR and WANT_MINOR say what
 * follows.
 */
#include "test.h"

static BOOL is_at_least(DWORD major, DWORD minor)
{
    const DWORDLONG mask =
        VerSetConditionMask(VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL),
                            VER_MINORVERSION, VER_GREATER_EQUAL);
    OSVERSIONINFOEXW info = {
        .dwOSVersionInfoSize = sizeof(info), .dwMajorVersion = major, .dwMinorVersion = minor};

    return VerifyVersionInfoW(&info, VER_MAJORVERSION | VER_MINORVERSION, mask);
}

static void test_main(void)
{
    OSVERSIONINFOW info = {.dwOSVersionInfoSize = sizeof(info)};

    ok(GetVersionExW(&info), "GetVersionEx");
    ok(info.dwMajorVersion == WANT_MAJOR && info.dwMinorVersion == WANT_MINOR,
       "it is %u.%u: got %u.%u", WANT_MAJOR, WANT_MINOR, (unsigned)info.dwMajorVersion,
       (unsigned)info.dwMinorVersion);
    ok(is_at_least(WANT_MAJOR, WANT_MINOR), "VerifyVersionInfo: that one");
    ok(!is_at_least(WANT_MAJOR, WANT_MINOR + 1), "and no newer one");
    done_testing();
}
