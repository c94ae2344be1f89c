/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Does anything run while nothing happens? A client and a server that have talked and wait; counted
 * are the context switches, voluntary and not, of all their threads and of the processes named.
 *
 *     idle SECONDS [PID...] */

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "port.h"

enum { SIZE = 64, N_REQUESTS = 1000 };

static struct port_server server = {.name = "bench-idle", .placement = "none"};

static unsigned long switches_of_thread(const char *path)
{
    char line[256];
    unsigned long n = 0, total = 0;
    FILE *file = fopen(path, "re");

    if (!file)
        bench_fail("a thread ended meanwhile, and its switches with it: %s", path);
    while (fgets(line, sizeof(line), file))
        if (sscanf(line, "voluntary_ctxt_switches: %lu", &n) == 1 ||
            sscanf(line, "nonvoluntary_ctxt_switches: %lu", &n) == 1)
            total += n;
    fclose(file);
    return total;
}

static unsigned long switches_of(pid_t pid)
{
    unsigned long total = 0;
    char path[400];

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    if (!folder)
        bench_fail("no process %d", (int)pid);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "/proc/%d/task/%s/status", (int)pid, entry->d_name);
        total += switches_of_thread(path);
    }
    closedir(folder);
    return total;
}

static void talk_and_wait(void *argument)
{
    static struct packet request, reply;
    uint64_t *done = argument;
    handle_t port = port_connect(&server);

    packet_init(&request, SIZE);
    for (unsigned i = 0; i < N_REQUESTS; i++)
        port_ask(port, &request, &reply);
    __atomic_store_n(done, 1, __ATOMIC_RELEASE);
    struct portico_exchange forever = {
        .receive = &reply.header, .capacity = sizeof(reply), .deadline_ns = PORTICO_FOREVER};
    port_need(portico_port_exchange(port, &forever), "a message that nobody sends");
}

int main(int argc, char **argv)
{
    unsigned seconds = bench_number(argc, argv, 1);
    pid_t pids[64] = {0};
    unsigned n_pids = 2;
    unsigned long before = 0, after = 0;

    uint64_t *done = bench_shared(sizeof(*done));
    port_server_start(&server);
    pids[0] = server.pid;
    pids[1] = bench_child(talk_and_wait, done);
    for (int i = 2; i < argc && n_pids < 64; i++)
        pids[n_pids++] = (pid_t)bench_number(argc, argv, i);
    port_await(done, 1);
    sleep(1); /* they go to sleep */
    for (unsigned i = 0; i < n_pids; i++)
        before += switches_of(pids[i]);
    sleep(seconds);
    for (unsigned i = 0; i < n_pids; i++)
        after += switches_of(pids[i]);
    bench_put("idle", "portico", argv[1], "none", "switches", (double)(after - before));
    bench_end(pids[1]);
    port_server_stop(&server);
    return 0;
}
