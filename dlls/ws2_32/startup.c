/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Start, end and errors of Winsock; each thread's block of answers. WSAStartup counts; the last
 * WSACleanup ends it. */

#include "dll.h"

static LONG n_starts;

BOOL is_started(void)
{
    if (__atomic_load_n(&n_starts, __ATOMIC_RELAXED))
        return TRUE;
    SetLastError(WSANOTINITIALISED);
    return FALSE;
}

DWORD dll_absent_error(void)
{
    return is_started() ? WSAENETDOWN : WSANOTINITIALISED;
}

/* -1 when there is none left. The threads of a process agree on the first one's. */
static DWORD answers_slot(void)
{
    static LONG slot = (LONG)TLS_OUT_OF_INDEXES;
    LONG now = __atomic_load_n(&slot, __ATOMIC_ACQUIRE), fresh;

    if (now != (LONG)TLS_OUT_OF_INDEXES)
        return (DWORD)now;
    fresh = (LONG)TlsAlloc();
    if (__atomic_compare_exchange_n(&slot, &now, fresh, FALSE, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return (DWORD)fresh;
    TlsFree((DWORD)fresh);
    return (DWORD)now;
}

__attribute__((noinline)) struct answers *answers_get(void)
{
    const DWORD slot = answers_slot();
    struct answers *answers = TlsGetValue(slot);

    if (answers)
        return answers;
    answers = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*answers));
    if (answers && TlsSetValue(slot, answers))
        return answers;
    if (answers)
        HeapFree(GetProcessHeap(), 0, answers);
    SetLastError(WSA_NOT_ENOUGH_MEMORY);
    return NULL;
}

/* Versions 1.0, 1.1 and 2.0 to 2.2; a wish for a later one gets 2.2 (Microsoft's page on
 * WSAStartup). */
static WORD version_agreed(WORD wished)
{
    if (LOBYTE(wished) > 2 || (LOBYTE(wished) == 2 && HIBYTE(wished) > 2))
        return MAKEWORD(2, 2);
    if (LOBYTE(wished) == 1 && HIBYTE(wished) > 1)
        return MAKEWORD(1, 1);
    return wished;
}

int WINAPI WSAStartup(WORD wished, LPWSADATA ret_data)
{
    if (!LOBYTE(wished))
        return WSAVERNOTSUPPORTED;
    if (!ret_data)
        return WSAEFAULT;
    memset(ret_data, 0, sizeof(*ret_data));
    ret_data->wVersion = version_agreed(wished);
    ret_data->wHighVersion = MAKEWORD(2, 2);
    lstrcpyA(ret_data->szDescription, "WinSock 2.0");
    lstrcpyA(ret_data->szSystemStatus, "No network");
    __atomic_fetch_add(&n_starts, 1, __ATOMIC_RELAXED);
    return 0;
}

int WINAPI WSACleanup(void)
{
    LONG n = __atomic_load_n(&n_starts, __ATOMIC_RELAXED);

    while (n && !__atomic_compare_exchange_n(&n_starts, &n, n - 1, FALSE, __ATOMIC_RELAXED,
                                             __ATOMIC_RELAXED))
        ;
    if (n)
        return 0;
    SetLastError(WSANOTINITIALISED);
    return SOCKET_ERROR;
}

/* None is installed. */
int WINAPI WSAEnumProtocolsW(INT *wanted, WSAPROTOCOL_INFOW *buffer, DWORD *size)
{
    (void)wanted, (void)buffer;
    if (!is_started())
        return SOCKET_ERROR;
    *size = 0;
    return 0;
}

int WINAPI WSAEnumProtocolsA(INT *wanted, WSAPROTOCOL_INFOA *buffer, DWORD *size)
{
    (void)buffer;
    return WSAEnumProtocolsW(wanted, NULL, size);
}

int WINAPI WSAGetLastError(void)
{
    return (int)GetLastError();
}

void WINAPI WSASetLastError(int error)
{
    SetLastError((DWORD)error);
}

/* No socket can be a member, but a program may keep what it likes in a set. */
int WINAPI __WSAFDIsSet(SOCKET socket, fd_set *set)
{
    for (u_int i = 0; i < set->fd_count; i++)
        if (set->fd_array[i] == socket)
            return 1;
    return 0;
}

u_long WINAPI htonl(u_long value)
{
    return __builtin_bswap32(value);
}

u_long WINAPI ntohl(u_long value)
{
    return __builtin_bswap32(value);
}

u_short WINAPI htons(u_short value)
{
    return __builtin_bswap16(value);
}

u_short WINAPI ntohs(u_short value)
{
    return __builtin_bswap16(value);
}

/* Events are kernel32's, with other results. */
WSAEVENT WINAPI WSACreateEvent(void)
{
    return is_started() ? CreateEventW(NULL, TRUE, FALSE, NULL) : WSA_INVALID_EVENT;
}

BOOL WINAPI WSACloseEvent(WSAEVENT event)
{
    return is_started() && CloseHandle(event);
}

BOOL WINAPI WSASetEvent(WSAEVENT event)
{
    return is_started() && SetEvent(event);
}

BOOL WINAPI WSAResetEvent(WSAEVENT event)
{
    return is_started() && ResetEvent(event);
}

DWORD WINAPI WSAWaitForMultipleEvents(DWORD n, const WSAEVENT *events, BOOL is_all, DWORD timeout,
                                      BOOL is_alertable)
{
    if (!is_started())
        return WSA_WAIT_FAILED;
    return WaitForMultipleObjectsEx(n, events, is_all, timeout, is_alertable);
}
