/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The part of portico.h, which includes it, about legacy LPC connections (reference 5). Messages
 * are portico_port_exchange's, with `legacy` set. */
#pragma once

#include "portico/portico.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A legacy LPC call (reference 3.14, 5.3): its rules of lengths and types hold, types come without
 * the 0x2000, a server communication port receives what its connection port would, LPC_CANCELED is
 * passed over (legacy programs know no such message; UNKNOWN: what Windows gives them). */
enum portico_legacy {
    PORTICO_NOT_LEGACY,
    PORTICO_LEGACY_DATAGRAM, /* NtRequestPort; with PORTICO_RELEASE */
    PORTICO_LEGACY_REQUEST, /* NtRequestWaitReplyPort; with PORTICO_SYNC. A received request sent on
                               (its type and id) is a callback into the thread that waits for its
                               answer: that thread gets it, a request */
    PORTICO_LEGACY_REPLY,   /* NtReplyPort, NtReplyWaitReceivePort: a reply, a receive or both */
    PORTICO_LEGACY_REPLY_WAIT, /* NtReplyWaitReplyPort: answers a callback; with PORTICO_SYNC */
};

/* A section that both ends map readable and writable, as its owner gives it. */
struct portico_port_view {
    int fd;               /* of the section, readable and writable; borrowed */
    uint64_t offset;      /* 64 KiB aligned */
    size_t size;          /* not 0; out: rounded up to pages */
    void *base;           /* out: where it is mapped here */
    uint64_t remote_base; /* out: where the other end says that it has it; 0: nowhere */
};
/* The other end's, as it is mapped here; size 0: none. Both go with the port. */
struct portico_remote_view {
    size_t size;
    void *base;
};

struct portico_legacy_connect {
    struct portico_name name;
    uint32_t impersonation_level; /* of the SECURITY_QUALITY_OF_SERVICE */
    uint8_t context_tracking, effective_only;
    const void *required_sid;
    uint32_t required_sid_size;
    struct portico_port_view *view; /* or NULL */
    struct portico_remote_view remote;
    void *information; /* in and out, or NULL; cut to what the connection port takes */
    uint32_t information_size;
    uint32_t ret_max_message_length;
};
/* NtSecureConnectPort: blocks until the server completes or refuses. The statuses of
 * portico_port_connect, STATUS_MAPPED_ALIGNMENT, STATUS_INVALID_VIEW_SIZE. */
status_t portico_legacy_connect(struct portico_legacy_connect *connect, handle_t *ret_port);

struct portico_legacy_accept {
    const struct portico_message
        *request; /* of a received connection request; its data goes back */
    bool accept;
    uint64_t port_context;          /* 0: the port's handle */
    struct portico_port_view *view; /* for the client, or NULL */
    struct portico_remote_view remote;
};
/* NtAcceptConnectPort: finds the connection port by itself. The client is released by
 * portico_legacy_complete, or at once when it is refused. STATUS_REPLY_MESSAGE_MISMATCH. */
status_t portico_legacy_accept(struct portico_legacy_accept *accept, handle_t *ret_port);
/* STATUS_INVALID_PORT_HANDLE: not a server communication port; STATUS_INVALID_PARAMETER: nobody
 * waits. */
status_t portico_legacy_complete(handle_t port);
/* When the calling thread ends, however it does, LPC_CLIENT_DIED with create_time (NT time) goes to
 * the other end of the port. STATUS_INVALID_PORT_HANDLE: a connection port. */
status_t portico_thread_terminate_port(handle_t port, uint64_t create_time);

struct portico_request_data {
    uint32_t message_id; /* of a received request */
    uint32_t index;      /* of the entry of its PORT_DATA_INFORMATION */
    bool is_write;
    void *buffer; /* here */
    size_t size;  /* at most the entry's */
    size_t ret_done;
};
/* NtReadRequestData, NtWriteRequestData: copies between a buffer and memory of the sender, which is
 * asked for it. STATUS_REPLY_MESSAGE_MISMATCH, STATUS_INVALID_PARAMETER (no such entry, or it is
 * smaller), STATUS_ACCESS_VIOLATION. */
status_t portico_request_data(handle_t port, struct portico_request_data *data);

#ifdef __cplusplus
}
#endif
