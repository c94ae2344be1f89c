/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* KUSER_SHARED_DATA of Windows 10 (x86_64 offsets; documented in wdm.h), what of it is filled. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct kuser_time {
    _Atomic uint32_t low, high1, high2;
};

struct kuser_shared_data {
    uint32_t tick_count_low_deprecated;
    uint32_t tick_count_multiplier;
    struct kuser_time interrupt_time;
    struct kuser_time system_time;
    struct kuser_time time_zone_bias;
    uint16_t image_number_low, image_number_high;
    uint16_t nt_system_root[260];
    uint8_t unused_238[0x260 - 0x238];
    uint32_t nt_build_number;
    uint32_t nt_product_type;
    uint8_t product_type_is_valid, unused_269;
    uint16_t native_processor_architecture;
    uint32_t nt_major_version;
    uint32_t nt_minor_version;
    uint8_t processor_features[64];
    uint8_t unused_2b4[0x2d5 - 0x2b4];
    uint8_t nx_support_policy;
    uint8_t unused_2d6[0x2e8 - 0x2d6];
    uint32_t number_of_physical_pages;
    uint8_t unused_2ec[0x300 - 0x2ec];
    int64_t qpc_frequency;
    uint32_t system_call;
    uint8_t unused_30c[0x320 - 0x30c];
    _Atomic uint64_t tick_count_quad; /* low and high1 of a KSYSTEM_TIME */
    _Atomic uint32_t tick_count_high2;
    uint8_t unused_32c[0x3c0 - 0x32c];
    uint32_t active_processor_count;
    uint8_t active_group_count;
};

_Static_assert(offsetof(struct kuser_shared_data, nt_system_root) == 0x30, "layout");
_Static_assert(offsetof(struct kuser_shared_data, processor_features) == 0x274, "layout");
_Static_assert(offsetof(struct kuser_shared_data, nx_support_policy) == 0x2d5, "layout");
_Static_assert(offsetof(struct kuser_shared_data, system_call) == 0x308, "layout");
_Static_assert(offsetof(struct kuser_shared_data, tick_count_quad) == 0x320, "layout");
_Static_assert(offsetof(struct kuser_shared_data, active_processor_count) == 0x3c0, "layout");

/* PF_* by cpuid (kuser_features.c). */
void kuser_features_fill(uint8_t features[64]);
