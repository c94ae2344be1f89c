/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Event tracing (Etw*), the provider's side, in a system where no tracing session exists.
 *
 * As on Windows when nobody listens: registration succeeds, no event is enabled, writing an event
 * succeeds and goes nowhere. What would start or control a session is not here. Results are Win32
 * error codes. */

#include "ntdll.h"

#include <winerror.h>

enum { HANDLES_TAG = 0x4554 };

static LONG64 n_registered;

/* Any non-zero number will do for a handle: it is never looked up. */
static ULONG64 handle_new(void)
{
    return ((ULONG64)HANDLES_TAG << 48) | (ULONG64)InterlockedIncrement64(&n_registered);
}

ULONG WINAPI EtwEventRegister(const GUID *provider, void *callback, void *context,
                              ULONG64 *ret_handle)
{
    (void)callback, (void)context;
    if (!provider || !ret_handle)
        return ERROR_INVALID_PARAMETER;
    *ret_handle = handle_new();
    return ERROR_SUCCESS;
}

static ULONG check_handle(ULONG64 handle)
{
    return handle >> 48 == HANDLES_TAG ? ERROR_SUCCESS : ERROR_INVALID_HANDLE;
}

ULONG WINAPI EtwEventUnregister(ULONG64 handle)
{
    return check_handle(handle);
}

BOOLEAN WINAPI EtwEventEnabled(ULONG64 handle, const void *descriptor)
{
    (void)handle, (void)descriptor;
    return FALSE;
}

BOOLEAN WINAPI EtwEventProviderEnabled(ULONG64 handle, UCHAR level, ULONG64 keyword)
{
    (void)handle, (void)level, (void)keyword;
    return FALSE;
}

ULONG WINAPI EtwEventWrite(ULONG64 handle, const void *descriptor, ULONG n_data, const void *data)
{
    (void)descriptor, (void)n_data, (void)data;
    return check_handle(handle);
}

ULONG WINAPI EtwEventWriteString(ULONG64 handle, UCHAR level, ULONG64 keyword, const WCHAR *text)
{
    (void)level, (void)keyword, (void)text;
    return check_handle(handle);
}

ULONG WINAPI EtwEventWriteTransfer(ULONG64 handle, const void *descriptor, const GUID *activity,
                                   const GUID *related, ULONG n_data, const void *data)
{
    (void)descriptor, (void)activity, (void)related, (void)n_data, (void)data;
    return check_handle(handle);
}

ULONG WINAPI EtwEventSetInformation(ULONG64 handle, ULONG class, void *information, ULONG size)
{
    (void)class, (void)information, (void)size;
    return check_handle(handle);
}

static ULONG register_guids(void *callback, const GUID *control, ULONG64 *ret_handle)
{
    if (!callback || !control || !ret_handle)
        return ERROR_INVALID_PARAMETER;
    *ret_handle = handle_new();
    return ERROR_SUCCESS;
}

ULONG WINAPI EtwRegisterTraceGuidsW(void *callback, void *context, const GUID *control,
                                    ULONG n_guids, void *guids, const WCHAR *image,
                                    const WCHAR *resource, ULONG64 *ret_handle)
{
    (void)context, (void)n_guids, (void)guids, (void)image, (void)resource;
    return register_guids(callback, control, ret_handle);
}

ULONG WINAPI EtwRegisterTraceGuidsA(void *callback, void *context, const GUID *control,
                                    ULONG n_guids, void *guids, const char *image,
                                    const char *resource, ULONG64 *ret_handle)
{
    (void)context, (void)n_guids, (void)guids, (void)image, (void)resource;
    return register_guids(callback, control, ret_handle);
}

ULONG WINAPI EtwUnregisterTraceGuids(ULONG64 handle)
{
    return check_handle(handle);
}

/* Of a session that the provider is enabled for: there is none. */
ULONG WINAPI EtwGetTraceEnableFlags(ULONG64 handle)
{
    (void)handle;
    return 0;
}

UCHAR WINAPI EtwGetTraceEnableLevel(ULONG64 handle)
{
    (void)handle;
    return 0;
}
