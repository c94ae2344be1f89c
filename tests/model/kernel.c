/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The modelled kernel: lane/sys.h and lane/lock.h on the scheduler.
 *
 * Each call is a scheduling point, then one step. Calls that sleep or wake are full barriers (they
 * take kernel locks); the clock and the processor number are none. Futexes are matched by address.
 * An eventfd is a counter; an epoll instance has a ready list: a write puts each item that watches
 * the eventfd on it and, through nested instances, their items too. An edge-triggered item leaves
 * the list when it is reported, a level-triggered one when it is found not ready. A thread in poll
 * can run while one of its descriptors is ready, so two pollers of one instance both see it until
 * an edge is taken.
 *
 * Descriptors are numbers from FD_BASE on, which no real descriptor has. */

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "internal.h"
#include "lane/lock.h"
#include "lane/sys.h"

#define FD_BASE   (1 << 20)
#define N_FILES   48
#define N_ITEMS   16
#define N_SLEEPER (MODEL_THREADS_MAX + 2)
#define N_LOCKS   8

struct item {
    int fd;
    uint32_t events, data;
    bool is_listed;
    uint64_t listed_at; /* order of the ready list */
};

struct file {
    bool is_epoll;
    uint64_t count;
    struct item items[N_ITEMS];
    unsigned n_items;
};

struct sleeper {
    const uint32_t *words[2];
    bool is_asleep, is_woken;
};

/* In the memory of a struct robust_lock. */
struct model_lock {
    uint32_t magic, owner, owner_died, is_unusable;
};
#define LOCK_MAGIC 0x4B434F4Cu

static struct {
    struct file files[N_FILES];
    unsigned n_files;
    uint64_t clock, n_listings;
    struct sleeper sleepers[N_SLEEPER];
    struct model_lock *locks[N_LOCKS];
    unsigned n_locks;
} k;

void kernel_reset(void)
{
    memset(k.files, 0, k.n_files * sizeof(k.files[0]));
    memset(k.sleepers, 0, sizeof(k.sleepers));
    k.n_files = k.n_locks = 0;
    k.clock = 1000000;
    k.n_listings = 0;
}

/* --- clock, processor --- */

uint64_t sys_now_ns(void)
{
    model_point("sys_now_ns");
    return k.clock += 400;
}

uint32_t sys_cpu(void)
{
    return model_process_of(model_self()) & 0xFF;
}

/* --- futex --- */

static bool sleeper_is_woken(const void *arg)
{
    return ((const struct sleeper *)arg)->is_woken;
}

int sys_futex_wait_two(const uint32_t *peer_word, uint32_t expected, const uint32_t *own_word,
                       uint64_t deadline_ns)
{
    struct sleeper *self = &k.sleepers[model_self()];

    model_point("sys_futex_wait_two");
    model_flush();
    if (*(const volatile uint32_t *)peer_word != expected ||
        *(const volatile uint32_t *)own_word != 0)
        return -EAGAIN;
    *self = (struct sleeper){{peer_word, own_word}, true, false};
    bool timed_out = model_block(sleeper_is_woken, self, deadline_ns != SYS_FOREVER);
    bool woken = self->is_woken;
    self->is_asleep = false;
    return timed_out && !woken ? -ETIMEDOUT : 0;
}

static void futex_wake(const uint32_t *word, int n)
{
    model_flush();
    for (unsigned i = 0; i < N_SLEEPER && n > 0; i++) {
        struct sleeper *s = &k.sleepers[i];
        if (!s->is_asleep || s->is_woken || (s->words[0] != word && s->words[1] != word))
            continue;
        s->is_woken = true;
        n--;
    }
}

void sys_futex_wake_shared(const uint32_t *word, int n)
{
    model_point("sys_futex_wake_shared");
    futex_wake(word, n);
}

void sys_futex_wake_private(const uint32_t *word, int n)
{
    model_point("sys_futex_wake_private");
    futex_wake(word, n);
}

/* --- eventfd and epoll --- */

static struct file *file_of(int fd)
{
    return fd >= FD_BASE && fd < FD_BASE + (int)k.n_files ? &k.files[fd - FD_BASE] : NULL;
}

static int file_new(bool is_epoll)
{
    if (k.n_files == N_FILES)
        return -EMFILE;
    k.files[k.n_files].is_epoll = is_epoll;
    return FD_BASE + (int)k.n_files++;
}

int sys_eventfd_new(void)
{
    return file_new(false);
}

int sys_epoll_new(void)
{
    return file_new(true);
}

static bool is_readable(int fd)
{
    const struct file *file = file_of(fd);

    if (!file)
        return false;
    if (!file->is_epoll)
        return file->count != 0;
    for (unsigned i = 0; i < file->n_items; i++)
        if (file->items[i].is_listed && is_readable(file->items[i].fd))
            return true;
    return false;
}

static void list_item(struct item *item)
{
    if (item->is_listed)
        return;
    item->is_listed = true;
    item->listed_at = ++k.n_listings;
}

/* fd has become readable (again): every epoll instance that watches it learns of it. */
static void notify(int fd)
{
    for (unsigned f = 0; f < k.n_files; f++)
        for (unsigned i = 0; i < k.files[f].n_items; i++)
            if (k.files[f].items[i].fd == fd) {
                list_item(&k.files[f].items[i]);
                notify(FD_BASE + (int)f);
            }
}

void sys_ring(int event_fd)
{
    model_point("sys_ring");
    model_flush();
    struct file *file = file_of(event_fd);
    if (!file || file->is_epoll)
        return;
    file->count++;
    notify(event_fd);
}

void model_drain(int event_fd)
{
    model_point("model_drain");
    model_flush();
    if (file_of(event_fd))
        file_of(event_fd)->count = 0;
}

static struct item *find_item(struct file *file, int fd)
{
    for (unsigned i = 0; i < file->n_items; i++)
        if (file->items[i].fd == fd)
            return &file->items[i];
    return NULL;
}

int sys_epoll_change(int epoll_fd, int operation, int fd, uint32_t events, uint32_t data)
{
    struct file *file = file_of(epoll_fd);
    struct item *item;

    model_point("sys_epoll_change");
    model_flush();
    if (!file || !file->is_epoll || !file_of(fd))
        return -EBADF;
    item = find_item(file, fd);
    if (operation == EPOLL_CTL_ADD) {
        if (item || file->n_items == N_ITEMS)
            return item ? -EEXIST : -ENOSPC;
        item = &file->items[file->n_items++];
    } else if (!item) {
        return -ENOENT;
    }
    if (operation == EPOLL_CTL_DEL) {
        *item = file->items[--file->n_items];
        return 0;
    }
    *item = (struct item){fd, events, data, false, 0};
    if (is_readable(fd)) {
        list_item(item);
        notify(epoll_fd);
    }
    return 0;
}

static struct item *oldest_listed(struct file *file, uint64_t limit)
{
    struct item *oldest = NULL;

    for (unsigned i = 0; i < file->n_items; i++) {
        struct item *item = &file->items[i];
        if (item->is_listed && item->listed_at <= limit &&
            (!oldest || item->listed_at < oldest->listed_at))
            oldest = item;
    }
    return oldest;
}

int sys_epoll_read(int epoll_fd, uint32_t *ret_data, unsigned max)
{
    struct file *file = file_of(epoll_fd);
    struct item *item;
    unsigned n = 0;

    model_point("sys_epoll_read");
    model_flush();
    if (!file)
        return -EBADF;
    for (uint64_t limit = k.n_listings; n < max && (item = oldest_listed(file, limit));) {
        item->is_listed = false;
        if (!is_readable(item->fd))
            continue;
        ret_data[n++] = item->data;
        if (!(item->events & EPOLLET))
            list_item(item);
    }
    return (int)n;
}

struct poll_two {
    int fds[2];
};

static bool poll_is_ready(const void *arg)
{
    const struct poll_two *p = arg;

    return is_readable(p->fds[0]) || is_readable(p->fds[1]);
}

int sys_poll_two(int fd, int own_fd, uint64_t deadline_ns)
{
    struct poll_two p = {{fd, own_fd}};

    model_point("sys_poll_two");
    model_block(poll_is_ready, &p, deadline_ns != SYS_FOREVER);
    return (is_readable(fd) ? 1 : 0) | (is_readable(own_fd) ? 2 : 0);
}

/* --- the robust mutex --- */

static struct model_lock *lock_of(struct robust_lock *lock)
{
    struct model_lock *l = (struct model_lock *)(void *)lock;

    _Static_assert(sizeof(*l) <= sizeof(*lock), "fits");
    for (unsigned i = 0; i < k.n_locks; i++)
        if (k.locks[i] == l)
            return l;
    if (k.n_locks < N_LOCKS)
        k.locks[k.n_locks++] = l;
    return l;
}

void lock_init(struct robust_lock *lock)
{
    *lock_of(lock) = (struct model_lock){.magic = LOCK_MAGIC};
}

static bool lock_is_free(const void *arg)
{
    const struct model_lock *l = arg;

    return l->owner == 0;
}

enum lock_result lock_take(struct robust_lock *lock)
{
    struct model_lock *l = lock_of(lock);

    model_point("lock_take");
    if (model_is_running() && (l->magic != LOCK_MAGIC || l->owner == model_self()))
        model_fail("lock is made and not held", __FILE__, __LINE__);
    while (l->owner)
        model_block(lock_is_free, l, false);
    model_flush();
    if (l->is_unusable)
        return LOCK_UNUSABLE;
    l->owner = model_self();
    return l->owner_died ? LOCK_REPAIR : LOCK_TAKEN;
}

void lock_repaired(struct robust_lock *lock)
{
    lock_of(lock)->owner_died = 0;
}

void lock_drop(struct robust_lock *lock)
{
    struct model_lock *l = lock_of(lock);

    model_point("lock_drop");
    model_flush();
    if (model_is_running() && l->owner != model_self())
        model_fail("lock is held by its dropper", __FILE__, __LINE__);
    l->is_unusable = l->owner_died;
    l->owner = 0;
}

void kernel_process_died(unsigned process)
{
    for (unsigned i = 0; i < k.n_locks; i++)
        if (k.locks[i]->owner && model_process_of(k.locks[i]->owner) == process) {
            k.locks[i]->owner = 0;
            k.locks[i]->owner_died = 1;
        }
    for (unsigned i = 0; i < N_SLEEPER; i++)
        if (i && model_process_of(i) == process)
            k.sleepers[i].is_asleep = false;
}
