/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Pseudo random numbers, checksums, and compression, which is refused. */
#include "rtl.h"

/* The documented generator: linear congruential modulo 2^31 - 1. */
ULONG WINAPI RtlUniform(ULONG *seed)
{
    *seed = (ULONG)(((ULONGLONG)*seed * 0x7fffffed + 0x7fffffc3) % 0x7fffffff);
    return *seed;
}

/* RtlUniform shuffled through a table of 128. */
ULONG WINAPI RtlRandom(ULONG *seed)
{
    static ULONG table[128];
    static RTL_SRWLOCK lock;

    RtlAcquireSRWLockExclusive(&lock);
    if (!table[0])
        for (ULONG i = 0, start = 0x1b3f; i < ARRAY_COUNT(table); i++)
            table[i] = RtlUniform(&start) | 1;
    ULONG fresh = RtlUniform(seed), place = RtlUniform(seed) % ARRAY_COUNT(table);
    ULONG result = table[place];
    table[place] = fresh;
    RtlReleaseSRWLockExclusive(&lock);
    *seed = result;
    return result;
}

ULONG WINAPI RtlRandomEx(ULONG *seed)
{
    return RtlRandom(seed);
}

/* For our bcryptprimitives (its dll.h). */
void WINAPI __portico_random(void *bytes, SIZE_T n);
void WINAPI __portico_random(void *bytes, SIZE_T n)
{
    const NTSTATUS status = unix_random(bytes, n);

    if (status)
        RtlRaiseStatus(status);
}

/* The CRC of Ethernet and zip: polynomial edb88320, inverted before and after. */
DWORD WINAPI RtlComputeCrc32(DWORD initial, const BYTE *data, INT n)
{
    DWORD crc = ~initial;

    while (n-- > 0) {
        crc ^= *data++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

ULONG WINAPI RtlCrc32(const void *data, SIZE_T n, ULONG initial)
{
    return RtlComputeCrc32(initial, data, (INT)n);
}

/* TODO(compression): LZNT1 and the Xpress formats. */
NTSTATUS WINAPI RtlGetCompressionWorkSpaceSize(USHORT format, ULONG *ret_compress,
                                               ULONG *ret_fragment)
{
    (void)ret_compress;
    (void)ret_fragment;
    log_unimplemented_class("RtlGetCompressionWorkSpaceSize", format);
    return STATUS_UNSUPPORTED_COMPRESSION;
}

NTSTATUS WINAPI RtlCompressBuffer(USHORT format, UCHAR *src, ULONG n_src, UCHAR *dst, ULONG n_dst,
                                  ULONG chunk, ULONG *ret_n, void *workspace)
{
    (void)src, (void)n_src, (void)dst, (void)n_dst, (void)chunk, (void)ret_n, (void)workspace;
    log_unimplemented_class("RtlCompressBuffer", format);
    return STATUS_UNSUPPORTED_COMPRESSION;
}

NTSTATUS WINAPI RtlDecompressBuffer(USHORT format, UCHAR *dst, ULONG n_dst, UCHAR *src, ULONG n_src,
                                    ULONG *ret_n)
{
    (void)src, (void)n_src, (void)dst, (void)n_dst, (void)ret_n;
    log_unimplemented_class("RtlDecompressBuffer", format);
    return STATUS_UNSUPPORTED_COMPRESSION;
}

NTSTATUS WINAPI RtlDecompressFragment(USHORT format, UCHAR *dst, ULONG n_dst, UCHAR *src,
                                      ULONG n_src, ULONG offset, ULONG *ret_n, void *workspace)
{
    (void)src, (void)n_src, (void)dst, (void)n_dst, (void)offset, (void)ret_n, (void)workspace;
    log_unimplemented_class("RtlDecompressFragment", format);
    return STATUS_UNSUPPORTED_COMPRESSION;
}
