/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What ipv4.c and ipv6.c share (ip_text.c). Addresses and ports are in network byte order, as in
 * the calls. */
#pragma once

#include <in6addr.h>
#include <inaddr.h>
#include <ip2string.h>
#include <stdbool.h>

/* No address with scope, port and brackets is longer, the NUL included (INET6_ADDRSTRLEN is 65). */
enum { IP_TEXT_MAX = 66 };

/* The value of a digit of any base to 16; 16 for anything else. */
static inline unsigned ip_digit(WCHAR unit)
{
    if (unit >= '0' && unit <= '9')
        return unit - '0';
    unit |= 0x20;
    return unit >= 'a' && unit <= 'f' ? unit - 'a' + 10u : 16;
}

/* A number at *at, which moves behind it; false: none, or above 32 bits. */
bool ip_number_parse(const WCHAR **at, bool is_decimal_only, ULONG *ret_value);
WCHAR *ip_number_print(WCHAR *at, ULONG value, unsigned base);
/* ":port" */
bool ip_port_parse(const WCHAR **at, USHORT *ret_port);
WCHAR *ip_port_print(WCHAR *at, USHORT port);

/* As much as an address may have, false: there is more; what is not ASCII becomes a character that
 * no address has. */
bool ip_text_widen(const char *text, WCHAR ret_wide[IP_TEXT_MAX]);
/* Copies the text and its NUL; returns where that is. */
char *ip_text_narrow(const WCHAR *from, const WCHAR *end, char *to);
/* n units with the NUL into whichever of the two is there, when *size allows; *size is n
 * afterwards. */
NTSTATUS ip_text_deliver(const WCHAR *text, SIZE_T n, WCHAR *ret_wide, char *ret_narrow,
                         ULONG *size);
