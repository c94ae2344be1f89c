/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Locales as far as ntdll knows them: the file that kernelbase reads, and the preferred languages
 * of user, process and thread. The languages that are set are kept and given back; nothing here is
 * localised.
 */
#include "rtl.h"

enum { LANGUAGES_MAX = 128 };

static struct {
    RTL_SRWLOCK lock;
    WCHAR text[LANGUAGES_MAX]; /* names, each terminated, an empty one at the end */
} process_languages;

NTSTATUS WINAPI RtlGetLocaleFileMappingAddress(void **ret_base, LCID *ret_lcid,
                                               LARGE_INTEGER *ret_size)
{
    static void *mapped;
    static LCID lcid;
    static LARGE_INTEGER size;
    static RTL_SRWLOCK lock;
    NTSTATUS status = STATUS_SUCCESS;

    RtlAcquireSRWLockExclusive(&lock);
    if (!mapped)
        status = NtInitializeNlsFiles(&mapped, &lcid, &size);
    RtlReleaseSRWLockExclusive(&lock);
    if (status)
        return status;
    *ret_base = mapped;
    *ret_lcid = lcid;
    if (ret_size)
        *ret_size = size;
    return STATUS_SUCCESS;
}

/* Copy the list `names`, as names or as four-digit identifiers when there is just the default. */
static NTSTATUS give_languages(const WCHAR *names, DWORD flags, ULONG *ret_count, WCHAR *buffer,
                               ULONG *n_buffer)
{
    ULONG n = 0, count = 0, n_room = *n_buffer;

    while (names[n]) {
        n += (ULONG)wide_length(names + n) + 1;
        count++;
    }
    n++;
    if (flags & MUI_LANGUAGE_ID) {
        if (count > 1 || wide_compare(names, wide_length(names), L"en-US", 5, TRUE)) {
            log_unimplemented_class("RtlGetPreferredUILanguages", flags);
            return STATUS_NOT_SUPPORTED;
        }
        names = L"0409\0";
        n = 6;
    }
    *n_buffer = n;
    *ret_count = count;
    if (!buffer)
        return STATUS_SUCCESS;
    if (n_room < n)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(buffer, names, n * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static NTSTATUS check_get(DWORD flags, const ULONG *count, const WCHAR *buffer,
                          const ULONG *n_buffer)
{
    const DWORD forms = MUI_LANGUAGE_NAME | MUI_LANGUAGE_ID;

    if ((flags & forms) == forms || !count || !n_buffer || (*n_buffer && !buffer))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlGetSystemPreferredUILanguages(DWORD flags, ULONG unknown, ULONG *ret_count,
                                                 WCHAR *buffer, ULONG *n_buffer)
{
    NTSTATUS status = check_get(flags, ret_count, buffer, n_buffer);

    (void)unknown;
    if (flags & ~(DWORD)(MUI_LANGUAGE_NAME | MUI_LANGUAGE_ID | MUI_MACHINE_LANGUAGE_SETTINGS))
        return STATUS_INVALID_PARAMETER;
    return status ? status : give_languages(L"en-US\0", flags, ret_count, buffer, n_buffer);
}

NTSTATUS WINAPI RtlGetUserPreferredUILanguages(DWORD flags, ULONG unknown, ULONG *ret_count,
                                               WCHAR *buffer, ULONG *n_buffer)
{
    NTSTATUS status = check_get(flags, ret_count, buffer, n_buffer);

    (void)unknown;
    if (flags & ~(DWORD)(MUI_LANGUAGE_NAME | MUI_LANGUAGE_ID))
        return STATUS_INVALID_PARAMETER;
    return status ? status : give_languages(L"en-US\0", flags, ret_count, buffer, n_buffer);
}

NTSTATUS WINAPI RtlGetProcessPreferredUILanguages(DWORD flags, ULONG *ret_count, WCHAR *buffer,
                                                  ULONG *n_buffer)
{
    NTSTATUS status = check_get(flags, ret_count, buffer, n_buffer);

    if (status || (flags & ~(DWORD)(MUI_LANGUAGE_NAME | MUI_LANGUAGE_ID)))
        return STATUS_INVALID_PARAMETER;
    RtlAcquireSRWLockShared(&process_languages.lock);
    status = give_languages(process_languages.text, flags, ret_count, buffer, n_buffer);
    RtlReleaseSRWLockShared(&process_languages.lock);
    return status;
}

NTSTATUS WINAPI RtlGetThreadPreferredUILanguages(DWORD flags, ULONG *ret_count, WCHAR *buffer,
                                                 ULONG *n_buffer)
{
    NTSTATUS status = check_get(flags, ret_count, buffer, n_buffer);

    if (status)
        return status;
    RtlAcquireSRWLockShared(&process_languages.lock);
    status = give_languages(process_languages.text[0] ? process_languages.text : L"en-US\0", flags,
                            ret_count, buffer, n_buffer);
    RtlReleaseSRWLockShared(&process_languages.lock);
    return status;
}

NTSTATUS WINAPI RtlSetProcessPreferredUILanguages(DWORD flags, const WCHAR *names, ULONG *ret_count)
{
    ULONG n = 0, count = 0;

    if (flags & ~(DWORD)MUI_LANGUAGE_NAME) {
        log_unimplemented_class("RtlSetProcessPreferredUILanguages", flags);
        return STATUS_INVALID_PARAMETER;
    }
    while (names && names[n] && count < 5) {
        n += (ULONG)wide_length(names + n) + 1;
        count++;
    }
    if (n + 1 > LANGUAGES_MAX)
        return STATUS_INVALID_PARAMETER;
    RtlAcquireSRWLockExclusive(&process_languages.lock);
    if (n)
        memcpy(process_languages.text, names, n * sizeof(WCHAR));
    process_languages.text[n] = 0;
    RtlReleaseSRWLockExclusive(&process_languages.lock);
    if (ret_count)
        *ret_count = count;
    return STATUS_SUCCESS;
}

/* TODO(languages): the thread's own list; clearing (no names) is accepted, since there is none. */
NTSTATUS WINAPI RtlSetThreadPreferredUILanguages(DWORD flags, const WCHAR *names, ULONG *ret_count)
{
    if (names && names[0]) {
        log_unimplemented_class("RtlSetThreadPreferredUILanguages", flags);
        return STATUS_NOT_IMPLEMENTED;
    }
    if (ret_count)
        *ret_count = 0;
    return STATUS_SUCCESS;
}
