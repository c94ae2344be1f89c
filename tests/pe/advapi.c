/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What services and their tools ask of advapi32: SIDs, accounts, tokens, privileges, descriptors,
 * the event log, the service manager, random numbers. */
#include "test.h"

#include <aclapi.h>
#include <sddl.h>
#include <winsvc.h>

static HANDLE process_token(void)
{
    HANDLE token;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &token))
        bail_out("OpenProcessToken: error %u", GetLastError());
    return token;
}

/* The owner of what it makes: its user, or administrators for who belongs to them on Windows. */
static PSID owner_of(HANDLE token, char buffer[256])
{
    DWORD size;

    if (!GetTokenInformation(token, TokenOwner, buffer, 256, &size))
        bail_out("TokenOwner: error %u", GetLastError());
    return ((TOKEN_OWNER *)buffer)->Owner;
}

/* The token's user; the buffer holds the SID. */
static PSID user_of(HANDLE token, char buffer[256])
{
    DWORD size;

    if (!GetTokenInformation(token, TokenUser, buffer, 256, &size))
        bail_out("TokenUser: error %u", GetLastError());
    return ((TOKEN_USER *)buffer)->User.Sid;
}

static void test_sids(void)
{
    SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};
    char *text = NULL, well_known[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof(well_known);
    PSID made, parsed;

    ok(AllocateAndInitializeSid(&nt, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS, 0, 0,
                                0, 0, 0, 0, &made),
       "AllocateAndInitializeSid");
    ok(ConvertSidToStringSidA(made, &text) && !lstrcmpA(text, "S-1-5-32-544"), "as text: %s", text);
    ok(ConvertStringSidToSidA(text, &parsed) && EqualSid(made, parsed), "and back");
    ok(CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, well_known, &size) &&
           EqualSid(made, well_known) && IsWellKnownSid(made, WinBuiltinAdministratorsSid),
       "a well-known one");
    is_number(GetLengthSid(made), 16, "its length");
    ok(!ConvertStringSidToSidA("S-1-x", &parsed), "no SID");
    is_number(GetLastError(), ERROR_INVALID_SID, "says the error");
    LocalFree(text);
    FreeSid(made);
}

static void test_accounts(void)
{
    char name[128], domain[128], again[128], buffer[256], sid[SECURITY_MAX_SID_SIZE];
    DWORD name_size = sizeof(name), domain_size = sizeof(domain), sid_size = sizeof(sid);
    const HANDLE token = process_token();
    SID_NAME_USE use;
    PSID admins;

    ok(LookupAccountSidA(NULL, user_of(token, buffer), name, &name_size, domain, &domain_size,
                         &use),
       "LookupAccountSid of the user: error %u", GetLastError());
    ok(name[0] && domain[0], "has a name: %s\\%s", domain, name);
    ConvertStringSidToSidA("S-1-5-32-544", &admins);
    name_size = sizeof(name);
    domain_size = sizeof(domain);
    ok(LookupAccountSidA(NULL, admins, name, &name_size, domain, &domain_size, &use) &&
           !lstrcmpiA(name, "Administrators") && !lstrcmpiA(domain, "BUILTIN") &&
           use == SidTypeAlias,
       "administrators: %s\\%s", domain, name);
    domain_size = sizeof(domain);
    ok(LookupAccountNameA(NULL, "Administrators", sid, &sid_size, domain, &domain_size, &use) &&
           EqualSid(sid, admins),
       "and back");
    name_size = sizeof(name);
    ok(GetUserNameA(name, &name_size) && name[0], "GetUserName: %s", name);
    ok(GetEnvironmentVariableA("USERNAME", again, sizeof(again)) && !lstrcmpiA(name, again),
       "is what the environment says");
    is_number(name_size, lstrlenA(name) + 1, "and how long");
    LocalFree(admins);
    CloseHandle(token);
}

enum { NAME_SAM_COMPATIBLE = 2 };

/* The names and the SID of who runs this are one account's. */
static void test_own_account(void)
{
    char name[128], looked_up[128], domain[128], buffer[256], sid[SECURITY_MAX_SID_SIZE];
    DWORD name_size = sizeof(name), looked_up_size = sizeof(looked_up),
          domain_size = sizeof(domain), sid_size = sizeof(sid);
    const HANDLE token = process_token();
    PSID user = user_of(token, buffer);
    BOOLEAN(WINAPI * get_name)(int, char *, ULONG *);
    SID_NAME_USE use;

    GetUserNameA(name, &name_size);
    ok(LookupAccountSidA(NULL, user, looked_up, &looked_up_size, domain, &domain_size, &use) &&
           !lstrcmpiA(name, looked_up),
       "the user's SID is called as the user is: %s, %s", looked_up, name);
    domain_size = sizeof(domain);
    ok(LookupAccountNameA(NULL, name, sid, &sid_size, domain, &domain_size, &use) &&
           EqualSid(sid, user),
       "and the name has that SID");
    looked_up_size = wsprintfA(buffer, "%s\\%s", domain, name);
    get_name = (BOOLEAN(WINAPI *)(int, char *, ULONG *))(void *)GetProcAddress(
        LoadLibraryA("secur32.dll"), "GetUserNameExA");
    name_size = sizeof(name);
    ok(get_name && get_name(NAME_SAM_COMPATIBLE, name, &name_size) && !lstrcmpiA(name, buffer),
       "with its domain: %s, %s", name, buffer);
    is_number(name_size, looked_up_size, "so long");
    name_size = 3;
    ok(get_name && !get_name(NAME_SAM_COMPATIBLE, name, &name_size) &&
           GetLastError() == ERROR_MORE_DATA,
       "too little room");
    is_number(name_size, looked_up_size + 1, "so much it takes");
    CloseHandle(token);
}

/* S-1-22-1-<uid>, S-1-22-2-<gid>: Portico's own (docs/SECURITY.md). Each Debian has these. */
static void test_unix_accounts(void)
{
    static const struct {
        const char *sid;
        const wchar_t *name;
        SID_NAME_USE use;
    } rows[] = {{"S-1-22-1-1", L"daemon", SidTypeUser},
                {"S-1-22-2-1", L"daemon", SidTypeGroup},
                {"S-1-22-2-0", L"root", SidTypeGroup}};
    char made[SECURITY_MAX_SID_SIZE], *text;
    wchar_t name[128], domain[128], full[300];
    DWORD n, n_domain, size;
    SID_NAME_USE use;
    PSID sid;

    if (!running_on_portico()) {
        skip(19, "Linux' accounts");
        return;
    }
    for (int i = 0; i < 3; i++) {
        ConvertStringSidToSidA(rows[i].sid, &sid);
        n = n_domain = 128;
        ok(LookupAccountSidW(NULL, sid, name, &n, domain, &n_domain, &use) &&
               !lstrcmpW(name, rows[i].name) && use == rows[i].use,
           "%s is %S", rows[i].sid, rows[i].name);
        is_number(n, lstrlenW(name), "so long");
        wsprintfW(full, L"%s\\%s", domain, name);
        n_domain = 128;
        size = sizeof(made);
        ok(LookupAccountNameW(NULL, full, made, &size, domain, &n_domain, &use) &&
               EqualSid(made, sid) && use == rows[i].use,
           "and back: %S", full);
        n = n_domain = 2;
        ok(!LookupAccountSidW(NULL, sid, name, &n, domain, &n_domain, &use) &&
               GetLastError() == ERROR_INSUFFICIENT_BUFFER,
           "too little room");
        is_number(n, lstrlenW(rows[i].name) + 1, "so much it takes");
        LocalFree(sid);
    }
    size = sizeof(made);
    n_domain = 128;
    ok(LookupAccountNameW(NULL, L"ROOT", made, &size, domain, &n_domain, &use) &&
           ConvertSidToStringSidA(made, &text) && !lstrcmpA(text, "S-1-5-18"),
       "root is the system");
    LocalFree(text);
    ConvertStringSidToSidA("S-1-22-1-4294967000", &sid);
    n = n_domain = 128;
    ok(!LookupAccountSidW(NULL, sid, name, &n, domain, &n_domain, &use), "nobody's");
    is_number(GetLastError(), ERROR_NONE_MAPPED, "SID has no name");
    size = sizeof(made);
    ok(!LookupAccountNameW(NULL, L"no such user", made, &size, domain, &n_domain, &use) &&
           GetLastError() == ERROR_NONE_MAPPED,
       "and no such name has a SID");
    LocalFree(sid);
}

static void test_tokens(void)
{
    char groups[4096], privileges[1024];
    const HANDLE token = process_token();
    HANDLE copy;
    TOKEN_STATISTICS statistics;
    TOKEN_TYPE type = 0;
    BOOL is_member = 7;
    DWORD size, elevated = 7;
    PSID everyone;

    ok(GetTokenInformation(token, TokenGroups, groups, sizeof(groups), &size) &&
           ((TOKEN_GROUPS *)groups)->GroupCount > 0,
       "groups");
    ok(GetTokenInformation(token, TokenPrivileges, privileges, sizeof(privileges), &size),
       "privileges");
    ok(GetTokenInformation(token, TokenType, &type, sizeof(type), &size) && type == TokenPrimary,
       "a primary token");
    ok(GetTokenInformation(token, TokenElevation, &elevated, sizeof(elevated), &size) &&
           elevated < 2,
       "elevated or not");
    ok(GetTokenInformation(token, TokenStatistics, &statistics, sizeof(statistics), &size),
       "statistics");
    ok(!GetTokenInformation(token, TokenUser, NULL, 0, &size), "no buffer");
    is_number(GetLastError(), ERROR_INSUFFICIENT_BUFFER, "says the error");
    ConvertStringSidToSidA("S-1-1-0", &everyone);
    ok(CheckTokenMembership(NULL, everyone, &is_member) && is_member == TRUE,
       "everyone is everyone");
    ok(DuplicateTokenEx(token, MAXIMUM_ALLOWED, NULL, SecurityImpersonation, TokenImpersonation,
                        &copy),
       "DuplicateTokenEx");
    ok(ImpersonateLoggedOnUser(copy) && RevertToSelf(), "impersonated and back");
    LocalFree(everyone);
    CloseHandle(copy);
    CloseHandle(token);
}

static void test_privileges(void)
{
    TOKEN_PRIVILEGES wish = {.PrivilegeCount = 1}, before;
    const HANDLE token = process_token();
    char name[64];
    PRIVILEGE_SET set = {.PrivilegeCount = 1, .Control = PRIVILEGE_SET_ALL_NECESSARY};
    DWORD size = sizeof(name);
    BOOL has_it = 7;
    LUID luid;

    ok(LookupPrivilegeValueA(NULL, "SeChangeNotifyPrivilege", &luid), "LookupPrivilegeValue");
    is_number(luid.LowPart, 23, "the number that Windows has");
    ok(LookupPrivilegeNameA(NULL, &luid, name, &size) && !lstrcmpA(name, "SeChangeNotifyPrivilege"),
       "LookupPrivilegeName");
    ok(!LookupPrivilegeValueA(NULL, "SeNoSuchPrivilege", &luid), "no such privilege");
    is_number(GetLastError(), ERROR_NO_SUCH_PRIVILEGE, "says the error");
    luid.LowPart = 23;
    wish.Privileges[0].Luid = luid;
    size = sizeof(before);
    ok(AdjustTokenPrivileges(token, FALSE, &wish, sizeof(before), &before, &size), "taken away");
    is_number(GetLastError(), ERROR_SUCCESS, "all of them");
    set.Privilege[0].Luid = luid;
    todo_if(running_on_portico(), "this one stays on: dlls/ntdll/unix/token_adjust.c");
    ok(PrivilegeCheck(token, &set, &has_it) && !has_it, "it is gone");
    wish.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    ok(AdjustTokenPrivileges(token, FALSE, &wish, 0, NULL, NULL), "given back");
    ok(PrivilegeCheck(token, &set, &has_it) && has_it, "it is there");
    wish.Privileges[0].Luid.LowPart = 2; /* SeCreateTokenPrivilege */
    ok(AdjustTokenPrivileges(token, FALSE, &wish, 0, NULL, NULL), "one that nobody has");
    is_number(GetLastError(), ERROR_NOT_ALL_ASSIGNED, "is told");
    CloseHandle(token);
}

static void test_descriptors(void)
{
    SECURITY_DESCRIPTOR absolute;
    PSECURITY_DESCRIPTOR parsed;
    EXPLICIT_ACCESSA entry;
    BOOL present, defaulted;
    char *text = NULL;
    PSID everyone;
    PACL list;

    ok(ConvertStringSecurityDescriptorToSecurityDescriptorA("O:BAD:(A;;GA;;;WD)(D;;GW;;;BG)", 1,
                                                            &parsed, NULL),
       "a descriptor from text");
    ok(GetSecurityDescriptorDacl(parsed, &present, &list, &defaulted) && present &&
           list->AceCount == 2,
       "has two entries");
    ok(ConvertSecurityDescriptorToStringSecurityDescriptorA(
           parsed, 1, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &text, NULL),
       "and back: %s", text);
    ok(!lstrcmpA(text, "O:BAD:(A;;GA;;;WD)(D;;GW;;;BG)"), "the same");
    ConvertStringSidToSidA("S-1-1-0", &everyone);
    memset(&entry, 0, sizeof(entry));
    entry.grfAccessPermissions = GENERIC_READ;
    entry.grfAccessMode = GRANT_ACCESS;
    entry.Trustee.TrusteeForm = TRUSTEE_IS_SID;
    entry.Trustee.ptstrName = (LPSTR)everyone;
    is_number(SetEntriesInAclA(1, &entry, NULL, &list), ERROR_SUCCESS, "SetEntriesInAcl");
    ok(InitializeSecurityDescriptor(&absolute, SECURITY_DESCRIPTOR_REVISION) &&
           SetSecurityDescriptorDacl(&absolute, TRUE, list, FALSE) &&
           SetSecurityDescriptorOwner(&absolute, everyone, FALSE) &&
           IsValidSecurityDescriptor(&absolute),
       "one made piece by piece");
    LocalFree(list);
    LocalFree(everyone);
    LocalFree(text);
    LocalFree(parsed);
}

static void test_objects(void)
{
    const HANDLE event = CreateEventA(NULL, FALSE, FALSE, "Local\\advapi_test");
    const HANDLE file = CreateFileA("advapi.txt", GENERIC_WRITE | READ_CONTROL | DELETE, 0, NULL,
                                    CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    PSECURITY_DESCRIPTOR descriptor = NULL;
    char buffer[256];
    const HANDLE token = process_token();
    PSID owner = NULL;
    PACL list = NULL;

    is_number(GetSecurityInfo(event, SE_KERNEL_OBJECT,
                              OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner, NULL,
                              &list, NULL, &descriptor),
              ERROR_SUCCESS, "GetSecurityInfo of an event");
    ok(owner && IsValidSid(owner) && list && IsValidAcl(list), "has an owner and a list");
    LocalFree(descriptor);
    is_number(GetSecurityInfo(file, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL,
                              NULL, &descriptor),
              ERROR_SUCCESS, "GetSecurityInfo of a file");
    ok(owner && EqualSid(owner, owner_of(token, buffer)), "its owner is the maker's");
    LocalFree(descriptor);
    CloseHandle(token);
    CloseHandle(file);
    CloseHandle(event);
}

/* As on a machine whose event log service does not run: nothing is kept, nothing fails. */
static void test_event_log(void)
{
    const HANDLE source = RegisterEventSourceA(NULL, "portico test");
    const char *strings[] = {"something happened"};

    ok(source != NULL, "RegisterEventSource");
    ok(ReportEventA(source, EVENTLOG_INFORMATION_TYPE, 0, 1, NULL, 1, 0, strings, NULL),
       "ReportEvent");
    ok(DeregisterEventSource(source), "DeregisterEventSource");
}

static void WINAPI service_main(DWORD argc, LPSTR *argv)
{
    (void)argc, (void)argv;
}

static void test_services(void)
{
    const SERVICE_TABLE_ENTRYA table[] = {{(LPSTR) "portico", service_main}, {NULL, NULL}};
    const SERVICE_TABLE_ENTRYW wide[] = {
        {(LPWSTR)L"portico", (LPSERVICE_MAIN_FUNCTIONW)service_main}, {NULL, NULL}};

    ok(!StartServiceCtrlDispatcherA(table), "no service manager has started this program");
    is_number(GetLastError(), ERROR_FAILED_SERVICE_CONTROLLER_CONNECT, "says the error");
    SetLastError(0);
    ok(!StartServiceCtrlDispatcherW(wide), "in UTF-16");
    is_number(GetLastError(), ERROR_FAILED_SERVICE_CONTROLLER_CONNECT, "too");
    if (!running_on_portico())
        return;
    ok(!OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT), "there is no service manager");
    is_number(GetLastError(), RPC_S_SERVER_UNAVAILABLE, "says the error");
}

static void test_random(void)
{
    unsigned char first[16] = {0}, second[16] = {0};
    HCRYPTPROV provider;

    ok(CryptAcquireContextA(&provider, NULL, NULL, PROV_RSA_FULL, CRYPT_VERIFYCONTEXT),
       "CryptAcquireContext: error %x", GetLastError());
    ok(CryptGenRandom(provider, sizeof(first), first) &&
           CryptGenRandom(provider, sizeof(second), second) &&
           memcmp(first, second, sizeof(first)) != 0,
       "CryptGenRandom");
    ok(CryptReleaseContext(provider, 0), "CryptReleaseContext");
}

static void test_main(void)
{
    test_sids();
    test_accounts();
    test_own_account();
    test_unix_accounts();
    test_tokens();
    test_privileges();
    test_descriptors();
    test_objects();
    test_event_log();
    test_services();
    test_random();
    done_testing();
}
