/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* What the system says it is: version, product, processor features, the PEB. */
#include "rtl.h"

PEB *WINAPI RtlGetCurrentPeb(void)
{
    return peb();
}

ULONG WINAPI RtlGetNtGlobalFlags(void)
{
    return peb()->NtGlobalFlag;
}

BOOLEAN WINAPI RtlGetNtProductType(DWORD *ret_type)
{
    *ret_type = VER_NT_WORKSTATION;
    return TRUE;
}

BOOLEAN WINAPI RtlGetProductInfo(DWORD major, DWORD minor, DWORD sp_major, DWORD sp_minor,
                                 DWORD *ret_product)
{
    (void)minor;
    (void)sp_major;
    (void)sp_minor;
    if (!ret_product)
        return FALSE;
    *ret_product = major >= 6 ? PRODUCT_ULTIMATE_N : PRODUCT_UNDEFINED;
    return major >= 6;
}

void WINAPI RtlGetNtVersionNumbers(ULONG *ret_major, ULONG *ret_minor, ULONG *ret_build)
{
    if (ret_major)
        *ret_major = peb()->OSMajorVersion;
    if (ret_minor)
        *ret_minor = peb()->OSMinorVersion;
    if (ret_build)
        *ret_build = 0xf0000000 | (USHORT)peb()->OSBuildNumber;
}

NTSTATUS WINAPI RtlGetVersion(RTL_OSVERSIONINFOEXW *info)
{
    info->dwMajorVersion = peb()->OSMajorVersion;
    info->dwMinorVersion = peb()->OSMinorVersion;
    info->dwBuildNumber = (USHORT)peb()->OSBuildNumber;
    info->dwPlatformId = peb()->OSPlatformId;
    memset(info->szCSDVersion, 0, sizeof(info->szCSDVersion));
    if (info->dwOSVersionInfoSize == sizeof(*info)) {
        info->wServicePackMajor = info->wServicePackMinor = 0;
        info->wSuiteMask = VER_SUITE_SINGLEUSERTS;
        info->wProductType = VER_NT_WORKSTATION;
    }
    return STATUS_SUCCESS;
}

/* The condition codes of VerSetConditionMask lie in 3 bits for each of the types. */
static unsigned condition_of(DWORDLONG mask, DWORD type)
{
    for (unsigned i = 0; i < 8; i++)
        if (type & (1u << i))
            return (unsigned)(mask >> (i * 3) & 7);
    return 0;
}

ULONGLONG WINAPI VerSetConditionMask(ULONGLONG mask, DWORD type, BYTE condition)
{
    for (unsigned i = 0; i < 8; i++)
        if (type & (1u << i))
            return mask | (ULONGLONG)(condition & 7) << (i * 3);
    return mask;
}

/* -1: never an order (bit conditions), else the result of one comparison. */
static BOOL compare_one(ULONG have, ULONG want, unsigned condition)
{
    switch (condition) {
    case VER_EQUAL:
        return have == want;
    case VER_GREATER:
        return have > want;
    case VER_GREATER_EQUAL:
        return have >= want;
    case VER_LESS:
        return have < want;
    case VER_LESS_EQUAL:
        return have <= want;
    case VER_AND:
        return (have & want) == want;
    case VER_OR:
        return (have & want) != 0;
    default:
        return FALSE;
    }
}

/* Major, minor and service pack are one number, compared by the condition of the highest part
 * given. */
static BOOL compare_version(const RTL_OSVERSIONINFOEXW *have, const RTL_OSVERSIONINFOEXW *want,
                            DWORD types, DWORDLONG mask)
{
    static const DWORD order[] = {VER_MAJORVERSION, VER_MINORVERSION, VER_SERVICEPACKMAJOR,
                                  VER_SERVICEPACKMINOR};
    ULONG h[] = {have->dwMajorVersion, have->dwMinorVersion, have->wServicePackMajor,
                 have->wServicePackMinor};
    ULONG w[] = {want->dwMajorVersion, want->dwMinorVersion, want->wServicePackMajor,
                 want->wServicePackMinor};
    unsigned condition = 0;
    BOOL result = TRUE;

    for (unsigned i = 0; i < ARRAY_COUNT(order); i++) {
        if (!(types & order[i]))
            continue;
        if (!condition)
            condition = condition_of(mask, order[i]);
        result = compare_one(h[i], w[i], condition);
        if (h[i] != w[i])
            break;
    }
    return result;
}

NTSTATUS WINAPI RtlVerifyVersionInfo(const RTL_OSVERSIONINFOEXW *info, DWORD types, DWORDLONG mask)
{
    RTL_OSVERSIONINFOEXW have = {.dwOSVersionInfoSize = sizeof(have)};
    const DWORD numbers =
        VER_MAJORVERSION | VER_MINORVERSION | VER_SERVICEPACKMAJOR | VER_SERVICEPACKMINOR;

    if (!types || !mask)
        return STATUS_INVALID_PARAMETER;
    RtlGetVersion(&have);
    if ((types & VER_PRODUCT_TYPE) &&
        !compare_one(have.wProductType, info->wProductType, condition_of(mask, VER_PRODUCT_TYPE)))
        return STATUS_REVISION_MISMATCH;
    if ((types & VER_SUITENAME) &&
        !compare_one(have.wSuiteMask, info->wSuiteMask, condition_of(mask, VER_SUITENAME)))
        return STATUS_REVISION_MISMATCH;
    if ((types & VER_PLATFORMID) &&
        !compare_one(have.dwPlatformId, info->dwPlatformId, condition_of(mask, VER_PLATFORMID)))
        return STATUS_REVISION_MISMATCH;
    if ((types & VER_BUILDNUMBER) &&
        !compare_one(have.dwBuildNumber, info->dwBuildNumber, condition_of(mask, VER_BUILDNUMBER)))
        return STATUS_REVISION_MISMATCH;
    if ((types & numbers) && !compare_version(&have, info, types, mask))
        return STATUS_REVISION_MISMATCH;
    return STATUS_SUCCESS;
}

static void cpuid(ULONG leaf, ULONG sub, ULONG out[4])
{
    __asm__ volatile("cpuid"
                     : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
                     : "a"(leaf), "c"(sub));
}

/* Which register states the system saves: bit 2 AVX, bits 5..7 AVX-512. */
static ULONG saved_states(void)
{
    ULONG r[4], low, high;

    cpuid(1, 0, r);
    if (!(r[2] & (1u << 27)))
        return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static BOOLEAN has_extended(unsigned reg, unsigned bit, ULONG states)
{
    ULONG r[4];

    cpuid(0, 0, r);
    if (r[0] < 7 || (saved_states() & states) != states)
        return FALSE;
    cpuid(7, 0, r);
    return r[reg] >> bit & 1;
}

static BOOLEAN has_basic(unsigned reg, unsigned bit, ULONG states)
{
    ULONG r[4];

    cpuid(1, 0, r);
    return (r[reg] >> bit & 1) && (saved_states() & states) == states;
}

BOOLEAN WINAPI RtlIsProcessorFeaturePresent(UINT feature)
{
    ULONG r[4];

    switch (feature) {
    case PF_COMPARE_EXCHANGE_DOUBLE:
    case PF_MMX_INSTRUCTIONS_AVAILABLE:
    case PF_XMMI_INSTRUCTIONS_AVAILABLE:
    case PF_RDTSC_INSTRUCTION_AVAILABLE:
    case PF_PAE_ENABLED:
    case PF_XMMI64_INSTRUCTIONS_AVAILABLE:
    case PF_NX_ENABLED:
    case PF_FASTFAIL_AVAILABLE:
        return TRUE; /* every x86-64 processor and system */
    case PF_SSE3_INSTRUCTIONS_AVAILABLE:
        return has_basic(2, 0, 0);
    case PF_SSSE3_INSTRUCTIONS_AVAILABLE:
        return has_basic(2, 9, 0);
    case PF_COMPARE_EXCHANGE128:
        return has_basic(2, 13, 0);
    case PF_SSE4_1_INSTRUCTIONS_AVAILABLE:
        return has_basic(2, 19, 0);
    case PF_SSE4_2_INSTRUCTIONS_AVAILABLE:
        return has_basic(2, 20, 0);
    case PF_XSAVE_ENABLED:
        return has_basic(2, 27, 0);
    case PF_AVX_INSTRUCTIONS_AVAILABLE:
        return has_basic(2, 28, 6);
    case PF_RDRAND_INSTRUCTION_AVAILABLE:
        return has_basic(2, 30, 0);
    case PF_AVX2_INSTRUCTIONS_AVAILABLE:
        return has_extended(1, 5, 6);
    case PF_AVX512F_INSTRUCTIONS_AVAILABLE:
        return has_extended(1, 16, 0xe6);
    case PF_RDPID_INSTRUCTION_AVAILABLE:
        return has_extended(2, 22, 0);
    case PF_RDTSCP_INSTRUCTION_AVAILABLE:
        cpuid(0x80000001, 0, r);
        return r[3] >> 27 & 1;
    default:
        return FALSE;
    }
}

ULONG WINAPI RtlGetCurrentProcessorNumber(void)
{
    return NtGetCurrentProcessorNumber();
}

void WINAPI RtlGetCurrentProcessorNumberEx(PROCESSOR_NUMBER *ret_number)
{
    ret_number->Group = 0;
    ret_number->Number = (BYTE)NtGetCurrentProcessorNumber();
    ret_number->Reserved = 0;
}

DWORD WINAPI RtlGetLongestNtPathLength(void)
{
    return 277;
}

/* Pointers are hidden by a secret of the process and a rotation. */
static ULONG_PTR pointer_secret(void)
{
    static ULONG_PTR secret;

    if (!secret) {
        LARGE_INTEGER now = {.QuadPart = 0};
        ULONG_PTR fresh;
        NtQuerySystemTime(&now);
        fresh = (((ULONG_PTR)now.QuadPart ^ (ULONG_PTR)&now) * 0x9e3779b97f4a7c15ull) | 1;
        ULONG_PTR none = 0;
        __atomic_compare_exchange_n(&secret, &none, fresh, FALSE, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST);
    }
    return secret;
}

void *WINAPI RtlEncodePointer(void *ptr)
{
    ULONG_PTR value = (ULONG_PTR)ptr ^ pointer_secret();

    return (void *)(value >> 19 | value << 45);
}

void *WINAPI RtlDecodePointer(void *ptr)
{
    ULONG_PTR value = (ULONG_PTR)ptr;

    return (void *)((value << 19 | value >> 45) ^ pointer_secret());
}

void *WINAPI RtlEncodeSystemPointer(void *ptr)
{
    return RtlEncodePointer(ptr);
}

void *WINAPI RtlDecodeSystemPointer(void *ptr)
{
    return RtlDecodePointer(ptr);
}
