/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "alpc/death.h"
#include "alpc/list.h"
#include "config.h"
#include "handlers.h"
void alpc_process_ended(struct process *process _unused_) {}
uint64_t ports_list(struct server *server _unused_, uint64_t cursor _unused_,
                    uint8_t *bytes _unused_, uint32_t size _unused_, uint32_t *ret_size,
                    uint32_t *ret_n_entries)
{
    *ret_size = 0;
    *ret_n_entries = 0;
    return 0;
}
#define STUB(name)                                                                     \
    status_t req_##name(                                                               \
        struct client *client _unused_, const struct name##_request *request _unused_, \
        struct request_data *data _unused_, struct name##_reply *ret_reply _unused_,   \
        struct reply_extra *extra _unused_)                                            \
    {                                                                                  \
        return STATUS_NOT_IMPLEMENTED;                                                 \
    }
STUB(alpc_create_port)
STUB(alpc_connect) STUB(alpc_accept) STUB(alpc_disconnect) STUB(alpc_doorbells) STUB(alpc_map_lane)
    STUB(alpc_lane) STUB(alpc_grow_lane) STUB(alpc_lease) STUB(alpc_retire_lane)
        STUB(alpc_lane0_drained) STUB(alpc_query) STUB(alpc_create_section)
            STUB(alpc_delete_section) STUB(alpc_create_view) STUB(alpc_delete_view)
                STUB(alpc_map_view)
