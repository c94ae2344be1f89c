/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* IPv4 addresses as text (source: Microsoft's pages on RtlIpv4StringToAddress and its relatives).
 *
 * "a.b.c.d", "a.b.c", "a.b" or "a", each number decimal, octal (0...) or hexadecimal (0x...); the
 * last one fills the rest of the address. Strict: four decimal numbers. An Ex form may end in
 * ":port" and must end there; the others say where they stopped. The narrow forms convert and use
 * the wide ones (ip_text.h). */

#include "ntdll.h"

#include "ip_text.h"

bool ip_number_parse(const WCHAR **at, bool is_decimal_only, ULONG *ret_value)
{
    const WCHAR *text = *at, *digits;
    unsigned base = 10;
    ULONG64 value = 0;

    if (!is_decimal_only && text[0] == '0' && (text[1] | 0x20) == 'x') {
        base = 16;
        text += 2;
    } else if (!is_decimal_only && text[0] == '0') {
        base = 8;
    }
    for (digits = text; ip_digit(*text) < base; text++) {
        value = value * base + ip_digit(*text);
        if (value > 0xffffffff)
            return false;
    }
    *at = text;
    *ret_value = (ULONG)value;
    return text > digits;
}

/* The parts, as the sum that the address is; false: not an address. */
static bool parts_parse(const WCHAR **at, bool is_strict, ULONG *ret_address)
{
    ULONG parts[4], address = 0;
    unsigned n = 0, i;

    do {
        if (n)
            ++*at; /* the dot */
        if (!ip_number_parse(at, is_strict, &parts[n++]))
            return false;
    } while (n < 4 && **at == '.');
    if (is_strict && n < 4)
        return false;
    for (i = 0; i + 1 < n; i++) {
        if (parts[i] > 0xff)
            return false;
        address |= parts[i] << (24 - 8 * i);
    }
    if (n > 1 && parts[n - 1] >> (8 * (5 - n)))
        return false;
    *ret_address = address | parts[n - 1];
    return true;
}

NTSTATUS WINAPI RtlIpv4StringToAddressW(const WCHAR *text, BOOLEAN is_strict, const WCHAR **ret_end,
                                        IN_ADDR *ret_address)
{
    ULONG address;
    const bool is_one = parts_parse(&text, is_strict, &address);

    *ret_end = text;
    if (!is_one)
        return STATUS_INVALID_PARAMETER;
    ret_address->S_un.S_addr = RtlUlongByteSwap(address);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlIpv4StringToAddressA(const char *text, BOOLEAN is_strict, const char **ret_end,
                                        IN_ADDR *ret_address)
{
    WCHAR wide[IP_TEXT_MAX];
    const WCHAR *end;
    NTSTATUS status;

    (void)ip_text_widen(text, wide);
    status = RtlIpv4StringToAddressW(wide, is_strict, &end, ret_address);
    *ret_end = text + (end - wide);
    return status;
}

NTSTATUS WINAPI RtlIpv4StringToAddressExW(const WCHAR *text, BOOLEAN is_strict,
                                          IN_ADDR *ret_address, USHORT *ret_port)
{
    IN_ADDR address;
    USHORT port = 0;

    if (!text || !ret_address || !ret_port)
        return STATUS_INVALID_PARAMETER;
    if (RtlIpv4StringToAddressW(text, is_strict, &text, &address) ||
        (*text && !ip_port_parse(&text, &port)) || *text)
        return STATUS_INVALID_PARAMETER;
    *ret_address = address;
    *ret_port = port;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlIpv4StringToAddressExA(const char *text, BOOLEAN is_strict, IN_ADDR *ret_address,
                                          USHORT *ret_port)
{
    WCHAR wide[IP_TEXT_MAX];

    if (!text || !ip_text_widen(text, wide))
        return STATUS_INVALID_PARAMETER;
    return RtlIpv4StringToAddressExW(wide, is_strict, ret_address, ret_port);
}

WCHAR *WINAPI RtlIpv4AddressToStringW(const IN_ADDR *address, WCHAR *text)
{
    const unsigned char *bytes = (const unsigned char *)address;

    for (unsigned i = 0; i < 4; i++) {
        if (i)
            *text++ = '.';
        text = ip_number_print(text, bytes[i], 10);
    }
    *text = 0;
    return text;
}

char *WINAPI RtlIpv4AddressToStringA(const IN_ADDR *address, char *text)
{
    WCHAR wide[IP_TEXT_MAX];

    return ip_text_narrow(wide, RtlIpv4AddressToStringW(address, wide), text);
}

static SIZE_T print_with_port(const IN_ADDR *address, USHORT port, WCHAR *text)
{
    WCHAR *end = RtlIpv4AddressToStringW(address, text);

    if (port)
        end = ip_port_print(end, port);
    return (SIZE_T)(end - text) + 1;
}

NTSTATUS WINAPI RtlIpv4AddressToStringExW(const IN_ADDR *address, USHORT port, WCHAR *ret_text,
                                          ULONG *size)
{
    WCHAR text[IP_TEXT_MAX];

    if (!address || !size || !ret_text)
        return STATUS_INVALID_PARAMETER;
    return ip_text_deliver(text, print_with_port(address, port, text), ret_text, NULL, size);
}

NTSTATUS WINAPI RtlIpv4AddressToStringExA(const IN_ADDR *address, USHORT port, char *ret_text,
                                          ULONG *size)
{
    WCHAR text[IP_TEXT_MAX];

    if (!address || !size || !ret_text)
        return STATUS_INVALID_PARAMETER;
    return ip_text_deliver(text, print_with_port(address, port, text), NULL, ret_text, size);
}
