/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* I/O completion ports. */
#pragma once

#include "ntobject.h"
#include <stdint.h>

struct completion;
extern const struct nt_type completion_type;

NTSTATUS completion_lookup(HANDLE handle, ACCESS_MASK access, struct completion **ret_completion);
struct nt_object *completion_object(struct completion *completion);
void completion_unref(struct completion *completion);
/* A packet; STATUS_NO_MEMORY. No lock held. */
NTSTATUS completion_post(struct completion *completion, ULONG_PTR key, ULONG_PTR value,
                         NTSTATUS status, ULONG_PTR information);

/* The same in two steps, for who may not fail (dispatcher lock held): the packet is the port's
 * then. */
struct completion_packet *completion_packet_new(ULONG_PTR key, ULONG_PTR value, NTSTATUS status,
                                                ULONG_PTR information);
void completion_deliver_locked(struct completion *completion, struct completion_packet *packet);
void completion_packet_set_owner(struct completion_packet *packet, const void *owner);
/* The queued packet of this owner, or NULL. */
struct completion_packet *completion_find_locked(struct completion *completion, const void *owner);
void completion_take_back_locked(struct completion *completion, struct completion_packet *packet);

/* An ALPC port's messages give packets {key, 0, 0, 0} from now on, as long as the port lives
 * (completion_ports.c). STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED,
 * STATUS_NO_MEMORY, STATUS_PORT_ALREADY_SET, STATUS_INVALID_PARAMETER (a server communication
 * port). */
NTSTATUS completion_associate_port(HANDLE completion, PVOID key, uint32_t port);
/* The epoll of its ports, or -1; set once: false when there is one. */
int completion_sources(struct completion *completion);
bool completion_sources_set(struct completion *completion, int epoll);
/* Every thread that waits for a packet looks again. */
void completion_kick(struct completion *completion);
