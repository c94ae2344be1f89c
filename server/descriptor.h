/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Security descriptors of objects: who owns it, who may do what.
 *
 * What a program hands in is a self-relative SECURITY_DESCRIPTOR of any shape; it is checked once
 * (every offset, the ACL's structure, each SID) and kept in one normal form: header, owner, group,
 * DACL. DIFFERS: a SACL is dropped (auditing and labels do not exist here; reading or setting one
 * by its own wants a privilege that nobody has).
 *
 * An object without one (object->descriptor NULL) has the default: all access for its creator's
 * user and for SYSTEM; the daemon's own objects are for everybody.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/sid.h"
#include "object.h"

#define DESCRIPTOR_MAX_BYTES 16384u

/* SECURITY_INFORMATION. */
#define INFORMATION_OWNER 1u
#define INFORMATION_GROUP 2u
#define INFORMATION_DACL  4u
#define INFORMATION_SACL  8u

/* SECURITY_DESCRIPTOR_CONTROL. */
#define CONTROL_DACL_PRESENT   0x0004u
#define CONTROL_DACL_PROTECTED 0x1000u
#define CONTROL_SELF_RELATIVE  0x8000u

/* Slices of a checked descriptor; NULL and size 0: absent. */
struct descriptor_parts {
    const uint8_t *owner, *group, *dacl;
    uint32_t owner_size, group_size, dacl_size;
    bool has_dacl; /* with dacl NULL: a NULL DACL, everything is allowed */
    uint16_t control;
};

struct descriptor {
    struct charge charge;
    uint32_t size;
    uint8_t bytes[]; /* the normal form */
};

struct descriptor *descriptor_free(struct descriptor *descriptor);
DEFINE_CLEANUP(struct descriptor *, descriptor_free)

/* Checks a client's bytes. STATUS_UNKNOWN_REVISION, STATUS_INVALID_SECURITY_DESCR,
 * STATUS_INVALID_ACL, STATUS_INVALID_SID. */
status_t descriptor_parse(const uint8_t *bytes, uint32_t size,
                          struct descriptor_parts *ret_parts) _must_check_;

/* The parts in normal form. STATUS_QUOTA_EXCEEDED, STATUS_INVALID_SECURITY_DESCR (too large). */
status_t descriptor_new(const struct descriptor_parts *parts, struct user *user,
                        struct descriptor **ret_descriptor) _must_check_;

/* An ACE of a checked ACL. */
struct ace {
    uint8_t type, flags;
    uint32_t mask;
    const uint8_t *sid; /* NULL: a type without meaning here */
    uint32_t sid_size;
};
/* Walks the DACL; begins zeroed. */
struct ace_walk {
    uint32_t offset, n_left;
};
bool ace_next(const struct descriptor_parts *parts, struct ace_walk *walk, struct ace *ret_ace);

#define ACE_ALLOWED           0u
#define ACE_DENIED            1u
#define ACE_ALLOWED_OBJECT    5u
#define ACE_DENIED_OBJECT     6u
#define ACE_FLAG_INHERIT_ONLY 8u

/* A DACL that gives `mask` to each SID: its bytes. */
#define DACL_DEFAULT_MAX_BYTES 128u
uint32_t dacl_allow(const struct sid *const *sids, uint32_t n_sids, uint32_t mask,
                    uint8_t ret_dacl[DACL_DEFAULT_MAX_BYTES]);
