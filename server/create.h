/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Creating and opening objects by name: names, OBJ_OPENIF and roots in one place.
 *
 *     status = creation_begin(client, data, &event_ops, &creation);
 *     if (status == STATUS_SUCCESS)             nothing of that name (or no name): make it
 *         status = event_new(..., &creation.object);
 *     return creation_end(client, data, status, access, &creation, ret_handle);
 */
#pragma once

#include "client.h"
#include "directory.h"
#include "object.h"

struct creation {
    struct lookup lookup;
    bool named;
    struct object *object; /* reference: made by the caller, or found */
};

/* STATUS_SUCCESS, STATUS_OBJECT_NAME_EXISTS (found, OBJ_OPENIF), or an error. */
status_t creation_begin(struct client *client, const struct request_data *data,
                        const struct object_ops *ops, struct creation *ret_creation) _must_check_;

/* Names the object, makes the handle, lets go of the rest (also after an error). Returns `status`
 * when all went well. */
status_t creation_end(struct client *client, const struct request_data *data, status_t status,
                      uint32_t access, struct creation *creation,
                      handle_t *ret_handle) _must_check_;

/* The object that a request names. ops NULL: any type. A reference. */
status_t object_open(struct client *client, const struct request_data *data,
                     const struct object_ops *ops, struct object **ret_object) _must_check_;

/* NULL: no such kind, or not one that is opened by name. */
const struct object_ops *kind_ops(enum object_kind kind);

/* SeCreatePermanentPrivilege: STATUS_PRIVILEGE_NOT_HELD. */
status_t privilege_check_permanent(const struct client *client) _must_check_;
