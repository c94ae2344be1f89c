/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* libportico: the public native interface. Ports, port sections and shared objects of the port
 * server, in Linux terms, for native Linux programs and for the ELF half of ntdll.
 *
 *     portico_start(NULL);
 *     portico_port_connect(&(struct portico_connect){.name = PORTICO_NAME(u"\\RPC Control\\echo"),
 *                                                    .flags = PORTICO_SYNC}, &port);
 *     struct portico_exchange call = {.flags = PORTICO_SYNC, .send = &request.header,
 *                                     .receive = &reply.header, .capacity = sizeof(reply),
 *                                     .deadline_ns = PORTICO_FOREVER};
 *     status = portico_port_exchange(port, &call);
 *
 * Every function returns an NT status (portico/status.h: 0 is success, bit 31 an error;
 * STATUS_TIMEOUT is in the success class, so compare with STATUS_SUCCESS before using a message).
 * Outputs are untouched on failure unless it says so. All functions may be called from any thread;
 * a thread that first needs the server gets a request socket of its own. None may be called from a
 * signal handler except portico_thread_interrupt.
 *
 * Handles are the server's, per process (below 0x01000000). fork() without exec ends the child's
 * use of this library.
 *
 * Times are absolute CLOCK_MONOTONIC nanoseconds: PORTICO_FOREVER never comes, PORTICO_POLL has
 * passed already.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "portico/exit_status.h"
#include "portico/protocol.h"
#include "portico/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PORTICO_FOREVER INT64_MAX
#define PORTICO_POLL    INT64_C(0)

/* ---- the process ---- */

/* What a host of the library (ntdll's ELF half) does in its own way; NULL members: the plain Linux
 * way. */
struct portico_hooks {
    /* Copies to or from memory that a program named; false: the memory cannot be used. May be
     * called with a lock of this library held, so it must not call back. NULL: memcpy. */
    bool (*copy_in)(void *destination, const void *source, size_t size);
    bool (*copy_out)(void *destination, const void *source, size_t size);
    /* Could copy_out write there now? Asked before a message is taken that could not be given back.
     * NULL: yes. */
    bool (*probe_out)(void *destination, size_t size);
    /* Asked by a blocked thread on its own stack after portico_thread_interrupt: a status other
     * than STATUS_SUCCESS ends the wait with it (STATUS_USER_APC, STATUS_ALERTED,
     * STATUS_THREAD_IS_TERMINATING ...); STATUS_SUCCESS: sleep on. */
    status_t (*interrupted)(bool alertable);
    /* Around reserve ... publish ... ring: suspension and termination of this thread wait until
     * `leave`. */
    void (*critical_enter)(void);
    void (*critical_leave)(void);
    /* Room for `size` bytes (whole pages), wherever the host likes, that the library then maps over
     * (MAP_FIXED): a view that the program can write, or only read. And back, with what is mapped
     * there; both may be called with a lock of this library held. NULL: mmap, munmap. */
    status_t (*reserve)(size_t size, bool writable, void **ret_base);
    void (*unmap)(void *base, size_t size);
    /* The server is gone; does not return. NULL: says so, _exit(PORTICO_EXIT_SERVER_DIED). */
    void (*server_died)(void);
    /* On the watcher thread, must not block. Another process closed this handle of the object. */
    void (*handle_closed)(handle_t handle, uint64_t object_id);
    void (*wait_met)(uint64_t wait_id); /* a standing wait (request wait_begin) is over */
    void (*timer_fired)(uint64_t apc_id, uint64_t time);                  /* notice timer_fired */
    void (*job_told)(uint64_t id, uint32_t message, uint32_t process_id); /* notice job_told */
};

/* Connects this process to the port server of its runtime folder ($PORTICO_RUNTIME_DIR, else
 * $XDG_RUNTIME_DIR/portico, else /tmp/portico-<uid>), starting one when none runs ($PORTICO_SERVER,
 * else portserver beside this program, else the installed one). Once; a second call returns
 * STATUS_SUCCESS. `hooks` is copied. On failure portico_start_error() says in one line what failed
 * where. */
status_t portico_start(const struct portico_hooks *hooks);
/* The same, but a server must run already: STATUS_PORT_CONNECTION_REFUSED when none does. */
status_t portico_attach(const struct portico_hooks *hooks);
const char *portico_start_error(void);
uint32_t portico_process_id(void);
uint32_t portico_server_id(void);
uint32_t portico_session(void);
/* The runtime folder, without a trailing slash; STATUS_NAME_TOO_LONG. */
status_t portico_runtime_dir(char *ret_path, size_t size);

/* ---- threads ---- */

struct portico_thread *portico_thread_current(void); /* made at the thread's first call */
/* Makes the thread, if it is blocked in this library, or the next time it blocks, call
 * hooks.interrupted. Async-signal-safe. */
void portico_thread_interrupt(struct portico_thread *thread);

/* The calling thread's request socket, for requests that have no function here: see
 * call_<request>() in portico/protocol.h. NULL when the server cannot be reached. Not for requests
 * that park: portico_control_park. */
struct control *portico_control(void);
/* Before a parking request: `deadline_ns` and `alertable` hold for the next call on this thread's
 * control. An interruption or the deadline sends cancel_request; the call then returns
 * STATUS_TIMEOUT or hooks.interrupted's status, unless its result came first. */
void portico_control_park(struct control *control, int64_t deadline_ns, bool alertable);

/* ---- names, handles ---- */

struct portico_name {
    const uint16_t *text; /* UTF-16, not terminated; NULL: no name */
    uint32_t size;        /* bytes */
    uint32_t attributes;  /* OBJ_*; OBJ_CASE_INSENSITIVE 0x40 */
    handle_t root;        /* directory, or 0 */
    uint32_t sd_size;
    const void *sd; /* self-relative security descriptor, or NULL */
};
/* From a u"" literal. */
#define PORTICO_NAME(literal)                                                            \
    {                                                                                    \
        .text = (const uint16_t *)(literal), .size = sizeof(literal) - sizeof(uint16_t), \
        .attributes = 0x40                                                               \
    }

status_t portico_close(handle_t handle);
/* The request handle_duplicate; a port here keeps what it has when its old handle is closed. */
status_t portico_duplicate(struct handle_duplicate_request *request,
                           struct handle_duplicate_reply *ret_reply);
/* What the handle means; STATUS_INVALID_HANDLE. Cached for ports, else a request. Either output may
 * be NULL. */
status_t portico_handle_kind(handle_t handle, enum object_kind *ret_kind, uint32_t *ret_access);

/* ---- messages ---- */

/* PORT_MESSAGE of a 64-bit process. Data follows it. */
struct portico_message {
    uint16_t data_length;
    uint16_t total_length; /* data_length + 40 */
    uint16_t type;         /* low byte PORTICO_TYPE_*; a sender's value is ignored */
    uint16_t data_info_offset;
    uint64_t process_id; /* set by the receiving side, never the sender's word */
    uint64_t thread_id;
    uint32_t message_id; /* 0: a new message; else a continuation of that one */
    uint32_t reserved;
    uint64_t callback_id; /* low 32 bits */
};
#define PORTICO_MESSAGE_MAX      0xffffu /* total_length */
#define PORTICO_MESSAGE_DATA_MAX (PORTICO_MESSAGE_MAX - 40u)

enum portico_type {
    PORTICO_TYPE_REQUEST = 1,
    PORTICO_TYPE_REPLY = 2,
    PORTICO_TYPE_DATAGRAM = 3,
    PORTICO_TYPE_PORT_CLOSED = 5,
    PORTICO_TYPE_CLIENT_DIED = 6,
    PORTICO_TYPE_CONNECTION_REQUEST = 10,
    PORTICO_TYPE_CONNECTION_REPLY = 11,
    PORTICO_TYPE_CANCELED = 12,
    PORTICO_TYPE_CONTINUATION_REQUIRED = 0x2000
};

/* portico_exchange.flags, portico_connect.flags. The ALPC_MSGFLG_ values. */
#define PORTICO_RELEASE   0x00010000u /* the message ends here: a datagram or a final reply */
#define PORTICO_SYNC      0x00020000u /* block for the answer; on connect: until accepted or refused */
#define PORTICO_ALERTABLE 0x00200000u
/* Not Windows': a receive without waiting that takes only connection requests, or all but them.
 * What it does not take stays first in line for others. */
#define PORTICO_ONLY_CONNECTS 0x00000100u
#define PORTICO_ONLY_OTHERS   0x00000200u

/* Attributes with a message: the ALPC_MESSAGE_*_ATTRIBUTE bits. */
#define PORTICO_ATTRIBUTE_SECURITY       0x80000000u
#define PORTICO_ATTRIBUTE_VIEW           0x40000000u
#define PORTICO_ATTRIBUTE_CONTEXT        0x20000000u
#define PORTICO_ATTRIBUTE_HANDLE         0x10000000u
#define PORTICO_ATTRIBUTE_TOKEN          0x08000000u
#define PORTICO_ATTRIBUTE_WORK_ON_BEHALF 0x02000000u

/* portico_security.flags: the ALPC_SECFLG_ values. */
#define PORTICO_SECURITY_DELETE 0x10000u /* the context goes; nothing is attached */
#define PORTICO_SECURITY_CREATE 0x20000u /* with PORTICO_SECURITY_INLINE: made for this message */
#define PORTICO_SECURITY_INLINE UINT64_C(0xfffffffffffffffe)

#define PORTICO_PORT_ALLOW_IMPERSONATION 0x00010000u /* port_attributes.flags */

/* SECURITY_QUALITY_OF_SERVICE. */
struct portico_qos {
    uint32_t level;   /* SECURITY_IMPERSONATION_LEVEL, 0 to 3 */
    uint8_t tracking; /* 1: dynamic */
    uint8_t effective_only;
};

struct portico_security {
    uint32_t flags;
    bool has_qos; /* with CREATE; false: the port's */
    struct portico_qos qos;
    uint64_t context;
};

#define PORTICO_VIEW_RELEASE      0x10000u /* on a continuation: give the received view back */
#define PORTICO_VIEW_AUTO_RELEASE 0x20000u /* the sender's own mapping goes with the message */
#define PORTICO_VIEW_SECURED      0x40000u /* nobody can change its bytes any more */

struct portico_view {
    uint32_t flags;
    uint32_t section; /* section id; 0 at the receiver */
    void *base;
    size_t size;
};

/* Send: `valid` says what is attached. Receive: `wanted` asks, `valid` tells what came. */
struct portico_attributes {
    uint32_t wanted;
    uint32_t valid;
    struct portico_view view;
    struct {
        const struct handle_offer *offers; /* send: server handles; n of them */
        uint32_t n; /* send 0: give back those that came; receive: how many came */
        /* Receive: the one, if the port takes one; else 0: portico_message_handle. */
        handle_t handle;
        uint32_t type; /* ALPC type code */
        uint32_t access;
    } handles;
    struct {
        uint64_t port_context;
        uint64_t message_context; /* the only field a sender's value of which is kept */
        uint32_t sequence;
        uint32_t message_id;
        uint32_t callback_id;
    } context;
    struct portico_security security; /* received: the context alone */
    struct {
        uint64_t token_id;
        uint64_t authentication_id;
        uint64_t modified_id;
    } token;
    uint64_t work_on_behalf; /* opaque; the receiver gets what the sender gave */
};

/* ---- ports ---- */

/* A connection port; attributes NULL: the defaults. STATUS_OBJECT_NAME_COLLISION,
 * STATUS_OBJECT_NAME_INVALID, STATUS_INVALID_PARAMETER, STATUS_OBJECT_PATH_NOT_FOUND,
 * STATUS_INSUFFICIENT_RESOURCES, STATUS_QUOTA_EXCEEDED. */
status_t portico_port_create(const struct portico_name *name,
                             const struct port_attributes *attributes, handle_t *ret_port);

struct portico_connect {
    struct portico_name name;
    const struct port_attributes *attributes; /* of the client port; NULL: defaults */
    uint32_t flags;                           /* PORTICO_SYNC, PORTICO_ALERTABLE */
    const void *required_sid;
    uint32_t required_sid_size;
    struct portico_message *message; /* in: request data; out (sync): the accept message. Or NULL */
    size_t capacity;                 /* of *message; SIZE_MAX: no limit given */
    size_t ret_size;                 /* total_length of the accept message */
    uint64_t message_context;        /* comes back with the acceptance */
    /* VIEW, SECURITY: of any port of this process; all the request's until that is answered. */
    const struct portico_attributes *send_attributes; /* or NULL */
    struct portico_attributes *receive_attributes;    /* sync: of the acceptance; or NULL */
    int64_t deadline_ns;
};
/* Sync: STATUS_SUCCESS, STATUS_TIMEOUT, STATUS_PORT_CONNECTION_REFUSED,
 * STATUS_OBJECT_NAME_NOT_FOUND, STATUS_SERVER_SID_MISMATCH, STATUS_BUFFER_TOO_SMALL (ret_size set).
 * Async: the port, pending until its PORTICO_TYPE_CONNECTION_REPLY has been received: sends say
 * STATUS_LPC_REQUESTS_NOT_ALLOWED till then. */
status_t portico_port_connect(struct portico_connect *connect, handle_t *ret_port);

/* Answers the connection request whose message_id and callback_id stand in `request`; its data goes
 * to the client. refuse: accept false, ret_port may be NULL. STATUS_REPLY_MESSAGE_MISMATCH. */
status_t portico_port_accept(handle_t connection_port, const struct port_attributes *attributes,
                             uint64_t port_context, const struct portico_message *request,
                             bool accept, handle_t *ret_port);
/* The same, with attributes for the client (VIEW, SECURITY: of the connection port) or that give
 * back what came with the request; NULL: none. handle_attributes: OBJ_INHERIT. */
status_t portico_port_accept_with(handle_t connection_port,
                                  const struct port_attributes *attributes, uint64_t port_context,
                                  const struct portico_message *request,
                                  const struct portico_attributes *send_attributes,
                                  uint32_t handle_attributes, bool accept, handle_t *ret_port);

struct portico_exchange {
    uint32_t flags;
    uint32_t legacy;                    /* enum portico_legacy */
    const struct portico_message *send; /* or NULL */
    const struct portico_attributes *send_attributes;
    struct portico_message *receive; /* or NULL */
    size_t capacity;                 /* bytes at receive; SIZE_MAX: no limit given */
    size_t ret_size;                 /* received total_length; needed with BUFFER_TOO_SMALL */
    struct portico_attributes *receive_attributes;
    uint64_t ret_port_context; /* legacy receive: of the sender's connection, 0 with its request */
    int64_t deadline_ns;       /* of the receive or of the answer, never of the send */
    bool wants_id;             /* ret_message_id is to be set */
    uint32_t ret_message_id;   /* of what was sent; 0: nothing was. Also when the receive failed */
    uint32_t ret_callback_id;  /* for portico_port_cancel: of a new message, not SYNC */
};
/* NtAlpcSendWaitReceivePort: sends, receives, or both (reference 3.5, 4.2-4.4). In the hot case it
 * makes no system call. STATUS_SUCCESS: done, and if `receive` was given a message is in it.
 * STATUS_TIMEOUT: nothing came (a SYNC request is withdrawn: its late answer is dropped).
 * STATUS_BUFFER_TOO_SMALL: the message stays queued, ret_size says how much it takes; for a SYNC
 * request the answer waits in the port's queue. STATUS_PORT_DISCONNECTED,
 * STATUS_PORT_CONNECTION_REFUSED, STATUS_LPC_REQUESTS_NOT_ALLOWED, STATUS_MESSAGE_LOST,
 * STATUS_REPLY_MESSAGE_MISMATCH, STATUS_PORT_MESSAGE_TOO_LONG, STATUS_INVALID_PARAMETER,
 * STATUS_LPC_RECEIVE_BUFFER_EXPECTED, STATUS_ACCESS_DENIED, STATUS_ACCESS_VIOLATION,
 * hooks.interrupted's own. */
status_t portico_port_exchange(handle_t port, struct portico_exchange *exchange);

status_t portico_port_disconnect(handle_t port, uint32_t flags);

/* NtAlpcCancelMessage: STATUS_PENDING: cancelled; STATUS_MESSAGE_NOT_FOUND,
 * STATUS_REQUEST_CANCELED, STATUS_CONTEXT_MISMATCH (what is not 0 is compared),
 * STATUS_MESSAGE_RETRIEVED. ALPC_CANCELFLG_* */
status_t portico_port_cancel(handle_t port, uint32_t flags, uint32_t message_id,
                             uint32_t callback_id, uint64_t message_context);

/* Room for one message of `size` bytes of data: reference 3.11. *ret_id: a new message's
 * message_id. */
status_t portico_reserve_create(handle_t port, uint32_t size, uint32_t *ret_id);
status_t portico_reserve_delete(handle_t port, uint32_t id);
struct portico_port_info {
    uint64_t id; /* the same for all handles of a port, in every process */
    enum port_kind kind;
    uint32_t server_process_id; /* client port */
    uint32_t flags;
    uint32_t
        sequence; /* 4.3: connection requests; or messages from this client; or received ones */
    uint32_t max_message_length;
    uint64_t port_context;
};
status_t portico_port_query(handle_t port, struct portico_port_info *ret_info);

/* AlpcPortInformation: of `flags` (ALPC_PORFLG_*) only ALLOW_LPC_REQUESTS changes; connection ports
 * always have it. */
status_t portico_port_set_flags(handle_t port, uint32_t flags);

/* AlpcServerInformation: whom a thread of this process waits for in a synchronous request. */
struct portico_blocked {
    bool is_blocked; /* else the rest is 0 */
    uint32_t process_id;
    uint32_t name_size;  /* bytes; 0: the connection port has no name, or has gone */
    uint16_t name[1024]; /* path of the connection port */
};
status_t portico_thread_blocked_on(const struct portico_thread *thread,
                                   struct portico_blocked *ret_blocked);

/* Is the message, sent from the port or received there, still to be continued by either end?
 * STATUS_PENDING; STATUS_SUCCESS: it is over. UNKNOWN: what Windows says of a message it does not
 * know; here it is over. */
status_t portico_message_direct_status(handle_t port, uint32_t message_id);

/* Where a message came from that has been received and is not finished, and whether a thread there
 * waits for the answer. STATUS_ACCESS_DENIED: no such. */
status_t portico_message_origin(handle_t port, uint32_t message_id, uint32_t *ret_process_id,
                                bool *ret_is_blocked);

/* One of the handles of a message that is not continued yet, newly made at each call.
 * STATUS_HANDLE_NO_LONGER_VALID: it has none (any more); STATUS_INVALID_PARAMETER: not so many. */
struct portico_message_handle {
    handle_t handle;
    uint32_t type; /* ALPC type code */
    uint32_t access;
};
status_t portico_message_handle(handle_t port, uint32_t message_id, uint32_t index,
                                struct portico_message_handle *ret_handle);

/* Where a port's completion packets go: one for each message that was queued while no thread
 * blocked on the port (reference 4.6). */
struct portico_packets {
    /* n packets are due. Called by whichever thread sees the messages first, without a lock of the
     * port; it must not call back for the same port. */
    void (*due)(void *context, uint32_t n);
    /* The port has left this process: no call comes after this one; the descriptor is still open.
     */
    void (*gone)(void *context);
    void *context;
};
/* Associates a port for as long as this process has it. *ret_fd (borrowed until `gone`) polls
 * readable when messages may have come: then portico_packets_harvest(*ret_id) gives out what is
 * due. STATUS_PORT_ALREADY_SET the second time, STATUS_INVALID_PARAMETER for a server communication
 * port (nothing is queued there). */
status_t portico_port_associate(handle_t port, const struct portico_packets *packets, int *ret_fd,
                                uint64_t *ret_id);
/* Nothing happens when the port has gone. */
void portico_packets_harvest(uint64_t id);

/* Sleeps until something is queued at the port, or it has ended; takes nothing. STATUS_SUCCESS,
 * STATUS_TIMEOUT, hooks.interrupted's status, STATUS_INVALID_PARAMETER (a server communication
 * port). */
status_t portico_port_await(handle_t port, bool alertable, int64_t deadline_ns);

/* A wait on a port's handle (watch.c). `changed` is called, without a lock of the port, whenever
 * the port may have become signalled; not any more once portico_watch_close has returned. A watched
 * port is signalled: not WAITABLE: always; WAITABLE: one signal for each message that was queued
 * and met no blocked receiver, or its connection has ended (take then takes nothing). */
struct portico_watch;
status_t portico_watch_open(handle_t port, void (*changed)(void *context), void *context,
                            struct portico_watch **ret_watch);
/* The same for who waits for the end of a message sent from the port: `changed` is called when
 * anything comes to the port, waitable or not. */
status_t portico_watch_follow(handle_t port, void (*changed)(void *context), void *context,
                              struct portico_watch **ret_watch);
/* Has the message been sent from here and neither answered nor cancelled? What has come and was not
 * received counts as having come. */
bool portico_watch_is_outstanding(struct portico_watch *watch, uint32_t message_id);
/* Calls `changed`, as if something had come. */
void portico_watch_look(struct portico_watch *watch);
void portico_watch_close(struct portico_watch *watch);
/* No lock, no call. */
bool portico_watch_is_signaled(const struct portico_watch *watch);
/* Takes one signal; false: another process was faster. give: takes that back. */
bool portico_watch_take(struct portico_watch *watch);
void portico_watch_give(struct portico_watch *watch);
/* Do both watch one port? */
bool portico_watch_is_same(const struct portico_watch *a, const struct portico_watch *b);

/* ---- port sections and views ---- */

/* section 0: memory of the server's; ret_size: rounded up to 64 KiB. flags: ALPC_SECTION_SECURE
 * (its views are sent secured; then section is 0 and size is not). STATUS_INVALID_PARAMETER,
 * STATUS_SECTION_TOO_BIG, STATUS_QUOTA_EXCEEDED. */
status_t portico_section_create(handle_t port, uint32_t flags, handle_t section, uint64_t size,
                                uint32_t *ret_section, uint64_t *ret_size);
/* STATUS_DELETE_PENDING while it has views that are not deleted or released: nothing has changed
 * then. Messages that carry views of it keep what they carry. */
status_t portico_section_delete(handle_t port, uint32_t section);
/* in: view->section, view->size; out: base, size. */
status_t portico_view_create(handle_t port, struct portico_view *view);
/* Is `base` a view of one's own of this port with at least so many bytes? */
bool portico_view_holds(handle_t port, const void *base, size_t size);
/* A view of one's own or a received one. STATUS_INVALID_ADDRESS. */
status_t portico_view_delete(handle_t port, void *base);

/* ---- security ---- */

/* A security context of a port (reference 3.10), connected or not; qos NULL: the port's. It goes
 * with a message as SECURITY attribute, and its handle has the same value at the other end, where
 * the receiver may then impersonate through it. STATUS_QUOTA_EXCEEDED, STATUS_PORT_DISCONNECTED,
 * STATUS_BAD_IMPERSONATION_LEVEL. */
status_t portico_security_create(handle_t port, const struct portico_qos *qos,
                                 uint64_t *ret_context);
/* STATUS_INVALID_HANDLE; STATUS_DELETE_PENDING while a message that carries it waits to be answered
 * or a thread impersonates through it. */
status_t portico_security_delete(handle_t port, uint64_t context);
/* Impersonating through it is STATUS_REVISION_MISMATCH from now on. */
status_t portico_security_revoke(handle_t port, uint64_t context);

/* The calling thread acts as the sender of a message that was received at the port (or is a
 * connection request at its connection port) and is not answered: the server's access checks follow
 * the token, Linux' do not. flags: 1 anonymous rather than failing, 2 at least the level in bits 2
 * and 3. STATUS_ACCESS_DENIED: no such message, or the sender does not allow it;
 * STATUS_BAD_IMPERSONATION_LEVEL, STATUS_REVISION_MISMATCH, STATUS_INVALID_PARAMETER. */
status_t portico_port_impersonate(handle_t port, uint32_t message_id, uint32_t callback_id,
                                  uint32_t flags);

struct portico_impersonation {
    uint32_t thread_id; /* of this process */
    enum token_impersonation kind;
    handle_t token;            /* TOKEN_IMPERSONATION_HANDLE */
    uint32_t source_thread_id; /* TOKEN_IMPERSONATION_THREAD, at qos */
    struct portico_qos qos;
};
/* Gives a thread a token, or (TOKEN_IMPERSONATION_NONE) makes it itself again. */
status_t portico_thread_impersonate(const struct portico_impersonation *how);

#define PORTICO_SID_MAX_BYTES 68u

struct portico_peer {
    uint64_t token_id, authentication_id, modified_id;
    uint32_t sid_size;
    uint8_t sid[PORTICO_SID_MAX_BYTES]; /* of its user */
};
/* Who is at the other end of a communication port. STATUS_INVALID_PORT_HANDLE,
 * STATUS_PORT_DISCONNECTED. */
status_t portico_port_peer(handle_t port, struct portico_peer *ret_peer);
/* Who sent a message that was received and is not answered. STATUS_ACCESS_DENIED: no such. */
status_t portico_message_sender(handle_t port, uint32_t message_id, uint32_t callback_id,
                                struct portico_peer *ret_peer);

/* ---- shared synchronisation objects ---- */

/* Waits for server objects (events, semaphores, mutants, processes). STATUS_SUCCESS + *ret_index,
 * STATUS_ABANDONED_WAIT_0 + *ret_index, STATUS_TIMEOUT, hooks.interrupted's status. signal:
 * released or set first, or 0. */
status_t portico_wait(uint32_t n_handles, const handle_t *handles, enum wait_mode mode,
                      handle_t signal, bool alertable, int64_t deadline_ns, uint32_t *ret_index);
/* All at once or none; no sleep: STATUS_SUCCESS, STATUS_ABANDONED_WAIT_0, STATUS_TIMEOUT. */
status_t portico_try_all(uint32_t n_handles, const handle_t *handles);

/* ---- counters, for tests and portctl ---- */

struct portico_counters {
    uint64_t requests; /* packets this process sent to the server */
    uint64_t futex_waits, futex_wakes, bells, polls;
};
void portico_counters_get(struct portico_counters *ret_counters);
#include "portico/lpc.h"
#ifdef __cplusplus
}
#endif
