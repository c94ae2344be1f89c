/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Security identifiers: revision, number of sub-authorities, 48-bit authority (high byte first),
 * sub-authorities. */
#include "rtl.h"

static DWORD sid_size(unsigned n)
{
    return (DWORD)(offsetof(SID, SubAuthority) + n * sizeof(DWORD));
}

BOOLEAN WINAPI RtlValidSid(PSID sid)
{
    const SID *s = sid;

    return s && (s->Revision & 0x0f) == SID_REVISION &&
           s->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

DWORD WINAPI RtlLengthRequiredSid(DWORD n)
{
    return sid_size(n);
}

DWORD WINAPI RtlLengthSid(PSID sid)
{
    return sid ? sid_size(((SID *)sid)->SubAuthorityCount) : 0;
}

BOOL WINAPI RtlInitializeSid(PSID sid, SID_IDENTIFIER_AUTHORITY *authority, BYTE n)
{
    SID *s = sid;

    if (n > SID_MAX_SUB_AUTHORITIES)
        return FALSE;
    s->Revision = SID_REVISION;
    s->SubAuthorityCount = n;
    s->IdentifierAuthority = *authority;
    return TRUE;
}

NTSTATUS WINAPI RtlAllocateAndInitializeSid(SID_IDENTIFIER_AUTHORITY *authority, BYTE n, DWORD s0,
                                            DWORD s1, DWORD s2, DWORD s3, DWORD s4, DWORD s5,
                                            DWORD s6, DWORD s7, PSID *ret_sid)
{
    const DWORD subs[] = {s0, s1, s2, s3, s4, s5, s6, s7};

    if (n > ARRAY_COUNT(subs))
        return STATUS_INVALID_SID;
    SID *sid = rtl_alloc(sid_size(n));
    if (!sid)
        return STATUS_NO_MEMORY;
    RtlInitializeSid(sid, authority, n);
    for (unsigned i = 0; i < n; i++)
        sid->SubAuthority[i] = subs[i];
    *ret_sid = sid;
    return STATUS_SUCCESS;
}

DWORD WINAPI RtlFreeSid(PSID sid)
{
    rtl_free(sid);
    return STATUS_SUCCESS;
}

BOOL WINAPI RtlEqualSid(PSID a, PSID b)
{
    if (!RtlValidSid(a) || !RtlValidSid(b))
        return FALSE;
    return RtlLengthSid(a) == RtlLengthSid(b) && !memcmp(a, b, RtlLengthSid(a));
}

/* All but the last sub-authority. */
BOOL WINAPI RtlEqualPrefixSid(PSID a, PSID b)
{
    SID *p = a, *q = b;

    if (!RtlValidSid(a) || !RtlValidSid(b) || p->SubAuthorityCount != q->SubAuthorityCount)
        return FALSE;
    return !p->SubAuthorityCount || !memcmp(p, q, sid_size(p->SubAuthorityCount - 1u));
}

SID_IDENTIFIER_AUTHORITY *WINAPI RtlIdentifierAuthoritySid(PSID sid)
{
    return &((SID *)sid)->IdentifierAuthority;
}

DWORD *WINAPI RtlSubAuthoritySid(PSID sid, DWORD i)
{
    return &((SID *)sid)->SubAuthority[i];
}

BYTE *WINAPI RtlSubAuthorityCountSid(PSID sid)
{
    return &((SID *)sid)->SubAuthorityCount;
}

BOOLEAN WINAPI RtlCopySid(DWORD n_bytes, PSID dst, PSID src)
{
    DWORD n = RtlLengthSid(src);

    if (!src || n > n_bytes)
        return FALSE;
    memmove(dst, src, n);
    return TRUE;
}

/* S-1-authority-sub-sub...; an authority beyond 32 bits is hexadecimal. */
NTSTATUS WINAPI RtlConvertSidToUnicodeString(UNICODE_STRING *ret_text, PSID sid, BOOLEAN alloc)
{
    WCHAR text[2 + 4 + 16 + 11 * SID_MAX_SUB_AUTHORITIES];
    const SID *s = sid;
    ULONGLONG authority = 0;
    int n;

    if (!RtlValidSid(sid))
        return STATUS_INVALID_SID;
    for (int i = 0; i < 6; i++)
        authority = authority << 8 | s->IdentifierAuthority.Value[i];
    if (authority >> 32)
        n = _snwprintf(text, ARRAY_COUNT(text), L"S-%u-0x%I64x", s->Revision, authority);
    else
        n = _snwprintf(text, ARRAY_COUNT(text), L"S-%u-%I64u", s->Revision, authority);
    for (unsigned i = 0; i < s->SubAuthorityCount; i++)
        n += _snwprintf(text + n, ARRAY_COUNT(text) - (size_t)n, L"-%u", s->SubAuthority[i]);
    USHORT n_bytes = (USHORT)(n * (int)sizeof(WCHAR));
    if (alloc) {
        ret_text->MaximumLength = (USHORT)(n_bytes + sizeof(WCHAR));
        if (!(ret_text->Buffer = rtl_alloc(ret_text->MaximumLength)))
            return STATUS_NO_MEMORY;
    } else if (n_bytes > ret_text->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    memcpy(ret_text->Buffer, text, n_bytes);
    ret_text->Length = n_bytes;
    if (n_bytes + sizeof(WCHAR) <= ret_text->MaximumLength)
        ret_text->Buffer[n] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlLengthSidAsUnicodeString(PSID sid, ULONG *ret_bytes)
{
    UNICODE_STRING text;
    NTSTATUS status = RtlConvertSidToUnicodeString(&text, sid, TRUE);

    if (status)
        return status;
    *ret_bytes = text.MaximumLength;
    RtlFreeUnicodeString(&text);
    return STATUS_SUCCESS;
}

/* --- access masks and identifiers --- */

BOOLEAN WINAPI RtlAreAllAccessesGranted(ACCESS_MASK granted, ACCESS_MASK wanted)
{
    return (granted & wanted) == wanted;
}

BOOLEAN WINAPI RtlAreAnyAccessesGranted(ACCESS_MASK granted, ACCESS_MASK wanted)
{
    return (granted & wanted) != 0;
}

void WINAPI RtlMapGenericMask(ACCESS_MASK *mask, const GENERIC_MAPPING *mapping)
{
    const ACCESS_MASK bits[] = {GENERIC_READ, GENERIC_WRITE, GENERIC_EXECUTE, GENERIC_ALL};
    const ACCESS_MASK values[] = {mapping->GenericRead, mapping->GenericWrite,
                                  mapping->GenericExecute, mapping->GenericAll};

    for (unsigned i = 0; i < ARRAY_COUNT(bits); i++)
        if (*mask & bits[i])
            *mask |= values[i];
    *mask &= ~(ACCESS_MASK)(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
}

void WINAPI RtlCopyLuid(LUID *dst, const LUID *src)
{
    *dst = *src;
}

BOOLEAN WINAPI RtlEqualLuid(const LUID *a, const LUID *b)
{
    return a->LowPart == b->LowPart && a->HighPart == b->HighPart;
}

void WINAPI RtlCopyLuidAndAttributesArray(ULONG n, const LUID_AND_ATTRIBUTES *src,
                                          LUID_AND_ATTRIBUTES *dst)
{
    memmove(dst, src, n * sizeof(*dst));
}

NTSTATUS WINAPI RtlImpersonateSelf(SECURITY_IMPERSONATION_LEVEL level)
{
    SECURITY_QUALITY_OF_SERVICE qos = {sizeof(qos), level, SECURITY_STATIC_TRACKING, FALSE};
    OBJECT_ATTRIBUTES attr;
    HANDLE own, token;

    InitializeObjectAttributes(&attr, NULL, 0, NULL, NULL);
    attr.SecurityQualityOfService = &qos;
    NTSTATUS status = NtOpenProcessToken(NtCurrentProcess(), TOKEN_DUPLICATE, &own);
    if (status)
        return status;
    status = NtDuplicateToken(own, TOKEN_IMPERSONATE, &attr, level, TokenImpersonation, &token);
    NtClose(own);
    if (status)
        return status;
    status =
        NtSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &token, sizeof(token));
    NtClose(token);
    return status;
}
