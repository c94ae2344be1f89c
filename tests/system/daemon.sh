# portserver as a program: options, exit statuses, one server per folder, its end.
. "$srcdir/functions.sh"
run=$PORTICO_RUNTIME_DIR

status_of() { "$portserver" --status | sed -n "s/^$1: //p"; }

"$portserver" --status >"$scratch/out" 2>"$scratch/err"
is $? 4 '--status without a server: exit status 4'
like "$(cat "$scratch/err")" "^portserver: no server runs in $run\$" 'and one line that says so'
"$portserver" --stop 2>/dev/null
is $? 4 '--stop without a server: exit status 4'

"$portserver" --version >"$scratch/out"
is $? 0 '--version succeeds'
like "$(cat "$scratch/out")" '^portserver \(portico\) [0-9.]+' 'and prints the version'
"$portserver" --help >"$scratch/out"
is $? 0 '--help succeeds'
for option in --foreground --persistent --trace --status --stop --version; do
    like "$(cat "$scratch/out")" "$option" "the help names $option"
done
if [ -w /dev/full ]; then # all of what was asked is told, or it is a failure
    for option in --help --version; do
        "$portserver" $option >/dev/full 2>"$scratch/err"
        is "$? $(cat "$scratch/err")" '1 portserver: cannot write to standard output' "$option into a full file"
        "$portctl" $option >/dev/full 2>"$scratch/err"
        is "$? $(cat "$scratch/err")" '1 portctl: cannot write to standard output' "portctl $option too"
        "$portico" $option >/dev/full 2>"$scratch/err"
        is "$? $(cat "$scratch/err")" '120 portico: cannot write to standard output' "portico $option too"
    done
fi
"$portserver" --nonsense >/dev/null 2>&1
is $? 2 'an unknown option: exit status 2'
"$portserver" argument >/dev/null 2>"$scratch/err"
is $? 2 'an argument: exit status 2'
"$portserver" --persistent=soon 2>"$scratch/err"
is $? 2 'a number of seconds that is none: exit status 2'
like "$(cat "$scratch/err")" 'soon' 'the message names it'
"$portserver" --stop --status 2>"$scratch/err"
is $? 2 '--stop and --status together: exit status 2'
like "$(cat "$scratch/err")" 'exclude each other' 'and the reason'
"$portserver" --persistent=600
if [ -w /dev/full ]; then
    "$portserver" --status >/dev/full 2>"$scratch/err"
    is "$? $(cat "$scratch/err")" '1 portserver: cannot write to standard output' '--status into a full file'
fi
is "$(status_of persistent)" '600 s after its last client' '--status tells when it ends by itself'
"$portserver" --stop

"$portserver" --persistent
is $? 0 'it starts'
pid=$(status_of pid)
kill -0 "$pid"
ok $? 'and tells its pid'
is "$(status_of persistent)" yes 'it is persistent'
"$portserver" --persistent 2>"$scratch/err"
is $? 3 'a second one on the same folder: exit status 3'
is "$(cat "$scratch/err")" "portserver: another server runs in $run" 'with a clear message'
"$portserver" --quiet 2>"$scratch/err"
is $? 3 "--quiet: exit status 3 as well"
is "$(cat "$scratch/err")" "" "and no message"
"$portserver" --foreground 2>/dev/null
is $? 3 'the same in the foreground'
is "$(stat -c %a "$run/socket")" 700 'the socket is for this user alone'

"$portserver" --stop
is $? 0 '--stop succeeds'
[ ! -e "/proc/$pid" ] || [ "$(sed 's/.*) \(.\).*/\1/' "/proc/$pid/stat" 2>/dev/null)" = Z ]
ok $? 'the server has ended when --stop returns'
[ ! -e "$run/socket" ]
ok $? 'its socket is gone'

# killed: the socket stays, the lock does not
"$portserver" --persistent
pid=$(status_of pid)
kill -9 "$pid"
tail -f ---disable-inotify -s 0.02 --pid="$pid" /dev/null
[ -e "$run/socket" ]
ok $? 'a killed server leaves its socket'
"$portserver" --persistent
is $? 0 'the next one recovers from it'
like "$(status_of pid)" '^[0-9]+$' 'and serves'
"$portserver" --stop

# twenty at once: one runs, all others say so, and each that returned could have connected
for i in $(seq 20); do
    { "$portserver" --persistent 2>/dev/null; echo $?; } >"$scratch/race.$i" &
    starters="$starters $!"
done
for pid in $starters; do wait "$pid"; done
is "$(cat "$scratch"/race.* | sort -n | uniq -c | sed 's/^ *//')" '1 0
19 3' 'of twenty that start at once one serves, nineteen find it'
like "$(status_of pid)" '^[0-9]+$' 'it answers'
"$portserver" --stop

# its own end: a second after its last client, which is --status itself, if that comes in time
background short "$portserver" --foreground --persistent=1 --trace
await_line short '^portserver: serves ' "$background_pid" && status_of pid >/dev/null 2>&1
wait "$background_pid"
is $? 0 'with --persistent=1 it ends by itself'
"$portserver" --status >/dev/null 2>&1
is $? 4 'and is not there any more'

# another version's, which takes another hello
background other "$top_builddir/tests/system/other/portserver" --foreground --trace --persistent
other_pid=$background_pid
await_line other '^portserver: serves ' "$other_pid"
ok $? 'a server of another version runs'
"$portctl" list >"$scratch/out" 2>&1
like "$(cat "$scratch/out")" 'of another version: stop it with portserver --stop' 'portctl says what to do'
"$portserver" --status >"$scratch/out" 2>&1
is $? 1 '--status cannot ask it'
like "$(cat "$scratch/out")" "process $other_pid, is of another version or build \\([0-9.]+;" 'it names process and version'
"$portserver" --stop
is $? 0 '--stop ends it'
wait "$other_pid"
is $? 0 'as asked'
"$portserver" --status >/dev/null 2>&1
is $? 4 'and none runs'
cp "$top_builddir/tests/system/other/portserver" "$scratch/stranger"
background other "$scratch/stranger" --foreground --trace --persistent
await_line other '^portserver: serves ' "$background_pid"
"$portserver" --stop 2>"$scratch/err"
is $? 1 'what is not called portserver is not ended'
like "$(cat "$scratch/err")" "process $background_pid, .*end it by hand" 'but named'
kill -TERM "$background_pid"
wait "$background_pid"

# foreground, trace, signals
background server "$portserver" --foreground --trace --persistent
await_line server '^portserver: serves ' "$background_pid"
ok $? '--trace says when it serves'
"$portserver" --status >/dev/null
like "$(cat "$scratch/server.out")" 'server_status\(' '--trace prints requests'
like "$(cat "$scratch/server.out")" 'server_status -> 00000000 .*n_processes=0x1' 'and replies by field'
kill -TERM "$background_pid"
wait "$background_pid"
is $? 0 'SIGTERM ends it cleanly'
[ ! -e "$run/socket" ]
ok $? 'and its socket'

# folders
chmod 770 "$run"
"$portserver" 2>"$scratch/err"
is $? 1 'a folder that others can write is refused'
like "$(cat "$scratch/err")" 'must belong to this user' 'with the reason'
chmod 700 "$run"
long=$scratch/$(printf '%0120d' 0)
PORTICO_RUNTIME_DIR=$long "$portserver" --persistent
is $? 0 'a path longer than a socket address works'
PORTICO_RUNTIME_DIR=$long "$portctl" list >/dev/null
is $? 0 'a client reaches it'
PORTICO_RUNTIME_DIR=$long "$portserver" --stop
is $? 0 'and is found again'
(cd "$scratch" && PORTICO_RUNTIME_DIR=relative "$portserver" --persistent &&
    PORTICO_RUNTIME_DIR=$scratch/relative "$portserver" --status >/dev/null &&
    PORTICO_RUNTIME_DIR=relative "$portctl" list >/dev/null && PORTICO_RUNTIME_DIR=relative "$portserver" --stop)
is $? 0 'a relative path is relative to where it was started'
mkdir "$scratch/xdg"
(unset PORTICO_RUNTIME_DIR; XDG_RUNTIME_DIR=$scratch/xdg; export XDG_RUNTIME_DIR
    "$portserver" --persistent && [ -S "$scratch/xdg/portico/socket" ] && "$portserver" --stop)
is $? 0 'without PORTICO_RUNTIME_DIR it is $XDG_RUNTIME_DIR/portico'
mkdir -m 700 "$scratch/fifo" && mkfifo "$scratch/fifo/log"
PORTICO_RUNTIME_DIR=$scratch/fifo "$portserver" --persistent && PORTICO_RUNTIME_DIR=$scratch/fifo "$portserver" --stop
is $? 0 'a log that nobody reads holds up no start'
PORTICO_RUNTIME_DIR=/nowhere/at/all "$portserver" 2>"$scratch/err"
is $? 1 'a folder that cannot be made'
like "$(cat "$scratch/err")" '^portserver: /nowhere/at/all: ' 'is named'
done_testing
