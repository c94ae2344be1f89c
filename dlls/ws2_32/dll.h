/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* ws2_32 on a machine without a network.
 *
 * A program that imports Winsock starts and can call what needs no socket: WSAStartup, byte orders,
 * addresses as text (text.c), numeric look-ups (addrinfo.c), names of protocols and services
 * (names.c), events. Any call that needs the network says its name and fails with WSAENETDOWN, "the
 * network subsystem has failed", as it would on Windows with the network stack stopped; before
 * WSAStartup with WSANOTINITIALISED. TODO(sockets): Winsock proper. */
#pragma once

#define WINSOCK_API_LINKAGE
#define _WINSOCK_DEPRECATED_NO_WARNINGS
#include <winsock2.h>

#include <ws2tcpip.h>

#include "absent.h"

#define DLL_NAME   "ws2_32"
#define DLL_REASON "there is no network"

DWORD dll_absent_error(void);

/* startup.c: FALSE, with the error set, before WSAStartup. */
BOOL is_started(void);

/* startup.c. An answer lives in the thread's memory until its next one, as on Windows. One block a
 * thread, never freed; NULL, with the error set: no memory. */
struct answers {
    struct protoent protocol;
    struct servent service;
    char *aliases[2];
    char *no_alias;
    char address[INET_ADDRSTRLEN]; /* inet_ntoa's */
};
struct answers *answers_get(void);

/* text.c, for addrinfo.c: an address with or without port, as in the Rtl* calls. */
BOOL address_from_text(const WCHAR *text, int family, SOCKADDR_STORAGE *ret_address);
/* As much of the text as fits, as in WSAAddressToString; the size in units with the NUL. 0 or a
 * Winsock error. */
int address_to_text(const SOCKADDR *address, DWORD size, WCHAR *text, DWORD *n);

/* names.c: the port of a service in host order, -1: unknown. protocol NULL: any. */
int service_port(const char *name, const char *protocol);
