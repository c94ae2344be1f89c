/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Symbolic link objects: a name that stands for another path. */
#pragma once

#include "object.h"

extern const struct object_ops symlink_ops;

status_t symlink_new(struct server *server, struct user *user, struct name target,
                     struct object **ret_object) _must_check_;
/* Borrowed, of a symbolic link object. */
struct name symlink_target(struct object *object);
