/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Process parameters: one block of the heap that holds the structure, its strings and the
 * environment. In the denormalised form the strings' buffers are offsets from the structure, so
 * that the block can be moved.
 */
#include "rtl.h"

enum { CURRENT_DIRECTORY_BYTES = 1040 };

static const UNICODE_STRING empty_string = {0, sizeof(WCHAR), (WCHAR *)L""};
static const UNICODE_STRING null_string;

struct param_string {
    const UNICODE_STRING *src;
    size_t offset; /* of the UNICODE_STRING in the structure */
};

static SIZE_T string_room(const UNICODE_STRING *text, size_t offset)
{
    SIZE_T n = text->MaximumLength > text->Length ? text->MaximumLength : text->Length + 2u;

    if (!text->Buffer)
        return 0;
    if (offset == offsetof(RTL_USER_PROCESS_PARAMETERS, CurrentDirectory.DosPath) &&
        n < CURRENT_DIRECTORY_BYTES)
        n = CURRENT_DIRECTORY_BYTES;
    return n > 0xfffe ? 0xfffe : n;
}

static SIZE_T align8(SIZE_T n)
{
    return (n + 7) & ~(SIZE_T)7;
}

static char *copy_string(RTL_USER_PROCESS_PARAMETERS *params, const struct param_string *string,
                         char *place)
{
    UNICODE_STRING *dst = (UNICODE_STRING *)((char *)params + string->offset);
    SIZE_T room = string_room(string->src, string->offset);

    if (!room)
        return place;
    dst->Buffer = (WCHAR *)place;
    dst->Length = string->src->Length;
    dst->MaximumLength = (USHORT)room;
    memcpy(place, string->src->Buffer, string->src->Length);
    return place + align8(room);
}

static SIZE_T environment_size(const WCHAR *env)
{
    const WCHAR *p = env;

    if (!env)
        return 0;
    while (*p)
        p += wide_length(p) + 1;
    return (SIZE_T)(p + 1 - env) * sizeof(WCHAR);
}

static NTSTATUS params_create(RTL_USER_PROCESS_PARAMETERS **ret_params,
                              const struct param_string *strings, size_t n_strings,
                              const WCHAR *env)
{
    SIZE_T n_env = environment_size(env), n = align8(sizeof(**ret_params));

    for (size_t i = 0; i < n_strings; i++)
        n += align8(string_room(strings[i].src, strings[i].offset));
    RTL_USER_PROCESS_PARAMETERS *params =
        RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, n + n_env);
    if (!params)
        return STATUS_NO_MEMORY;
    params->AllocationSize = params->Size = (ULONG)n;
    params->Flags = PROCESS_PARAMS_FLAG_NORMALIZED;
    char *place = (char *)params + align8(sizeof(*params));
    for (size_t i = 0; i < n_strings; i++)
        place = copy_string(params, &strings[i], place);
    if (n_env)
        params->Environment = memcpy(place, env, n_env);
    params->EnvironmentSize = n_env;
    *ret_params = params;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlCreateProcessParametersEx(
    RTL_USER_PROCESS_PARAMETERS **ret_params, const UNICODE_STRING *image,
    const UNICODE_STRING *dll_path, const UNICODE_STRING *directory,
    const UNICODE_STRING *command_line, WCHAR *env, const UNICODE_STRING *title,
    const UNICODE_STRING *desktop, const UNICODE_STRING *shell, const UNICODE_STRING *runtime,
    ULONG flags)
{
    RTL_USER_PROCESS_PARAMETERS *own = peb()->ProcessParameters;

    *ret_params = NULL;
    RtlAcquirePebLock();
#define STRING_AT(src, member)                             \
    {                                                      \
        src, offsetof(RTL_USER_PROCESS_PARAMETERS, member) \
    }
    struct param_string strings[] = {
        STRING_AT(directory ? directory : &own->CurrentDirectory.DosPath, CurrentDirectory.DosPath),
        STRING_AT(dll_path ? dll_path : &own->DllPath, DllPath),
        STRING_AT(image, ImagePathName),
        STRING_AT(command_line ? command_line : image, CommandLine),
        STRING_AT(title ? title : &empty_string, WindowTitle),
        STRING_AT(desktop ? desktop : &empty_string, Desktop),
        STRING_AT(shell ? shell : &empty_string, ShellInfo),
        STRING_AT(runtime ? runtime : &null_string, RuntimeInfo),
    };
#undef STRING_AT
    NTSTATUS status =
        params_create(ret_params, strings, ARRAY_COUNT(strings), env ? env : own->Environment);
    if (!status) {
        (*ret_params)->ConsoleFlags = own->ConsoleFlags;
        (*ret_params)->ProcessGroupId = own->ProcessGroupId;
    }
    RtlReleasePebLock();
    if (!status && !(flags & PROCESS_PARAMS_FLAG_NORMALIZED))
        RtlDeNormalizeProcessParams(*ret_params);
    return status;
}

NTSTATUS WINAPI RtlCreateProcessParameters(
    RTL_USER_PROCESS_PARAMETERS **ret_params, const UNICODE_STRING *image,
    const UNICODE_STRING *dll_path, const UNICODE_STRING *directory,
    const UNICODE_STRING *command_line, WCHAR *env, const UNICODE_STRING *title,
    const UNICODE_STRING *desktop, const UNICODE_STRING *shell, const UNICODE_STRING *runtime)
{
    return RtlCreateProcessParametersEx(ret_params, image, dll_path, directory, command_line, env,
                                        title, desktop, shell, runtime, 0);
}

void WINAPI RtlDestroyProcessParameters(RTL_USER_PROCESS_PARAMETERS *params)
{
    rtl_free(params);
}

static void move_strings(RTL_USER_PROCESS_PARAMETERS *params, LONG_PTR distance)
{
    UNICODE_STRING *strings[] = {&params->CurrentDirectory.DosPath,
                                 &params->DllPath,
                                 &params->ImagePathName,
                                 &params->CommandLine,
                                 &params->WindowTitle,
                                 &params->Desktop,
                                 &params->ShellInfo,
                                 &params->RuntimeInfo};

    for (size_t i = 0; i < ARRAY_COUNT(strings); i++)
        if (strings[i]->Buffer)
            strings[i]->Buffer = (WCHAR *)((char *)strings[i]->Buffer + distance);
}

RTL_USER_PROCESS_PARAMETERS *WINAPI RtlNormalizeProcessParams(RTL_USER_PROCESS_PARAMETERS *params)
{
    if (params && !(params->Flags & PROCESS_PARAMS_FLAG_NORMALIZED)) {
        move_strings(params, (LONG_PTR)params);
        params->Flags |= PROCESS_PARAMS_FLAG_NORMALIZED;
    }
    return params;
}

RTL_USER_PROCESS_PARAMETERS *WINAPI RtlDeNormalizeProcessParams(RTL_USER_PROCESS_PARAMETERS *params)
{
    if (params && params->Flags & PROCESS_PARAMS_FLAG_NORMALIZED) {
        move_strings(params, -(LONG_PTR)params);
        params->Flags &= ~(ULONG)PROCESS_PARAMS_FLAG_NORMALIZED;
    }
    return params;
}
