/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Tokens and impersonation as a C program on Wine's advapi32 sees them. */
#include "test.h"

#define EVENT "Local\\crt_security"

static int has_thread_token(DWORD *ret_level)
{
    DWORD length;
    HANDLE token;
    BOOL is;

    if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token)) {
        is_number(GetLastError(), ERROR_NO_TOKEN, "what is missing is the token");
        return 0;
    }
    is =
        GetTokenInformation(token, TokenImpersonationLevel, ret_level, sizeof(*ret_level), &length);
    CloseHandle(token);
    return is;
}

static void test_self(void)
{
    DWORD level = 9;

    ok(!has_thread_token(&level), "a thread begins without a token");
    ok(ImpersonateSelf(SecurityIdentification), "ImpersonateSelf");
    ok(has_thread_token(&level), "gives it one");
    is_number(level, SecurityIdentification, "of the level that was asked for");
    ok(RevertToSelf(), "RevertToSelf");
    ok(!has_thread_token(&level), "takes it away");
}

static void test_logged_on(void)
{
    DWORD level = 9;
    HANDLE own, copy;

    ok(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own), "the process' token");
    ok(DuplicateToken(own, SecurityImpersonation, &copy), "a copy of it");
    ok(SetThreadToken(NULL, copy), "for this thread");
    ok(has_thread_token(&level) && level == SecurityImpersonation, "which has it now");
    ok(SetThreadToken(NULL, NULL), "and no more");
    ok(ImpersonateLoggedOnUser(own), "a primary token is copied on the way");
    ok(has_thread_token(&level) && level == SecurityImpersonation, "to the same end");
    ok(RevertToSelf(), "back");
    CloseHandle(copy);
    CloseHandle(own);
}

static void test_membership(void)
{
    SID_IDENTIFIER_AUTHORITY world = {SECURITY_WORLD_SID_AUTHORITY};
    SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};
    PSID everyone, anonymous;
    BOOL is = FALSE;

    AllocateAndInitializeSid(&world, 1, SECURITY_WORLD_RID, 0, 0, 0, 0, 0, 0, 0, &everyone);
    AllocateAndInitializeSid(&nt, 1, SECURITY_ANONYMOUS_LOGON_RID, 0, 0, 0, 0, 0, 0, 0, &anonymous);
    ok(CheckTokenMembership(NULL, everyone, &is) && is, "we are of Everyone");
    ok(CheckTokenMembership(NULL, anonymous, &is) && !is, "and not S-1-5-7");
    FreeSid(everyone);
    FreeSid(anonymous);
}

static void test_access(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, EVENT), again;

    ok(event != NULL, "a named event");
    ok(ImpersonateAnonymousToken(GetCurrentThread()), "anonymous");
    again = OpenEventA(EVENT_MODIFY_STATE, FALSE, EVENT);
    ok(!again && GetLastError() == ERROR_ACCESS_DENIED, "is not let in");
    RevertToSelf();
    again = OpenEventA(EVENT_MODIFY_STATE, FALSE, EVENT);
    ok(again != NULL, "its maker is");
    CloseHandle(again);
    CloseHandle(event);
}

static void test_main(void)
{
    test_self();
    test_logged_on();
    test_membership();
    test_access();
    done_testing();
}
