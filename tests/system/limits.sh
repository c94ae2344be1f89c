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
