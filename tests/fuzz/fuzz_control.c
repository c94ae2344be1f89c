/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The daemon's control sockets against clients that send anything: requests of every kind with
 * fields, names and data of the input's, packets that follow no rule, descriptors of every sort and
 * number, notices nobody reads, sockets that close in the middle. The daemon is in the process,
 * without a listener, its clients' sockets are pairs.
 *
 * What must hold: no crash, no assertion, no step that blocks, and when the clients are gone
 * nothing of theirs is left but permanent objects. */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client.h"
#include "closer.h"
#include "fuzz.h"
#include "portico/protocol.h"
#include "server.h"
#include "transfer.h"

#define N_CLIENTS 3u
#define N_KEPT    8u /* descriptors that the daemon has sent, to be sent back */
#define OPS_MAX   60u
#define FDS_SENT  12u

static struct server server;
static int sockets[N_CLIENTS] = {-1, -1, -1};
static int kept[N_KEPT];
static unsigned n_kept;
static uint8_t packet[PACKET_MAX_BYTES + 64];
static handle_t handles[N_CLIENTS]; /* the word after the header of the last reply */

/* The sizes of the fixed parts, from the one list. */
static const uint16_t request_sizes[REQUEST_COUNT] = {
#define REQUEST(name, in, out, fds_in, fds_out) [REQ_##name] = sizeof(struct name##_request),
#define ARG(type, field)
#define RET(type, field)
#define END(name)
#define NOTICE(name)
#define FIELD(type, field)
#define NOTICE_END(name)
#include "portico/requests.def"
};

/* ---- other processes ----
 *
 * The daemon opens, and ends, whatever process its user may signal. To an input that is this very
 * process, or any of the machine's: so here process 1 stands for this one, there is no other, and
 * nobody is signalled. (These take the place of libc's in the daemon's objects.) */

#define THE_PROCESS 1

int kill(pid_t pid, int signal_number)
{
    if (signal_number) /* the daemon only looks: AFL++'s own */
        return (int)syscall(SYS_kill, pid, signal_number);
    if (pid == THE_PROCESS || pid == getpid())
        return 0;
    errno = ESRCH;
    return -1;
}

/* Takes six arguments, whatever was given, which AddressSanitizer would not like. */
__attribute__((no_sanitize("address"))) long syscall(long number, ...)
{
    static long (*real)(long number, ...);
    long arguments[6];
    va_list list;

    va_start(list, number);
    for (unsigned i = 0; i < 6; i++)
        arguments[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_pidfd_send_signal)
        return 0;
    if (number == SYS_pidfd_open && (pid_t)arguments[0] == THE_PROCESS)
        arguments[0] = getpid();
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "syscall");
    return real(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                arguments[5]);
}

static void steps(void)
{
    for (int i = 0; i < 4; i++)
        FUZZ_ASSERT(loop_step(&server.loop, false) == 0);
}

static void client_close(unsigned i)
{
    if (sockets[i] >= 0)
        close(sockets[i]);
    sockets[i] = -1;
    steps();
}

/* Takes what the daemon has sent; keeps its descriptors. */
static void take_replies(unsigned i)
{
    static uint8_t reply[PACKET_MAX_BYTES];
    int fds[TRANSFER_FDS_MAX];
    size_t n_fds;
    ssize_t n;

    while ((n = transfer_receive(sockets[i], reply, sizeof(reply), fds, &n_fds)) > 0) {
        if (n >= (ssize_t)sizeof(struct reply_header) + 4)
            memcpy(&handles[i], reply + sizeof(struct reply_header), sizeof(handles[i]));
        for (size_t f = 0; f < n_fds; f++)
            if (n_kept < N_KEPT)
                kept[n_kept++] = fds[f];
            else
                close(fds[f]);
    }
    if (n == 0 || (n < 0 && n != -EAGAIN))
        client_close(i);
}

static void send_packet(unsigned i, size_t size, const int *fds, size_t n_fds)
{
    if (transfer_send(sockets[i], packet, size, NULL, 0, fds, n_fds) < 0)
        client_close(i);
    steps();
    if (sockets[i] >= 0)
        take_replies(i);
}

static void client_open(unsigned i, uint8_t how)
{
    struct hello_request hello = {.header = {.code = REQ_hello},
                                  .layout_hash = protocol_hash(),
                                  .version = PROTOCOL_VERSION,
                                  .kind = how & 2 ? HELLO_NOTICE : HELLO_REQUEST,
                                  .thread_id = 1000 + (how >> 2 & 3)};
    int fds[2];

    client_close(i);
    FUZZ_ASSERT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    sockets[i] = fds[0];
    handles[i] = 0;
    client_accept(&server, fds[1]);
    if (how & 1) /* nobody says hello for it */
        return;
    memcpy(packet, &hello, sizeof(hello));
    send_packet(i, sizeof(hello), NULL, 0);
}

/* ---- descriptors ---- */

static int sealed_memory(uint8_t how)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    FUZZ_ASSERT(fd >= 0);
    FUZZ_ASSERT(ftruncate(fd, (off_t)(how & 7) << 15) == 0);
    (void)fcntl(fd, F_ADD_SEALS, how >> 3 & 15);
    return fd;
}

static int hostile_descriptor(struct input *in)
{
    uint8_t how = input_u8(in);
    int pair[2];

    switch (how % 10) {
    case 0:
        return memfd_create("unsealed", MFD_CLOEXEC);
    case 1:
        return sealed_memory(input_u8(in));
    case 2:
        return open("/", O_PATH | O_CLOEXEC);
    case 3:
        return open("/dev/zero", O_RDWR | O_CLOEXEC);
    case 4:
        return eventfd(0, EFD_CLOEXEC | (how & 0x80 ? EFD_NONBLOCK : 0));
    case 5:
        FUZZ_ASSERT(pipe2(pair, O_CLOEXEC) == 0);
        close(pair[how >> 7]);
        return pair[!(how >> 7)];
    case 6:
        FUZZ_ASSERT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
        close(pair[1]);
        return pair[0];
    case 7:
        return open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
    case 8:
        return open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    default:
        return n_kept ? fcntl(kept[how / 10 % n_kept], F_DUPFD_CLOEXEC, 0)
                      : open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
}

/* ---- requests ---- */

static const char *const names[] = {"",
                                    "\\",
                                    "\\RPC Control",
                                    "\\RPC Control\\a",
                                    "\\BaseNamedObjects\\b",
                                    "\\BaseNamedObjects\\b\\c",
                                    "\\??\\C:",
                                    "\\Registry\\Machine\\Software\\d",
                                    "relative",
                                    "\\KernelObjects\\nowhere"};

/* An object name from the menu or of the input, with attributes, and perhaps more bytes. */
static size_t put_objattr(struct input *in, uint8_t *at, size_t room)
{
    uint8_t how = input_u8(in), n_more = input_u8(in);
    const char *name = names[how % (sizeof(names) / sizeof(*names))];
    struct objattr head = {.root = how & 0x80 ? handles[0] : 0,
                           .attributes = how & 0x40 ? input_u32(in) : OBJ_CASE_INSENSITIVE};
    size_t n = sizeof(head);

    for (; *name && n + 2 <= room; name++, n += 2)
        memcpy(at + n, (uint16_t[]){(uint8_t)*name}, 2);
    head.name_size = (uint32_t)(n - sizeof(head));
    if (n_more & 0x80 && n + 64 <= room) {
        head.sd_size = n_more & 63;
        input_bytes(in, at + n, head.sd_size);
        n += head.sd_size;
    }
    memcpy(at, &head, sizeof(head));
    if (n_more & 0x40 && n + 64 <= room) {
        input_bytes(in, at + n, n_more & 63);
        n += n_more & 63;
    }
    return n;
}

static size_t put_data(struct input *in, uint8_t *at, size_t room)
{
    uint8_t kind = input_u8(in);
    size_t n = input_u8(in);

    switch (kind % 4) {
    case 1:
        return put_objattr(in, at, room);
    case 2:
        n = kind & 0x80 ? n << 8 : n;
        n = n < room ? n : room;
        input_bytes(in, at, n);
        return n;
    case 3:
        for (n = 0; n < 4u * (kind >> 4); n += 4)
            memcpy(at + n, (uint32_t[]){(input_u8(in) & 15u) << 2}, 4);
        return n;
    default:
        return 0;
    }
}

/* The fixed part: bytes of the input, handles that may exist put in here and there. */
static size_t put_fixed(struct input *in, unsigned i, uint16_t code)
{
    size_t size = request_sizes[code], given = input_u8(in);
    uint8_t place = input_u8(in);
    struct request_header header = {.code = code, .sequence = input_u8(in)};

    memset(packet, 0, size);
    given = given < size ? given : size;
    input_bytes(in, packet, given);
    memcpy(packet, &header, sizeof(header));
    if (place & 0x80 && sizeof(header) + 4 <= size)
        memcpy(packet + sizeof(header), &handles[i], 4);
    else if (sizeof(header) + (place & 7) * 4u + 4 <= size && place & 0x40)
        memcpy(packet + sizeof(header) + (place & 7) * 4u,
               (uint32_t[]){((place >> 3 & 7) + 1u) << 2}, 4);
    return size;
}

static void request(struct input *in)
{
    struct request_header header;
    unsigned i = input_u8(in) % N_CLIENTS;
    uint16_t code = (uint16_t)(1 + input_u8(in) % (REQUEST_COUNT - 1));
    uint8_t twist = input_u8(in);
    int fds[FDS_SENT];

    if (sockets[i] < 0)
        client_open(i, 0);
    size_t size = put_fixed(in, i, code);
    size_t n_data = put_data(in, packet + size, sizeof(packet) - size - 64);
    size_t n_fds = twist & 0x10 ? twist >> 5 : 0;
    n_fds = twist & 8 ? FDS_SENT : n_fds;
    for (size_t f = 0; f < n_fds; f++)
        FUZZ_ASSERT((fds[f] = hostile_descriptor(in)) >= 0);
    memcpy(&header, packet, sizeof(header));
    header.data_size = (uint32_t)n_data + (twist == 1);
    header.n_fds = (uint16_t)(n_fds + (twist == 2));
    memcpy(packet, &header, sizeof(header));
    send_packet(i, size + n_data, fds, n_fds);
    for (size_t f = 0; f < n_fds; f++)
        close(fds[f]);
}

static void garbage(struct input *in)
{
    unsigned i = input_u8(in) % N_CLIENTS;
    size_t n = input_u8(in);

    if (sockets[i] < 0)
        return;
    input_bytes(in, packet, n);
    if (n)
        send_packet(i, n, NULL, 0);
}

static void reopen(struct input *in)
{
    uint8_t how = input_u8(in);

    if (how & 0x80)
        client_close(how % N_CLIENTS);
    else
        client_open(how % N_CLIENTS, how >> 2);
}

/* ---- the whole ---- */

static void server_begin(void)
{
    FUZZ_ASSERT(server_init(&server, false) == STATUS_SUCCESS);
}

/* The clients are gone: what is still there must be permanent, and goes with the daemon. */
static void settle(void)
{
    static uint32_t n_objects, n_inputs;
    static uint64_t lane_bytes;

    for (unsigned i = 0; i < N_CLIENTS; i++)
        client_close(i);
    while (n_kept)
        close(kept[--n_kept]);
    steps();
    closer_drain(server.closer);
    FUZZ_ASSERT(server.n_clients == 0 && server.n_processes == 0 && server.n_handles == 0);
    FUZZ_ASSERT(server.n_parked == 0 && server.n_lanes == 0 && server.n_connections == 0);
    if (n_inputs++ == 0) {
        n_objects = server.n_objects;
        lane_bytes = server.lane_bytes;
    }
    if (server.n_objects == n_objects) {
        FUZZ_ASSERT(server.lane_bytes == lane_bytes);
        return;
    }
    FUZZ_ASSERT(server_deinit(&server) == 0);
    server_begin();
    n_objects = server.n_objects;
    lane_bytes = server.lane_bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool has_begun;
    struct input in = {data, size};

    if (!has_begun)
        server_begin();
    has_begun = true;
    client_open(0, 0);
    for (unsigned n = 0; n < OPS_MAX && in.left; n++) {
        uint8_t what = input_u8(&in);
        if (what < 220)
            request(&in);
        else if (what < 235)
            garbage(&in);
        else
            reopen(&in);
    }
    settle();
    return 0;
}
