/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#pragma once

#include "ntwait.h"

enum event_verb { EVENT_SET, EVENT_RESET, EVENT_PULSE };

struct event {
    struct nt_object header;
    bool is_notification;
    bool signaled; /* dispatcher lock */
};

extern const struct nt_type event_type;
void event_init(struct event *event, bool is_notification, bool signaled);
bool event_set_locked(struct event *event); /* dispatcher lock held; was it set before? */
void event_reset(struct event *event);      /* no lock held */
