# What nobody can have any more is told by an error, and the program goes on.
. "$srcdir/functions.sh"

(ulimit -n 64 && exec "$portico" "$(program descriptors)") >"$scratch/out" 2>"$scratch/err"
is "$?" 0 'a program without descriptors ends by itself'
is "$(tr -d '\r' <"$scratch/out")" 'a pipe: no
a file: no
a section: no
a program: no
a DLL: no
a thread: yes' 'each call that needs one fails with an error'

# lacks OPTION LIMIT WORD: with that limit the program ends as what lacks memory or descriptors
lacks() {
    out=$({ ulimit "$1" "$2" && exec "$top/programs/portico" "$args"; } 2>&1)
    is $? 120 "ulimit $1 $2: its own exit status"
    like "$out" "$3 \(ulimit $4\)" "ulimit $1 $2: says what it lacks"
}
top=$(cd "$top_builddir" && pwd)
args=$(program args)
export PORTICO_DLL_DIR="$top/dlls/x86_64-windows" # the wrapper's, which needs descriptors of its own
for kilobytes in 1500 2000 4000; do
    lacks -d $kilobytes memory '-d, -v'
done
for kilobytes in 10000 14000 17000 20000; do
    lacks -v $kilobytes memory '-d, -v'
done
for files in 4 5 6 7 8 9 10; do
    lacks -n $files 'too many open files' -n
done
out=$("$portico" "$(program args)" args "$(printf '%32800s' '')" 2>&1)
is $? 120 'a command line that is too long: its own exit status'
like "$out" 'its command line is longer than 32,764 characters' 'says the limit'

# A limit on the size of files: Linux' signal for it ends nobody.
(ulimit -f 1 && exec "$portico" "$(program args)" args "$(printf '%8000s' '')") >"$scratch/out" 2>"$scratch/err"
is "$?" 0 'a program whose file may not grow goes on'
(ulimit -f 1 && exec "$portserver" --persistent)
"$portico" "$(program talk_server)" '\RPC Control\Talk' 1 1 >"$scratch/out" 2>&1
like "$(cat "$scratch/out")" 'create failed c0000017' 'a port server that may make no memory says so'
"$portserver" --status >"$scratch/out"
ok $? 'and goes on'

# A limit on processor time that a program was given is not for the port server that it happens to start.
"$portserver" --stop
(ulimit -S -t 100 && exec "$portserver" --persistent) 2>"$scratch/err"
is "$(awk '/^Max cpu time/ { print $4 }' "/proc/$("$portserver" --status | sed -n 's/^pid: //p')/limits")" \
    "$(ulimit -H -t)" 'the port server has no soft limit of processor time'
"$portserver" --stop
(ulimit -t 100 && exec "$portserver" --persistent) 2>"$scratch/err"
if grep -Eq '^Max cpu time +unlimited' "/proc/$("$portserver" --status | sed -n 's/^pid: //p')/limits"; then
    is "$(cat "$scratch/err")" '' 'nor, where it may raise that, a hard one'
else
    like "$(cat "$scratch/err")" '^portserver: the limit of processor time \(ulimit -t 100\) cannot be raised' 'a hard one that it may not raise is told'
fi
done_testing
