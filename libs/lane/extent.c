/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Making and mapping lanes. The daemon makes the memfd: its size never changes (sealed), so neither
 * end can give the other a SIGBUS by truncating it; whoever maps checks that, since a daemon's
 * descriptor is the only thing that stands between the ends. Memory appears as it is touched. */

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "lane/extent.h"

bool geometry_is_valid(const struct lane_geometry *geometry)
{
    return IS_POWER_OF_TWO(geometry->ring_size) && geometry->ring_size >= LANE_RING_MIN_BYTES &&
           geometry->ring_size <= LANE_RING_MAX_BYTES && geometry->n_slots <= LANE_SLOTS_MAX;
}

uint64_t geometry_size(const struct lane_geometry *geometry)
{
    return ALIGN_UP(lane_extents_offset(geometry) + (uint64_t)geometry->n_slots * LANE_EXTENT_BYTES,
                    4096);
}

uint32_t geometry_next_ring(uint32_t ring_size)
{
    return ring_size >= LANE_RING_MAX_BYTES / 2 ? LANE_RING_MAX_BYTES : ring_size * 2;
}

static void header_fill(struct lane_header *header, const struct lane_geometry *geometry)
{
    header->magic = LANE_MAGIC;
    header->layout_version = LANE_LAYOUT_VERSION;
    header->ring_size = geometry->ring_size;
    header->n_slots = geometry->n_slots;
    /* A new lane is cold: its consumer learns of the first record by the doorbell. */
    header->consumer.need_wake = 1;
}

/* 1 if it cannot be read: then nothing is taken for granted. */
static uint64_t read_word(int fd, size_t offset)
{
    uint64_t word;

    return pread(fd, &word, sizeof(word), (off_t)offset) == (ssize_t)sizeof(word) ? word : 1;
}

bool lane_was_used(int fd)
{
    /* The first record's commit word. A second round sets it back to zero, but does not begin
     * before something has been consumed. */
    return read_word(fd, LANE_HEADER_BYTES + offsetof(struct lane_record_header, commit)) ||
           read_word(fd, offsetof(struct lane_header, consumer.consumed));
}

int lane_create(const struct lane_geometry *geometry, const char *name)
{
    struct lane_header header = {0};

    if (!geometry_is_valid(geometry))
        return -EINVAL;
    header_fill(&header, geometry);
    _cleanup_(fd_closep) int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || ftruncate(fd, (off_t)geometry_size(geometry)) < 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        return -errno;
    /* Written, not mapped: the daemon makes one for each connection. */
    ssize_t n = pwrite(fd, &header, sizeof(header), 0);
    if (n != (ssize_t)sizeof(header))
        return n < 0 ? -errno : -EIO;
    return TAKE_FD(fd);
}

int lane_map(int fd, const struct lane_geometry *geometry, struct lane_view *ret_view)
{
    struct stat st;

    if (!geometry_is_valid(geometry))
        return -EINVAL;
    uint64_t size = geometry_size(geometry);
    if (fstat(fd, &st) < 0)
        return -errno;
    int seals = fcntl(fd, F_GET_SEALS);
    if (st.st_size < 0 || (uint64_t)st.st_size < size || seals < 0 || !(seals & F_SEAL_SHRINK))
        return -EINVAL;
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED)
        return -errno;
    lane_view_init(ret_view, base, geometry);
    return 0;
}

void lane_unmap(struct lane_view *view)
{
    if (view->base)
        munmap(view->base, view->size);
    memset(view, 0, sizeof(*view));
}

void lane_let_go(const struct lane_view *view)
{
    void *zeros = mmap(view->base, view->size, PROT_READ,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

    (void)zeros; /* without memory for it: the old mapping is still there */
}

void lane_view_init(struct lane_view *view, void *base, const struct lane_geometry *geometry)
{
    view->base = base;
    view->size = geometry_size(geometry);
    view->geometry = *geometry;
}

void lane_format(struct lane_view *view)
{
    header_fill(lane_header(view), &view->geometry);
}
