/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* For tests of the daemon's security: peers of other users, and descriptors made of ACEs. */
#pragma once

#include "common/sid.h"
#include "server_ports.h"

/* A request socket of a process that belongs to another Linux user, as the kernel would say. */
static inline void peer_start_as(struct peer *peer, struct server *server, pid_t pid,
                                 uint32_t thread_id, uid_t uid)
{
    peer_open(peer, server, pid);
    user_unref(peer->client->user);
    peer->client->user = users_get(&server->users, uid);
    peer->client->uid = uid;
    ck_assert_uint_eq(peer_hello(peer, HELLO_REQUEST, thread_id), STATUS_SUCCESS);
}

/* A self-relative descriptor in the making. */
struct sd {
    uint8_t bytes[2048];
    uint32_t size;
    uint32_t dacl; /* offset */
};

static inline void sd_put32(struct sd *sd, uint32_t at, uint32_t value)
{
    memcpy(sd->bytes + at, &value, sizeof(value));
}

static inline void sd_put16(struct sd *sd, uint32_t at, uint16_t value)
{
    memcpy(sd->bytes + at, &value, sizeof(value));
}

static inline uint16_t sd_get16(const struct sd *sd, uint32_t at)
{
    uint16_t value;

    memcpy(&value, sd->bytes + at, sizeof(value));
    return value;
}

static inline void sd_sid(struct sd *sd, uint32_t where, struct sid sid)
{
    sd_put32(sd, where, sd->size);
    memcpy(sd->bytes + sd->size, &sid, sid_size(&sid));
    sd->size += (uint32_t)sid_size(&sid);
}

/* No owner, no group, no DACL. */
static inline void sd_begin(struct sd *sd)
{
    *sd = (struct sd){.size = 20};
    sd->bytes[0] = 1;
    sd_put16(sd, 2, 0x8000);
}

static inline void sd_owner(struct sd *sd, struct sid owner)
{
    sd_sid(sd, 4, owner);
}

static inline void sd_group(struct sd *sd, struct sid group)
{
    sd_sid(sd, 8, group);
}

/* A DACL without ACEs: nothing is allowed. sd_ace() must follow at once. */
static inline void sd_dacl(struct sd *sd)
{
    sd_put16(sd, 2, 0x8004);
    sd_put32(sd, 16, sd->size);
    sd->dacl = sd->size;
    sd->bytes[sd->dacl] = 2;
    sd_put16(sd, sd->dacl + 2, 8);
    sd->size += 8;
}

static inline void sd_ace(struct sd *sd, uint8_t type, uint8_t flags, uint32_t mask, struct sid sid)
{
    uint32_t at = sd->size, size = 8 + (uint32_t)sid_size(&sid);

    sd->bytes[at] = type;
    sd->bytes[at + 1] = flags;
    sd_put16(sd, at + 2, (uint16_t)size);
    sd_put32(sd, at + 4, mask);
    memcpy(sd->bytes + at + 8, &sid, sid_size(&sid));
    sd->size += size;
    sd_put16(sd, sd->dacl + 2, (uint16_t)(sd_get16(sd, sd->dacl + 2) + size));
    sd_put16(sd, sd->dacl + 4, (uint16_t)(sd_get16(sd, sd->dacl + 4) + 1));
}

/* DATA_OBJATTR with a descriptor, then `extra`: its size. */
static inline uint32_t objattr_sd(uint8_t *ret_bytes, const char *name, uint32_t attributes,
                                  const struct sd *sd, const void *extra, uint32_t extra_size)
{
    uint32_t size = objattr_data(ret_bytes, name, attributes, 0, NULL, 0);

    memcpy(ret_bytes + offsetof(struct objattr, sd_size), &sd->size, sizeof(sd->size));
    memcpy(ret_bytes + size, sd->bytes, sd->size);
    if (extra_size)
        memcpy(ret_bytes + size + sd->size, extra, extra_size);
    return size + sd->size + extra_size;
}

#define CALL_NAMED_SD(peer, name, reply, path, sd, ...)               \
    ({                                                                \
        uint8_t named_[4000];                                         \
        uint32_t n_named_ = objattr_sd(named_, path, 0, sd, NULL, 0); \
        CALL_DATA(peer, name, reply, named_, n_named_, __VA_ARGS__);  \
    })

/* The user in a reply whose data is a struct identity. */
static inline bool peer_user_is(const struct peer *peer, struct sid sid)
{
    struct identity who;

    ck_assert_uint_eq(peer->data_size, sizeof(who));
    memcpy(&who, peer->data, sizeof(who));
    return sid_is((const uint8_t *)&who.user, sid_size(&who.user), &sid);
}

/* The pair of server_ports.h: a server of uid_a, a client of uid_b. sd NULL: of the port, none. */
static inline void pair_start_as(uid_t uid_a, uid_t uid_b, const struct sd *sd)
{
    static const struct sd none;
    uint8_t data[4000];

    pair.server = fixture_start();
    pair.pid_a = fixture_child();
    pair.pid_b = fixture_child();
    peer_start_as(&pair.a, pair.server, pair.pid_a, 11, uid_a);
    peer_start_as(&pair.b, pair.server, pair.pid_b, 22, uid_b);
    pair_listen(data, objattr_sd(data, PORT_NAME, 0, sd ? sd : &none, NULL, 0));
}

/* Everybody may connect. */
static inline void sd_open(struct sd *sd)
{
    sd_begin(sd);
    sd_dacl(sd);
    sd_ace(sd, 0, 0, 1, sid_everyone());
    sd_ace(sd, 0, 0, 1, sid_anonymous());
}

/* Who the calling thread of a peer impersonates; STATUS_NO_TOKEN. */
static inline status_t peer_acting(struct peer *peer, struct token_query_reply *ret_reply)
{
    struct token_open_reply opened;
    struct handle_close_reply closed;
    status_t status = CALL(peer, token_open, &opened, .thread_id = peer->client->thread_id,
                           .as_self = 1, .access = 8);

    if (status)
        return status;
    status = CALL(peer, token_query, ret_reply, .handle = opened.handle, .access = 8);
    if (!status) { /* the data of this reply stays for peer_user_is() */
        uint32_t size = peer->data_size;
        uint8_t data[sizeof(struct identity)];

        memcpy(data, peer->data, sizeof(data));
        ck_assert_uint_eq(CALL(peer, handle_close, &closed, .handle = opened.handle),
                          STATUS_SUCCESS);
        memcpy(peer->data, data, sizeof(data));
        peer->data_size = size;
    }
    return status;
}

static inline status_t peer_revert(struct peer *peer)
{
    struct token_impersonate_reply reply;

    return CALL(peer, token_impersonate, &reply, .thread_id = peer->client->thread_id,
                .kind = TOKEN_IMPERSONATION_NONE);
}
