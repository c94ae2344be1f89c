/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Digests by their RFCs' examples, atoms, random numbers, messages, resources, barriers, text
 * recognition. */
#include "rtl.h"

void NTAPI MD4Init(void *);
void NTAPI MD4Update(void *, const void *, unsigned);
void NTAPI MD4Final(void *);
void NTAPI MD5Init(void *);
void NTAPI MD5Update(void *, const void *, unsigned);
void NTAPI MD5Final(void *);
void NTAPI A_SHAInit(void *);
void NTAPI A_SHAUpdate(void *, const void *, unsigned);
void NTAPI A_SHAFinal(void *, ULONG *);
ULONG NTAPI RtlComputeCrc32(ULONG, const void *, int);
NTSTATUS NTAPI NtAddAtom(const WCHAR *, ULONG, USHORT *);
NTSTATUS NTAPI NtFindAtom(const WCHAR *, ULONG, USHORT *);
NTSTATUS NTAPI NtDeleteAtom(USHORT);
NTSTATUS NTAPI NtQueryInformationAtom(USHORT, int, void *, ULONG, ULONG *);
NTSTATUS NTAPI RtlCreateAtomTable(ULONG, void **);
NTSTATUS NTAPI RtlDestroyAtomTable(void *);
NTSTATUS NTAPI RtlAddAtomToAtomTable(void *, const WCHAR *, USHORT *);
NTSTATUS NTAPI RtlLookupAtomInAtomTable(void *, const WCHAR *, USHORT *);
NTSTATUS NTAPI RtlDeleteAtomFromAtomTable(void *, USHORT);
NTSTATUS NTAPI RtlPinAtomInAtomTable(void *, USHORT);
NTSTATUS NTAPI RtlEmptyAtomTable(void *, BOOLEAN);
NTSTATUS NTAPI RtlQueryAtomInAtomTable(void *, USHORT, ULONG *, ULONG *, WCHAR *, ULONG *);
NTSTATUS NTAPI RtlFormatMessage(const WCHAR *, ULONG, BOOLEAN, BOOLEAN, BOOLEAN, void *, WCHAR *,
                                ULONG, ULONG *);
void NTAPI RtlInitializeResource(void *);
BYTE NTAPI RtlAcquireResourceExclusive(void *, BYTE);
BYTE NTAPI RtlAcquireResourceShared(void *, BYTE);
void NTAPI RtlReleaseResource(void *);
void NTAPI RtlDeleteResource(void *);
NTSTATUS NTAPI RtlInitBarrier(void *, ULONG, ULONG);
BOOLEAN NTAPI RtlBarrier(void *, ULONG);
NTSTATUS NTAPI RtlDeleteBarrier(void *);
BOOLEAN NTAPI RtlIsTextUnicode(const void *, int, int *);

static int wide_equal(const WCHAR *a, const WCHAR *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static int hex_equal(const unsigned char *bytes, const char *hex)
{
    for (; *hex; hex += 2, bytes++)
        if ("0123456789abcdef"[*bytes >> 4] != hex[0] || "0123456789abcdef"[*bytes & 15] != hex[1])
            return 0;
    return 1;
}

static unsigned length(const char *text)
{
    unsigned n = 0;

    while (text[n])
        n++;
    return n;
}

static void test_digests(void)
{
    static const struct {
        const char *text, *md4, *md5, *sha;
    } rows[] = {
        {"", "31d6cfe0d16ae931b73c59d7e0c089c0", "d41d8cd98f00b204e9800998ecf8427e",
         "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
        {"abc", "a448017aaf21d8525fc10ae87aa6729d", "900150983cd24fb0d6963f7d28e17f72",
         "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "e33b4ddc9c38f2199c3e7b164fcc0536", "57edf4a22be3c955ac49da2e2107b67a",
         "50abf5706a150990a08b2c5ea40fa0e585554732"},
    };
    struct {
        ULONG words[6];
        BYTE block[64], digest[16];
    } c4;
    struct {
        ULONG words[13];
        BYTE block[64];
    } sha;
    ULONG result[5];

    for (int i = 0; i < COUNT(rows); i++) {
        unsigned n = length(rows[i].text);

        MD4Init(&c4);
        MD4Update(&c4, rows[i].text, n / 2);
        MD4Update(&c4, rows[i].text + n / 2, n - n / 2);
        MD4Final(&c4);
        ok(hex_equal(c4.digest, rows[i].md4), "MD4 of row %d, in two parts", i);
        MD5Init(&c4);
        MD5Update(&c4, rows[i].text, n);
        MD5Final(&c4);
        ok(hex_equal(c4.digest, rows[i].md5), "MD5 of row %d", i);
        A_SHAInit(&sha);
        A_SHAUpdate(&sha, rows[i].text, n);
        A_SHAFinal(&sha, result);
        ok(hex_equal((unsigned char *)result, rows[i].sha), "SHA-1 of row %d", i);
    }
    is_number(RtlComputeCrc32(0, "123456789", 9), 0xcbf43926, "CRC-32's check value");
}

static void test_atoms(void)
{
    void *table = NULL;
    USHORT one, two, number;
    WCHAR name[20];
    ULONG refs, pinned, n = sizeof(name);

    is_status(RtlCreateAtomTable(0, &table), 0, "a table");
    is_status(RtlAddAtomToAtomTable(table, L"One", &one), 0, "an atom");
    ok(one >= 0xc000, "is at least c000 (%x)", one);
    RtlAddAtomToAtomTable(table, L"oNE", &two);
    ok(one == two, "names have no case");
    RtlAddAtomToAtomTable(table, L"two", &two);
    ok(one != two, "another name is another atom");
    is_status(RtlAddAtomToAtomTable(table, L"#123", &number), 0, "a number");
    is_number(number, 123, "is its own atom");
    is_status(RtlQueryAtomInAtomTable(table, one, &refs, &pinned, name, &n), 0, "asked about");
    ok(refs == 2 && !pinned && n == 6 && wide_equal(name, L"One"), "%S, %u references", name, refs);
    n = 4;
    RtlQueryAtomInAtomTable(table, one, NULL, NULL, name, &n);
    ok(n == 2 && wide_equal(name, L"O"), "a name is cut to the room");
    is_status(RtlDeleteAtomFromAtomTable(table, one), 0, "one reference less");
    is_status(RtlLookupAtomInAtomTable(table, L"one", &number), 0, "still there");
    RtlDeleteAtomFromAtomTable(table, one);
    is_status(RtlLookupAtomInAtomTable(table, L"one", &number), STATUS_OBJECT_NAME_NOT_FOUND,
              "gone");
    RtlPinAtomInAtomTable(table, two);
    is_status(RtlDeleteAtomFromAtomTable(table, two), STATUS_WAS_LOCKED, "a pinned one stays");
    int failed = 0;
    for (int i = 0; i < 1000; i++) {
        WCHAR text[4] = {L'x', (WCHAR)(L'0' + i % 100), (WCHAR)(L'0' + i / 100), 0};
        USHORT atom, found;
        failed += RtlAddAtomToAtomTable(table, text, &atom) ||
                  RtlLookupAtomInAtomTable(table, text, &found) || atom != found;
    }
    is_number(failed, 0, "a thousand atoms");
    is_status(RtlEmptyAtomTable(table, FALSE), 0, "emptied");
    is_status(RtlLookupAtomInAtomTable(table, L"two", &number), 0, "but for the pinned one");
    is_status(RtlDestroyAtomTable(table), 0, "destroyed");
}

static void test_messages(void)
{
    static const struct {
        const WCHAR *format;
        ULONG width;
        BOOLEAN ignore;
        const WCHAR *want;
    } rows[] = {
        {L"plain", 0, FALSE, L"plain"},
        {L"%1 %2!04d! %1", 0, FALSE, L"one 0007 one"},
        {L"a%nb%tc%%d%!%.", 0, FALSE, L"a\r\nb\tc%d!."},
        {L"cut%0 here", 0, FALSE, L"cut"},
        {L"two\r\nlines\n", 0, FALSE, L"two\r\nlines\r\n"},
        {L"two\r\nlines", 0xff, FALSE, L"two lines"},
        {L"%1 %n", 0, TRUE, L"%1 \r\n"},
        {L"break this line please", 12, FALSE, L"break this\r\nline please"},
    };
    ULONG_PTR args[] = {(ULONG_PTR)L"one", 7};
    WCHAR buffer[80];
    ULONG n;

    for (int i = 0; i < COUNT(rows); i++) {
        ULONG want = 0;
        while (rows[i].want[want])
            want++;
        NTSTATUS status = RtlFormatMessage(rows[i].format, rows[i].width, rows[i].ignore, FALSE,
                                           TRUE, args, buffer, sizeof(buffer), &n);
        ok(!status && n == (want + 1) * 2 && wide_equal(buffer, rows[i].want), "message %d", i);
    }
    is_status(RtlFormatMessage(L"too long", 0, FALSE, FALSE, TRUE, args, buffer, 10, &n),
              STATUS_BUFFER_OVERFLOW, "a message that does not fit");
}

static ULONG_PTR resource[20], barrier[5];
static volatile long inside, violations, n_last, round_of[8];

static void NTAPI use_resource(void *arg)
{
    int self = (int)(ULONG_PTR)arg;

    for (int i = 0; i < 2000; i++) {
        if ((self + i) % 3) {
            RtlAcquireResourceShared(resource, TRUE);
            if (inside)
                __sync_fetch_and_add(&violations, 1);
        } else {
            RtlAcquireResourceExclusive(resource, TRUE);
            RtlAcquireResourceShared(resource, TRUE);
            if (__sync_fetch_and_add(&inside, 1))
                __sync_fetch_and_add(&violations, 1);
            __sync_fetch_and_sub(&inside, 1);
            RtlReleaseResource(resource);
        }
        RtlReleaseResource(resource);
    }
    RtlExitUserThread(0);
}

static void NTAPI use_barrier(void *arg)
{
    int self = (int)(ULONG_PTR)arg;

    for (int i = 0; i < 300; i++) {
        round_of[self] = i;
        if (RtlBarrier(barrier, 0))
            __sync_fetch_and_add(&n_last, 1);
        for (int k = 0; k < 8; k++)
            if (round_of[k] < i)
                __sync_fetch_and_add(&violations, 1);
    }
    RtlExitUserThread(0);
}

static void test_older_locks(void)
{
    RtlInitializeResource(resource);
    run_threads(8, use_resource);
    is_number(violations, 0, "a resource keeps readers and the writer apart");
    ok(RtlAcquireResourceShared(resource, FALSE) && !RtlAcquireResourceExclusive(resource, FALSE),
       "without waiting, no writer beside a reader");
    RtlReleaseResource(resource);
    RtlDeleteResource(resource);
    is_status(RtlInitBarrier(barrier, 8, 0), 0, "a barrier");
    run_threads(8, use_barrier);
    is_number(violations, 0, "nobody passes before the last has come");
    is_number(n_last, 300, "and one is the last each time");
    RtlDeleteBarrier(barrier);
}

static void test_text(void)
{
    int tests = IS_TEXT_UNICODE_SIGNATURE;

    ok((BOOLEAN)RtlIsTextUnicode(L"\xfeff"
                                 "abc",
                                 8, &tests) &&
           tests == IS_TEXT_UNICODE_SIGNATURE,
       "a signature");
    ok((BOOLEAN)RtlIsTextUnicode(L"ordinary text", 26, NULL), "UTF-16 text");
    ok(!(BOOLEAN)RtlIsTextUnicode("ordinary narrow text", 20, NULL), "narrow text is none");
    ok(!(BOOLEAN)RtlIsTextUnicode(L"odd text", 15, NULL), "nor is an odd number of bytes");
}

static void test_global_atoms(void)
{
    void *const bad = (void *)(ULONG_PTR)0x12340000;
    ULONG size;
    struct {
        USHORT refs, pinned, length;
        WCHAR name[16];
    } info;
    USHORT atom = 0;

    is_status(NtAddAtom(bad, 8, &atom), STATUS_ACCESS_VIOLATION, "a global atom of a bad pointer");
    is_status(NtAddAtom(L"glob", 8, bad), STATUS_ACCESS_VIOLATION, "one that cannot be told");
    is_status(NtFindAtom(L"glob", 8, &atom), STATUS_OBJECT_NAME_NOT_FOUND, "is not made");
    is_status(NtAddAtom(L"glob", 8, &atom), 0, "a global atom");
    is_status(NtQueryInformationAtom(atom, 0, bad, sizeof(info), &size), STATUS_ACCESS_VIOLATION,
              "asked about by a bad pointer");
    is_status(NtQueryInformationAtom(atom, 0, &info, sizeof(info), &size), 0, "and by a good one");
    ok(info.refs == 1 && info.length == 8 && info.name[0] == 'g' && !info.name[4],
       "has its name and one reference");
    is_status(NtDeleteAtom(atom), 0, "deleted");
}

static void test_main(void)
{
    test_digests();
    test_atoms();
    test_global_atoms();
    test_messages();
    test_older_locks();
    test_text();
}
