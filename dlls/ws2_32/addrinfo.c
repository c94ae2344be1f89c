/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* getaddrinfo and getnameinfo as far as they need no name server: addresses as text, no node
 * (loopback, or any address for a passive socket), "localhost", ports as numbers and names of
 * names.c.
 *
 * Any other name is asked of nobody: WSANO_RECOVERY, which getaddrinfo has for a name server that
 * cannot be reached, and the line that every call without a network prints. The narrow and the wide
 * list differ in their canonical name only: a narrow one is made of a wide one. */

#include "dll.h"

enum { TEXT_MAX = 256 };

static INT name_server_ask(void)
{
    static struct absent_record record = {0, "getaddrinfo of a host name"};

    return (INT)absent_called(&record, WSANO_RECOVERY);
}

struct request {
    ADDRINFOW hints;
    int port; /* network byte order */
};

/* The protocol of a service, by socket type. */
static const struct {
    int type;
    const char *name;
} types[] = {{SOCK_STREAM, "tcp"}, {SOCK_DGRAM, "udp"}};

static int hints_check(const ADDRINFOW *hints)
{
    if (hints->ai_addrlen || hints->ai_addr || hints->ai_canonname || hints->ai_next)
        return WSANO_RECOVERY;
    if (hints->ai_family != AF_UNSPEC && hints->ai_family != AF_INET &&
        hints->ai_family != AF_INET6)
        return WSAEAFNOSUPPORT;
    if (hints->ai_socktype < 0 || hints->ai_socktype > SOCK_SEQPACKET)
        return WSAESOCKTNOSUPPORT;
    return 0;
}

static const char *protocol_name(const ADDRINFOW *hints)
{
    for (unsigned i = 0; i < ARRAYSIZE(types); i++)
        if (types[i].type == hints->ai_socktype)
            return types[i].name;
    return NULL;
}

/* A number or a name; NULL is port 0. */
static int service_parse(const WCHAR *service, struct request *request)
{
    char name[64];
    unsigned value = 0, n = 0;

    for (; service && service[n] >= '0' && service[n] <= '9' && value <= 0xffff; n++)
        value = value * 10 + (service[n] - '0');
    if (service && service[n]) {
        if (request->hints.ai_flags & AI_NUMERICSERV)
            return WSAHOST_NOT_FOUND;
        if (!WideCharToMultiByte(CP_ACP, 0, service, -1, name, sizeof(name), NULL, NULL))
            return WSATYPE_NOT_FOUND;
        value = (unsigned)service_port(name, protocol_name(&request->hints));
    }
    if (value > 0xffff)
        return WSATYPE_NOT_FOUND;
    request->port = htons((u_short)value);
    return 0;
}

static void list_free(ADDRINFOW *list)
{
    while (list) {
        ADDRINFOW *next = list->ai_next;

        if (list->ai_canonname)
            HeapFree(GetProcessHeap(), 0, list->ai_canonname);
        HeapFree(GetProcessHeap(), 0, list);
        list = next;
    }
}

/* One result with its address behind it, at the end of the list. */
static int result_add(ADDRINFOW **list, const SOCKADDR_STORAGE *address, int type, int protocol)
{
    const int family = address->ss_family;
    ADDRINFOW *result =
        HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*result) + sizeof(*address));

    if (!result)
        return WSA_NOT_ENOUGH_MEMORY;
    while (*list)
        list = &(*list)->ai_next;
    result->ai_family = family;
    result->ai_socktype = type;
    result->ai_protocol = protocol;
    result->ai_addrlen =
        family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    result->ai_addr = memcpy(result + 1, address, sizeof(*address));
    *list = result;
    return 0;
}

/* Windows gives one result for each address when the type is open (Microsoft's page on
 * getaddrinfo). */
static int address_add(ADDRINFOW **list, const struct request *request, SOCKADDR_STORAGE *address)
{
    if (request->hints.ai_family && request->hints.ai_family != address->ss_family)
        return 0;
    if (address->ss_family == AF_INET)
        ((struct sockaddr_in *)address)->sin_port = (u_short)request->port;
    else
        ((struct sockaddr_in6 *)address)->sin6_port = (u_short)request->port;
    return result_add(list, address, request->hints.ai_socktype, request->hints.ai_protocol);
}

static int own_addresses_add(ADDRINFOW **list, const struct request *request, BOOL is_any)
{
    static const WCHAR *const texts[2][2] = {{L"::1", L"127.0.0.1"}, {L"::", L"0.0.0.0"}};
    int error = 0;

    for (unsigned i = 0; i < 2 && !error; i++) {
        SOCKADDR_STORAGE address;

        if (address_from_text(texts[is_any][i], i ? AF_INET : AF_INET6, &address))
            error = address_add(list, request, &address);
    }
    return error;
}

static int node_find(const WCHAR *node, const struct request *request, ADDRINFOW **list)
{
    SOCKADDR_STORAGE address;

    if (!node)
        return own_addresses_add(list, request, (request->hints.ai_flags & AI_PASSIVE) != 0);
    if (lstrlenW(node) < TEXT_MAX && address_from_text(node, AF_UNSPEC, &address))
        return address_add(list, request, &address);
    if (request->hints.ai_flags & AI_NUMERICHOST)
        return WSAHOST_NOT_FOUND;
    if (!lstrcmpiW(node, L"localhost"))
        return own_addresses_add(list, request, FALSE);
    return name_server_ask();
}

static int canonical_name_add(const WCHAR *node, const struct request *request, ADDRINFOW *list)
{
    SIZE_T size;

    if (!list || !node || !(request->hints.ai_flags & AI_CANONNAME))
        return 0;
    size = ((SIZE_T)lstrlenW(node) + 1) * sizeof(WCHAR);
    /* getaddrinfo puts its narrow text there: three bytes for a unit, where the code page is UTF-8
     */
    list->ai_canonname = HeapAlloc(GetProcessHeap(), 0, size * 2);
    if (!list->ai_canonname)
        return WSA_NOT_ENOUGH_MEMORY;
    memcpy(list->ai_canonname, node, size);
    return 0;
}

INT WINAPI GetAddrInfoW(PCWSTR node, PCWSTR service, const ADDRINFOW *hints, PADDRINFOW *ret_list)
{
    struct request request = {0};
    ADDRINFOW *list = NULL;
    int error = 0;

    *ret_list = NULL;
    if (!is_started())
        return WSANOTINITIALISED;
    if (hints)
        request.hints = *hints;
    if (!node && !service)
        error = WSAHOST_NOT_FOUND;
    if (!error)
        error = hints_check(&request.hints);
    if (!error)
        error = service_parse(service, &request);
    if (!error)
        error = node_find(node, &request, &list);
    if (!error && !list)
        error = WSAHOST_NOT_FOUND;
    if (!error)
        error = canonical_name_add(node, &request, list);
    SetLastError((DWORD)error);
    if (error)
        list_free(list);
    else
        *ret_list = list;
    return error;
}

void WINAPI FreeAddrInfoW(PADDRINFOW list)
{
    list_free(list);
}

/* The two structures differ in this pointer's type only. */
void WINAPI freeaddrinfo(PADDRINFOA list)
{
    list_free((ADDRINFOW *)list);
}

static BOOL widen(const char *text, WCHAR *wide, int n)
{
    return !text || MultiByteToWideChar(CP_ACP, 0, text, -1, wide, n);
}

INT WINAPI getaddrinfo(PCSTR node, PCSTR service, const ADDRINFOA *hints, PADDRINFOA *ret_list)
{
    WCHAR wide_node[TEXT_MAX], wide_service[64];
    ADDRINFOW *list;
    int error;

    *ret_list = NULL;
    if (!widen(node, wide_node, TEXT_MAX) || !widen(service, wide_service, ARRAYSIZE(wide_service)))
        return WSAHOST_NOT_FOUND;
    error = GetAddrInfoW(node ? wide_node : NULL, service ? wide_service : NULL,
                         (const ADDRINFOW *)hints, &list);
    if (error)
        return error;
    if (list->ai_canonname) /* in place: narrow text from the same node is no longer than the wide
                             */
        memcpy(list->ai_canonname, node, (size_t)lstrlenA(node) + 1);
    *ret_list = (ADDRINFOA *)list;
    return 0;
}

/* Copies when it fits; size 0: not wanted. */
static int text_give(const WCHAR *text, PWCHAR ret_text, DWORD size)
{
    const DWORD n = (DWORD)lstrlenW(text) + 1;

    if (!ret_text || !size)
        return 0;
    if (n > size)
        return ERROR_INSUFFICIENT_BUFFER;
    memcpy(ret_text, text, n * sizeof(WCHAR));
    return 0;
}

static int service_give(int port, PWCHAR ret_text, DWORD size, INT flags)
{
    const struct servent *service =
        flags & NI_NUMERICSERV ? NULL : getservbyport(port, flags & NI_DGRAM ? "udp" : "tcp");
    WCHAR text[64], *at = &text[8];
    unsigned value = ntohs((u_short)port);

    if (service) {
        MultiByteToWideChar(CP_ACP, 0, service->s_name, -1, text, ARRAYSIZE(text));
        return text_give(text, ret_text, size);
    }
    *at = 0;
    do
        *--at = (WCHAR)('0' + value % 10);
    while (value /= 10);
    return text_give(at, ret_text, size);
}

INT WINAPI GetNameInfoW(const SOCKADDR *address, socklen_t address_size, PWCHAR node,
                        DWORD node_size, PWCHAR service, DWORD service_size, INT flags)
{
    SOCKADDR_STORAGE copy = {0};
    WCHAR text[TEXT_MAX];
    DWORD n = TEXT_MAX;
    u_short port;
    int error;

    if (!is_started())
        return WSANOTINITIALISED;
    if (!address || address_size < (int)sizeof(struct sockaddr_in) || (!node && !service))
        return !address ? WSAEFAULT : WSAHOST_NOT_FOUND;
    memcpy(&copy, address,
           (size_t)address_size < sizeof(copy) ? (size_t)address_size : sizeof(copy));
    port = ((struct sockaddr_in *)&copy)->sin_port; /* at the same place in both families */
    ((struct sockaddr_in *)&copy)->sin_port = 0;
    if (address_to_text((SOCKADDR *)&copy, (DWORD)address_size, text, &n))
        return WSAEAFNOSUPPORT;
    if (node && (flags & NI_NAMEREQD))
        return name_server_ask();
    error = text_give(text, node, node_size);
    return error ? error : service_give(port, service, service_size, flags);
}

INT WINAPI getnameinfo(const SOCKADDR *address, socklen_t address_size, PCHAR node, DWORD node_size,
                       PCHAR service, DWORD service_size, INT flags)
{
    WCHAR wide_node[TEXT_MAX] = {0}, wide_service[64] = {0};
    const int error = GetNameInfoW(address, address_size, node ? wide_node : NULL, TEXT_MAX,
                                   service ? wide_service : NULL, ARRAYSIZE(wide_service), flags);

    if (error)
        return error;
    if (node && node_size &&
        !WideCharToMultiByte(CP_ACP, 0, wide_node, -1, node, (int)node_size, NULL, NULL))
        return ERROR_INSUFFICIENT_BUFFER;
    if (service && service_size &&
        !WideCharToMultiByte(CP_ACP, 0, wide_service, -1, service, (int)service_size, NULL, NULL))
        return ERROR_INSUFFICIENT_BUFFER;
    return 0;
}
