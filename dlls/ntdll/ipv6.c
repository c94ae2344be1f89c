/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* IPv6 addresses as text (source: Microsoft's pages on RtlIpv6StringToAddress and its relatives;
 * RFC 4291 2.2).
 *
 * Eight groups of up to four hexadecimal digits; one "::" for any number of zero groups; an IPv4
 * address in place of the last two. Printed as Windows does: the longest run of two or more zero
 * groups is shortened, the last 32 bits are an IPv4 address where the address embeds one
 * (::a.b.c.d, ::ffff:a.b.c.d, ::ffff:0:a.b.c.d, ISATAP). An Ex form may have
 * "%scope", and then brackets with ":port", and must end there. */

#include "ntdll.h"

#include "ip_text.h"

enum { GROUPS = 8 };

struct groups {
    USHORT value[GROUPS]; /* host byte order */
    unsigned n;
    int gap; /* the groups before "::"; -1: there is none */
};

/* Up to four hexadecimal digits. */
static bool group_parse(const WCHAR **at, struct groups *groups)
{
    ULONG value = 0;
    unsigned n;

    for (n = 0; n < 4 && ip_digit(**at) < 16; n++)
        value = value << 4 | ip_digit(*(*at)++);
    if (!n || ip_digit(**at) < 16)
        return false;
    groups->value[groups->n++] = (USHORT)value;
    return true;
}

/* Four decimal numbers where two groups are still free. */
static bool ipv4_tail_parse(const WCHAR **at, struct groups *groups)
{
    const WCHAR *end;
    IN_ADDR address;

    if (groups->n > GROUPS - 2 || RtlIpv4StringToAddressW(*at, TRUE, &end, &address))
        return false;
    groups->value[groups->n++] = RtlUshortByteSwap(address.S_un.S_un_w.s_w1);
    groups->value[groups->n++] = RtlUshortByteSwap(address.S_un.S_un_w.s_w2);
    *at = end;
    return true;
}

/* "::" at *at? It is skipped. */
static bool gap_skip(const WCHAR **at, struct groups *groups)
{
    if (groups->gap >= 0 || (*at)[0] != ':' || (*at)[1] != ':')
        return false;
    groups->gap = (int)groups->n;
    *at += 2;
    return true;
}

static bool groups_parse(const WCHAR **at, struct groups *groups)
{
    bool wants_group = !gap_skip(at, groups);

    while (groups->n < GROUPS) {
        if (!wants_group && ip_digit(**at) == 16)
            break; /* after "::" the address may end */
        if (ipv4_tail_parse(at, groups))
            break;
        if (!group_parse(at, groups))
            return false;
        if (groups->n == GROUPS)
            break;
        wants_group = !gap_skip(at, groups);
        if (wants_group) {
            if (**at != ':' || ip_digit((*at)[1]) == 16)
                break;
            ++*at;
        }
    }
    return groups->gap >= 0 ? groups->n < GROUPS : groups->n == GROUPS;
}

NTSTATUS WINAPI RtlIpv6StringToAddressW(const WCHAR *text, const WCHAR **ret_end,
                                        IN6_ADDR *ret_address)
{
    struct groups groups = {.gap = -1};
    const bool is_one = groups_parse(&text, &groups);
    USHORT words[GROUPS] = {0};
    unsigned i;

    *ret_end = text;
    if (!is_one)
        return STATUS_INVALID_PARAMETER;
    for (i = 0; i < groups.n; i++)
        words[groups.gap >= 0 && i >= (unsigned)groups.gap ? i + GROUPS - groups.n : i] =
            RtlUshortByteSwap(groups.value[i]);
    memcpy(ret_address, words, sizeof(words));
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlIpv6StringToAddressA(const char *text, const char **ret_end,
                                        IN6_ADDR *ret_address)
{
    WCHAR wide[IP_TEXT_MAX];
    const WCHAR *end;
    NTSTATUS status;

    (void)ip_text_widen(text, wide);
    status = RtlIpv6StringToAddressW(wide, &end, ret_address);
    *ret_end = text + (end - wide);
    return status;
}

NTSTATUS WINAPI RtlIpv6StringToAddressExW(const WCHAR *text, IN6_ADDR *ret_address,
                                          ULONG *ret_scope, USHORT *ret_port)
{
    IN6_ADDR address;
    ULONG scope = 0;
    USHORT port = 0;
    bool is_bracketed;

    if (!text || !ret_address || !ret_scope || !ret_port)
        return STATUS_INVALID_PARAMETER;
    is_bracketed = *text == '[';
    text += is_bracketed;
    if (RtlIpv6StringToAddressW(text, &text, &address))
        return STATUS_INVALID_PARAMETER;
    if (*text == '%' && (text++, !ip_number_parse(&text, true, &scope)))
        return STATUS_INVALID_PARAMETER;
    if (is_bracketed && (*text++ != ']' || (*text && !ip_port_parse(&text, &port))))
        return STATUS_INVALID_PARAMETER;
    if (*text)
        return STATUS_INVALID_PARAMETER;
    *ret_address = address;
    *ret_scope = scope;
    *ret_port = port;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlIpv6StringToAddressExA(const char *text, IN6_ADDR *ret_address, ULONG *ret_scope,
                                          USHORT *ret_port)
{
    WCHAR wide[IP_TEXT_MAX];

    if (!text || !ip_text_widen(text, wide))
        return STATUS_INVALID_PARAMETER;
    return RtlIpv6StringToAddressExW(wide, ret_address, ret_scope, ret_port);
}

/* The longest run of two or more zero groups among the first n; *ret_size 0: none. */
static unsigned zeros_find(const USHORT *words, unsigned n, unsigned *ret_size)
{
    unsigned best = 0, best_size = 1, i, size;

    for (i = 0; i < n; i += size ? size : 1) {
        for (size = 0; i + size < n && !words[i + size]; size++)
            ;
        if (size > best_size) {
            best = i;
            best_size = size;
        }
    }
    *ret_size = best_size > 1 ? best_size : 0;
    return best;
}

/* Is the end of the address an IPv4 one, by the prefix before it? */
static bool embeds_ipv4(const USHORT *words)
{
    const USHORT ones = 0xffff, isatap = RtlUshortByteSwap(0x5efe);

    if (words[4] == RtlUshortByteSwap(0x0200) || !words[4])
        if (words[5] == isatap)
            return true;
    if (words[0] || words[1] || words[2] || words[3])
        return false;
    if (!words[4])
        return words[6] && (!words[5] || words[5] == ones);
    return words[4] == ones && !words[5];
}

WCHAR *WINAPI RtlIpv6AddressToStringW(const IN6_ADDR *address, WCHAR *text)
{
    USHORT words[GROUPS];
    unsigned n = GROUPS, zeros, zeros_size, i;

    memcpy(words, address, sizeof(words));
    if (embeds_ipv4(words))
        n = GROUPS - 2;
    zeros = zeros_find(words, n, &zeros_size);
    for (i = 0; i < n; i++) {
        if (zeros_size && i == zeros) {
            *text++ = ':';
            i += zeros_size - 1;
            if (i + 1 == n)
                *text++ = ':';
            continue;
        }
        if (i)
            *text++ = ':';
        text = ip_number_print(text, RtlUshortByteSwap(words[i]), 16);
    }
    if (n < GROUPS) {
        if (!zeros_size || zeros + zeros_size != n)
            *text++ = ':';
        return RtlIpv4AddressToStringW((const IN_ADDR *)((const char *)address + 12), text);
    }
    *text = 0;
    return text;
}

char *WINAPI RtlIpv6AddressToStringA(const IN6_ADDR *address, char *text)
{
    WCHAR wide[IP_TEXT_MAX];

    return ip_text_narrow(wide, RtlIpv6AddressToStringW(address, wide), text);
}

static SIZE_T print_all(const IN6_ADDR *address, ULONG scope, USHORT port, WCHAR *text)
{
    WCHAR *end = text;

    if (port)
        *end++ = '[';
    end = RtlIpv6AddressToStringW(address, end);
    if (scope) {
        *end++ = '%';
        end = ip_number_print(end, scope, 10);
    }
    if (port) {
        *end++ = ']';
        end = ip_port_print(end, port);
    }
    *end = 0;
    return (SIZE_T)(end - text) + 1;
}

NTSTATUS WINAPI RtlIpv6AddressToStringExW(const IN6_ADDR *address, LONG scope, USHORT port,
                                          WCHAR *ret_text, ULONG *size)
{
    WCHAR text[IP_TEXT_MAX];

    if (!address || !size || !ret_text)
        return STATUS_INVALID_PARAMETER;
    return ip_text_deliver(text, print_all(address, (ULONG)scope, port, text), ret_text, NULL,
                           size);
}

NTSTATUS WINAPI RtlIpv6AddressToStringExA(const IN6_ADDR *address, LONG scope, USHORT port,
                                          char *ret_text, ULONG *size)
{
    WCHAR text[IP_TEXT_MAX];

    if (!address || !size || !ret_text)
        return STATUS_INVALID_PARAMETER;
    return ip_text_deliver(text, print_all(address, (ULONG)scope, port, text), NULL, ret_text,
                           size);
}
