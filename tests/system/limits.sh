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
done_testing
