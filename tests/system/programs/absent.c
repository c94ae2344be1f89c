/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Wants a screen's width, a window, a device context, a socket, the machine's network adapters, an
 * address, a thread's cycles, a file by its number, watched and large pages, a volume's label,
 * a reparse point, a file's descriptor and what a debuggee does, each twice. Exits with 0 when it
 * got none of them. */
#include <winsock2.h>

#include <iphlpapi.h>
#include <windns.h>
#include <winioctl.h>

/* What every program of Go or of Microsoft's compiler asks when it starts or ends, or Node.js, and
 * what is true without a display and a network: nothing is said. TRUE: the answers are right. */
static BOOL asks_quietly(void)
{
    ULONG node;
    BOOL is_disabled = FALSE;
    DWORD size = 77;

    return GetNumaHighestNodeNumber(&node) && node < 64 &&
           SetProcessPriorityBoost(GetCurrentProcess(), TRUE) &&
           GetProcessPriorityBoost(GetCurrentProcess(), &is_disabled) && is_disabled &&
           !GetSystemMetrics(SM_REMOTESESSION) && !WSAEnumProtocolsW(NULL, NULL, &size) && !size;
}

/* Controls with a name, without one, of a device; a descriptor that says much or nothing known. */
static int n_controls(HANDLE folder)
{
    SECURITY_DESCRIPTOR descriptor;
    BYTE bytes[32] = {0};
    DWORD done;
    int n_got = 0;

    InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    n_got += DeviceIoControl(folder, CTL_CODE(FILE_DEVICE_FILE_SYSTEM, 0xfff, 0, 0), bytes, 0, NULL,
                             0, &done, NULL);
    n_got += DeviceIoControl(folder, FSCTL_SET_REPARSE_POINT, bytes, 0, NULL, 0, &done, NULL);
    n_got += DeviceIoControl(folder, IOCTL_DISK_GET_LENGTH_INFO, bytes, 0, NULL, 0, &done, NULL);
    n_got += SetKernelObjectSecurity(
        folder, DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, &descriptor);
    n_got += SetKernelObjectSecurity(folder, OWNER_SECURITY_INFORMATION | 0x40, &descriptor);
    return n_got;
}

/* Nobody is debugged: each fails as on Windows. */
static int n_debugged(void)
{
    DEBUG_EVENT event;
    int n_got = 0;

    n_got += WaitForDebugEvent(&event, 0) || GetLastError() != ERROR_INVALID_HANDLE;
    n_got += ContinueDebugEvent(GetCurrentProcessId(), GetCurrentThreadId(), DBG_CONTINUE) ||
             GetLastError() != ERROR_INVALID_HANDLE;
    n_got +=
        DebugActiveProcessStop(GetCurrentProcessId()) || GetLastError() != ERROR_INVALID_HANDLE;
    return n_got;
}

int main(void)
{
    ULONG64 cycles;
    WSADATA data;
    DNS_RECORDA *records = NULL;
    FILE_ID_DESCRIPTOR id = {.dwSize = sizeof(id), .FileId.QuadPart = 1};
    HANDLE folder = CreateFileA("C:\\", 0, FILE_SHARE_READ, NULL, OPEN_EXISTING,
                                FILE_FLAG_BACKUP_SEMANTICS, NULL);
    ULONG size = 0;
    int n_got = 0;

    if (WSAStartup(MAKEWORD(2, 2), &data))
        return 2;
    if (!asks_quietly())
        return 4;
    for (int i = 0; i < 2; i++) {
        n_got += GetSystemMetrics(SM_CXSCREEN) != 0;
        n_got += CreateWindowExA(0, "STATIC", "x", 0, 0, 0, 1, 1, NULL, NULL, NULL, NULL) != NULL;
        n_got += CreateCompatibleDC(NULL) != NULL;
        n_got += GetAdaptersInfo(NULL, &size) == ERROR_BUFFER_OVERFLOW;
        n_got += !DnsQuery_A("localhost", DNS_TYPE_A, 0, NULL, &records, NULL);
        n_got += socket(AF_INET, SOCK_STREAM, 0) != INVALID_SOCKET;
        n_got += QueryThreadCycleTime(GetCurrentThread(), &cycles);
        n_got += OpenFileById(folder, &id, GENERIC_READ, FILE_SHARE_READ, NULL, 0) !=
                 INVALID_HANDLE_VALUE;
        n_got += GetFileAttributesA("C:\\windows:stream") != INVALID_FILE_ATTRIBUTES;
        n_got += VirtualAlloc(NULL, 1, MEM_RESERVE | MEM_WRITE_WATCH, PAGE_READWRITE) != NULL;
        n_got += VirtualAlloc(NULL, 1, MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE) != NULL;
        n_got += SetVolumeLabelA("C:\\", "label");
        n_got += SetVolumeLabelW(NULL, L"label");
        n_got += DefineDosDeviceA(0, "Q:", "C:\\windows");
        n_got += n_controls(folder);
        n_got += n_debugged();
        n_got += GetLogicalDrives() >> ('Q' - 'A') & 1;
    }
    if (GetObjectType(GetStockObject(NULL_BRUSH)) != OBJ_BRUSH)
        return 3;
    return n_got != 0;
}
