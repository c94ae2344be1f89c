/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Security identifiers: a revision, a 48-bit authority (big endian) and up to 15 sub-authorities.
 * The functions trust their pointers as Windows' do: a bad one is an ordinary exception in the
 * caller's thread. RtlValidSid alone is documented to be asked about anything; it looks at revision
 * and count.
 *
 * DIFFERS: RtlInitializeSid and RtlCopySid return a BOOL, not an NTSTATUS: Wine's kernelbase hands
 * their result on as that of InitializeSid and CopySid. */

#include "ntdll.h"

enum {
    TEXT_UNITS_MAX = 8 + 14 + SID_MAX_SUB_AUTHORITIES * 11 + 1, /* S-1-0x123456789abc-... */
};

static DWORD sid_size(unsigned n)
{
    return (DWORD)(offsetof(SID, SubAuthority) + n * sizeof(DWORD));
}

BOOLEAN WINAPI RtlValidSid(PSID sid)
{
    const SID *s = sid;

    return s && s->Revision == SID_REVISION && s->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

DWORD WINAPI RtlLengthRequiredSid(DWORD n)
{
    return sid_size(n);
}

DWORD WINAPI RtlLengthSid(PSID sid)
{
    return sid_size(((const SID *)sid)->SubAuthorityCount);
}

BOOL WINAPI RtlInitializeSid(PSID sid, PSID_IDENTIFIER_AUTHORITY authority, BYTE n)
{
    SID *s = sid;

    if (n > SID_MAX_SUB_AUTHORITIES)
        return FALSE;
    s->Revision = SID_REVISION;
    s->SubAuthorityCount = n;
    s->IdentifierAuthority = *authority;
    return TRUE;
}

DWORD *WINAPI RtlSubAuthoritySid(PSID sid, DWORD index)
{
    return &((SID *)sid)->SubAuthority[index];
}

BYTE *WINAPI RtlSubAuthorityCountSid(PSID sid)
{
    return &((SID *)sid)->SubAuthorityCount;
}

PSID_IDENTIFIER_AUTHORITY WINAPI RtlIdentifierAuthoritySid(PSID sid)
{
    return &((SID *)sid)->IdentifierAuthority;
}

NTSTATUS WINAPI RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY authority, BYTE n, DWORD s0,
                                            DWORD s1, DWORD s2, DWORD s3, DWORD s4, DWORD s5,
                                            DWORD s6, DWORD s7, PSID *ret_sid)
{
    const DWORD values[8] = {s0, s1, s2, s3, s4, s5, s6, s7};
    SID *sid;
    unsigned i;

    if (n > 8)
        return STATUS_INVALID_SID;
    sid = RtlAllocateHeap(process_heap(), 0, sid_size(n));
    if (!sid)
        return STATUS_NO_MEMORY;
    sid->Revision = SID_REVISION;
    sid->SubAuthorityCount = n;
    sid->IdentifierAuthority = *authority;
    for (i = 0; i < n; i++)
        sid->SubAuthority[i] = values[i];
    *ret_sid = sid;
    return STATUS_SUCCESS;
}

DWORD WINAPI RtlFreeSid(PSID sid)
{
    RtlFreeHeap(process_heap(), 0, sid);
    return STATUS_SUCCESS;
}

BOOLEAN WINAPI RtlCopySid(DWORD size, PSID to, PSID from)
{
    if (size < RtlLengthSid(from))
        return FALSE;
    memmove(to, from, RtlLengthSid(from));
    return TRUE;
}

static BOOL sid_starts_equal(const SID *a, const SID *b, unsigned n)
{
    return a->Revision == b->Revision && a->SubAuthorityCount == b->SubAuthorityCount &&
           !memcmp(&a->IdentifierAuthority, &b->IdentifierAuthority,
                   sizeof(a->IdentifierAuthority)) &&
           !memcmp(a->SubAuthority, b->SubAuthority, n * sizeof(DWORD));
}

BOOL WINAPI RtlEqualSid(PSID a, PSID b)
{
    return sid_starts_equal(a, b, ((const SID *)a)->SubAuthorityCount);
}

/* All but the last sub-authority. */
BOOL WINAPI RtlEqualPrefixSid(PSID a, PSID b)
{
    unsigned n = ((const SID *)a)->SubAuthorityCount;

    return sid_starts_equal(a, b, n ? n - 1 : 0);
}

static WCHAR *number_put(WCHAR *text, ULONG64 value, unsigned base)
{
    WCHAR digits[24];
    unsigned n = 0;

    do
        digits[n++] = (WCHAR) "0123456789abcdef"[value % base];
    while (value /= base);
    while (n)
        *text++ = digits[--n];
    return text;
}

/* The authority in decimal when it fits into 32 bits, else as 0x and twelve hexadecimal digits. */
static WCHAR *authority_put(WCHAR *text, const BYTE value[6])
{
    ULONG64 number = 0;
    unsigned i;

    for (i = 0; i < 6; i++)
        number = number << 8 | value[i];
    if (!(number >> 32))
        return number_put(text, number, 10);
    *text++ = '0';
    *text++ = 'x';
    for (i = 0; i < 12; i++)
        *text++ = (WCHAR) "0123456789abcdef"[number >> (44 - 4 * i) & 15];
    return text;
}

NTSTATUS WINAPI RtlConvertSidToUnicodeString(PUNICODE_STRING string, PSID sid, BOOLEAN allocate)
{
    WCHAR text[TEXT_UNITS_MAX], *end = text;
    const SID *s = sid;
    UNICODE_STRING made;
    unsigned i;

    if (!RtlValidSid(sid))
        return STATUS_INVALID_SID;
    *end++ = 'S';
    *end++ = '-';
    end = number_put(end, s->Revision, 10);
    *end++ = '-';
    end = authority_put(end, s->IdentifierAuthority.Value);
    for (i = 0; i < s->SubAuthorityCount; i++) {
        *end++ = '-';
        end = number_put(end, s->SubAuthority[i], 10);
    }
    *end = 0;
    made.Buffer = text;
    made.Length = (USHORT)((end - text) * sizeof(WCHAR));
    made.MaximumLength = made.Length + sizeof(WCHAR);
    if (allocate)
        return RtlDuplicateUnicodeString(1, &made, string);
    if (string->MaximumLength < made.Length)
        return STATUS_BUFFER_OVERFLOW;
    RtlCopyUnicodeString(string, &made);
    return STATUS_SUCCESS;
}
