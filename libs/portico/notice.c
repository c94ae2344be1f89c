/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The watcher: blocks on the notice socket, does what a notice says, and ends the process when the
 * server has gone. It has no TEB and all its signals are blocked; it never calls into a host's code
 * except hooks.server_died, hooks.handle_closed, hooks.wait_met, hooks.timer_fired and
 * hooks.job_told. */

#include <errno.h>
#include <sys/socket.h>

#include "common/helper.h"
#include "common/trace.h"
#include "handle.h"
#include "local_port.h"
#include "notice.h"
#include "process.h"
#include "request_data.h"
#include "thread.h"

union notice {
    struct notice_header header;
    struct connection_closed_notice connection_closed;
    struct handle_closed_notice handle_closed;
    struct lpc_data_wanted_notice data_wanted;
    struct wait_met_notice wait_met;
    struct timer_fired_notice timer_fired;
    struct job_told_notice job_told;
};

static void notice_handle(const union notice *notice)
{
    TRACE(client, "notice %s", notice_name(notice->header.code));
    if (notice->header.code == NOTICE_connection_closed) {
        port_connection_closed(&notice->connection_closed);
    } else if (notice->header.code == NOTICE_lpc_data_wanted) {
        if (!thread_want_data(notice->data_wanted.thread_id))
            request_data_refuse(notice->data_wanted.thread_id, notice->data_wanted.message_id);
    } else if (notice->header.code == NOTICE_handle_closed) {
        const struct handle_closed_notice *closed = &notice->handle_closed;
        handle_closed_elsewhere(closed->handle, closed->object_id);
        the_process.hooks.handle_closed(closed->handle, closed->object_id);
    } else if (notice->header.code == NOTICE_wait_met) {
        the_process.hooks.wait_met(notice->wait_met.wait_id);
    } else if (notice->header.code == NOTICE_timer_fired) {
        the_process.hooks.timer_fired(notice->timer_fired.apc_id, notice->timer_fired.time);
    } else if (notice->header.code == NOTICE_job_told) {
        the_process.hooks.job_told(notice->job_told.id, notice->job_told.message,
                                   notice->job_told.process_id);
    }
}

static void *watcher_main(void *argument)
{
    (void)argument;
    for (;;) {
        union notice notice;
        ssize_t size = recv(the_process.notice_fd, &notice, sizeof(notice), 0);

        if (size < 0 && errno == EINTR)
            continue;
        if (size < (ssize_t)sizeof(notice.header))
            process_server_died();
        if (notice.header.code == NOTICE_server_stopping)
            continue; /* the end of file follows */
        notice_handle(&notice);
    }
    return NULL;
}

status_t notice_watch(void)
{
    return helper_start(watcher_main, NULL) ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}
