/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Activation contexts (side-by-side manifests). There are none here: creating one is refused, and
 * every look-up says honestly that nothing is found; of the program's own manifest only the systems
 * that it knows are read (manifest.c). The stack of the empty context works, since code brackets
 * its calls with activate and deactivate.
 */
#include "manifest.h"
#include "rtl.h"

enum { CLASS_BASIC = 1, CLASS_DETAILED = 2, CLASS_COMPATIBILITY = 6, ELEMENT_IS_SYSTEM = 1 };

/* ACTIVATION_CONTEXT_COMPATIBILITY_INFORMATION */
struct compatibility {
    ULONG n;
    struct {
        GUID id;
        ULONG type;
        ULONGLONG max_version_tested;
    } elements[];
};

NTSTATUS WINAPI RtlCreateActivationContext(HANDLE *ret_handle, const void *source)
{
    (void)source;
    *ret_handle = NULL;
    log_unimplemented_class("RtlCreateActivationContext", 0);
    return STATUS_NOT_SUPPORTED;
}

void WINAPI RtlAddRefActivationContext(HANDLE handle)
{
    (void)handle;
}

void WINAPI RtlReleaseActivationContext(HANDLE handle)
{
    (void)handle;
}

NTSTATUS WINAPI RtlZombifyActivationContext(HANDLE handle)
{
    return handle ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlActivateActivationContextEx(ULONG flags, TEB *thread, HANDLE handle,
                                               ULONG_PTR *ret_cookie)
{
    (void)flags;
    if (handle)
        return STATUS_INVALID_PARAMETER;
    RTL_ACTIVATION_CONTEXT_STACK_FRAME *frame = rtl_alloc(sizeof(*frame));
    if (!frame)
        return STATUS_NO_MEMORY;
    frame->Previous = thread->ActivationContextStackPointer->ActiveFrame;
    frame->ActivationContext = NULL;
    frame->Flags = 0;
    thread->ActivationContextStackPointer->ActiveFrame = frame;
    *ret_cookie = (ULONG_PTR)frame;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlActivateActivationContext(DWORD flags, HANDLE handle, ULONG_PTR *ret_cookie)
{
    return RtlActivateActivationContextEx(flags, teb(), handle, ret_cookie);
}

/* Everything above the frame goes too, when the flag allows it. */
void WINAPI RtlDeactivateActivationContext(DWORD flags, ULONG_PTR cookie)
{
    ACTIVATION_CONTEXT_STACK *stack = teb()->ActivationContextStackPointer;
    RTL_ACTIVATION_CONTEXT_STACK_FRAME *frame = stack->ActiveFrame;

    while (frame && (ULONG_PTR)frame != cookie)
        frame = frame->Previous;
    if (!frame)
        RtlRaiseStatus(STATUS_SXS_INVALID_DEACTIVATION);
    if (frame != stack->ActiveFrame && !(flags & 1))
        RtlRaiseStatus(STATUS_SXS_EARLY_DEACTIVATION);
    for (RTL_ACTIVATION_CONTEXT_STACK_FRAME *top = stack->ActiveFrame, *next;; top = next) {
        next = top->Previous;
        stack->ActiveFrame = next;
        BOOL last = top == frame;
        rtl_free(top);
        if (last)
            break;
    }
}

void WINAPI RtlFreeThreadActivationContextStack(void)
{
    ACTIVATION_CONTEXT_STACK *stack = teb()->ActivationContextStackPointer;

    while (stack && stack->ActiveFrame) {
        RTL_ACTIVATION_CONTEXT_STACK_FRAME *top = stack->ActiveFrame;
        stack->ActiveFrame = top->Previous;
        rtl_free(top);
    }
}

NTSTATUS WINAPI RtlGetActiveActivationContext(HANDLE *ret_handle)
{
    *ret_handle = NULL;
    return STATUS_SUCCESS;
}

BOOLEAN WINAPI RtlIsActivationContextActive(HANDLE handle)
{
    (void)handle;
    return FALSE;
}

static NTSTATUS query_compatibility(struct compatibility *buffer, SIZE_T n_buffer, SIZE_T *ret_n)
{
    struct manifest_systems systems;
    SIZE_T n;

    manifest_systems_get(&systems);
    n = sizeof(*buffer) + systems.n * sizeof(buffer->elements[0]);
    if (ret_n)
        *ret_n = n;
    if (!buffer || n_buffer < n)
        return STATUS_BUFFER_TOO_SMALL;
    memset(buffer, 0, n);
    buffer->n = systems.n;
    for (ULONG i = 0; i < systems.n; i++) {
        buffer->elements[i].id = systems.ids[i];
        buffer->elements[i].type = ELEMENT_IS_SYSTEM;
    }
    return STATUS_SUCCESS;
}

/* The empty context: no handle, no flags, no assemblies. */
NTSTATUS WINAPI RtlQueryInformationActivationContext(ULONG flags, HANDLE handle, void *instance,
                                                     ULONG class, void *buffer, SIZE_T n_buffer,
                                                     SIZE_T *ret_n)
{
    SIZE_T n = class == CLASS_BASIC      ? sizeof(ACTIVATION_CONTEXT_BASIC_INFORMATION)
               : class == CLASS_DETAILED ? sizeof(ACTIVATION_CONTEXT_DETAILED_INFORMATION)
                                         : 0;

    (void)flags;
    (void)instance;
    if (handle)
        return STATUS_INVALID_PARAMETER;
    if (class == CLASS_COMPATIBILITY)
        return query_compatibility(buffer, n_buffer, ret_n);
    if (!n)
        return STATUS_SXS_SECTION_NOT_FOUND;
    if (ret_n)
        *ret_n = n;
    if (!buffer || n_buffer < n)
        return STATUS_BUFFER_TOO_SMALL;
    memset(buffer, 0, n);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlFindActivationContextSectionString(ULONG flags, const GUID *guid, ULONG section,
                                                      const UNICODE_STRING *name, void *ret_data)
{
    (void)flags;
    (void)guid;
    (void)section;
    (void)ret_data;
    return name && name->Buffer ? STATUS_SXS_KEY_NOT_FOUND : STATUS_INVALID_PARAMETER;
}

NTSTATUS WINAPI RtlFindActivationContextSectionGuid(ULONG flags, const GUID *extension,
                                                    ULONG section, const GUID *guid, void *ret_data)
{
    (void)flags;
    (void)extension;
    (void)section;
    (void)ret_data;
    return guid ? STATUS_SXS_KEY_NOT_FOUND : STATUS_INVALID_PARAMETER;
}

NTSTATUS WINAPI RtlQueryActivationContextApplicationSettings(DWORD flags, HANDLE handle,
                                                             const WCHAR *namespace_name,
                                                             const WCHAR *name, WCHAR *buffer,
                                                             SIZE_T n_buffer, SIZE_T *ret_n)
{
    (void)handle;
    (void)namespace_name;
    (void)buffer;
    (void)n_buffer;
    if (flags || !name)
        return STATUS_INVALID_PARAMETER;
    if (ret_n)
        *ret_n = 0;
    return STATUS_SXS_KEY_NOT_FOUND;
}
