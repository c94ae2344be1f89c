/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The page that Windows' kernel shares with every process.
 *
 * Programs read the tick count in it without a call (GetTickCount in Wine's kernel32), so something
 * must write it. To cost nothing while nobody looks, the program's mapping is PROT_NONE at first.
 * The first read faults: the handler fills the page, makes it readable and wakes the ticker, which
 * writes the time every millisecond for IDLE_TICKS, then takes the permission away again to see
 * whether anybody still reads. A program that does not read makes no wake-ups.
 *
 * The ticker writes through a second mapping of the same memory, so it never needs the first one's
 * permission.
 *
 * RACE 2: the ticker closes the page while a reader opens it. Whatever the order, a reader that
 * finds the page closed faults once more and opens it again, because the handler opens it on every
 * read fault, whatever `open_word` says.
 */

#include "kuser.h"

#include "common/helper.h"
#include "frame.h"
#include "kuser_layout.h"
#include "nttypes.h"
#include "processors.h"
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    PAGE_BYTES = 0x1000,
    IDLE_TICKS = 100,
};

extern const uint32_t syscall_count;
void syscall_dispatch(void);

static struct kuser_shared_data *kuser; /* the writable mapping */
static _Atomic uint32_t open_word;      /* futex: 1 while the page is readable */
static atomic_bool ticker_started;
static atomic_bool is_filled;

static void page_permit(int protection)
{
    mprotect((void *)KUSER_ADDRESS, PAGE_BYTES, protection);
}

static void system_time_store(struct kuser_time *time, uint64_t value)
{
    /* Readers compare high2 with high1 and retry: write high2 first, high1 last. */
    atomic_store_explicit(&time->high2, (uint32_t)(value >> 32), memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&time->low, (uint32_t)value, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&time->high1, (uint32_t)(value >> 32), memory_order_relaxed);
}

static void kuser_tick(void)
{
    struct timespec up, wall;
    uint64_t ns;

    clock_gettime(CLOCK_BOOTTIME, &up);
    clock_gettime(CLOCK_REALTIME, &wall);
    ns = up.tv_sec * 1000000000ull + up.tv_nsec;
    if (ns / 1000000 >
        atomic_load(&kuser->tick_count_quad)) /* ticker and handler may meet: never backwards */
        atomic_store(&kuser->tick_count_quad, ns / 1000000);
    atomic_store_explicit(&kuser->tick_count_high2, (uint32_t)(ns / 1000000 >> 32),
                          memory_order_relaxed);
    system_time_store(&kuser->interrupt_time, ns / 100);
    system_time_store(&kuser->system_time,
                      wall.tv_sec * 10000000ull + wall.tv_nsec / 100 + 116444736000000000ull);
}

/* Takes the page away; gives it back when somebody has opened it meanwhile (RACE 2). */
static void page_close(void)
{
    atomic_store(&open_word, 0);
    page_permit(PROT_NONE);
    if (atomic_load(&open_word))
        page_permit(PROT_READ);
}

static void *ticker_main(void *unused)
{
    const struct timespec millisecond = {0, 1000000};
    unsigned i;

    pthread_setname_np(pthread_self(), "portico-tick");
    for (;;) {
        while (!atomic_load(&open_word))
            syscall(SYS_futex, &open_word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
        for (i = 0; i < IDLE_TICKS; i++) {
            kuser_tick();
            nanosleep(&millisecond, NULL);
        }
        page_close();
    }
    return unused;
}

/* A thread made from a signal handler: it interrupted PE code or a user copy, so no glibc lock is
 * held. */
static void ticker_start(void)
{
    if (atomic_exchange(&ticker_started, true))
        return;
    if (helper_start(ticker_main, NULL))
        atomic_store(&ticker_started, false); /* each fault then brings the time of that moment */
}

static void *dispatcher_word(uintptr_t address)
{
    return (char *)kuser + (address - KUSER_ADDRESS);
}

void kuser_tell_peb(void *peb)
{
    *(void **)dispatcher_word(PROCESS_PEB) = peb;
}

/* What stays as it is. Two threads may both fill it: they write the same. */
static void kuser_fill(void)
{
    static const WCHAR root[] = u"C:\\windows";

    kuser->tick_count_multiplier = 1 << 24;
    memcpy(kuser->nt_system_root, root, sizeof(root));
    kuser->nt_build_number = 19041;
    kuser->nt_product_type = 1; /* workstation */
    kuser->product_type_is_valid = 1;
    kuser->native_processor_architecture = PROCESSOR_ARCHITECTURE_AMD64;
    kuser->nt_major_version = 10;
    kuser->nt_minor_version = 0;
    kuser->nx_support_policy = 3;
    kuser->image_number_low = IMAGE_FILE_MACHINE_AMD64;
    kuser->image_number_high = IMAGE_FILE_MACHINE_AMD64;
    kuser->number_of_physical_pages = (uint32_t)sysconf(_SC_PHYS_PAGES);
    kuser->qpc_frequency = 10000000;
    kuser->system_call =
        1; /* thunks of win32u go through the dispatcher's page, never by `syscall` */
    kuser->active_processor_count = processors_count();
    kuser->active_group_count = 1;
    kuser_features_fill(kuser->processor_features);
    atomic_store(&is_filled, true);
}

bool kuser_fault(uintptr_t address, bool is_write)
{
    if (address < KUSER_ADDRESS || address >= KUSER_ADDRESS + PAGE_BYTES)
        return false;
    if (is_write)
        return false;
    if (!atomic_load(&is_filled))
        kuser_fill();
    if (!atomic_load(&open_word))
        kuser_tick();
    page_permit(PROT_READ);
    atomic_store(&open_word, 1);
    ticker_start();
    syscall(SYS_futex, &open_word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    return true;
}

/* The same memory twice: a shared mapping of which mremap makes a second one when its old size is
 * 0. */
static bool kuser_map(void)
{
    void *fixed = mmap((void *)KUSER_ADDRESS, 2 * PAGE_BYTES, PROT_NONE,
                       MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (fixed != (void *)KUSER_ADDRESS)
        return false;
    kuser = mremap(fixed, 0, 2 * PAGE_BYTES, MREMAP_MAYMOVE);
    return kuser != MAP_FAILED && !mprotect(kuser, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE);
}

bool kuser_init(void)
{
    if (!kuser_map())
        return false;
    *(void **)dispatcher_word(DISPATCHER_POINTER) = (void *)syscall_dispatch;
    *(uint32_t *)dispatcher_word(DISPATCHER_COUNT) = syscall_count;
    return !mprotect((char *)KUSER_ADDRESS + PAGE_BYTES, PAGE_BYTES, PROT_READ);
}
