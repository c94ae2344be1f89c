# gdbserver.exe as Debian builds it: starts, tells its version, and is refused what is not here: a socket, debugging.
. "$srcdir/functions.sh"
. "$srcdir/fetch.sh"
fetch_deb gdb-mingw-w64-target
program=$fetched/gdb-mingw-w64-target/usr/share/win64/gdbserver.exe
[ -f "$program" ] || skip_all 'gdb-mingw-w64-target has no 64-bit gdbserver.exe'
target=$(program args)

"$portico" "$program" --version >"$scratch/out" 2>"$scratch/err"
is "$?" 0 'gdbserver.exe --version'
like "$(head -n 1 "$scratch/out")" '^GNU gdbserver \(GDB\) [0-9]' 'tells its version'
is "$(cat "$scratch/err")" '' 'without a complaint'

"$portico" "$program" localhost:2345 "$target" >"$scratch/out" 2>"$scratch/err"
is "$?" 1 'it fails for want of a network'
like "$(cat "$scratch/err")" '^portico: ws2_32\.socket is not available: there is no network$' 'which is said'

"$portico" "$program" - "$target" >"$scratch/out" 2>"$scratch/err" </dev/null
is "$?" 1 'debugging is refused'
like "$(cat "$scratch/err")" '^portico: DbgUiConnectToDbg: debugging another program is not implemented$' 'with a clear word'
like "$(cat "$scratch/err")" 'error 50' "and the program's own: the request is not supported"
done_testing
