/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The names that need no network: this machine's, protocols', services'. DIFFERS: Windows reads the
 * files `protocol` and `services` of its own folder; here are the lines of those that programs ask
 * for (numbers assigned by IANA). */

#include "dll.h"

struct protocol {
    const char *name, *alias;
    short number;
};

static const struct protocol protocols[] = {
    {"ip", "IP", 0},
    {"icmp", "ICMP", 1},
    {"ggp", "GGP", 3},
    {"tcp", "TCP", 6},
    {"egp", "EGP", 8},
    {"pup", "PUP", 12},
    {"udp", "UDP", 17},
    {"hmp", "HMP", 20},
    {"xns-idp", "XNS-IDP", 22},
    {"rdp", "RDP", 27},
    {"ipv6", "IPv6", 41},
    {"ipv6-route", "IPv6-Route", 43},
    {"ipv6-frag", "IPv6-Frag", 44},
    {"esp", "ESP", 50},
    {"ah", "AH", 51},
    {"ipv6-icmp", "IPv6-ICMP", 58},
    {"ipv6-nonxt", "IPv6-NoNxt", 59},
    {"ipv6-opts", "IPv6-Opts", 60},
    {"rvd", "RVD", 66},
};

struct service {
    const char *name;
    unsigned short port;
    BOOL is_tcp, is_udp;
};

static const struct service services[] = {
    {"echo", 7, TRUE, TRUE},           {"discard", 9, TRUE, TRUE},   {"daytime", 13, TRUE, TRUE},
    {"ftp-data", 20, TRUE, FALSE},     {"ftp", 21, TRUE, FALSE},     {"ssh", 22, TRUE, FALSE},
    {"telnet", 23, TRUE, FALSE},       {"smtp", 25, TRUE, FALSE},    {"time", 37, TRUE, TRUE},
    {"domain", 53, TRUE, TRUE},        {"bootps", 67, FALSE, TRUE},  {"bootpc", 68, FALSE, TRUE},
    {"tftp", 69, FALSE, TRUE},         {"http", 80, TRUE, FALSE},    {"kerberos", 88, TRUE, TRUE},
    {"pop3", 110, TRUE, FALSE},        {"sunrpc", 111, TRUE, TRUE},  {"nntp", 119, TRUE, FALSE},
    {"ntp", 123, FALSE, TRUE},         {"epmap", 135, TRUE, TRUE},   {"imap", 143, TRUE, FALSE},
    {"snmp", 161, FALSE, TRUE},        {"ldap", 389, TRUE, FALSE},   {"https", 443, TRUE, TRUE},
    {"microsoft-ds", 445, TRUE, TRUE}, {"syslog", 514, FALSE, TRUE}, {"ldaps", 636, TRUE, FALSE},
    {"imaps", 993, TRUE, FALSE},       {"pop3s", 995, TRUE, FALSE},  {"ms-sql-s", 1433, TRUE, TRUE},
};

static struct protoent *protocol_answer(const struct protocol *protocol)
{
    struct answers *answers = answers_get();

    if (!answers)
        return NULL;
    answers->aliases[0] = (char *)protocol->alias;
    answers->protocol.p_name = (char *)protocol->name;
    answers->protocol.p_aliases = answers->aliases;
    answers->protocol.p_proto = protocol->number;
    return &answers->protocol;
}

static void *no_data(void)
{
    SetLastError(WSANO_DATA);
    return NULL;
}

struct protoent *WINAPI getprotobyname(const char *name)
{
    if (!is_started())
        return NULL;
    for (unsigned i = 0; name && i < ARRAYSIZE(protocols); i++)
        if (!lstrcmpiA(protocols[i].name, name))
            return protocol_answer(&protocols[i]);
    return no_data();
}

struct protoent *WINAPI getprotobynumber(int number)
{
    if (!is_started())
        return NULL;
    for (unsigned i = 0; i < ARRAYSIZE(protocols); i++)
        if (protocols[i].number == number)
            return protocol_answer(&protocols[i]);
    return no_data();
}

/* The protocol's name when the service has it (NULL: any); else NULL. */
static const char *service_protocol(const struct service *service, const char *protocol)
{
    if (service->is_tcp && (!protocol || !lstrcmpiA(protocol, "tcp")))
        return "tcp";
    if (service->is_udp && (!protocol || !lstrcmpiA(protocol, "udp")))
        return "udp";
    return NULL;
}

static struct servent *service_answer(const struct service *service, const char *protocol)
{
    struct answers *answers = answers_get();

    if (!answers)
        return NULL;
    answers->service.s_name = (char *)service->name;
    answers->service.s_aliases = &answers->no_alias;
    answers->service.s_port = (short)htons(service->port);
    answers->service.s_proto = (char *)protocol;
    return &answers->service;
}

int service_port(const char *name, const char *protocol)
{
    for (unsigned i = 0; i < ARRAYSIZE(services); i++)
        if (!lstrcmpiA(services[i].name, name) && service_protocol(&services[i], protocol))
            return services[i].port;
    return -1;
}

struct servent *WINAPI getservbyname(const char *name, const char *protocol)
{
    if (!is_started())
        return NULL;
    for (unsigned i = 0; name && i < ARRAYSIZE(services); i++)
        if (!lstrcmpiA(services[i].name, name) && service_protocol(&services[i], protocol))
            return service_answer(&services[i], service_protocol(&services[i], protocol));
    return no_data();
}

struct servent *WINAPI getservbyport(int port, const char *protocol)
{
    if (!is_started())
        return NULL;
    for (unsigned i = 0; i < ARRAYSIZE(services); i++)
        if (services[i].port == ntohs((u_short)port) && service_protocol(&services[i], protocol))
            return service_answer(&services[i], service_protocol(&services[i], protocol));
    return no_data();
}

int WINAPI GetHostNameW(PWSTR name, int size)
{
    DWORD units = size > 0 ? (DWORD)size : 0;

    if (!is_started())
        return SOCKET_ERROR;
    if (name && GetComputerNameExW(ComputerNameDnsHostname, name, &units))
        return 0;
    SetLastError(WSAEFAULT);
    return SOCKET_ERROR;
}

int WINAPI gethostname(char *name, int size)
{
    DWORD bytes = size > 0 ? (DWORD)size : 0;

    if (!is_started())
        return SOCKET_ERROR;
    if (name && GetComputerNameExA(ComputerNameDnsHostname, name, &bytes))
        return 0;
    SetLastError(WSAEFAULT);
    return SOCKET_ERROR;
}
