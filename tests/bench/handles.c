/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Handing over a handle: a SYNC request that carries an event; the receiver closes it and answers.
 * Beside it a descriptor in a SOCK_SEQPACKET message, closed and answered likewise.
 *
 *     handles TRANSPORT REQUESTS PLACEMENT    TRANSPORT: portico, seqpacket */

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "port.h"

enum { SIZE = 64, N_WARM = 100 };

static struct port_server server = {.name = "bench-handles", .wanted = PORTICO_ATTRIBUTE_HANDLE};
static int fds[2];

static void send_descriptor(int over, int fd)
{
    char data[SIZE] = {0};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {data, sizeof(data)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    if (sendmsg(over, &message, 0) != SIZE)
        bench_fail("sendmsg");
}

static void receive_descriptor(int over)
{
    char data[SIZE];
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {data, sizeof(data)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    int fd;

    if (recvmsg(over, &message, MSG_CMSG_CLOEXEC) != SIZE || !CMSG_FIRSTHDR(&message))
        bench_fail("recvmsg");
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
    close(fd);
}

static void serve_socket(void *argument)
{
    char data[SIZE] = {0};

    (void)argument;
    bench_pin(server.placement, 1);
    for (;;) {
        receive_descriptor(fds[1]);
        if (write(fds[1], data, SIZE) != SIZE)
            bench_fail("write");
    }
}

static void ask_socket(int fd)
{
    char data[SIZE];

    send_descriptor(fds[0], fd);
    if (read(fds[0], data, SIZE) != SIZE)
        bench_fail("read");
}

static handle_t event_make(void)
{
    struct event_create_request request = {.access = 0x1f0003, .manual_reset = 1};
    struct event_create_reply created;
    struct objattr none = {0};
    struct call_extra extra = {.objattr = &none};

    port_need(call_event_create(portico_control(), &request, &created, &extra), "event");
    return created.handle;
}

static void ask_portico(handle_t port, handle_t event)
{
    static struct packet request, reply;
    const struct handle_offer offer = {.flags = HANDLE_OFFER_SAME_ACCESS, .handle = event};
    const struct portico_attributes attributes = {.valid = PORTICO_ATTRIBUTE_HANDLE,
                                                  .handles = {.offers = &offer, .n = 1}};
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .send = &request.header,
                                        .send_attributes = &attributes,
                                        .receive = &reply.header,
                                        .capacity = sizeof(reply),
                                        .deadline_ns = PORTICO_FOREVER};

    packet_init(&request, SIZE);
    port_need(portico_port_exchange(port, &exchange), "exchange");
}

int main(int argc, char **argv)
{
    struct samples samples;
    handle_t port = 0, event = 0;
    unsigned n = bench_number(argc, argv, 2);

    if (argc < 4)
        bench_fail("usage: handles TRANSPORT REQUESTS PLACEMENT");
    bool is_socket = strcmp(argv[1], "seqpacket") == 0;
    int sent = open("/dev/null", O_RDONLY | O_CLOEXEC);
    server.placement = argv[3];
    if (is_socket && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) < 0)
        bench_fail("socketpair");
    if (is_socket)
        server.pid = bench_child(serve_socket, NULL);
    else
        port_server_start(&server);
    bench_pin(argv[3], 0);
    if (!is_socket) {
        port = port_connect(&server);
        event = event_make();
    }
    if (!samples_begin(&samples, n, bench_ns()))
        bench_fail("no memory");
    for (unsigned i = 0; i < n + N_WARM; i++) {
        uint64_t start = ticks_now();
        if (is_socket)
            ask_socket(sent);
        else
            ask_portico(port, event);
        if (i >= N_WARM)
            samples_add(&samples, ticks_now() - start);
    }
    samples_put(&samples, bench_ns(), "handle", argv[1], "1", argv[3]);
    port_server_stop(&server);
    return 0;
}
