/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* See spare_map.h. The server keeps each a moment only and this process does not hear of its end: a
 * spare that was offered and not taken is unmapped, the others wait, a few at most. */

#include "spare_map.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#define SPARES_MAX 4u

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct spare_map spares[SPARES_MAX]; /* oldest first */
static unsigned n_spares;

void spare_map_take(struct spare_map *ret_spare)
{
    *ret_spare = (struct spare_map){0};
    pthread_mutex_lock(&lock);
    if (n_spares)
        *ret_spare = spares[--n_spares];
    pthread_mutex_unlock(&lock);
}

void spare_map_put(const struct spare_map *spare)
{
    struct spare_map old = {0};

    pthread_mutex_lock(&lock);
    if (n_spares == SPARES_MAX) {
        old = spares[0];
        memmove(spares, spares + 1, --n_spares * sizeof(*spares));
    }
    spares[n_spares++] = *spare;
    pthread_mutex_unlock(&lock);
    spare_map_leave(&old);
}

void spare_map_leave(struct spare_map *spare)
{
    if (spare->base)
        munmap(spare->base, spare->size);
    *spare = (struct spare_map){0};
}
