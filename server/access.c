/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See access.h. Privileges: nobody has SeSecurity or SeTakeOwnership here, SYSTEM neither, so
 * nothing but the descriptor counts. */

#include "access.h"

#define OWNER_RIGHTS (ACCESS_READ_CONTROL | ACCESS_WRITE_DAC)
#define ANY_GENERIC  (GENERIC_ALL_BIT | GENERIC_EXECUTE_BIT | GENERIC_WRITE_BIT | GENERIC_READ_BIT)

static uint32_t generic_resolve(uint32_t mask, const struct generic_mapping *mapping)
{
    uint32_t plain = mask & ~ANY_GENERIC;

    if (mask & GENERIC_ALL_BIT)
        plain |= mapping->all;
    if (mask & GENERIC_READ_BIT)
        plain |= mapping->read;
    if (mask & GENERIC_WRITE_BIT)
        plain |= mapping->write;
    if (mask & GENERIC_EXECUTE_BIT)
        plain |= mapping->execute;
    return plain;
}

/* The owner may always read and change the DACL, unless an ACE for OWNER RIGHTS speaks of him. */
static uint32_t owner_rights(const struct descriptor_parts *parts, const struct identity *who,
                             bool *ret_is_owner)
{
    struct sid owner_rights_sid = sid_owner_rights();
    struct ace_walk walk = {0};
    struct ace ace;

    *ret_is_owner = parts->owner && identity_has(who, parts->owner, parts->owner_size);
    if (!*ret_is_owner)
        return 0;
    while (ace_next(parts, &walk, &ace)) {
        if (ace.sid && !(ace.flags & ACE_FLAG_INHERIT_ONLY) &&
            sid_is(ace.sid, ace.sid_size, &owner_rights_sid))
            return 0;
    }
    return OWNER_RIGHTS;
}

static bool ace_is_for(const struct ace *ace, const struct identity *who, bool is_owner)
{
    struct sid owner_rights_sid = sid_owner_rights();

    if (!ace->sid || (ace->flags & ACE_FLAG_INHERIT_ONLY))
        return false;
    if (sid_is(ace->sid, ace->sid_size, &owner_rights_sid))
        return is_owner;
    return identity_has(who, ace->sid, ace->sid_size);
}

/* All that the DACL gives: the first ACE that mentions a right decides about it. The object forms
 * of ACEs count as the plain ones: there are no property sets here. */
static uint32_t dacl_granted(const struct descriptor_parts *parts, const struct identity *who,
                             const struct generic_mapping *mapping)
{
    uint32_t granted, denied = 0;
    struct ace_walk walk = {0};
    bool is_owner;
    struct ace ace;

    granted = owner_rights(parts, who, &is_owner);
    while (ace_next(parts, &walk, &ace)) {
        uint32_t mask = generic_resolve(ace.mask, mapping);

        if (!ace_is_for(&ace, who, is_owner))
            continue;
        if (ace.type == ACE_ALLOWED || ace.type == ACE_ALLOWED_OBJECT)
            granted |= mask & ~denied;
        else if (ace.type == ACE_DENIED || ace.type == ACE_DENIED_OBJECT)
            denied |= mask & ~granted;
    }
    return granted;
}

status_t access_check(const struct descriptor_parts *parts, const struct identity *who,
                      uint32_t wanted, const struct generic_mapping *mapping, uint32_t *ret_granted)
{
    bool is_maximum = wanted & ACCESS_MAXIMUM;
    uint32_t needed = generic_resolve(wanted & ~ACCESS_MAXIMUM, mapping);
    uint32_t granted;

    if (needed & ACCESS_SYSTEM_SECURITY)
        return STATUS_PRIVILEGE_NOT_HELD;
    if (!parts->has_dacl || !parts->dacl) { /* none, or a NULL DACL */
        *ret_granted = needed | (is_maximum ? mapping->all : 0);
        return STATUS_SUCCESS;
    }
    granted = dacl_granted(parts, who, mapping);
    if ((granted & needed) != needed || (is_maximum && !granted))
        return STATUS_ACCESS_DENIED;
    *ret_granted = is_maximum ? granted : needed;
    return STATUS_SUCCESS;
}

void object_descriptor(const struct object *object, struct descriptor_storage *storage,
                       struct descriptor_parts *ret_parts)
{
    struct sid system = sid_system(), everyone = sid_everyone(), anonymous = sid_anonymous();
    const struct sid *allowed[2] = {&storage->owner, &system};
    uint32_t n_allowed = 2;

    if (object->descriptor) {
        status_t status =
            descriptor_parse(object->descriptor->bytes, object->descriptor->size, ret_parts);
        if (!status)
            return;
    }
    storage->owner = storage->group = system;
    if (object->charge.user) {
        storage->owner = sid_from_uid(object->charge.user->uid);
        n_allowed = object->charge.user->uid ? 2 : 1; /* SYSTEM once */
    } else {
        allowed[0] = &everyone;
        allowed[1] = &anonymous;
    }
    *ret_parts = (struct descriptor_parts){
        .owner = (const uint8_t *)&storage->owner,
        .owner_size = (uint32_t)sid_size(&storage->owner),
        .group = (const uint8_t *)&storage->group,
        .group_size = (uint32_t)sid_size(&storage->group),
        .dacl = storage->dacl,
        .has_dacl = true,
    };
    ret_parts->dacl_size = dacl_allow(allowed, n_allowed, GENERIC_ALL_BIT, storage->dacl);
}

struct generic_mapping access_mapping(const struct object_ops *ops)
{
    return (struct generic_mapping){ops->generic_read, ops->generic_write, ops->generic_execute,
                                    ops->all_access};
}

status_t access_to_object(const struct object *object, const struct token *token, uint32_t wanted,
                          uint32_t *ret_granted)
{
    struct generic_mapping mapping = access_mapping(object->ops);
    struct descriptor_storage storage;
    struct descriptor_parts parts;
    uint32_t known = object->ops->all_access | 0x001f0000u, granted;
    status_t status;

    if (token->type == TOKEN_IMPERSONATION && token->level < LEVEL_IMPERSONATION)
        return STATUS_BAD_IMPERSONATION_LEVEL;
    status = object_access(object->ops, wanted & ~ACCESS_MAXIMUM, &granted);
    if (status)
        return status;
    object_descriptor(object, &storage, &parts);
    status = access_check(&parts, &token->identity->who, granted | (wanted & ACCESS_MAXIMUM),
                          &mapping, &granted);
    if (!status)
        *ret_granted = granted & known;
    return status;
}

status_t access_to_copy(const struct handle_entry *entry, const struct token *token,
                        uint32_t wanted, uint32_t *ret_granted)
{
    uint32_t plain;
    status_t status = object_access(entry->object->ops, wanted, &plain);

    if (status)
        return status;
    if ((wanted & ACCESS_MAXIMUM) || (plain & ~entry->access))
        return access_to_object(entry->object, token, wanted, ret_granted);
    *ret_granted = plain;
    return STATUS_SUCCESS;
}

/* An owner must be the maker himself, or his Administrators; SYSTEM may name anybody. */
static bool may_own(const struct token *token, const struct descriptor_parts *parts)
{
    const struct identity *who = &token->identity->who;
    struct sid administrators = sid_administrators();

    return identity_is_system(who) || sid_is(parts->owner, parts->owner_size, &who->user) ||
           (sid_is(parts->owner, parts->owner_size, &administrators) &&
            identity_has(who, parts->owner, parts->owner_size));
}

static status_t descriptor_replace(struct object *object, const struct descriptor_parts *parts,
                                   struct user *user)
{
    struct descriptor *descriptor;
    status_t status = descriptor_new(parts, user, &descriptor);

    if (status)
        return status;
    descriptor_free(object->descriptor);
    object->descriptor = descriptor;
    return STATUS_SUCCESS;
}

/* What the creator left out is his. */
static void parts_complete(struct descriptor_parts *parts, const struct identity *who,
                           const uint8_t *dacl, uint32_t dacl_size)
{
    if (!parts->owner) {
        parts->owner = (const uint8_t *)&who->user;
        parts->owner_size = (uint32_t)sid_size(&who->user);
    }
    if (!parts->group) {
        parts->group = (const uint8_t *)&who->primary_group;
        parts->group_size = (uint32_t)sid_size(&who->primary_group);
    }
    if (!parts->has_dacl) {
        parts->has_dacl = true;
        parts->dacl = dacl;
        parts->dacl_size = dacl_size;
    }
}

status_t object_descriptor_make(struct object *object, const struct token *creator,
                                struct user *user, const uint8_t *bytes, uint32_t size)
{
    const struct identity *who = &creator->identity->who;
    struct sid system = sid_system();
    const struct sid *allowed[2] = {&who->user, &system};
    uint8_t dacl[DACL_DEFAULT_MAX_BYTES];
    struct descriptor_parts parts = {0};
    status_t status = STATUS_SUCCESS;

    if (!size && creator->type == TOKEN_PRIMARY)
        return STATUS_SUCCESS; /* object_descriptor() knows */
    if (size)
        status = descriptor_parse(bytes, size, &parts);
    if (!status && parts.owner && !may_own(creator, &parts))
        status = STATUS_INVALID_OWNER;
    if (status)
        return status;
    parts_complete(&parts, who, dacl,
                   dacl_allow(allowed, identity_is_system(who) ? 1 : 2, GENERIC_ALL_BIT, dacl));
    return descriptor_replace(object, &parts, user);
}

status_t object_descriptor_change(struct object *object, const struct token *token,
                                  struct user *user, uint32_t information, const uint8_t *bytes,
                                  uint32_t size)
{
    struct descriptor_storage storage;
    struct descriptor_parts parts, given;
    status_t status = descriptor_parse(bytes, size, &given);

    if (status)
        return status;
    object_descriptor(object, &storage, &parts);
    if (information & INFORMATION_OWNER) {
        if (!given.owner || !may_own(token, &given))
            return STATUS_INVALID_OWNER;
        parts.owner = given.owner;
        parts.owner_size = given.owner_size;
    }
    if (information & INFORMATION_GROUP) {
        if (!given.group)
            return STATUS_INVALID_PRIMARY_GROUP;
        parts.group = given.group;
        parts.group_size = given.group_size;
    }
    if (information & INFORMATION_DACL) {
        parts.dacl = given.dacl;
        parts.dacl_size = given.dacl_size;
        parts.has_dacl = true; /* not present: a NULL DACL, as NT has it */
        parts.control = given.control;
    }
    return descriptor_replace(object, &parts, user);
}
