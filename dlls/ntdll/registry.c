/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The Rtl names around the registry: the current user's key, and values by path. The registry
 * itself is the ELF half's; as long as it is empty, what is looked for is not found.
 */
#include "rtl.h"

/* \Registry\User\<SID of the process's user>; the text is the caller's to free. */
NTSTATUS WINAPI RtlFormatCurrentUserKeyPath(UNICODE_STRING *ret_path)
{
    static const WCHAR prefix[] = L"\\Registry\\User\\";
    struct {
        TOKEN_USER user;
        BYTE sid[80];
    } info;
    HANDLE token;
    ULONG n;
    UNICODE_STRING sid;

    NTSTATUS status = NtOpenThreadToken(NtCurrentThread(), TOKEN_READ, TRUE, &token);
    if (status)
        status = NtOpenProcessToken(NtCurrentProcess(), TOKEN_READ, &token);
    if (status)
        return status;
    status = NtQueryInformationToken(token, TokenUser, &info, sizeof(info), &n);
    NtClose(token);
    if (status || (status = RtlConvertSidToUnicodeString(&sid, info.user.User.Sid, TRUE)))
        return status;
    ret_path->Length = 0;
    ret_path->MaximumLength = (USHORT)(sizeof(prefix) + sid.Length);
    ret_path->Buffer = rtl_alloc(ret_path->MaximumLength);
    if (ret_path->Buffer) {
        RtlAppendUnicodeToString(ret_path, prefix);
        RtlAppendUnicodeStringToString(ret_path, &sid);
    }
    RtlFreeUnicodeString(&sid);
    return ret_path->Buffer ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

NTSTATUS WINAPI RtlOpenCurrentUser(ACCESS_MASK access, HANDLE *ret_key)
{
    OBJECT_ATTRIBUTES attr;
    UNICODE_STRING path;

    *ret_key = NULL;
    NTSTATUS status = RtlFormatCurrentUserKeyPath(&path);
    if (status)
        return status;
    InitializeObjectAttributes(&attr, &path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = NtCreateKey(ret_key, access, &attr, 0, NULL, 0, NULL);
    RtlFreeUnicodeString(&path);
    return status;
}

/* Where a relative path starts. */
static const WCHAR *const roots[] = {
    NULL, /* absolute */
    L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\",
    L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\",
    L"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion\\",
    L"\\Registry\\Machine\\Hardware\\DeviceMap\\",
};

static NTSTATUS open_relative(ULONG relative, const WCHAR *path, ACCESS_MASK access,
                              HANDLE *ret_key)
{
    WCHAR text[512];
    UNICODE_STRING name = {0, sizeof(text), text};
    OBJECT_ATTRIBUTES attr;
    NTSTATUS status = STATUS_SUCCESS;

    if ((relative & 0xff) >= ARRAY_COUNT(roots))
        return STATUS_INVALID_PARAMETER;
    if (roots[relative & 0xff])
        status = RtlAppendUnicodeToString(&name, roots[relative & 0xff]);
    if (!status)
        status = RtlAppendUnicodeToString(&name, path);
    if (status)
        return status;
    InitializeObjectAttributes(&attr, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    return NtOpenKey(ret_key, access, &attr);
}

NTSTATUS WINAPI RtlCheckRegistryKey(ULONG relative, WCHAR *path)
{
    HANDLE key;
    NTSTATUS status = open_relative(relative, path, KEY_READ, &key);

    if (!status)
        NtClose(key);
    return status;
}

NTSTATUS WINAPI RtlDeleteRegistryValue(ULONG relative, const WCHAR *path, const WCHAR *value)
{
    HANDLE key;
    UNICODE_STRING name;
    NTSTATUS status = open_relative(relative, path, KEY_WRITE, &key);

    if (status)
        return status;
    RtlInitUnicodeString(&name, value);
    status = NtDeleteValueKey(key, &name);
    NtClose(key);
    return status;
}

NTSTATUS WINAPI RtlWriteRegistryValue(ULONG relative, const WCHAR *path, const WCHAR *value,
                                      ULONG type, void *data, ULONG n_bytes)
{
    HANDLE key;
    UNICODE_STRING name;
    NTSTATUS status = open_relative(relative, path, KEY_WRITE, &key);

    if (status)
        return status;
    RtlInitUnicodeString(&name, value);
    status = NtSetValueKey(key, &name, 0, type, data, n_bytes);
    NtClose(key);
    return status;
}
