/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Bit maps, times, versions, environment, paths, security structures, fibre storage, errors: by
 * tables. */
#include "rtl.h"

void NTAPI RtlInitializeBitMap(BITMAP_T *, ULONG *, ULONG);
void NTAPI RtlSetBits(BITMAP_T *, ULONG, ULONG);
void NTAPI RtlClearBits(BITMAP_T *, ULONG, ULONG);
ULONG NTAPI RtlFindClearBitsAndSet(BITMAP_T *, ULONG, ULONG);
ULONG NTAPI RtlFindSetBits(BITMAP_T *, ULONG, ULONG);
BOOLEAN NTAPI RtlAreBitsSet(BITMAP_T *, ULONG, ULONG);
BOOLEAN NTAPI RtlAreBitsClear(BITMAP_T *, ULONG, ULONG);
ULONG NTAPI RtlNumberOfSetBits(BITMAP_T *);
ULONG NTAPI RtlFindLongestRunClear(BITMAP_T *, ULONG *);
typedef struct {
    SHORT year, month, day, hour, minute, second, ms, weekday;
} FIELDS_T;
void NTAPI RtlTimeToTimeFields(const LARGE_INTEGER *, FIELDS_T *);
BOOLEAN NTAPI RtlTimeFieldsToTime(FIELDS_T *, LARGE_INTEGER *);
NTSTATUS NTAPI RtlVerifyVersionInfo(const OSVERSIONINFOEXW *, ULONG, ULONGLONG);
NTSTATUS NTAPI RtlQueryEnvironmentVariable_U(WCHAR *, UNICODE_STRING *, UNICODE_STRING *);
NTSTATUS NTAPI RtlSetEnvironmentVariable(WCHAR **, UNICODE_STRING *, UNICODE_STRING *);
NTSTATUS NTAPI RtlCreateEnvironment(BOOLEAN, WCHAR **);
NTSTATUS NTAPI RtlDestroyEnvironment(WCHAR *);
NTSTATUS NTAPI RtlExpandEnvironmentStrings_U(const WCHAR *, const UNICODE_STRING *,
                                             UNICODE_STRING *, ULONG *);
ULONG NTAPI RtlGetFullPathName_U(const WCHAR *, ULONG, WCHAR *, WCHAR **);
ULONG NTAPI RtlGetCurrentDirectory_U(ULONG, WCHAR *);
NTSTATUS NTAPI RtlSetCurrentDirectory_U(const UNICODE_STRING *);
NTSTATUS NTAPI RtlFlsAlloc(void(NTAPI *)(void *), ULONG *);
NTSTATUS NTAPI RtlFlsFree(ULONG);
NTSTATUS NTAPI RtlFlsSetValue(ULONG, void *);
NTSTATUS NTAPI RtlFlsGetValue(ULONG, void **);
NTSTATUS NTAPI RtlConvertSidToUnicodeString(UNICODE_STRING *, void *, BOOLEAN);
NTSTATUS NTAPI RtlAllocateAndInitializeSid(SID_IDENTIFIER_AUTHORITY *, BYTE, DWORD, DWORD, DWORD,
                                           DWORD, DWORD, DWORD, DWORD, DWORD, PSID *);
BOOL NTAPI RtlEqualSid(PSID, PSID);
NTSTATUS NTAPI RtlCreateAcl(ACL *, DWORD, DWORD);
NTSTATUS NTAPI RtlAddAccessAllowedAce(ACL *, DWORD, DWORD, PSID);
NTSTATUS NTAPI RtlDeleteAce(ACL *, DWORD);
NTSTATUS NTAPI RtlGetAce(ACL *, DWORD, void **);
NTSTATUS NTAPI RtlCreateSecurityDescriptor(void *, DWORD);
NTSTATUS NTAPI RtlSetDaclSecurityDescriptor(void *, BOOLEAN, ACL *, BOOLEAN);
NTSTATUS NTAPI RtlSetOwnerSecurityDescriptor(void *, PSID, BOOLEAN);
NTSTATUS NTAPI RtlAbsoluteToSelfRelativeSD(void *, void *, ULONG *);
NTSTATUS NTAPI RtlGetDaclSecurityDescriptor(void *, BOOLEAN *, ACL **, BOOLEAN *);
NTSTATUS NTAPI RtlGetOwnerSecurityDescriptor(void *, PSID *, BOOLEAN *);
BOOLEAN NTAPI RtlValidSecurityDescriptor(void *);
void *NTAPI RtlEncodePointer(void *);
void *NTAPI RtlDecodePointer(void *);
NTSTATUS NTAPI RtlCreateProcessParametersEx(void **, const UNICODE_STRING *, const UNICODE_STRING *,
                                            const UNICODE_STRING *, const UNICODE_STRING *, WCHAR *,
                                            const UNICODE_STRING *, const UNICODE_STRING *,
                                            const UNICODE_STRING *, const UNICODE_STRING *, ULONG);
void *NTAPI RtlNormalizeProcessParams(void *);
void NTAPI RtlDestroyProcessParameters(void *);

static int wide_equal(const WCHAR *a, const WCHAR *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static void test_bitmap(void)
{
    ULONG bits[4] = {0}, start;
    BITMAP_T map;

    RtlInitializeBitMap(&map, bits, 100);
    RtlSetBits(&map, 30, 10);
    is_number(bits[0], 0xc0000000, "bits across a word: low");
    is_number(bits[1], 0xff, "and high");
    ok(RtlAreBitsSet(&map, 30, 10) && !RtlAreBitsSet(&map, 29, 2) &&
           RtlAreBitsClear(&map, 40, 60) && !RtlAreBitsClear(&map, 40, 61),
       "ranges are asked about, within the map");
    is_number(RtlFindClearBitsAndSet(&map, 31, 20), 40, "found behind the hint");
    is_number(RtlFindClearBitsAndSet(&map, 30, 90), 0, "found from the beginning");
    is_number((int)RtlFindClearBitsAndSet(&map, 30, 0), -1, "none found");
    is_number(RtlNumberOfSetBits(&map), 71, "counted");
    is_number(RtlFindLongestRunClear(&map, &start), 29, "the longest run");
    is_number(start, 71, "and its start");
    RtlClearBits(&map, 0, 100);
    is_number(RtlNumberOfSetBits(&map), 0, "cleared");
    is_number((int)RtlFindSetBits(&map, 1, 0), -1, "nothing set");
}

static void test_time(void)
{
    static const struct {
        LONGLONG time;
        FIELDS_T fields;
    } rows[] = {
        {0, {1601, 1, 1, 0, 0, 0, 0, 1}},
        {116444736000000000ll, {1970, 1, 1, 0, 0, 0, 0, 4}},
        {125962560000000000ll, {2000, 2, 29, 0, 0, 0, 0, 2}},
        {132538463990000000ll, {2020, 12, 30, 23, 59, 59, 0, 3}},
        {131116319995120000ll, {2016, 6, 28, 23, 59, 59, 512, 2}},
    };
    LARGE_INTEGER time;
    ULONG seconds;

    for (int i = 0; i < COUNT(rows); i++) {
        FIELDS_T f, want = rows[i].fields;

        time.QuadPart = rows[i].time;
        RtlTimeToTimeFields(&time, &f);
        ok(f.year == want.year && f.month == want.month && f.day == want.day &&
               f.hour == want.hour && f.minute == want.minute && f.second == want.second &&
               f.ms == want.ms && f.weekday == want.weekday,
           "time %d is %d-%d-%d %d:%d:%d.%d, day %d", i, f.year, f.month, f.day, f.hour, f.minute,
           f.second, f.ms, f.weekday);
        ok(RtlTimeFieldsToTime(&f, &time) && time.QuadPart == rows[i].time, "and back");
    }
    int failed = 0; /* every day of 500 years, by its successor */
    FIELDS_T before = {1601, 1, 1, 0, 0, 0, 0, 1};
    for (LONGLONG day = 1; day < 182621; day++) {
        FIELDS_T f;
        time.QuadPart = day * 864000000000ll;
        RtlTimeToTimeFields(&time, &f);
        failed += !(f.day == before.day + 1 ? f.month == before.month : f.day == 1) ||
                  f.weekday != (before.weekday + 1) % 7;
        before = f;
    }
    is_number(failed, 0, "days follow one another");
    is_number(before.year, 2100, "to the year 2100");
    FIELDS_T bad = {2021, 2, 29, 0, 0, 0, 0, 0};
    ok(!RtlTimeFieldsToTime(&bad, &time), "29 February 2021 is refused");
    time.QuadPart = 116444736000000000ll + 12345 * 10000000ll;
    ok(RtlTimeToSecondsSince1970(&time, &seconds) && seconds == 12345, "seconds since 1970");
}

static void test_version(void)
{
    OSVERSIONINFOEXW info = {.dwMajorVersion = 6, .dwMinorVersion = 3};
    ULONGLONG mask = VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL);

    mask = VerSetConditionMask(mask, VER_MINORVERSION, VER_GREATER_EQUAL);
    is_number((long long)mask, 0x1b, "the mask of two conditions");
    is_status(RtlVerifyVersionInfo(&info, VER_MAJORVERSION | VER_MINORVERSION, mask), 0,
              "10.0 is at least 6.3");
    info.dwMajorVersion = 10;
    info.dwMinorVersion = 1;
    is_status(RtlVerifyVersionInfo(&info, VER_MAJORVERSION | VER_MINORVERSION, mask),
              STATUS_REVISION_MISMATCH, "and not 10.1");
    void *secret = RtlEncodePointer(&info);
    ok(secret != &info && RtlDecodePointer(secret) == &info, "an encoded pointer comes back");
}

/* What Windows 10 answers. */
static void test_errors(void)
{
    static const struct {
        ULONG status, error;
    } rows[] = {
        {0, 0},                   /* success */
        {0x00000003, 733},        /* WAIT_3 */
        {0x00000080, 128},        /* ABANDONED_WAIT_0 */
        {0x000000c0, 737},        /* USER_APC */
        {0x00000102, 1460},       /* TIMEOUT */
        {0x00000105, 234},        /* MORE_ENTRIES */
        {0x00000123, 759},        /* PROCESS_NOT_IN_JOB */
        {0x40000000, 698},        /* OBJECT_NAME_EXISTS */
        {0x4000002e, 1359},       /* MESSAGE_RETRIEVED */
        {0x40000030, 1359},       /* ALPC_CHECK_COMPLETION_LIST */
        {0x80000001, 0x80000001}, /* GUARD_PAGE_VIOLATION */
        {0x80000026, 682},        /* LONGJUMP */
        {0x80000029, 684},        /* UNWIND_CONSOLIDATE */
        {0xc0000027, 542},        /* UNWIND */
        {0xc000000e, 433},        /* NO_SUCH_DEVICE */
        {0xc000002a, 158},        /* NOT_LOCKED */
        {0xc0000034, 2},          /* OBJECT_NAME_NOT_FOUND */
        {0xc0000036, 1834},       /* PORT_DO_NOT_DISTURB */
        {0xc00000e9, 1117},       /* UNEXPECTED_IO_ERROR */
        {0xc0000181, 1021},       /* CHILD_MUST_BE_VOLATILE */
        {0xc00002f0, 2},          /* OBJECTID_NOT_FOUND */
        {0xc0000374, 1359},       /* HEAP_CORRUPTION */
        {0xc0000700, 1359},       /* PORT_CLOSED */
        {0xc0000701, 1359},       /* MESSAGE_LOST */
        {0xc0000702, 87},         /* INVALID_MESSAGE */
        {0xc0000703, 1359},       /* REQUEST_CANCELED */
        {0xc0000704, 50},         /* RECURSIVE_DISPATCH */
        {0xc0000705, 87},         /* LPC_RECEIVE_BUFFER_EXPECTED */
        {0xc0000706, 87},         /* LPC_INVALID_CONNECTION_USAGE */
        {0xc0000707, 50},         /* LPC_REQUESTS_NOT_ALLOWED */
        {0xc0000708, 1359},       /* RESOURCE_IN_USE */
        {0xc000071a, 1359},       /* PORT_ALREADY_HAS_COMPLETION_LIST */
        {0xc0000722, 1835},       /* LPC_HANDLE_COUNT_EXCEEDED */
        {0xc000a012, 1232},       /* HOPLIMIT_EXCEEDED */
        {0xc0190028, 6815},       /* HANDLE_NO_LONGER_VALID */
        {0xc0020012, 1717},       /* RPC_NT_UNKNOWN_IF */
        {0xc0070005, 5},          /* a Win32 error in a status */
        {0xd0000022, 5},          /* a status in a result */
        {0xe0001234, 0xe0001234}, /* a program's own */
        {0xc0000109, 317},        /* MESSAGE_NOT_FOUND: what the others have that are not known */
        {0xc0000fff, 317},        /* nobody's */
    };

    for (int i = 0; i < COUNT(rows); i++)
        is_number(RtlNtStatusToDosError((LONG)rows[i].status), rows[i].error, "the error of %x",
                  rows[i].status);
}

static UNICODE_STRING text_of(const WCHAR *text)
{
    UNICODE_STRING result;

    RtlInitUnicodeString(&result, text);
    return result;
}

static void test_environment(void)
{
    WCHAR buffer[40], *env;
    UNICODE_STRING value = {0, sizeof(buffer), buffer}, name = text_of(L"Beta"),
                   set = text_of(L"two"), other;
    ULONG n;

    RtlCreateEnvironment(FALSE, &env);
    is_status(RtlSetEnvironmentVariable(&env, &name, &set), 0, "set in a block of one's own");
    name = text_of(L"alpha");
    set = text_of(L"one");
    RtlSetEnvironmentVariable(&env, &name, &set);
    name = text_of(L"=C:");
    set = text_of(L"C:\\x");
    is_status(RtlSetEnvironmentVariable(&env, &name, &set), 0, "a name may begin with =");
    static const WCHAR want[] = L"=C:=C:\\x\0alpha=one\0Beta=two\0";
    int same = 1;
    for (int i = 0; i < COUNT(want); i++)
        same &= env[i] == want[i];
    ok(same, "the block is sorted without case");
    name = text_of(L"BETA");
    is_status(RtlQueryEnvironmentVariable_U(env, &name, &value), 0, "found without case");
    ok(value.Length == 6 && wide_equal(buffer, L"two"), "its value");
    value.MaximumLength = 4;
    is_status(RtlQueryEnvironmentVariable_U(env, &name, &value), STATUS_BUFFER_TOO_SMALL,
              "no room");
    is_number(value.Length, 6, "the length that is needed");
    value.MaximumLength = sizeof(buffer);
    other = text_of(L"<%beta%|%none%|%alpha%%|100%>");
    is_status(RtlExpandEnvironmentStrings_U(env, &other, &value, &n), 0, "expanded");
    ok(wide_equal(buffer, L"<two|%none%|one%|100%>"), "to %S", buffer);
    is_number(n, 46, "with its terminator");
    value.MaximumLength = 10;
    is_status(RtlExpandEnvironmentStrings_U(env, &other, &value, &n), STATUS_BUFFER_TOO_SMALL,
              "too long");
    is_number(n, 46, "the size that is needed");
    RtlSetEnvironmentVariable(&env, &name, NULL);
    is_status(RtlQueryEnvironmentVariable_U(env, &name, &value), STATUS_VARIABLE_NOT_FOUND,
              "deleted");
    RtlDestroyEnvironment(env);
    value.MaximumLength = sizeof(buffer);
    name = text_of(L"RTL_MISC_TEST");
    set = text_of(L"here");
    is_status(RtlSetEnvironmentVariable(NULL, &name, &set), 0, "set in the process's block");
    is_status(RtlQueryEnvironmentVariable_U(NULL, &name, &value), 0, "and found");
    ok(wide_equal(buffer, L"here"), "there");
    name = text_of(L"a=b");
    is_status(RtlSetEnvironmentVariable(NULL, &name, &set), STATUS_INVALID_PARAMETER,
              "no = inside");
}

static void test_paths(void)
{
    static const struct {
        const WCHAR *dos, *nt;
    } rows[] = {
        {L"C:\\a\\..\\b", L"\\??\\C:\\b"},
        {L"\\\\srv\\share\\f", L"\\??\\UNC\\srv\\share\\f"},
        {L"\\\\.\\pipe\\x", L"\\??\\pipe\\x"},
        {L"\\\\?\\C:\\a/..\\b.", L"\\??\\C:\\a/..\\b."},
        {L"nul", L"\\??\\nul"},
        {L"\\??\\C:\\x", L"\\??\\C:\\x"},
    };
    WCHAR before[300], buffer[300], *file;

    for (int i = 0; i < COUNT(rows); i++) {
        UNICODE_STRING nt = {0};
        ok((BOOLEAN)RtlDosPathNameToNtPathName_U(rows[i].dos, &nt, (PCWSTR *)&file, NULL) &&
               wide_equal(nt.Buffer, rows[i].nt),
           "%S becomes %S", rows[i].dos, nt.Buffer);
        RtlFreeUnicodeString(&nt);
    }
    UNICODE_STRING none;
    ok(!(BOOLEAN)RtlDosPathNameToNtPathName_U(L"", &none, NULL, NULL), "an empty path is refused");
    ULONG n = RtlGetCurrentDirectory_U(sizeof(before), before);
    ok(n && !before[n / 2], "a current directory: %S", before);
    is_number(RtlGetCurrentDirectory_U(2, buffer), n + 2, "the size that is needed");
    UNICODE_STRING up = text_of(L"..");
    is_status(RtlSetCurrentDirectory_U(&up), 0, "up");
    ULONG n_up = RtlGetCurrentDirectory_U(sizeof(buffer), buffer);
    ok(n_up < n, "is shorter: %S", buffer);
    up = text_of(before);
    is_status(RtlSetCurrentDirectory_U(&up), 0, "and back");
    up = text_of(L"does-not-exist");
    is_status(RtlSetCurrentDirectory_U(&up), STATUS_OBJECT_NAME_NOT_FOUND, "not to nowhere");
    RtlGetCurrentDirectory_U(sizeof(buffer), buffer);
    ok(wide_equal(buffer, before), "which changes nothing");
    n = RtlGetFullPathName_U(L"x\\y.txt", sizeof(buffer), buffer, &file);
    ok(n && wide_equal(file, L"y.txt"), "a full path and its file: %S", buffer);
    WCHAR in_place[260] = L"x\\y.txt";
    is_number(RtlGetFullPathName_U(in_place, sizeof(in_place), in_place, NULL), n, "in place");
    ok(wide_equal(in_place, buffer), "the same");
    is_number(RtlGetFullPathName_U(L"x\\y.txt", 10, buffer, NULL), n + 2,
              "the size that is needed");
}

static int n_calls;
static void *last_value;

static void NTAPI fls_callback(void *value)
{
    n_calls++;
    last_value = value;
}

static ULONG fls_index;

static void NTAPI use_fls(void *arg)
{
    void *value = &value;

    (void)arg;
    RtlFlsSetValue(fls_index, &fls_index);
    RtlFlsGetValue(fls_index, &value);
    if (value != &fls_index)
        n_calls = 100;
    RtlExitUserThread(0);
}

static void test_fls(void)
{
    void *value;
    ULONG other;

    is_status(RtlFlsAlloc(fls_callback, &fls_index), 0, "an index");
    ok(fls_index != 0, "which is never 0");
    run_threads(1, use_fls);
    ok(n_calls == 1 && last_value == &fls_index, "a thread's end calls back with its value");
    RtlFlsSetValue(fls_index, &value);
    is_status(RtlFlsGetValue(fls_index, &value), 0, "one's own value");
    ok(value == &value, "is there");
    RtlFlsFree(fls_index);
    ok(n_calls == 2 && last_value == &value, "freeing the index calls back");
    is_status(RtlFlsFree(fls_index), STATUS_INVALID_PARAMETER, "once");
    for (int i = 0; i < 200; i++)
        RtlFlsAlloc(NULL, &other);
    is_status(RtlFlsSetValue(other, &other), 0, "a high index works");
    RtlFlsGetValue(other, &value);
    ok(value == &other, "too");
}

static void test_security(void)
{
    SID_IDENTIFIER_AUTHORITY nt = {{0, 0, 0, 0, 0, 5}};
    PSID sid, owner;
    union {
        ACL acl;
        char room[200];
    } u;
    SECURITY_DESCRIPTOR sd;
    ULONG_PTR relative[40];
    ULONG n = 0;
    void *ace, *second;
    BOOLEAN present, defaulted;
    ACL *dacl;
    UNICODE_STRING text;

    RtlAllocateAndInitializeSid(&nt, 4, 21, 1, 2, 1001, 0, 0, 0, 0, &sid);
    is_status(RtlConvertSidToUnicodeString(&text, sid, TRUE), 0, "a SID as text");
    ok(wide_equal(text.Buffer, L"S-1-5-21-1-2-1001"), "%S", text.Buffer);
    is_status(RtlCreateAcl(&u.acl, 7, ACL_REVISION), STATUS_BUFFER_TOO_SMALL, "no room for a list");
    RtlCreateAcl(&u.acl, sizeof(u), ACL_REVISION);
    is_status(RtlAddAccessAllowedAce(&u.acl, ACL_REVISION, 1, sid), 0, "an entry");
    RtlAddAccessAllowedAce(&u.acl, ACL_REVISION, 2, sid);
    RtlGetAce(&u.acl, 1, &second);
    is_number(((ACCESS_ALLOWED_ACE *)second)->Mask, 2, "the second entry");
    is_status(RtlDeleteAce(&u.acl, 0), 0, "the first deleted");
    RtlGetAce(&u.acl, 0, &ace);
    ok(u.acl.AceCount == 1 && ((ACCESS_ALLOWED_ACE *)ace)->Mask == 2 &&
           RtlEqualSid(&((ACCESS_ALLOWED_ACE *)ace)->SidStart, sid),
       "the second has moved up");
    RtlCreateSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&sd, TRUE, &u.acl, FALSE);
    RtlSetOwnerSecurityDescriptor(&sd, sid, FALSE);
    is_status(RtlAbsoluteToSelfRelativeSD(&sd, relative, &n), STATUS_BUFFER_TOO_SMALL, "its size");
    is_status(RtlAbsoluteToSelfRelativeSD(&sd, relative, &n), 0, "self-relative, %u bytes", n);
    ok(RtlValidSecurityDescriptor(relative), "is valid");
    is_status(RtlGetDaclSecurityDescriptor(relative, &present, &dacl, &defaulted), 0, "its list");
    ok(present && dacl && dacl->AceCount == 1, "is there");
    RtlGetOwnerSecurityDescriptor(relative, &owner, &defaulted);
    ok(RtlEqualSid(owner, sid), "its owner too");
}

static void test_parameters(void)
{
    UNICODE_STRING image = text_of(L"C:\\x.exe"), line = text_of(L"x.exe -a");
    void *params;

    is_status(RtlCreateProcessParametersEx(&params, &image, NULL, NULL, &line, (WCHAR *)L"A=b\0",
                                           NULL, NULL, NULL, NULL, 0),
              0, "parameters");
    UNICODE_STRING *command = (UNICODE_STRING *)((char *)params + 0x70);
    ok((ULONG_PTR)command->Buffer < 0x10000, "are relative");
    RtlNormalizeProcessParams(params);
    ok(wide_equal(command->Buffer, L"x.exe -a"), "and normalised");
    ok(wide_equal(*(WCHAR **)((char *)params + 0x80), L"A=b"), "with the environment");
    is_number(*(long long *)((char *)params + 0x3f0), 10, "and its size");
    RtlDestroyProcessParameters(params);
}

static void test_main(void)
{
    test_bitmap();
    test_time();
    test_version();
    test_errors();
    test_environment();
    test_paths();
    test_fls();
    test_security();
    test_parameters();
}
