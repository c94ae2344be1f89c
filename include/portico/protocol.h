/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The control protocol as C: what requests.def (read its head first: the rules of the wire) expands
 * to.
 *
 *     struct <name>_request     request_header, then the ARGs
 *     struct <name>_reply       reply_header, then the RETs
 *     struct <name>_notice      notice_header, then the FIELDs
 *     REQ_<name>, NOTICE_<name> the numbers; REQUEST_COUNT, NOTICE_COUNT
 *     call_<name>()             typed front of control_call(), which libs/portico (or a test)
 * supplies request_name(), notice_name(), protocol_hash()
 *
 * A use in a client:
 *
 *     struct event_change_request request = {.handle = handle, .change = EVENT_CHANGE_SET};
 *     struct event_change_reply reply;
 *     status = call_event_change(control, &request, &reply, NULL);
 *
 * The caller fills the fields after the header and `extra`; control_call() fills the header.
 */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t handle_t;
typedef uint32_t status_t;

#ifndef PROTOCOL_VERSION /* a test has a server of another one */
#define PROTOCOL_VERSION 1u
#endif

/* A packet is a fixed struct and at most this much data: a maximum message plus a name, a SID and a
 * descriptor. */
#define PACKET_DATA_MAX_BYTES  (96u * 1024u)
#define PACKET_FIXED_MAX_BYTES 256u
#define PACKET_MAX_BYTES       (PACKET_DATA_MAX_BYTES + PACKET_FIXED_MAX_BYTES)
#define PACKET_FDS_MAX         4u

#define SERVER_SOCKET_NAME "socket"   /* in the runtime folder */
#define REGISTRY_MARK_NAME "registry" /* there too: some program has changed the registry */
#define BINDINGS_NAME      "bindings" /* and this: what programs remember of their DLLs' imports */
#define SERVER_LOCK_NAME   "lock"     /* flock: held by the running server, and while one starts */

#define TIMEOUT_NEVER ((int64_t)-1)

/* A server handle is (index + 1) << 2 of its process' table; from here on handles are ntdll's own,
 * process-local. */
#define HANDLE_LOCAL_BASE 0x01000000u
#define HANDLE_SELF       0xffffffffu /* the calling process, where a process handle is asked for */

#define WAIT_HANDLES_MAX 64u

/* NT values that the server needs; guarded, for sources that see Windows headers too. */
#ifndef OBJ_INHERIT
#define OBJ_INHERIT          0x00000002
#define OBJ_PERMANENT        0x00000010
#define OBJ_EXCLUSIVE        0x00000020
#define OBJ_CASE_INSENSITIVE 0x00000040
#define OBJ_OPENIF           0x00000080
#define OBJ_OPENLINK         0x00000100
#endif
#define HANDLE_ATTRIBUTE_PROTECT_CLOSE 0x00000001u /* with OBJ_INHERIT in handle_attributes */

enum hello_kind { HELLO_REQUEST = 1, HELLO_NOTICE = 2 };

enum object_kind {
    OBJECT_ANY = 0,
    OBJECT_KIND_DIRECTORY = 1,
    OBJECT_KIND_SYMLINK = 2,
    OBJECT_KIND_EVENT = 3,
    OBJECT_KIND_SEMAPHORE = 4,
    OBJECT_KIND_MUTANT = 5,
    OBJECT_KIND_SECTION = 6,
    OBJECT_KIND_PROCESS = 7,
    OBJECT_KIND_PORT = 8,
    OBJECT_KIND_FILE = 9,
    OBJECT_KIND_THREAD = 10,
    OBJECT_KIND_TOKEN = 11,
    OBJECT_KIND_KEY = 12,
    OBJECT_KIND_JOB = 13,
    OBJECT_KIND_TIMER = 14,
    OBJECT_KIND_COUNT
};

/* wait: any, all, or all without taking any (for a wait in which objects of the client's own count
 * too). */
enum wait_mode { WAIT_MODE_ANY = 0, WAIT_MODE_ALL = 1, WAIT_MODE_LOOK = 2 };

enum event_change { EVENT_CHANGE_SET = 1, EVENT_CHANGE_RESET = 2, EVENT_CHANGE_PULSE = 3 };

/* handle_duplicate options: the NT values. */
#define HANDLE_CLOSE_SOURCE    0x1u
#define HANDLE_SAME_ACCESS     0x2u
#define HANDLE_SAME_ATTRIBUTES 0x4u

/* alpc_connect flags, alpc_create_section flags, alpc_disconnect flags: the NT values. */
#define ALPC_SYNC_CONNECTION     0x00020000u
#define LPC_CONNECTION           0x00000002u /* a legacy connect */
#define LPC_CONNECTION_MAPPED    0x00000004u /* its second step: see requests_lpc.def */
#define ALPC_SECTION_SECURE      0x00040000u
#define ALPC_DISCONNECT_NO_FLUSH 0x1u

/* What of alpc_connect's answer is new to the process and comes as descriptors. */
#define CONNECT_MEMORY_COMES 0x1u
#define CONNECT_LANE_COMES   0x2u

enum token_impersonation {
    TOKEN_IMPERSONATION_NONE = 0, /* reverts */
    TOKEN_IMPERSONATION_HANDLE = 1,
    TOKEN_IMPERSONATION_THREAD = 2,
    TOKEN_IMPERSONATION_ANONYMOUS = 3
};

enum security_creation {
    SECURITY_CREATION_PLAIN = 0,
    SECURITY_CREATION_INLINE =
        1, /* with a message: one that was made so before, for the same wish, will do */
    SECURITY_CREATION_IMPLICIT =
        2 /* the same, static, at the port's level or what the thread has of it */
};

/* Named pipes: NT's values of FILE_PIPE_*_STATE and of modes, and a time-out of pipe_wait. */
enum pipe_state { PIPE_DISCONNECTED = 1, PIPE_LISTENING = 2, PIPE_CONNECTED = 3, PIPE_CLOSING = 4 };
#define PIPE_TYPE_MESSAGES   0x1u
#define PIPE_MODE_MESSAGES   0x1u /* reading: one message at a time */
#define PIPE_MODE_NO_WAIT    0x2u
#define PIPE_MODE_GREETED    0x100u /* a server's end whose client's first byte was taken */
#define PIPE_TIMEOUT_DEFAULT ((int64_t)-2)
#define PIPE_INSTANCES_MAX   0xffffffffu

/* Jobs: NT's JOB_OBJECT_LIMIT_* bits. */
#define JOB_LIMIT_DIE_ON_EXCEPTION 0x0400u /* always so: there are no dialogs */
#define JOB_LIMIT_BREAKAWAY        0x0800u
#define JOB_LIMIT_SILENT_BREAKAWAY 0x1000u
#define JOB_LIMIT_KILL_ON_CLOSE    0x2000u
#define JOB_LIMITS_KNOWN           0x3c00u

/* What a job tells (notice job_told): as JOB_OBJECT_MSG_*. */
#define JOB_TOLD_NO_MORE       0u /* nothing follows: the job has gone, or nobody shall hear it */
#define JOB_TOLD_NONE_LEFT     4u /* JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO */
#define JOB_TOLD_NEW_PROCESS   6u
#define JOB_TOLD_EXIT          7u
#define JOB_TOLD_ABNORMAL_EXIT 8u

enum port_kind { PORT_KIND_CONNECTION = 1, PORT_KIND_SERVER = 2, PORT_KIND_CLIENT = 3 };

/* State of a communication port in alpc_query. */
enum connection_wire_state {
    CONNECTION_WIRE_PENDING = 1,
    CONNECTION_WIRE_OPEN = 2,
    CONNECTION_WIRE_REFUSED = 3,
    CONNECTION_WIRE_CLOSED = 4
};

/* ---- pieces of requests ---- */

/* Head of DATA_OBJATTR: then name_size bytes of UTF-16LE name, then sd_size bytes of self-relative
 * security descriptor. All zero: no name. With a name `root` may be a directory handle. Nothing
 * here is aligned beyond 4 in the packet. */
struct objattr {
    handle_t root;
    uint32_t attributes; /* OBJ_* */
    uint32_t name_size;
    uint32_t sd_size;
};

/* ALPC_PORT_ATTRIBUTES on the wire. */
struct port_attributes {
    uint32_t flags;
    uint32_t qos_length;
    uint32_t impersonation_level;
    uint8_t context_tracking;
    uint8_t effective_only;
    uint16_t max_information; /* NtCreatePort's MaxConnectionInfoLength + 1; 0: an ALPC port */
    uint64_t max_message_length;
    uint64_t memory_bandwidth;
    uint64_t max_pool_usage;
    uint64_t max_section_size;
    uint64_t max_view_size;
    uint64_t max_total_section_size;
    uint32_t dup_object_types;
    uint32_t reserved2;
};

/* A view of a section that both ends of a legacy connection map (PORT_VIEW). */
struct lpc_view {
    uint64_t offset; /* in the section */
    uint64_t size;   /* 0: no view */
    uint64_t base;   /* where the process that says so has it mapped */
    handle_t section;
    uint32_t reserved;
};

/* What either end needs to know of a lane. The lane itself never says its geometry. */
struct lane_grant {
    uint64_t size;       /* bytes of the memfd */
    uint32_t lane;       /* index in the receiving port's table */
    uint32_t generation; /* of that index */
    uint32_t ring_size;  /* bytes of the ring, a power of two */
    uint32_t n_slots;    /* SYNC exchanges at a time */
    uint32_t first_id;   /* lease of message ids: first_id ... first_id + n_ids - 1 */
    uint32_t n_ids;
    uint64_t sender_id; /* of the sender that the lane belongs to: all its lanes, one after the
                           other, are one way to the receiver; never used again */
};

#define KEY_INDEX_SELF UINT32_MAX /* in key_query and key_get_value */

/* In key_open: what becomes of a key that is not there. */
#define KEY_OPEN            0u /* nothing */
#define KEY_CREATE          1u
#define KEY_CREATE_VOLATILE 2u
#define SENDERS_LEFT_MAX    64u /* ids in one alpc_senders_left */

/* Data of list_ports: this, then name_size bytes of UTF-16LE name, padded to 8. */
struct port_entry {
    uint64_t port_id;
    uint32_t owner_process_id;
    uint32_t kind; /* enum port_kind */
    uint32_t flags;
    uint32_t max_message_length;
    uint32_t n_connections;
    uint32_t n_lanes;
    uint32_t n_queued;  /* harvested, not received; as the port memory says */
    uint32_t n_pending; /* received, to be answered */
    uint32_t peer_process_id;
    uint32_t name_size;
};

/* Data of directory_query: this, then the name (UTF-16LE), then the type's name (UTF-16LE), padded
 * to 8. */
struct directory_entry {
    uint32_t name_size;
    uint32_t type_name_size;
};

/* Data of pipe_list: this, then the name (UTF-16LE), padded to 8. */
struct pipe_entry {
    uint32_t n_instances, max_instances;
    uint32_t name_size;
    uint32_t reserved;
};

/* Data of alpc_offer_handles: these, one for each handle. The layout of ALPC_HANDLE_ATTR32. */
struct handle_offer {
    uint32_t flags; /* HANDLE_OFFER_* */
    handle_t handle;
    uint32_t type;   /* ALPC type code that it must have; 0: any */
    uint32_t access; /* wanted at the receiver: no more than the handle has */
};

#define HANDLE_OFFER_SAME_ACCESS     0x10000u /* the ALPC_HANDLEFLG_ values */
#define HANDLE_OFFER_SAME_ATTRIBUTES 0x20000u
#define HANDLE_OFFER_INHERIT         0x80000u
#define HANDLES_IN_MESSAGE_MAX       512u

/* alpc_offer_handles numbers its transfers from the objects' ids; this is that of a connection
 * request, which its client writes before there is any. */
#define TRANSFER_WITH_REQUEST UINT64_MAX

/* The security context that goes with a connection request. */
struct connect_security {
    uint64_t context; /* its handle; 0: none */
    handle_t port;    /* that it is of; 0: it is made, with this handle, of the new port */
    uint32_t has_qos; /* of one that is made; 0: the port's */
    uint32_t level;
    uint32_t tracking; /* 1: dynamic */
    uint32_t effective_only;
    uint32_t reserved;
};

/* ---- headers ---- */

struct request_header {
    uint16_t code; /* REQ_* */
    uint16_t n_fds;
    uint32_t data_size;
    uint32_t sequence; /* the client's, copied to the reply */
    uint32_t reserved; /* 0 */
};

struct reply_header {
    uint16_t code; /* of the request */
    uint16_t n_fds;
    uint32_t data_size;
    uint32_t sequence;
    status_t status;
};

struct notice_header {
    uint16_t code;      /* NOTICE_* */
    uint16_t n_fds;     /* 0 */
    uint32_t data_size; /* 0 */
    uint32_t sequence;  /* counts this process' notices */
    uint32_t reserved;
};

/* process_create: which of the caller's handles the child has. */
enum inherit_kind { INHERIT_NONE, INHERIT_ALL, INHERIT_LISTED };

enum data_kind { DATA_NONE, DATA_BYTES, DATA_OBJATTR, DATA_OBJATTR_BYTES, DATA_HANDLES };

/* ---- numbers ---- */

/* clang-format off */
#define ARG(type, field)
#define RET(type, field)
#define FIELD(type, field)

enum request_code {
    REQUEST_NONE,
#define REQUEST(name, in, out, fds_in, fds_out) REQ_##name,
#define END(name)
#define NOTICE(name)
#define NOTICE_END(name)
#include "portico/requests.def"
    REQUEST_COUNT
};

#define ARG(type, field)
#define RET(type, field)
#define FIELD(type, field)
#define REQUEST(name, in, out, fds_in, fds_out)
#define END(name)
enum notice_code {
    NOTICE_NONE,
#define NOTICE(name) NOTICE_##name,
#define NOTICE_END(name)
#include "portico/requests.def"
    NOTICE_COUNT
};

/* ---- structs ---- */

#define REQUEST(name, in, out, fds_in, fds_out) struct name##_request { struct request_header header;
#define ARG(type, field) type field;
#define RET(type, field)
#define END(name) };
#define NOTICE(name) struct name##_notice { struct notice_header header;
#define FIELD(type, field) type field;
#define NOTICE_END(name) };
#include "portico/requests.def"

#define REQUEST(name, in, out, fds_in, fds_out) struct name##_reply { struct reply_header header;
#define ARG(type, field)
#define RET(type, field) type field;
#define END(name) };
#define NOTICE(name)
#define FIELD(type, field)
#define NOTICE_END(name)
#include "portico/requests.def"

/* No padding: with fixed-width fields two compilers cannot disagree about a layout then. */
#define REQUEST(name, in, out, fds_in, fds_out) \
    static_assert(sizeof(struct name##_request) == sizeof(struct request_header)
#define ARG(type, field) + sizeof(type)
#define RET(type, field)
#define END(name) , "padding in " #name "_request"); \
    static_assert(sizeof(struct name##_request) <= PACKET_FIXED_MAX_BYTES, #name "_request is too large");
#define NOTICE(name) static_assert(sizeof(struct name##_notice) == sizeof(struct notice_header)
#define FIELD(type, field) + sizeof(type)
#define NOTICE_END(name) , "padding in " #name "_notice");
#include "portico/requests.def"

#define REQUEST(name, in, out, fds_in, fds_out) \
    static_assert(sizeof(struct name##_reply) == sizeof(struct reply_header)
#define ARG(type, field)
#define RET(type, field) + sizeof(type)
#define END(name) , "padding in " #name "_reply"); \
    static_assert(sizeof(struct name##_reply) <= PACKET_FIXED_MAX_BYTES, #name "_reply is too large");
#define NOTICE(name)
#define FIELD(type, field)
#define NOTICE_END(name)
#include "portico/requests.def"

static_assert(sizeof(struct objattr) == 16, "objattr");
static_assert(sizeof(struct port_attributes) == 72, "port_attributes");
static_assert(sizeof(struct lane_grant) == 40, "lane_grant");
static_assert(sizeof(struct lpc_view) == 32, "lpc_view");
static_assert(sizeof(struct port_entry) == 48, "port_entry");
static_assert(sizeof(struct handle_offer) == 16, "handle_offer");
static_assert(sizeof(struct connect_security) == 32, "connect_security");

/* ---- tables ---- */

static inline const char *request_name(unsigned code)
{
    static const char *const names[] = {
        "none",
#define REQUEST(name, in, out, fds_in, fds_out) #name,
#define ARG(type, field)
#define RET(type, field)
#define END(name)
#define NOTICE(name)
#define FIELD(type, field)
#define NOTICE_END(name)
#include "portico/requests.def"
    };
    return code < REQUEST_COUNT ? names[code] : "unknown";
}

static inline const char *notice_name(unsigned code)
{
    static const char *const names[] = {
        "none",
#define REQUEST(name, in, out, fds_in, fds_out)
#define ARG(type, field)
#define RET(type, field)
#define END(name)
#define NOTICE(name) #name,
#define FIELD(type, field)
#define NOTICE_END(name)
#include "portico/requests.def"
    };
    return code < NOTICE_COUNT ? names[code] : "unknown";
}

/* FNV-1a of the whole list: names, types, order, data kinds. Both ends of a socket must agree. */
static inline uint64_t protocol_hash(void)
{
/* One string: an array of pointers would be relocated at each start of a program. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"
    static const char text[] =
#define REQUEST(name, in, out, fds_in, fds_out) #name "(" #in "," #out "," #fds_in "," #fds_out ")"
#define ARG(type, field) "+" #type " " #field
#define RET(type, field) "-" #type " " #field
#define END(name) ";"
#define NOTICE(name) "!" #name
#define FIELD(type, field) "+" #type " " #field
#define NOTICE_END(name) ";"
#include "portico/requests.def"
        ;
#pragma GCC diagnostic pop
    uint64_t hash = 0xcbf29ce484222325u + PROTOCOL_VERSION;

    for (size_t i = 0; text[i]; i++)
        hash = (hash ^ (uint8_t)text[i]) * 0x100000001b3u;
    return hash;
}

/* ---- calls ---- */

struct control; /* one request socket, the caller's own struct */

/* What goes with a call beside the fixed structs. NULL where there is nothing. A reply with more data than ret_capacity: the
 * rest is lost, ret_size says how much there was. Descriptors that arrive belong to the caller; unset ones are -1. */
struct call_extra {
    const struct objattr *objattr; /* DATA_OBJATTR*: head, */
    const void *name;              /* and name (objattr->name_size bytes), */
    const void *sd;                /* and descriptor (objattr->sd_size bytes) */
    const void *data;              /* DATA_BYTES, DATA_HANDLES, the bytes of DATA_OBJATTR_BYTES */
    uint32_t data_size;
    uint32_t n_fds;
    int fds[PACKET_FDS_MAX];
    void *ret_data;
    uint32_t ret_capacity;
    uint32_t ret_size;
    uint32_t n_ret_fds;
    int ret_fds[PACKET_FDS_MAX];
};

status_t control_call(struct control *control, enum request_code code, struct request_header *request,
                      size_t request_size, struct reply_header *ret_reply, size_t reply_size,
                      struct call_extra *extra);

#define REQUEST(name, in, out, fds_in, fds_out) \
    static inline status_t call_##name(struct control *control, struct name##_request *request, \
                                       struct name##_reply *ret_reply, struct call_extra *extra) \
    { \
        return control_call(control, REQ_##name, &request->header, sizeof(*request), \
                            &ret_reply->header, sizeof(*ret_reply), extra); \
    }
#define ARG(type, field)
#define RET(type, field)
#define END(name)
#define NOTICE(name)
#define FIELD(type, field)
#define NOTICE_END(name)
#include "portico/requests.def"
/* clang-format on */
