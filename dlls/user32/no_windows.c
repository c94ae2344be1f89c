/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Calls whose true answer, where no window and no message can exist, is "none": they say nothing.
 * Whoever tries to make or to send one is told by its ABSENT function. */

#include "absent.h"

enum { IMM_MAGIC = 0x19650412 }; /* what Wine's imm32 passes */

static BOOL no_window(void)
{
    SetLastError(ERROR_INVALID_WINDOW_HANDLE);
    return FALSE;
}

/* Of the system and of what is plugged into it; a size wants a display. */
int WINAPI GetSystemMetrics(int index)
{
    static struct {
        unsigned char has_said_it;
        char name[sizeof("GetSystemMetrics")];
    } record = {0, "GetSystemMetrics"};

    switch (index) {
    case SM_CLEANBOOT: /* a normal one */
    case SM_CMONITORS:
    case SM_CMOUSEBUTTONS:
    case SM_DBCSENABLED:
    case SM_DEBUG:
    case SM_MEDIACENTER:
    case SM_MOUSEPRESENT:
    case SM_NETWORK:
    case SM_REMOTESESSION:
    case SM_SERVERR2:
    case SM_SHUTTINGDOWN:
    case SM_SLOWMACHINE:
    case SM_STARTER:
    case SM_TABLETPC:
        return 0;
    default:
        return (int)absent_called((struct absent_record *)&record, 0);
    }
}

BOOL WINAPI IsWindow(HWND window)
{
    (void)window;
    return no_window();
}

DWORD WINAPI GetWindowThreadProcessId(HWND window, LPDWORD ret_process)
{
    (void)window, (void)ret_process;
    return (DWORD)no_window();
}

HWND WINAPI GetActiveWindow(void)
{
    return NULL;
}

HWND WINAPI GetForegroundWindow(void)
{
    return NULL;
}

HWND WINAPI GetFocus(void)
{
    return NULL;
}

HWND WINAPI GetCapture(void)
{
    return NULL;
}

BOOL WINAPI PeekMessageA(LPMSG ret_message, HWND window, UINT first, UINT last, UINT flags)
{
    (void)ret_message, (void)window, (void)first, (void)last, (void)flags;
    return FALSE;
}

BOOL WINAPI PeekMessageW(LPMSG ret_message, HWND window, UINT first, UINT last, UINT flags)
{
    return PeekMessageA(ret_message, window, first, last, flags);
}

DWORD WINAPI GetQueueStatus(UINT flags)
{
    (void)flags;
    return 0;
}

BOOL WINAPI GetInputState(void)
{
    return FALSE;
}

/* No input ever comes: a wait for the objects alone. With none of them, a wait for the time. */
DWORD WINAPI MsgWaitForMultipleObjectsEx(DWORD n, const HANDLE *handles, DWORD timeout, DWORD mask,
                                         DWORD flags)
{
    const BOOL is_alertable = (flags & MWMO_ALERTABLE) != 0;

    (void)mask;
    if (n > MAXIMUM_WAIT_OBJECTS - 1) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return WAIT_FAILED;
    }
    if (!n)
        return SleepEx(timeout, is_alertable) ? WAIT_IO_COMPLETION : WAIT_TIMEOUT;
    return WaitForMultipleObjectsEx(n, handles, (flags & MWMO_WAITALL) != 0, timeout, is_alertable);
}

DWORD WINAPI MsgWaitForMultipleObjects(DWORD n, const HANDLE *handles, BOOL is_all, DWORD timeout,
                                       DWORD mask)
{
    return MsgWaitForMultipleObjectsEx(n, handles, timeout, mask, is_all ? MWMO_WAITALL : 0);
}

/* Every process here is a console one: Windows' own answer for those. */
DWORD WINAPI WaitForInputIdle(HANDLE process, DWORD timeout)
{
    (void)process, (void)timeout;
    SetLastError(ERROR_NOT_GUI_PROCESS);
    return WAIT_FAILED;
}

void WINAPI SetLastErrorEx(DWORD error, DWORD type)
{
    (void)type;
    SetLastError(error);
}

/* Wine's imm32 hands its functions over when it is loaded; there are no input methods to call them
 * for. */
BOOL WINAPI User32InitializeImmEntryTable(DWORD magic);
BOOL WINAPI User32InitializeImmEntryTable(DWORD magic)
{
    return magic == IMM_MAGIC;
}
