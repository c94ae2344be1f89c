# What is not here says so by name, once: the display (user32, win32u below Wine's gdi32), the network (ws2_32), what Wine's own
# code only pretends to do. Wine's DLLs that build on these load.
. "$srcdir/functions.sh"

"$portico" "$(program absent)" >"$scratch/out" 2>"$scratch/err"
is "$?" 0 'a program that wants windows and a network gets neither'
is "$(cat "$scratch/err")" "portico: user32.GetSystemMetrics is not available: there is no display
portico: user32.CreateWindowExA is not available: there is no display
portico: win32u.NtGdiCreateCompatibleDC is not available: there is no display
portico: iphlpapi is not available: there is no network
portico: DNSAPI.dll: call 2 of its Unix side, which is not here, fails
portico: ws2_32.socket is not available: there is no network
portico: thread.QueryThreadCycleTime is not complete in Wine's code (WINEDEBUG=fixme+thread tells more)
portico: NtCreateFile: open by file id is not implemented
portico: a file's name with a colon: an alternate stream is not implemented
portico: NtAllocateVirtualMemory: write-watch (MEM_WRITE_WATCH) is not implemented
portico: NtAllocateVirtualMemory: large pages (MEM_LARGE_PAGES) is not implemented
portico: SetVolumeLabel is not implemented
portico: DefineDosDevice is not implemented
portico: NtFsControlFile: code 0x93ffc is not implemented
portico: NtFsControlFile: code FSCTL_SET_REPARSE_POINT is not implemented
portico: NtDeviceIoControlFile: code IOCTL_DISK_GET_LENGTH_INFO is not implemented
portico: NtSetSecurityObject: security information DACL, PROTECTED_DACL is not implemented
portico: NtSetSecurityObject: security information OWNER, 0x40 is not implemented
portico: DbgUiWaitStateChange: debugging another program is not implemented
portico: DbgUiContinue: debugging another program is not implemented
portico: DbgUiStopDebugging: debugging another program is not implemented" 'each call says its name, once'
WINEDEBUG=-all "$portico" "$(program absent)" >"$scratch/out" 2>"$scratch/err"
is "$(grep -c Wine "$scratch/err")" 0 'WINEDEBUG=-all silences Wine'
WINEDEBUG=fixme+thread "$portico" "$(program absent)" >"$scratch/out" 2>"$scratch/err"
like "$(cat "$scratch/err")" 'fixme:thread:QueryThreadCycleTime .*stub' 'WINEDEBUG=fixme+thread lets it speak'
"$portico" "$wine_dll_dir/setx.exe" NAME value >"$scratch/out" 2>"$scratch/err"
is "$(cat "$scratch/err")" "portico: setx.wmain is not complete in Wine's code (WINEDEBUG=fixme+setx tells more)" "a program of Wine's that does nothing says so"

"$portico" "$(program loads)" shell32.dll ole32.dll oleaut32.dll shlwapi.dll gdi32.dll imm32.dll wsock32.dll mswsock.dll \
    netapi32.dll secur32.dll dnsapi.dll iphlpapi.dll winhttp.dll wininet.dll bcrypt.dll crypt32.dll rsaenh.dll rpcrt4.dll setupapi.dll winmm.dll >"$scratch/out" 2>"$scratch/err"
is "$?" 0 "Wine's DLLs that import these load"
is "$(cat "$scratch/err")" '' 'without a word'
"$portico" "$(program loads)" comctl32.dll uxtheme.dll >"$scratch/out" 2>"$scratch/err"
is "$?" 0 'also those that ask for the display when they load'
like "$(cat "$scratch/err")" '^portico: user32\.RegisterClassW is not available: there is no display$' 'and say it'
done_testing
