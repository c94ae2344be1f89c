/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The processor features of KUSER_SHARED_DATA: what IsProcessorFeaturePresent answers. */

#include "kuser_layout.h"
#include "nttypes.h"
#include <cpuid.h>

static void leaf1_fill(uint8_t features[64])
{
    unsigned a = 0, b = 0, c = 0, d = 0;

    __get_cpuid(1, &a, &b, &c, &d);
    features[PF_COMPARE_EXCHANGE_DOUBLE] = !!(d & bit_CMPXCHG8B);
    features[PF_MMX_INSTRUCTIONS_AVAILABLE] = !!(d & bit_MMX);
    features[PF_XMMI_INSTRUCTIONS_AVAILABLE] = !!(d & bit_SSE);
    features[PF_XMMI64_INSTRUCTIONS_AVAILABLE] = !!(d & bit_SSE2);
    features[PF_SSE3_INSTRUCTIONS_AVAILABLE] = !!(c & bit_SSE3);
    features[PF_SSSE3_INSTRUCTIONS_AVAILABLE] = !!(c & bit_SSSE3);
    features[PF_SSE4_1_INSTRUCTIONS_AVAILABLE] = !!(c & bit_SSE4_1);
    features[PF_SSE4_2_INSTRUCTIONS_AVAILABLE] = !!(c & bit_SSE4_2);
    features[PF_COMPARE_EXCHANGE128] = !!(c & bit_CMPXCHG16B);
    features[PF_RDTSC_INSTRUCTION_AVAILABLE] = !!(d & (1 << 4));
    features[PF_PAE_ENABLED] = 1;
    features[PF_NX_ENABLED] = 1;
    features[PF_FASTFAIL_AVAILABLE] = 1;
    if (c & bit_OSXSAVE) {
        features[PF_XSAVE_ENABLED] = 1;
        features[PF_AVX_INSTRUCTIONS_AVAILABLE] = !!(c & bit_AVX);
    }
}

static void leaf7_fill(uint8_t features[64])
{
    unsigned a = 0, b = 0, c = 0, d = 0;

    __get_cpuid_count(7, 0, &a, &b, &c, &d);
    features[PF_RDWRFSGSBASE_AVAILABLE] = !!(b & bit_FSGSBASE);
    if (features[PF_AVX_INSTRUCTIONS_AVAILABLE]) {
        features[PF_AVX2_INSTRUCTIONS_AVAILABLE] = !!(b & bit_AVX2);
        features[PF_AVX512F_INSTRUCTIONS_AVAILABLE] = !!(b & bit_AVX512F);
    }
}

void kuser_features_fill(uint8_t features[64])
{
    leaf1_fill(features);
    leaf7_fill(features);
}
