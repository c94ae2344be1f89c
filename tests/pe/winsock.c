/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Winsock without a network: what needs none works, the rest fails as on a machine whose network is
 * down (those tests run on Portico only). */
#include <winsock2.h>
#include <ws2tcpip.h>

#include "test.h"

#include <mstcpip.h>

LONG NTAPI RtlIpv4StringToAddressExA(PCSTR text, BOOLEAN is_strict, IN_ADDR *ret_address,
                                     USHORT *ret_port);
LONG NTAPI RtlIpv6StringToAddressW(PCWSTR text, PWSTR *ret_end, IN6_ADDR *ret_address);

static void test_start(void)
{
    WSADATA data;

    is_number((DWORD)WSACleanup(), (DWORD)SOCKET_ERROR, "WSACleanup before WSAStartup");
    is_number((DWORD)WSAGetLastError(), WSANOTINITIALISED, "says the error");
    ok(socket(AF_INET, SOCK_STREAM, 0) == INVALID_SOCKET, "no socket before WSAStartup");
    is_number((DWORD)WSAGetLastError(), WSANOTINITIALISED, "says the error");
    is_number((DWORD)WSAStartup(0, &data), WSAVERNOTSUPPORTED, "version 0.0");
    is_number((DWORD)WSAStartup(MAKEWORD(1, 1), &data), 0, "version 1.1");
    is_number(data.wVersion, MAKEWORD(1, 1), "is what one gets");
    is_number((DWORD)WSAStartup(MAKEWORD(7, 0), &data), 0, "a version to come");
    is_number(data.wVersion, MAKEWORD(2, 2), "is 2.2");
    is_number((DWORD)WSACleanup(), 0, "WSAStartup is counted");
}

static void test_bytes(void)
{
    is_number(htonl(0x01020304), 0x04030201, "htonl");
    is_number(ntohl(0x01020304), 0x04030201, "ntohl");
    is_number(htons(0x0102), 0x0201, "htons");
    is_number(ntohs(0x0102), 0x0201, "ntohs");
}

static const struct {
    const char *text;
    unsigned long address; /* host byte order; 0xffffffff: refused */
    int is_strict_too;
} v4_texts[] = {
    {"127.0.0.1", 0x7f000001, 1}, {"1.2.3.4", 0x01020304, 1},     {"0x7f.1", 0x7f000001, 0},
    {"0177.0.1", 0x7f000001, 0},  {"1.2.65535", 0x0102ffff, 0},   {"256.1.1.1", 0xffffffff, 0},
    {"1.2.3.4.5", 0xffffffff, 0}, {"1..2", 0xffffffff, 0},        {"", 0xffffffff, 0},
    {"1.2.3.256", 0xffffffff, 0}, {"4294967295x", 0xffffffff, 0}, {"1.2.3.4 tail", 0x01020304, 0},
};

static void test_v4(void)
{
    struct in_addr address;
    unsigned i;

    for (i = 0; i < sizeof(v4_texts) / sizeof(*v4_texts); i++) {
        is_number(ntohl(inet_addr(v4_texts[i].text)), v4_texts[i].address, "inet_addr(%s)",
                  v4_texts[i].text);
        is_number((DWORD)inet_pton(AF_INET, v4_texts[i].text, &address),
                  (DWORD)v4_texts[i].is_strict_too, "inet_pton(%s)", v4_texts[i].text);
    }
    address.s_addr = htonl(0xc0a80001);
    ok(!lstrcmpA(inet_ntoa(address), "192.168.0.1"), "inet_ntoa: %s", inet_ntoa(address));
}

static void test_long_text(void)
{
    char text[200];
    struct sockaddr_in address = {0};
    INT size = sizeof(address);
    IN_ADDR rtl;
    USHORT port;

    memset(text, '0', sizeof(text));
    text[1] = 'x';
    memcpy(text + sizeof(text) - 2, "1", 2);
    ok(WSAStringToAddressA(text, AF_INET, NULL, (SOCKADDR *)&address, &size) ||
           address.sin_addr.s_addr == htonl(1),
       "an address is read whole or not at all");
    ok(RtlIpv4StringToAddressExA(text, FALSE, &rtl, &port) || rtl.s_addr == htonl(1),
       "by ntdll too");
}

static const struct {
    const char *text, *canonical; /* NULL: refused */
} v6_texts[] = {
    {"::", "::"},
    {"::1", "::1"},
    {"1::", "1::"},
    {"FE80::0:1", "fe80::1"},
    {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
    {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
    {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    {"::ffff:1.2.3.4", "::ffff:1.2.3.4"},
    {"::1.2.3.4", "::1.2.3.4"},
    {"fe80::5efe:c0a8:1", "fe80::5efe:192.168.0.1"},
    {"1:2:3", NULL},
    {"1::2::3", NULL},
    {"12345::", NULL},
    {"1:2:3:4:5:6:7:8:9", NULL},
    {"::g", NULL},
    {":1", NULL},
    {"", NULL},
};

static void test_v6(void)
{
    struct in6_addr address;
    char text[INET6_ADDRSTRLEN];
    unsigned i;

    for (i = 0; i < sizeof(v6_texts) / sizeof(*v6_texts); i++) {
        const int is_one = inet_pton(AF_INET6, v6_texts[i].text, &address);

        is_number((DWORD)is_one, v6_texts[i].canonical != NULL, "inet_pton(%s)", v6_texts[i].text);
        if (v6_texts[i].canonical)
            ok(is_one == 1 && inet_ntop(AF_INET6, &address, text, sizeof(text)) &&
                   !lstrcmpA(text, v6_texts[i].canonical),
               "is %s: %s", v6_texts[i].canonical, text);
    }
    ok(!inet_ntop(AF_INET6, &address, text, 1), "inet_ntop: no room");
    ok(inet_pton(99, "::", &address) == -1 && WSAGetLastError() == WSAEAFNOSUPPORT, "family 99");
}

static void test_address_strings(void)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(80)};
    struct sockaddr_in6 v6;
    WCHAR given[] = L"[fe80::1%7]:443", wide[64];
    INT size = sizeof(v6);
    DWORD n = sizeof(wide) / sizeof(*wide);
    char text[32];

    v4.sin_addr.s_addr = htonl(0x7f000001);
    is_number((DWORD)WSAStringToAddressW(given, AF_INET6, NULL, (SOCKADDR *)&v6, &size), 0,
              "WSAStringToAddress");
    ok(v6.sin6_scope_id == 7 && v6.sin6_port == htons(443) && v6.sin6_addr.s6_addr[1] == 0x80,
       "address, scope and port");
    is_number((DWORD)WSAAddressToStringW((SOCKADDR *)&v6, sizeof(v6), NULL, wide, &n), 0,
              "WSAAddressToString");
    ok(!lstrcmpW(wide, given) && n == 16, "is the way back: %S", wide);
    n = sizeof(text);
    is_number((DWORD)WSAAddressToStringA((SOCKADDR *)&v4, sizeof(v4), NULL, text, &n), 0,
              "WSAAddressToStringA");
    ok(!lstrcmpA(text, "127.0.0.1:80"), "with the port: %s", text);
    n = 5;
    ok(WSAAddressToStringA((SOCKADDR *)&v4, sizeof(v4), NULL, text, &n) == SOCKET_ERROR &&
           WSAGetLastError() == WSAEFAULT && n == 13,
       "no room: how much is needed");
}

static void test_names(void)
{
    struct protoent *protocol = getprotobyname("TCP");
    struct servent *service = getservbyname("http", NULL);
    char name[256];

    ok(protocol && protocol->p_proto == IPPROTO_TCP, "getprotobyname");
    ok(service && service->s_port == htons(80), "getservbyname");
    service = getservbyport(htons(53), "udp");
    ok(service && !lstrcmpA(service->s_name, "domain") && !lstrcmpA(service->s_proto, "udp"),
       "getservbyport");
    ok(!getservbyname("no-such-service", NULL) && WSAGetLastError() == WSANO_DATA,
       "no such service");
    ok(!gethostname(name, sizeof(name)) && name[0], "gethostname: %s", name);
    ok(gethostname(name, 1) == SOCKET_ERROR && WSAGetLastError() == WSAEFAULT, "and no room");
}

static void test_addrinfo(void)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list;
    struct sockaddr_in *v4;
    char host[64], service[32];

    is_number((DWORD)getaddrinfo("10.1.2.3", "https", &hints, &list), 0, "getaddrinfo of numbers");
    v4 = (struct sockaddr_in *)list->ai_addr;
    ok(list->ai_family == AF_INET && v4->sin_port == htons(443) && !list->ai_next &&
           v4->sin_addr.s_addr == htonl(0x0a010203),
       "is that address");
    is_number((DWORD)getnameinfo(list->ai_addr, (int)list->ai_addrlen, host, sizeof(host), service,
                                 sizeof(service), NI_NUMERICHOST),
              0, "getnameinfo");
    ok(!lstrcmpA(host, "10.1.2.3") && !lstrcmpA(service, "https"), "is the way back: %s %s", host,
       service);
    freeaddrinfo(list);
    hints.ai_family = AF_INET6;
    is_number((DWORD)getaddrinfo(NULL, "8080", &hints, &list), 0, "no node");
    ok(IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)list->ai_addr)->sin6_addr), "is loopback");
    freeaddrinfo(list);
    hints.ai_flags = AI_NUMERICHOST;
    is_number((DWORD)getaddrinfo("example.org", NULL, &hints, &list), (DWORD)WSAHOST_NOT_FOUND,
              "a name is no number");
}

static void test_events(void)
{
    WSAEVENT event = WSACreateEvent();

    ok(event != WSA_INVALID_EVENT, "WSACreateEvent");
    is_number(WSAWaitForMultipleEvents(1, &event, FALSE, 0, FALSE), WSA_WAIT_TIMEOUT, "not set");
    ok(WSASetEvent(event), "WSASetEvent");
    is_number(WSAWaitForMultipleEvents(1, &event, TRUE, WSA_INFINITE, FALSE), WSA_WAIT_EVENT_0,
              "and set");
    ok(WSAResetEvent(event) && WSACloseEvent(event), "WSAResetEvent, WSACloseEvent");
}

#define is_down(call, result)                                                             \
    do {                                                                                  \
        WSASetLastError(0);                                                               \
        ok((call) == (result) && WSAGetLastError() == WSAENETDOWN, "%s: error %u", #call, \
           WSAGetLastError());                                                            \
    } while (0)

static void test_no_network(void)
{
    DWORD(WINAPI * open_helper)
    (HANDLE *) = (void *)GetProcAddress(GetModuleHandleA("ws2_32.dll"), "WahOpenHandleHelper");
    struct addrinfo *list;
    char buffer[16];
    HANDLE helper;

    is_down(socket(AF_INET, SOCK_STREAM, IPPROTO_TCP), INVALID_SOCKET);
    is_down(WSASocketA(AF_INET6, SOCK_DGRAM, 0, NULL, 0, 0), INVALID_SOCKET);
    is_down(connect(1, (SOCKADDR *)buffer, 16), SOCKET_ERROR);
    is_down(recv(1, buffer, 16, 0), SOCKET_ERROR);
    is_down(select(0, NULL, NULL, NULL, NULL), SOCKET_ERROR);
    is_down(gethostbyname("example.org"), NULL);
    is_down(open_helper(&helper), WSAENETDOWN); /* whose success is 0 */
    is_number((DWORD)getaddrinfo("example.org", "80", NULL, &list), (DWORD)WSANO_RECOVERY,
              "getaddrinfo of a name");
}

/* The system has a text for each of Winsock's errors, other than for a number that is none. */
static void test_error_texts(void)
{
    static const DWORD errors[] = {WSAEINTR,          WSAEWOULDBLOCK,    WSAENETDOWN,
                                   WSAECONNRESET,     WSAECONNABORTED,   WSAETIMEDOUT,
                                   WSAECONNREFUSED,   WSAEHOSTUNREACH,   WSAEADDRINUSE,
                                   WSANOTINITIALISED, WSAHOST_NOT_FOUND, WSANO_DATA};
    char text[200];
    DWORD n;

    for (unsigned i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
        n = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                           errors[i], 0, text, sizeof(text), NULL);
        ok(n > 5 && text[n - 1] == '\n' && text[n - 2] == '\r', "error %u has a text",
           (unsigned)errors[i]);
    }
    n = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                       WSAECONNABORTED, MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), text,
                       sizeof(text), NULL);
    ok(n > 5, "in English too");
    n = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 10999, 0, text, sizeof(text), NULL);
    ok(!n && GetLastError() == ERROR_MR_MID_NOT_FOUND, "10999 is no error");
    n = FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE, GetModuleHandleA("ntdll"), WSAECONNABORTED, 0,
                       text, sizeof(text), NULL);
    ok(!n, "another module's messages are its own");
}

static void test_ordinals(void)
{
    const HMODULE dll = GetModuleHandleA("ws2_32.dll");

    ok(GetProcAddress(dll, (LPCSTR)23) == GetProcAddress(dll, "socket"), "socket is ordinal 23");
    ok(GetProcAddress(dll, (LPCSTR)115) == GetProcAddress(dll, "WSAStartup"), "WSAStartup is 115");
    ok(GetProcAddress(dll, (LPCSTR)151) == GetProcAddress(dll, "__WSAFDIsSet"),
       "__WSAFDIsSet is 151");
}

static void test_main(void)
{
    test_start();
    test_bytes();
    test_v4();
    test_long_text();
    test_v6();
    test_address_strings();
    test_names();
    test_addrinfo();
    test_events();
    test_ordinals();
    test_error_texts();
    if (running_on_portico())
        test_no_network();
    is_number((DWORD)WSACleanup(), 0, "the last WSACleanup");
    done_testing();
}
