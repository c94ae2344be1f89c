/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Waits. A bucket is a thread that waits for up to 60 handles and an event of its own, by which it
 * hears of changes. A wait that is signalled or times out leaves its bucket and is posted with the
 * result.
 *
 * Race: (1) the thread copies the set waits, with references and generations, and sleeps; (2)
 * somebody sets or unsets a wait: the generation changes and the event is set; (3) the thread wakes
 * for a handle and posts it only if the generation is the one it copied. DIFFERS: a signal that an
 * auto-reset object has already given away by then is lost for an unset wait; Windows has the same
 * window.
 */
#include "threadpool.h"

enum { BUCKET_WAITS = 60 };

struct wait_bucket {
    struct wait_bucket *next;
    HANDLE event;
    ULONG n_waits;
    LIST_ENTRY waits;
};

static RTL_CRITICAL_SECTION wait_lock = {.LockCount = -1};
static struct wait_bucket *buckets;

struct snapshot {
    HANDLE handles[BUCKET_WAITS + 1];
    struct tp_object *waits[BUCKET_WAITS + 1];
    ULONG generations[BUCKET_WAITS + 1];
    ULONG n;
    ULONGLONG due;
};

static void snapshot_take(struct wait_bucket *bucket, struct snapshot *s)
{
    s->handles[0] = bucket->event;
    s->n = 1;
    s->due = ~0ull;
    for (LIST_ENTRY *e = bucket->waits.Flink; e != &bucket->waits; e = e->Flink) {
        struct tp_object *wait = CONTAINING_RECORD(e, struct tp_object, u.wait.entry);

        __atomic_add_fetch(&wait->refs, 1, __ATOMIC_SEQ_CST);
        s->handles[s->n] = wait->u.wait.handle;
        s->generations[s->n] = wait->u.wait.generation;
        s->waits[s->n++] = wait;
        if (wait->u.wait.due < s->due)
            s->due = wait->u.wait.due;
    }
}

static void wait_unlink_locked(struct tp_object *wait)
{
    if (!wait->u.wait.is_set)
        return;
    list_unlink(&wait->u.wait.entry);
    wait->u.wait.bucket->n_waits--;
    wait->u.wait.is_set = FALSE;
    wait->u.wait.generation++;
}

/* (3) */
static void wait_end(struct snapshot *s, ULONG i, ULONG_PTR result)
{
    struct tp_object *wait = s->waits[i];

    RtlEnterCriticalSection(&wait_lock);
    BOOL current = wait->u.wait.is_set && wait->u.wait.generation == s->generations[i];
    if (current)
        wait_unlink_locked(wait);
    RtlLeaveCriticalSection(&wait_lock);
    if (current)
        object_post(wait, result);
}

/* One handle of several is bad: find it by looking at each alone. */
static void end_bad_handles(struct snapshot *s, NTSTATUS status)
{
    static const LARGE_INTEGER zero;

    for (ULONG i = 1; i < s->n; i++) {
        LARGE_INTEGER timeout = zero;
        NTSTATUS one = NtWaitForSingleObject(s->handles[i], FALSE, &timeout);

        if (one == STATUS_WAIT_0 || one == STATUS_ABANDONED_WAIT_0) {
            wait_end(s, i, WAIT_OBJECT_0);
        } else if (one != STATUS_TIMEOUT) {
            log_line("thread pool: handle %p cannot be waited for: status %x", s->handles[i], one);
            RtlEnterCriticalSection(&wait_lock);
            if (s->waits[i]->u.wait.generation == s->generations[i])
                wait_unlink_locked(s->waits[i]);
            RtlLeaveCriticalSection(&wait_lock);
        }
    }
    (void)status;
}

static void snapshot_sleep(struct snapshot *s)
{
    ULONGLONG now = tp_now();
    LARGE_INTEGER timeout = {.QuadPart = s->due > now ? -(LONGLONG)(s->due - now) : 0};
    NTSTATUS status = NtWaitForMultipleObjects(s->n, s->handles, TRUE /* any */, FALSE,
                                               s->due == ~0ull ? NULL : &timeout);

    if (status > STATUS_WAIT_0 && status < (NTSTATUS)(STATUS_WAIT_0 + s->n))
        wait_end(s, (ULONG)status, WAIT_OBJECT_0);
    else if (status > STATUS_ABANDONED_WAIT_0 &&
             status < (NTSTATUS)(STATUS_ABANDONED_WAIT_0 + s->n))
        wait_end(s, (ULONG)(status - STATUS_ABANDONED_WAIT_0), WAIT_OBJECT_0);
    else if (!NT_SUCCESS(status))
        end_bad_handles(s, status);
    now = tp_now();
    for (ULONG i = 1; i < s->n; i++)
        if (s->waits[i]->u.wait.due <= now)
            wait_end(s, i, WAIT_TIMEOUT);
}

static void WINAPI bucket_thread(void *arg)
{
    struct wait_bucket *bucket = arg;
    struct snapshot s;

    for (;;) {
        RtlEnterCriticalSection(&wait_lock);
        snapshot_take(bucket, &s); /* (1) */
        RtlLeaveCriticalSection(&wait_lock);
        snapshot_sleep(&s);
        for (ULONG i = 1; i < s.n; i++)
            object_unref(s.waits[i]);
    }
}

static struct wait_bucket *bucket_new(void)
{
    struct wait_bucket *bucket = rtl_alloc(sizeof(*bucket));
    HANDLE thread;

    if (!bucket)
        return NULL;
    bucket->n_waits = 0;
    list_init(&bucket->waits);
    if (!NtCreateEvent(&bucket->event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE)) {
        if (!RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, bucket_thread, bucket,
                                 &thread, NULL)) {
            NtClose(thread);
            bucket->next = buckets;
            buckets = bucket;
            return bucket;
        }
        NtClose(bucket->event);
    }
    rtl_free(bucket);
    return NULL;
}

/* A bucket with room, kept for this wait until it is unset. */
static struct wait_bucket *bucket_with_room(void)
{
    for (struct wait_bucket *bucket = buckets; bucket; bucket = bucket->next)
        if (bucket->n_waits < BUCKET_WAITS)
            return bucket;
    return bucket_new();
}

NTSTATUS WINAPI TpAllocWait(TP_WAIT **ret_wait, PTP_WAIT_CALLBACK callback, void *context,
                            TP_CALLBACK_ENVIRON *env)
{
    struct tp_object *object;
    NTSTATUS status = object_new(TP_WAIT_KIND, (void *)callback, context, env, &object);

    if (status)
        return status;
    list_init(&object->u.wait.entry);
    *ret_wait = (TP_WAIT *)object;
    return STATUS_SUCCESS;
}

void wait_stop(struct tp_object *wait)
{
    TpSetWait((TP_WAIT *)wait, NULL, NULL);
}

void WINAPI TpSetWait(TP_WAIT *handle, HANDLE object, LARGE_INTEGER *timeout)
{
    struct tp_object *wait = (struct tp_object *)handle;
    struct wait_bucket *old = NULL, *bucket = NULL;

    RtlEnterCriticalSection(&wait_lock);
    if (wait->u.wait.is_set)
        old = wait->u.wait.bucket;
    wait_unlink_locked(wait); /* (2) */
    if (object && (bucket = bucket_with_room())) {
        wait->u.wait.handle = object;
        wait->u.wait.due = due_from_timeout(timeout);
        wait->u.wait.bucket = bucket;
        wait->u.wait.is_set = TRUE;
        bucket->n_waits++;
        list_append(&bucket->waits, &wait->u.wait.entry);
    }
    RtlLeaveCriticalSection(&wait_lock);
    if (object && !bucket)
        log_line("thread pool: no thread could be started to wait");
    if (old && old != bucket)
        NtSetEvent(old->event, NULL);
    if (bucket)
        NtSetEvent(bucket->event, NULL);
}

void WINAPI TpWaitForWait(TP_WAIT *wait, BOOL cancel)
{
    object_wait((struct tp_object *)wait, cancel);
}

void WINAPI TpReleaseWait(TP_WAIT *wait)
{
    wait_stop((struct tp_object *)wait);
    object_release((struct tp_object *)wait);
}
