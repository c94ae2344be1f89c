/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* CreateSymbolicLink in place of Wine's (ldr_replace.c), which makes nothing and says success. */

#include "ntdll.h"

#include "replace.h"

/* What the link is to lead to: an absolute name becomes an NT name, a relative one stays. */
static NTSTATUS target_get(const WCHAR *target, UNICODE_STRING *ret_name, BOOLEAN *ret_is_own)
{
    DOS_PATHNAME_TYPE type = RtlDetermineDosPathNameType_U(target);

    *ret_is_own = type != RELATIVE_PATH;
    if (!*ret_is_own) {
        RtlInitUnicodeString(ret_name, target);
        return ret_name->Length ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    }
    return RtlDosPathNameToNtPathName_U(target, ret_name, NULL, NULL)
               ? STATUS_SUCCESS
               : STATUS_OBJECT_PATH_SYNTAX_BAD;
}

BOOLEAN WINAPI replaced_CreateSymbolicLinkW(const WCHAR *link, const WCHAR *target, DWORD flags)
{
    UNICODE_STRING name, leads_to;
    BOOLEAN is_own = FALSE;
    NTSTATUS status = STATUS_INVALID_PARAMETER;

    /* SYMBOLIC_LINK_FLAG_DIRECTORY, _ALLOW_UNPRIVILEGED_CREATE: a link leads to either here. */
    if (link && target && !(flags & ~3u))
        status = RtlDosPathNameToNtPathName_U(link, &name, NULL, NULL)
                     ? STATUS_SUCCESS
                     : STATUS_OBJECT_PATH_NOT_FOUND;
    if (!status) {
        status = target_get(target, &leads_to, &is_own);
        if (!status)
            status = unix_link_create(&name, &leads_to);
        RtlFreeUnicodeString(&name);
        if (is_own)
            RtlFreeUnicodeString(&leads_to);
    }
    if (status)
        RtlSetLastWin32Error(RtlNtStatusToDosError(status));
    return !status;
}

BOOLEAN WINAPI replaced_CreateSymbolicLinkA(const char *link, const char *target, DWORD flags)
{
    UNICODE_STRING wide_link = {0}, wide_target = {0};
    BOOLEAN is_done = FALSE;

    if (RtlCreateUnicodeStringFromAsciiz(&wide_link, link) &&
        RtlCreateUnicodeStringFromAsciiz(&wide_target, target))
        is_done = replaced_CreateSymbolicLinkW(wide_link.Buffer, wide_target.Buffer, flags);
    else
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    RtlFreeUnicodeString(&wide_link);
    RtlFreeUnicodeString(&wide_target);
    return is_done;
}
