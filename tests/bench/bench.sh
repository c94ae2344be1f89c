# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The Portico developers
#
# make bench [BENCH=quick|full]: measures everything in turn, several rounds of all of it, prints the tables and the
# targets with their verdicts. Leaves in results/: raw.tsv (each measurement), results.tsv (medians over the rounds),
# report.md (the tables), *.svg where gnuplot is. A peer that is not installed is left out, with a line that says so.
#
# BENCH_RT=1 runs everything with chrt -f 10, for a machine on which other things run (as root). The numbers are then of
# a real-time class and must not be published as anything else; the report says so.
what=${1:-full}
results=results
quick=
case $what in
quick) quick=yes rounds=3 fast=4000 slow=800 n_datagrams=200000 many=1000 ;;
full) rounds=5 fast=20000 slow=4000 n_datagrams=1000000 many=10000 ;;
*) echo "bench: quick or full" >&2; exit 2 ;;
esac
portico=$top_builddir/portico
portserver=$top_builddir/portserver
scratch=$(mktemp -d "${TMPDIR:-/tmp}/portico-bench.XXXXXX") || exit 1
PORTICO_RUNTIME_DIR=$scratch/run
PORTICO_SERVER=$top_builddir/server/portserver
PORTICO_DLL_DIR=$top_builddir/dlls/x86_64-windows
WINEPREFIX=$scratch/wine
WINEDEBUG=-all
export PORTICO_RUNTIME_DIR PORTICO_SERVER PORTICO_DLL_DIR WINEPREFIX WINEDEBUG
mkdir -m 700 "$PORTICO_RUNTIME_DIR"
rt=
[ -z "${BENCH_RT:-}" ] || rt='chrt -f 10'
wine=$(command -v wine64 || command -v wine || ls /usr/lib/wine/wine64 2>/dev/null) || wine=

finish() {
    "$portserver" --stop >/dev/null 2>&1
    [ -z "$wine" ] || [ ! -d "$WINEPREFIX" ] || "$(dirname "$(readlink -f "$wine")")/wineserver" -k >/dev/null 2>&1
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

mkdir -p "$results"
raw=$results/raw.tsv
: >"$raw"
n_failed=0
say() { echo "# $*" >&2; }
# measure COMMAND...: its lines join the others.
measure() {
    $rt "$@" >"$scratch/out" 2>"$scratch/err" && cat "$scratch/out" >>"$raw" && return
    n_failed=$((n_failed + 1))
    say "failed: $*: $(head -n 1 "$scratch/err")"
}

# ---- two Windows programs ----

cpu_of() { # PLACEMENT SIDE
    case $1 in
    two) echo "taskset -c $2" ;;
    same) echo "taskset -c 0" ;;
    esac
}
# pe_pair RUNNER PROGRAM PLACEMENT 'SERVER ARGUMENTS' 'CLIENT ARGUMENTS' [CLIENTS]
pe_pair() {
    # shellcheck disable=SC2086
    $rt $(cpu_of "$3" 1) "$1" "$2" $4 >"$scratch/served" 2>"$scratch/err" &
    served=$!
    clients=
    rm -f "$scratch"/asked.*
    for client in $(seq "${6:-1}"); do
        # shellcheck disable=SC2086
        $rt $(cpu_of "$3" 0) "$1" "$2" $5 >"$scratch/asked.$client" 2>>"$scratch/err" &
        clients="$clients $!"
    done
    good=yes
    for pid in $clients; do wait "$pid" || good=; done
    [ -n "$good" ] || kill "$served" 2>/dev/null
    wait "$served" || good=
    [ -n "$good" ] && cat "$scratch/served" "$scratch"/asked.* | tr -d '\r' >>"$raw" && return
    n_failed=$((n_failed + 1))
    say "failed: $2 $5: $(head -n 1 "$scratch/err")"
}
pe() { pe_pair "$portico" pe_alpc.exe "$@"; }

# ---- the rounds ----

transports=$(./roundtrip --list)
has() { echo "$transports" | grep -qx "$1"; }
round_trips() { # PLACEMENT SIZE
    for transport in $transports; do
        n=$slow
        case $transport in
        spin) [ "$1" = same ] && continue; n=$fast ;;
        lane | memcpy | hinted | portico) n=$fast ;;
        dbus)
            n=$((slow / 2))
            # shellcheck disable=SC2046
            measure $(cpu_of "$1" 0) dbus-run-session ./roundtrip dbus $n "$2" "$1"
            continue
            ;;
        esac
        measure ./roundtrip "$transport" $n "$2" "$1"
    done
    pe "$1" "serve bench 1" "sync bench $fast $2 $1"
}
datagrams() { # PLACEMENT
    measure ./datagrams seqpacket $((n_datagrams / 5)) 1 "$1"
    for senders in 1 2 4; do
        measure ./datagrams portico "$n_datagrams" $senders "$1"
        pe "$1" "serve bench $senders $senders $1" "datagrams bench $((n_datagrams / senders))" $senders
    done
}
starts() {
    # The program itself, as installed: the build folder's wrapper is one shell more.
    set -- /bin/true /bin/true -- portico "$top_builddir/programs/portico" pe_hello.exe
    [ -z "$wine" ] || set -- "$@" -- wine64 "$wine" pe_hello.exe
    measure ./startup 40 "$@"
}
one_round() {
    for placement in two same none; do
        for size in $sizes; do
            [ "$placement" = none ] && [ "$size" != 64 ] && [ "$size" != 4096 ] && [ "$size" != 60000 ] && continue
            round_trips $placement "$size"
        done
        [ -n "$wine" ] && [ $placement != none ] && for size in 64 4096; do
            pe_pair "$wine" pe_pipe.exe $placement 'serve bench' "ask bench $((slow / 2)) $size $placement"
        done
    done
    PORTICO_SPIN_US=0 measure ./roundtrip portico $slow 64 two 'portico, no spin'
    for placement in two same; do
        for how in completion pool; do
            pe $placement "serve-$how bench 1" "sync bench $slow 64 $placement portico-pe,$how"
        done
        datagrams $placement
        for in_flight in 1 4 16 64; do
            measure ./inflight $((5 * fast)) $in_flight $placement
            pe $placement 'serve bench 1' "inflight bench $((5 * fast)) $in_flight $placement"
        done
        for bytes in 0 65536 1048576 67108864 1073741824; do measure ./views $fast $bytes $placement; done
        for transport in portico seqpacket; do
            measure ./connects $transport $((slow / 4)) $placement
            measure ./handles $transport $((slow / 2)) $placement
        done
    done
    measure ./scribble 5 500 two
    measure ./connections 1 1 $fast two
    measure ./connections 2 1 $fast two
    measure ./connections 1 $many $fast two
    measure ./connections 100 $((many / 100)) $fast two
    measure ./connections $crowd 1 $fast two
    measure ./connections 20 1 $fast same
    starts
}
# With everything else of a round in between a median of nine is cheap here.
more_datagrams() {
    n_runs=$rounds
    while [ $n_runs -lt 9 ]; do datagrams two; n_runs=$((n_runs + 1)); done
}
once() {
    for n in 10000 100000 1000000 10000000; do
        [ -n "$quick" ] && [ $n -gt 1000000 ] && continue
        measure ./burst linear $n two
    done
    measure ./burst queue 1000000 two
    # shellcheck disable=SC2046
    measure ./idle $idle_s $("$portserver" --status | sed -n 's/^pid: //p')
}
if [ -n "$quick" ]; then sizes='64 4096 60000' crowd=100 idle_s=3; else sizes='0 64 512 4096 16384 60000 65487' crowd=1000 idle_s=10; fi

begin=$(date +%s)
has dbus || say 'no D-Bus: sd-bus was not there when this was configured (libsystemd-dev)'
command -v dbus-run-session >/dev/null || { transports=$(echo "$transports" | grep -vx dbus); say 'no D-Bus: no dbus-run-session'; }
has zeromq || say 'no ZeroMQ: it was not there when this was configured (libzmq3-dev)'
[ "$(nproc)" -ge 2 ] || { say 'one processor: nothing with one processor each can be measured'; exit 1; }
$rt "$portserver" --persistent || exit 1
if [ -n "$wine" ]; then
    say 'Wine makes its folder'
    "$wine" wineboot -i >/dev/null 2>&1 || "$wine" pe_hello.exe >/dev/null 2>&1 || { say "no Wine: $wine does not start"; wine=; }
else
    say 'no Wine: no wine64'
fi
round=1
while [ $round -le $rounds ]; do
    say "round $round of $rounds"
    one_round
    round=$((round + 1))
done
[ -n "$quick" ] || more_datagrams
say 'growth, idleness'
once
{
    printf '# commit\t%s\n' "$(git -C "${srcdir:-.}" describe --always --dirty 2>/dev/null || echo unknown)"
    printf '# date\t%s\n' "$(date -u +%Y-%m-%d)"
    printf '# machine\t%s, %s processors, Linux %s\n' "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" "$(uname -r)"
    printf '# run\t%s, %s rounds, %s s%s; load average %s\n' "$what" $rounds $(($(date +%s) - begin)) \
        "${rt:+, everything with chrt -f 10}" "$(cut -d' ' -f1 /proc/loadavg)"
} >"$results/about.tsv"
${AWK:-awk} -f "$srcdir/report.awk" -v results="$results/results.tsv" "$results/about.tsv" "$raw" >"$results/report.md"
cat "$results/report.md"
if command -v gnuplot >/dev/null; then sh "$srcdir/plot.sh" "$results"; else say 'no plots: no gnuplot'; fi
[ $n_failed = 0 ] || { say "$n_failed measurements failed"; exit 1; }
