/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Addresses as text. ntdll does the work (dlls/ntdll/ipv4.c, ipv6.c); here are Winsock's names,
 * errors and buffers. */

#include "dll.h"

#include <mstcpip.h>

/* which lacks this one */
LONG NTAPI RtlIpv6StringToAddressW(PCWSTR text, PWSTR *ret_end, IN6_ADDR *ret_address);

enum { TEXT_MAX = INET6_ADDRSTRLEN + 1 };

char *WINAPI inet_ntoa(struct in_addr address)
{
    struct answers *answers = answers_get();

    if (!answers)
        return NULL;
    RtlIpv4AddressToStringA(&address, answers->address);
    return answers->address;
}

/* The number must end the text, or white space behind it. */
unsigned long WINAPI inet_addr(const char *text)
{
    struct in_addr address;
    char *end;

    if (text && text[0] == ' ' && !text[1]) /* Microsoft's page on inet_addr */
        return 0;
    if (!text || RtlIpv4StringToAddressA(text, FALSE, &end, &address) ||
        (*end && *end != ' ' && (*end < '\t' || *end > '\r')))
        return INADDR_NONE;
    return address.s_addr;
}

INT WINAPI InetPtonW(INT family, PCWSTR text, PVOID ret_address)
{
    union {
        struct in_addr v4;
        struct in6_addr v6;
    } address;
    LONG status;
    PWSTR end;

    if (!text || !ret_address) {
        SetLastError(WSAEFAULT);
        return -1;
    }
    if (family == AF_INET)
        status = RtlIpv4StringToAddressW(text, TRUE, &end, &address.v4);
    else if (family == AF_INET6)
        status = RtlIpv6StringToAddressW(text, &end, &address.v6);
    else {
        SetLastError(WSAEAFNOSUPPORT);
        return -1;
    }
    if (status || *end)
        return 0;
    memcpy(ret_address, &address, family == AF_INET ? sizeof(address.v4) : sizeof(address.v6));
    return 1;
}

/* What does not fit is no address: it becomes the empty text, which fails to parse. */
static void widen(const char *text, WCHAR wide[TEXT_MAX + 16])
{
    int n = 0;

    for (; text[n] && n < TEXT_MAX + 15; n++)
        wide[n] = (unsigned char)text[n];
    wide[text[n] ? 0 : n] = 0;
}

INT WINAPI inet_pton(INT family, PCSTR text, PVOID ret_address)
{
    WCHAR wide[TEXT_MAX + 16];

    if (text)
        widen(text, wide);
    return InetPtonW(family, text ? wide : NULL, ret_address);
}

PCWSTR WINAPI InetNtopW(INT family, const VOID *address, PWSTR text, size_t size)
{
    WCHAR wide[TEXT_MAX];
    WCHAR *end;

    if (family == AF_INET)
        end = RtlIpv4AddressToStringW(address, wide);
    else if (family == AF_INET6)
        end = RtlIpv6AddressToStringW(address, wide);
    else {
        SetLastError(WSAEAFNOSUPPORT);
        return NULL;
    }
    if (!text || size < (size_t)(end - wide) + 1) {
        SetLastError(STATUS_INVALID_PARAMETER); /* so says Microsoft's page on inet_ntop */
        return NULL;
    }
    return memcpy(text, wide, ((size_t)(end - wide) + 1) * sizeof(WCHAR));
}

PCSTR WINAPI inet_ntop(INT family, const VOID *address, PSTR text, size_t size)
{
    WCHAR wide[TEXT_MAX];

    if (!InetNtopW(family, address, wide, size < TEXT_MAX ? size : TEXT_MAX))
        return NULL;
    if (!text) {
        SetLastError(STATUS_INVALID_PARAMETER);
        return NULL;
    }
    for (int i = 0; !i || wide[i - 1]; i++)
        text[i] = (char)wide[i];
    return text;
}

BOOL address_from_text(const WCHAR *text, int family, SOCKADDR_STORAGE *ret_address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)ret_address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret_address;
    ULONG scope = 0;
    USHORT port = 0;

    memset(ret_address, 0, sizeof(*ret_address));
    if (family != AF_INET6 && !RtlIpv4StringToAddressExW(text, FALSE, &v4->sin_addr, &port)) {
        v4->sin_family = AF_INET;
        v4->sin_port = port;
        return TRUE;
    }
    if (family == AF_INET || RtlIpv6StringToAddressExW(text, &v6->sin6_addr, &scope, &port))
        return FALSE;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = port;
    v6->sin6_scope_id = scope;
    return TRUE;
}

int address_to_text(const SOCKADDR *address, DWORD size, WCHAR *text, DWORD *n)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    LONG status;

    if (!address || !text || !n)
        return WSAEFAULT;
    if (size >= sizeof(*v4) && address->sa_family == AF_INET)
        status = RtlIpv4AddressToStringExW(&v4->sin_addr, v4->sin_port, text, n);
    else if (size >= sizeof(*v6) && address->sa_family == AF_INET6)
        status =
            RtlIpv6AddressToStringExW(&v6->sin6_addr, v6->sin6_scope_id, v6->sin6_port, text, n);
    else
        return WSAEINVAL;
    return status ? WSAEFAULT : 0; /* too small */
}

static int finish(int error)
{
    if (!error)
        return 0;
    SetLastError((DWORD)error);
    return SOCKET_ERROR;
}

INT WINAPI WSAAddressToStringW(LPSOCKADDR address, DWORD size, LPWSAPROTOCOL_INFOW protocol,
                               LPWSTR text, LPDWORD n)
{
    (void)protocol;
    return is_started() ? finish(address_to_text(address, size, text, n)) : SOCKET_ERROR;
}

INT WINAPI WSAAddressToStringA(LPSOCKADDR address, DWORD size, LPWSAPROTOCOL_INFOA protocol,
                               LPSTR text, LPDWORD n)
{
    WCHAR wide[TEXT_MAX + 16];
    DWORD units = ARRAYSIZE(wide), given = n ? *n : 0;
    int error;

    (void)protocol;
    if (!is_started())
        return SOCKET_ERROR;
    error = address_to_text(address, size, text && n ? wide : NULL, &units);
    if (!error) {
        *n = units;
        if (given < units)
            error = WSAEFAULT;
    }
    for (DWORD i = 0; !error && i < units; i++)
        text[i] = (char)wide[i];
    return finish(error);
}

INT WINAPI WSAStringToAddressW(LPWSTR text, INT family, LPWSAPROTOCOL_INFOW protocol,
                               LPSOCKADDR ret_address, LPINT size)
{
    const int needed = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    SOCKADDR_STORAGE address;

    (void)protocol;
    if (!is_started())
        return SOCKET_ERROR;
    if (!ret_address || !size)
        return finish(WSAEFAULT);
    if (family != AF_INET && family != AF_INET6)
        return finish(WSAEINVAL);
    if (!text || !address_from_text(text, family, &address))
        return finish(WSAEINVAL);
    if (*size < needed) {
        *size = needed;
        return finish(WSAEFAULT);
    }
    *size = needed;
    memcpy(ret_address, &address, (size_t)needed);
    return 0;
}

INT WINAPI WSAStringToAddressA(LPSTR text, INT family, LPWSAPROTOCOL_INFOA protocol,
                               LPSOCKADDR ret_address, LPINT size)
{
    WCHAR wide[TEXT_MAX + 16];

    (void)protocol;
    if (text)
        widen(text, wide);
    return WSAStringToAddressW(text ? wide : NULL, family, NULL, ret_address, size);
}
