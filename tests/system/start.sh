# How a program is started and how it ends: arguments, environment, current directory, standard handles, exit statuses.
. "$srcdir/functions.sh"
args=$(program args)
crlf() { printf '%s\r\n' "$@"; }

# arguments NAME ARGUMENT...: the program sees exactly these.
arguments() {
    name=$1
    shift
    "$portico" "$args" args "$@" >"$scratch/seen" 2>&1
    for argument in "$@"; do printf '[%s]\r\n' "$argument"; done >"$scratch/given"
    cmp -s "$scratch/given" "$scratch/seen"
    ok $? "$name"
}
arguments 'plain arguments' a bc -x /y
arguments 'blanks and empty arguments' 'two words' '' ' lead' 'trail '
arguments 'quotes' '"' 'a"b' '"quoted"' 'a "b" c' '""'
arguments 'backslashes' '\' 'a\' 'a b\' '\"' 'a\\"b' '\\server\share\' 'c:\dir with\'
arguments 'shell characters' '*' '?' '%PATH%' '$x' "it's" '&|<>^'

is "$(FOO='a b' "$portico" "$args" env FOO)" "$(crlf 'a b')" 'a variable passes'
is "$("$portico" "$args" env SystemRoot)" "$(crlf 'C:\windows')" 'SystemRoot is set'
like "$(PATH="$PATH:/opt/x" "$portico" "$args" env PATH)" '^C:\\windows\\system32;.*Z:\\opt\\x' 'PATH is converted'
long=$(printf '%2000s' '' | sed 's, ,/opt/x:,g') # 14,000 characters
told=$(PATH="$long$PATH" "$portico" "$(program loads)" no-1.dll no-2.dll 2>&1 | grep -c 'DLL search path is longer than 8192 characters')
is "$told" 1 'a PATH too long to search is told, once'
real=$(cd "$scratch" && pwd -P)
is "$(cd "$scratch" && "$portico" "$args" cwd)" "$(crlf "Z:$(printf '%s' "$real" | tr / '\\')")" 'the current directory'
dos="Z:$(printf '%s' "$(realpath "$args")" | tr / '\\')"
is "$("$portico" "$dos" args x)" "$(crlf '[x]')" 'FILE may be a Z: path'
is "$("$portico" "Z:$(realpath "$args")" args x)" "$(crlf '[x]')" 'with slashes too'

is "$(printf 'a\nb\n' | "$portico" "$args" stdin)" "$(crlf '2 lines, type 3')" 'standard input from a pipe'
printf 'a\nb\nc\n' >"$scratch/in"
is "$("$portico" "$args" stdin <"$scratch/in")" "$(crlf '3 lines, type 1')" 'standard input from a file'
is "$("$portico" "$args" stdin </dev/null)" "$(crlf '0 lines, type 2')" 'standard input from /dev/null'
is "$("$portico" "$args" stdin <&-)" "$(crlf '0 lines, type 0')" 'no standard input: not the first file that the loader opens'
"$portico" "$args" args x >&-
ok $? 'a closed standard output is survived'

if command -v taskset >/dev/null; then
    one=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
    of_all=$("$portico" "$args" processors)
    like "$of_all" '^[1-9][0-9]*, with random numbers' 'the processors of the machine'
    is "$(taskset -c "$one" "$portico" "$args" processors)" "$of_all" 'are as many for who may use one of them'
fi

# ends STATUS NAME WORD...: the exit status.
ends() {
    want=$1
    name=$2
    shift 2
    "$portico" "$args" "$@" >"$scratch/out" 2>&1
    is $? "$want" "$name"
}
ends 0 'exit code 0' exit 0
ends 42 'exit code 42' exit 42
ends 255 'exit code 255' exit 255
ends 255 'exit code -1' exit 0xffffffff
ends 52 'exit code 0x1234: its low 8 bits' exit 0x1234
ends 255 'exit code 0x100: not mistaken for success' exit 0x100
PORTICO_SPIN_US=abc "$portico" "$args" exit 0 2>"$scratch/err"
is "$? $(cat "$scratch/err")" "0 portico: PORTICO_SPIN_US: 'abc' is not a number of microseconds" 'a setting that is no number is told'
PORTICO_SPIN_US=20 "$portico" "$args" exit 0 2>"$scratch/err"
is "$? $(cat "$scratch/err")" '0 ' 'one that is, not'
"$portico" --dry-run 2>"$scratch/err"
is "$? $(head -n 1 "$scratch/err")" "110 portico: --dry-run: the program's file is missing" '--dry-run alone'
"$portico" --dry-run "$args" extra 2>"$scratch/err"
is "$? $(head -n 1 "$scratch/err")" "110 portico: --dry-run takes a file and nothing else: 'extra'" '--dry-run with more'
if [ -w /dev/full ]; then
    "$portico" --dry-run "$args" >/dev/full 2>"$scratch/err"
    is "$? $(cat "$scratch/err")" '120 portico: cannot write to standard output' '--dry-run into a full file'
fi
PORTICO_DEBUG=+process "$portico" "$args" exit 0x1274 2>"$scratch/err"
is "$? $(grep -c 'exit code 00001274$' "$scratch/err")" '116 1' "a program's own code that looks like one of Portico's, and the line that tells"
PORTICO_DEBUG=+process "$portico" "$scratch/none.exe" 2>"$scratch/err"
is "$? $(grep -c 'exit code' "$scratch/err")" '111 0' "which Portico's have not"
ends 3 'abort()' abort
ends 5 'an access violation: the low 8 bits of its status' fault
like "$(cat "$scratch/out")" 'unhandled exception c0000005.*write of address 0x10' 'and a line says what happened'
done_testing
