/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Static thread-local storage (the TLS directory of an image).
 *
 * Each module with a TLS directory has an index; TEB.ThreadLocalStoragePointer is a vector of
 * pointers by index, and compiled code reads its block through it. The vector has its full width
 * from the thread's start, so that a module loaded later only fills a slot of every thread and
 * never moves a vector under a running thread. Threads are listed by TEB.TlsLinks. Guard of
 * everything: tls_lock, which is held around no code of the program's: a control event's thread
 * must not wait for the loader lock (ldr_start.c). */

#include "ntdll.h"

#include "ldr.h"

enum { TLS_MODULES_MAX = 256, TLS_ALIGNMENT_SHIFT = 20 };

static RTL_CRITICAL_SECTION tls_lock = {(void *)(LONG_PTR)-1, -1, 0, 0, 0, 0};
static struct module *tls_modules[TLS_MODULES_MAX];
static LIST_ENTRY threads = {&threads, &threads};

static TEB *teb_of(LIST_ENTRY *link)
{
    return CONTAINING_RECORD(link, TEB, TlsLinks);
}

/* Bits 20 to 23 of Characteristics: log2 of the alignment, plus one; 0 is none. */
static SIZE_T block_alignment(const IMAGE_TLS_DIRECTORY *tls)
{
    const ULONG exponent = (tls->Characteristics >> TLS_ALIGNMENT_SHIFT) & 0xf;
    const SIZE_T alignment = exponent ? (SIZE_T)1 << (exponent - 1) : 16;

    return alignment < 16 ? 16 : alignment;
}

/* The block is aligned inside its heap block; the word before it is the heap block's address. */
static void *block_new(const IMAGE_TLS_DIRECTORY *tls)
{
    const SIZE_T data_size = tls->EndAddressOfRawData - tls->StartAddressOfRawData;
    const SIZE_T alignment = block_alignment(tls);
    char *heap_block, *block;

    heap_block = RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY,
                                 data_size + tls->SizeOfZeroFill + alignment + sizeof(void *));
    if (!heap_block)
        return NULL;
    block = (char *)(((ULONG_PTR)heap_block + sizeof(void *) + alignment - 1) & ~(alignment - 1));
    ((void **)block)[-1] = heap_block;
    memcpy(block, (const void *)tls->StartAddressOfRawData, data_size);
    return block;
}

static void block_free(void *block)
{
    if (block)
        RtlFreeHeap(process_heap(), 0, ((void **)block)[-1]);
}

static void **vector_of(TEB *thread)
{
    return thread->ThreadLocalStoragePointer;
}

/* Give every thread its block. On failure nothing remains. */
static NTSTATUS fill_slots(struct module *module, ULONG index)
{
    LIST_ENTRY *link;

    for (link = threads.Flink; link != &threads; link = link->Flink) {
        vector_of(teb_of(link))[index] = block_new(module->tls);
        if (!vector_of(teb_of(link))[index])
            return STATUS_NO_MEMORY;
    }
    return STATUS_SUCCESS;
}

static void empty_slots(ULONG index)
{
    LIST_ENTRY *link;

    for (link = threads.Flink; link != &threads; link = link->Flink) {
        block_free(vector_of(teb_of(link))[index]);
        vector_of(teb_of(link))[index] = NULL;
    }
}

static NTSTATUS add_module_locked(struct module *module)
{
    ULONG index = 0;
    NTSTATUS status;

    while (index < TLS_MODULES_MAX && tls_modules[index])
        index++;
    if (index == TLS_MODULES_MAX)
        return STATUS_NO_MEMORY;
    status = fill_slots(module, index);
    if (status) {
        empty_slots(index);
        return status;
    }
    tls_modules[index] = module;
    module->entry.TlsIndex = (SHORT)index;
    if (module->tls->AddressOfIndex)
        *(ULONG *)module->tls->AddressOfIndex = index;
    return STATUS_SUCCESS;
}

NTSTATUS tls_add_module(struct module *module)
{
    NTSTATUS status;

    if (!module->tls)
        return STATUS_SUCCESS;
    if (!tls_is_whole(module))
        return STATUS_INVALID_IMAGE_FORMAT;
    RtlEnterCriticalSection(&tls_lock);
    status = add_module_locked(module);
    RtlLeaveCriticalSection(&tls_lock);
    return status;
}

void tls_remove_module(struct module *module)
{
    if (module->entry.TlsIndex < 0)
        return;
    RtlEnterCriticalSection(&tls_lock);
    empty_slots((ULONG)module->entry.TlsIndex);
    tls_modules[module->entry.TlsIndex] = NULL;
    module->entry.TlsIndex = -1;
    RtlLeaveCriticalSection(&tls_lock);
}

static NTSTATUS attach_thread_locked(void **vector)
{
    TEB *self = teb();
    ULONG i;

    self->ThreadLocalStoragePointer = vector;
    self->TlsLinks.Flink = &threads;
    self->TlsLinks.Blink = threads.Blink;
    threads.Blink->Flink = &self->TlsLinks;
    threads.Blink = &self->TlsLinks;
    for (i = 0; i < TLS_MODULES_MAX; i++) {
        if (!tls_modules[i])
            continue;
        vector[i] = block_new(tls_modules[i]->tls);
        if (!vector[i])
            return STATUS_NO_MEMORY;
    }
    return STATUS_SUCCESS;
}

NTSTATUS tls_attach_thread(void)
{
    void **vector =
        RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, TLS_MODULES_MAX * sizeof(*vector));
    NTSTATUS status;

    if (!vector)
        return STATUS_NO_MEMORY;
    RtlEnterCriticalSection(&tls_lock);
    status = attach_thread_locked(vector);
    RtlLeaveCriticalSection(&tls_lock);
    return status;
}

void tls_detach_thread(void)
{
    TEB *self = teb();
    void **vector = vector_of(self);
    ULONG i;

    if (!vector)
        return;
    RtlEnterCriticalSection(&tls_lock);
    self->TlsLinks.Flink->Blink = self->TlsLinks.Blink;
    self->TlsLinks.Blink->Flink = self->TlsLinks.Flink;
    self->TlsLinks.Flink = NULL; /* the ELF half may free the TEB */
    self->ThreadLocalStoragePointer = NULL;
    for (i = 0; i < TLS_MODULES_MAX; i++)
        block_free(vector[i]);
    RtlLeaveCriticalSection(&tls_lock);
    RtlFreeHeap(process_heap(), 0, vector);
}
