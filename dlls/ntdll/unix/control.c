/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* SIGINT is Ctrl-C; SIGTERM and SIGHUP are the closing of the console. As on Windows a new thread
 * of the program runs kernelbase's CtrlRoutine, which asks the program's handlers
 * (SetConsoleCtrlHandler, the C run time's signal()) and, when none takes the event, ends the
 * process as ExitProcess does: DLLs are detached, C streams flushed. Then the process dies by the
 * signal, so that a shell sees what it expects. DIFFERS: a program whose handler takes the closing
 * goes on, to end in its own time; Windows ends it when the handler returns.
 *
 * A handler that interrupted ELF code cannot make a thread (glibc may hold a lock), so a watcher
 * waits on a word. A short program needs none, and the start of a thread, its share in each change
 * of the address space and its end would be a fifth of that program's time: the watcher is started
 * by whoever may sleep, before it does (control_watch), which includes all who talk to the port
 * server or make a second thread. So there is only one thread that a signal can find without it,
 * and that one is awake: in PE code its handler starts the watcher, in a system call its exit does.
 *
 * Nothing that the program does under the loader lock holds this up: ldr_start.c. A second signal
 * before the first has been dealt with ends the process at once; so does one that comes while the
 * process ends by itself, when no thread can begin any more and a DllMain may be in the way.
 * Without kernelbase the process dies by the signal.
 */

#include "control.h"

#include "common/helper.h"
#include "image.h"
#include "terminal.h"
#include "thread.h"
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    EVENT_CTRL_C = 0,
    EVENT_CLOSE = 2,
};

atomic_bool control_is_watched;
static _Atomic uint32_t caught;        /* futex: the signal that is being dealt with */
static struct thread *_Atomic routine; /* the thread that runs CtrlRoutine */

static void die_by(int number)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t set;

    terminal_restore();
    sigaction(number, &action, NULL);
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    syscall(SYS_tgkill, getpid(), gettid(), number);
}

static void control_handler(int number, siginfo_t *info, void *context)
{
    int saved_errno = errno;
    uint32_t none = 0;

    (void)info;
    if (!atomic_compare_exchange_strong(&caught, &none, (uint32_t)number))
        die_by(number);
    if (atomic_load(&control_is_watched))
        syscall(SYS_futex, &caught, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    else if (!thread_current()) /* it has not begun, or it has ended */
        die_by(number);
    else if (!thread_defer_to_exit(context, PENDING_CONTROL))
        control_watch_start();
    errno = saved_errno;
}

/* One event from beginning to end. */
static void control_event(int number)
{
    void *kernelbase = image_find("kernelbase.dll");
    struct thread_options options = {
        .start = kernelbase ? image_export(kernelbase, "CtrlRoutine") : NULL,
        .argument = (void *)(uintptr_t)(number == SIGINT ? EVENT_CTRL_C : EVENT_CLOSE),
        .suspended = true,
        .is_control = true};
    struct nt_object *object;
    struct thread *thread;

    if (!options.start || thread_create(&options, &thread) || threads_end())
        die_by(number);
    atomic_store(&routine, thread);
    thread_resume(thread);
    object = &thread->header.header;
    wait_objects(1, &object, false, false, NULL);
    atomic_store(&routine, NULL);
    nt_object_unref(object);
}

static void *watcher_main(void *unused)
{
    uint32_t number;

    pthread_setname_np(pthread_self(), "portico-ctrl");
    for (;;) {
        while (!(number = atomic_load(&caught)))
            syscall(SYS_futex, &caught, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
        control_event((int)number);
        atomic_store(&caught, 0);
    }
    return unused;
}

/* When no thread can be had a signal does what it would have done by itself. */
void control_watch_start(void)
{
    if (atomic_exchange(&control_is_watched, true))
        return;
    if (!helper_start(watcher_main, NULL))
        return;
    atomic_store(&control_is_watched, false);
    if (atomic_load(&caught))
        die_by((int)atomic_load(&caught));
}

/* kernelbase's routine ends the process with 0 when no handler took the event. */
bool control_is_end(uint32_t code)
{
    struct thread *thread = atomic_load(&routine);

    return !code && thread && thread == thread_current();
}

void control_die(void)
{
    die_by((int)atomic_load(&caught));
}

/* Ctrl-\ is no event: the process ends by it as any other does, but for the terminal's modes. */
static void quit_handler(int number)
{
    die_by(number);
}

static void quit_init(void)
{
    struct sigaction action = {.sa_handler = quit_handler, .sa_flags = SA_ONSTACK};
    struct sigaction old;

    sigfillset(&action.sa_mask);
    if (!sigaction(SIGQUIT, NULL, &old) && old.sa_handler != SIG_IGN)
        sigaction(SIGQUIT, &action, NULL);
}

void control_init(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_sigaction = control_handler,
                               .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
    struct sigaction old;
    unsigned i;

    sigfillset(&action.sa_mask);
    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (!sigaction(numbers[i], NULL, &old) && old.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    quit_init();
}
