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
done_testing
