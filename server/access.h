/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Access checks, as NT's SeAccessCheck makes them (documented by Microsoft: "How AccessCheck
 * works"): the owner's implied rights, then the ACEs in their order, the first that mentions a
 * right decides about it. */
#pragma once

#include "descriptor.h"
#include "handle.h"
#include "token.h"

#define ACCESS_WRITE_DAC       0x00040000u
#define ACCESS_WRITE_OWNER     0x00080000u
#define ACCESS_SYSTEM_SECURITY 0x01000000u

/* What generic rights mean: of an object type, or as a program gives it (NtAccessCheck). */
struct generic_mapping {
    uint32_t read, write, execute, all;
};

struct generic_mapping access_mapping(const struct object_ops *ops);

/* Does the descriptor give the token all of `wanted` (ACCESS_MAXIMUM: besides, whatever it may
 * have)? The level of the token is not looked at. STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD.
 */
status_t access_check(const struct descriptor_parts *parts, const struct identity *who,
                      uint32_t wanted, const struct generic_mapping *mapping,
                      uint32_t *ret_granted) _must_check_;

/* The same for an object and its descriptor, with generic rights resolved and unknown rights
 * dropped (object_access). STATUS_BAD_IMPERSONATION_LEVEL: the token is for identification only. */
status_t access_to_object(const struct object *object, const struct token *token, uint32_t wanted,
                          uint32_t *ret_granted) _must_check_;

/* For a copy of a handle: rights that the handle has need no second look, more of them are what
 * opening the object would give. */
status_t access_to_copy(const struct handle_entry *entry, const struct token *token,
                        uint32_t wanted, uint32_t *ret_granted) _must_check_;

/* ---- descriptors of objects ---- */

/* The object's own, or what the default comes to: parts of it are in *storage. */
struct descriptor_storage {
    struct sid owner, group;
    uint8_t dacl[DACL_DEFAULT_MAX_BYTES];
};
void object_descriptor(const struct object *object, struct descriptor_storage *storage,
                       struct descriptor_parts *ret_parts);

/* For a new object: from the creator's bytes (size 0: the default), what is missing from his token.
 * STATUS_INVALID_OWNER and what descriptor_parse() says. */
status_t object_descriptor_make(struct object *object, const struct token *creator,
                                struct user *user, const uint8_t *bytes,
                                uint32_t size) _must_check_;
/* NtSetSecurityObject; the handle's rights have been checked. */
status_t object_descriptor_change(struct object *object, const struct token *token,
                                  struct user *user, uint32_t information, const uint8_t *bytes,
                                  uint32_t size) _must_check_;
