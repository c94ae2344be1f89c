/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The environment: one block of `NAME=value` strings, each terminated, an empty one at the end.
 * Names compare without case; a name may begin with `=` (the per-drive directories, `=C:`). NULL
 * stands for the process's own block, which lives in the process parameters and may be replaced by
 * any change (the PEB lock guards it).
 */
#include "rtl.h"

static RTL_USER_PROCESS_PARAMETERS *params(void)
{
    return peb()->ProcessParameters;
}

/* Size in bytes, with both terminators. */
static SIZE_T block_size(const WCHAR *block)
{
    const WCHAR *p = block;

    if (!*p)
        return 2 * sizeof(WCHAR);
    while (*p)
        p += wide_length(p) + 1;
    return (SIZE_T)(p + 1 - block) * sizeof(WCHAR);
}

/* The length of the name in an entry: up to the first `=` behind its first character. */
static size_t name_length(const WCHAR *entry)
{
    size_t n = 1;

    while (entry[0] && entry[n] && entry[n] != '=')
        n++;
    return entry[0] && entry[n] == '=' ? n : 0;
}

static WCHAR *entry_find(const WCHAR *block, const WCHAR *name, size_t n_name)
{
    if (block && n_name)
        for (const WCHAR *p = block; *p; p += wide_length(p) + 1)
            if (name_length(p) == n_name && !wide_compare(p, n_name, name, n_name, TRUE))
                return (WCHAR *)p;
    return NULL;
}

/* Lengths in characters. The value is terminated when there is room for that too. */
NTSTATUS WINAPI RtlQueryEnvironmentVariable(WCHAR *env, const WCHAR *name, SIZE_T n_name,
                                            WCHAR *value, SIZE_T n_max, SIZE_T *ret_n)
{
    NTSTATUS status = STATUS_VARIABLE_NOT_FOUND;

    *ret_n = 0;
    if (!env)
        RtlAcquirePebLock();
    const WCHAR *entry = entry_find(env ? env : params()->Environment, name, n_name);
    if (entry) {
        const WCHAR *text = entry + n_name + 1;
        size_t n = wide_length(text);

        status = n <= n_max && value ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
        if (!status)
            memcpy(value, text, n * sizeof(WCHAR));
        if (!status && n < n_max)
            value[n] = 0;
        *ret_n = status ? n + 1 : n;
    }
    if (!env)
        RtlReleasePebLock();
    return status;
}

NTSTATUS WINAPI RtlQueryEnvironmentVariable_U(WCHAR *env, UNICODE_STRING *name,
                                              UNICODE_STRING *value)
{
    SIZE_T n;
    NTSTATUS status =
        RtlQueryEnvironmentVariable(env, name->Buffer, name->Length / sizeof(WCHAR), value->Buffer,
                                    value->MaximumLength / sizeof(WCHAR), &n);

    /* The counted form leaves the terminator out of the size it asks for. */
    if (status == STATUS_BUFFER_TOO_SMALL)
        n--;
    if (!status || status == STATUS_BUFFER_TOO_SMALL)
        value->Length = (USHORT)(n * sizeof(WCHAR) > 0xfffe ? 0xfffe : n * sizeof(WCHAR));
    else
        value->Length = 0;
    return status;
}

NTSTATUS WINAPI RtlCreateEnvironment(BOOLEAN inherit, WCHAR **ret_env)
{
    SIZE_T size = 2 * sizeof(WCHAR);

    *ret_env = NULL;
    if (inherit)
        RtlAcquirePebLock();
    if (inherit)
        size = block_size(params()->Environment);
    if ((*ret_env = RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, size)) && inherit)
        memcpy(*ret_env, params()->Environment, size);
    if (inherit)
        RtlReleasePebLock();
    return *ret_env ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

NTSTATUS WINAPI RtlDestroyEnvironment(WCHAR *env)
{
    return RtlFreeHeap(process_heap(), 0, env) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static void set_process_block(WCHAR *env)
{
    params()->Environment = env;
    params()->EnvironmentSize = block_size(env);
    params()->EnvironmentVersion++;
}

void WINAPI RtlSetCurrentEnvironment(WCHAR *env, WCHAR **ret_old)
{
    RtlAcquirePebLock();
    WCHAR *old = params()->Environment;
    set_process_block(env);
    RtlReleasePebLock();
    if (ret_old)
        *ret_old = old;
    else if (RtlValidateHeap(process_heap(), 0, old))
        RtlDestroyEnvironment(old);
}

/* A copy of the block with the variable set, or without it; sorted by name, without case. */
static WCHAR *block_with(const WCHAR *block, const UNICODE_STRING *name,
                         const UNICODE_STRING *value)
{
    size_t n_name = name->Length / sizeof(WCHAR),
           n_value = value ? value->Length / sizeof(WCHAR) : 0;
    const WCHAR *old = entry_find(block, name->Buffer, n_name);
    WCHAR *copy = rtl_alloc(block_size(block) + (n_name + n_value + 3) * sizeof(WCHAR)),
          *out = copy;
    BOOL pending = value != NULL;

    if (!copy)
        return NULL;
    for (const WCHAR *p = block;; p += wide_length(p) + 1) {
        if (pending && (!*p || wide_compare(p, name_length(p), name->Buffer, n_name, TRUE) >= 0)) {
            memcpy(out, name->Buffer, name->Length);
            out[n_name] = '=';
            memcpy(out + n_name + 1, value->Buffer, value->Length);
            out += n_name + 1 + n_value;
            *out++ = 0;
            pending = FALSE;
        }
        if (!*p)
            break;
        if (p == old)
            continue;
        size_t n = wide_length(p) + 1;
        memcpy(out, p, n * sizeof(WCHAR));
        out += n;
    }
    if (out == copy)
        *out++ = 0;
    *out = 0;
    return copy;
}

static BOOL is_valid_name(const UNICODE_STRING *name)
{
    size_t n = name->Length / sizeof(WCHAR);

    for (size_t i = 1; i < n; i++)
        if (name->Buffer[i] == '=')
            return FALSE;
    return n != 0;
}

static NTSTATUS set_in(WCHAR **env, const UNICODE_STRING *name, const UNICODE_STRING *value)
{
    const WCHAR *block = env ? *env : params()->Environment;

    if (!value && !entry_find(block, name->Buffer, name->Length / sizeof(WCHAR)))
        return STATUS_VARIABLE_NOT_FOUND;
    WCHAR *copy = block_with(block, name, value);
    if (!copy)
        return STATUS_NO_MEMORY;
    WCHAR *old = (WCHAR *)block;
    if (env)
        *env = copy;
    else
        set_process_block(copy);
    /* The first block of a process may come from the loader, not from the heap. */
    if (RtlValidateHeap(process_heap(), 0, old))
        RtlDestroyEnvironment(old);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlSetEnvironmentVariable(WCHAR **env, UNICODE_STRING *name, UNICODE_STRING *value)
{
    if (!name || !name->Buffer || !is_valid_name(name))
        return STATUS_INVALID_PARAMETER;
    if (!env)
        RtlAcquirePebLock();
    NTSTATUS status = set_in(env, name, value);
    if (!env)
        RtlReleasePebLock();
    /* Deleting what is not there succeeds in the caller's eyes. */
    return status == STATUS_VARIABLE_NOT_FOUND && !value ? STATUS_SUCCESS : status;
}

NTSTATUS WINAPI RtlSetEnvironmentVar(WCHAR **env, WCHAR *name, SIZE_T n_name, WCHAR *value,
                                     SIZE_T n_value)
{
    UNICODE_STRING name_text = {(USHORT)(n_name * 2), (USHORT)(n_name * 2), name};
    UNICODE_STRING value_text = {(USHORT)(n_value * 2), (USHORT)(n_value * 2), value};

    if (n_name > 0x7ffe || n_value > 0x7ffe)
        return STATUS_INVALID_PARAMETER;
    return RtlSetEnvironmentVariable(env, &name_text, value ? &value_text : NULL);
}

/* Replace %NAME% by its value; a name that is not set stays as it is. Lengths in characters; the
 * result counts a terminator, which is not written when the text ends in the last place.
 */
NTSTATUS WINAPI RtlExpandEnvironmentStrings(const WCHAR *env, WCHAR *src, SIZE_T n_src, WCHAR *dst,
                                            SIZE_T n_dst, SIZE_T *ret_n)
{
    SIZE_T n = 0;

    if (!env)
        RtlAcquirePebLock();
    for (SIZE_T i = 0; i < n_src && src[i];) {
        const WCHAR *text = src + i, *entry;
        SIZE_T end = i + 1, n_text = 1;

        while (end < n_src && src[end] && src[end] != '%')
            end++;
        BOOL closed = src[i] == '%' && end < n_src && src[end] == '%';
        entry =
            closed ? entry_find(env ? env : params()->Environment, src + i + 1, end - i - 1) : NULL;
        if (entry) {
            text = entry + (end - i - 1) + 1;
            n_text = wide_length(text);
            i = end + 1;
        } else {
            if (src[i] == '%') /* up to the closing sign, which may open the next name */
                n_text = end - i;
            i += n_text;
        }
        for (SIZE_T k = 0; k < n_text; k++, n++)
            if (n < n_dst)
                dst[n] = text[k];
    }
    if (!env)
        RtlReleasePebLock();
    if (n < n_dst)
        dst[n] = 0;
    if (ret_n)
        *ret_n = n + 1;
    return n < n_dst ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}

NTSTATUS WINAPI RtlExpandEnvironmentStrings_U(const WCHAR *env, const UNICODE_STRING *src,
                                              UNICODE_STRING *dst, ULONG *ret_bytes)
{
    SIZE_T n;
    NTSTATUS status =
        RtlExpandEnvironmentStrings(env, src->Buffer, src->Length / sizeof(WCHAR), dst->Buffer,
                                    dst->MaximumLength / sizeof(WCHAR), &n);

    if (n * sizeof(WCHAR) > 0xffff)
        return STATUS_BUFFER_TOO_SMALL;
    if (!status)
        dst->Length = (USHORT)((n - 1) * sizeof(WCHAR));
    if (ret_bytes)
        *ret_bytes = (ULONG)(n * sizeof(WCHAR));
    return status;
}
