# Shared by the system tests: TAP, a port server of the test's own, processes that are ended by pid whatever
# happens. A script sources it first, then says what it finds with ok/is, and ends with done_testing.
#
#     . "$srcdir/functions.sh"
#     server_start
#     background writer "$portico" writer.exe     # output in $scratch/writer.out, pid in $background_pid
#     await_line writer '^ready'                  # waits for the line, for ever if need be: the harness ends a hang
#     is "$(cat "$scratch/x")" 'expected' 'what this proves'
#     done_testing
#
# $scratch is a folder of the test's own; PORTICO_RUNTIME_DIR lies in it. $portico, $portserver, $portctl are the
# uninstalled programs.
n_tests=0
pids=
portico=$top_builddir/portico
portserver=$top_builddir/portserver
portctl=$top_builddir/portctl
scratch=$(mktemp -d "${TMPDIR:-/tmp}/portico-test.XXXXXX") || exit 99
PORTICO_RUNTIME_DIR=$scratch/run
PORTICO_HOME=$scratch/home
export PORTICO_RUNTIME_DIR PORTICO_HOME
mkdir -m 700 "$PORTICO_RUNTIME_DIR"

cleanup() {
    for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
    "$portserver" --stop >/dev/null 2>&1
    rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 99' INT TERM HUP

# ok STATUS NAME: a test that passes when STATUS is 0.
ok() {
    n_tests=$((n_tests + 1))
    if [ "$1" = 0 ]; then echo "ok $n_tests - $2"; else echo "not ok $n_tests - $2"; fi
}

# is GOT EXPECTED NAME
is() {
    if [ "$1" = "$2" ]; then ok 0 "$3"; else
        ok 1 "$3"
        printf '%s\n' "$1" | sed 's/^/#      got: /'
        printf '%s\n' "$2" | sed 's/^/# expected: /'
    fi
}

# like TEXT PATTERN NAME: extended regular expression, somewhere in TEXT.
like() {
    if printf '%s\n' "$1" | grep -Eq -- "$2"; then ok 0 "$3"; else
        ok 1 "$3"
        printf '%s\n' "$1" | sed 's/^/#      got: /'
        echo "# expected to match: $2"
    fi
}

skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

# requires COMMAND: the whole script is skipped where it is missing.
requires() { command -v "$1" >/dev/null || skip_all "$1 is not installed"; }

# is_ignored NUMBER: is this signal ignored here? No shell can change that for what it starts.
is_ignored() {
    ignored=$(sed -n 's/^SigIgn:[^0-9a-f]*//p' /proc/$$/status)
    [ $(((0x$ignored >> ($1 - 1)) & 1)) = 1 ]
}

done_testing() { echo "1..$n_tests"; }

server_start() { "$portserver" --persistent || { echo 'Bail out! portserver does not start'; exit 99; }; }

# background NAME COMMAND...: runs it with output in $scratch/NAME.out, which exists from now on.
background() {
    background_name=$1
    shift
    : >"$scratch/$background_name.out"
    "$@" >"$scratch/$background_name.out" 2>&1 &
    background_pid=$!
    pids="$pids $background_pid"
}

# await_line NAME PATTERN: returns when the output of background NAME has such a line; 1 when its process ended
# without it. tail is told not to use inotify: giving that back waits for a worker of the kernel, which on a loaded
# machine took tens of seconds.
await_line() {
    await_pid=${3-$background_pid}
    tail -n +1 -f ---disable-inotify -s 0.02 --pid="$await_pid" "$scratch/$1.out" 2>/dev/null | grep -Eqm1 -- "$2"
}

# program NAME: where the Makefile put what it built from programs/NAME.c.
program() { echo "$top_builddir/tests/system/$1.exe"; }

# ---- the bytes of a PE file ----

# byte FILE OFFSET: one byte as a decimal; patch FILE OFFSET OCTAL...: bytes written over.
byte() { od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' '; }
patch() {
    patch_file=$1
    patch_at=$2
    shift 2
    for octal in "$@"; do
        # shellcheck disable=SC2059
        printf "\\$octal" | dd of="$patch_file" bs=1 seek="$patch_at" conv=notrunc 2>/dev/null
        patch_at=$((patch_at + 1))
    done
}

# word FILE OFFSET: four bytes; half: two.
half() { echo $(($(byte "$1" "$2") + 256 * $(byte "$1" $(($2 + 1))))); }
word() { echo $(($(half "$1" "$2") + 65536 * $(half "$1" $(($2 + 2))))); }

# directory_at INDEX FILE: where the file has what that data directory points to.
directory_at() {
    at_pe=$(half "$2" 60)
    at_rva=$(word "$2" $((at_pe + 24 + 112 + 8 * $1)))
    at_section=$((at_pe + 24 + $(half "$2" $((at_pe + 20)))))
    while rva=$(word "$2" $((at_section + 12))) &&
        [ $((at_rva - rva)) -ge "$(word "$2" $((at_section + 16)))" ]; do at_section=$((at_section + 40)); done
    echo $((at_rva - rva + $(word "$2" $((at_section + 20)))))
}
