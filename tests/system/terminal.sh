# A terminal is a console: modes, size, colours, single keys, CONIN$ and CONOUT$.
. "$srcdir/functions.sh"

# shellcheck disable=SC2086
$CC $SAN_CFLAGS -o "$scratch/on_terminal" "$srcdir/programs/on_terminal.c" || exit 99
up=$(printf '\033[A')
a_uml=$(printf '\303\244')
"$scratch/on_terminal" 30 100 'line?' 'a line
' 'wide line?' "$a_uml
" 'key?' 'k' 'arrow?' "$up" 'record?' "$a_uml" 'two?' 'xy' 'raw?' "$(printf '\003')" -- "$portico" "$(program terminal)" >"$scratch/out"
is "$?" 5 'the program ends by itself'
out=$(tr -d '\r' <"$scratch/out")
like "$out" '^modes 7 7$' 'lines, echo and Ctrl-C; text, wrapping and escape sequences'
like "$out" '^size 1 100 30, window 99 29$' "the terminal's size"
like "$out" '^of the input 0$' 'the input has none'
like "$out" "$(printf '^bytes h\303\251$')" 'what a program prints comes as it is'
like "$out" "$(printf '^\033\\[0;91;44m\033\\[0m colours 1c$')" 'colours'
like "$out" '^echo without lines 0 87$' 'modes that do not go together are refused'
like "$out" '^an unknown bit 0 87$' 'and unknown ones'
like "$out" '^VT 1$' 'escape sequences may be switched on'
like "$out" '^line\?a line$' 'a line is echoed'
like "$out" '^a line$' 'and read'
like "$out" '^3: e4$' 'by ReadConsole with its \r\n'
like "$out" 'events 0, key\?.?107, arrow\?.*224 72, record' 'single keys'
like "$out" 'vk 0 unit e4$' 'as records'
like "$out" 'together 2 2$' 'two threads share the keys'
like "$out" '^kbhit 0 write 1 peek 1 1$' 'no key is there; an event that was written is'
like "$out" "^a child's modes 7$" 'a child that begins meanwhile reads lines'
like "$out" '^after all turns 1 7$' 'threads that read keys and lines at once mix up no modes'
like "$out" '^modes 0, raw\?1 3$' 'raw bytes, Ctrl-C among them'
like "$out" '^CONIN\$ 0 CONOUT\$ 7$' 'the terminal by its names'
like "$out" '^written$' 'bytes to it'
like "$out" "$(printf '^w\303\251$')" 'and text'
like "$out" '^modes as before$' 'the end puts the modes back'

# It is stopped by Ctrl-Z, the shell takes the terminal, and it ends.
"$scratch/on_terminal" 30 100 stays "$(printf '\032')" -- \
    sh -mc '"$@"; kill -TERM %1; bg %1; wait %1; echo "ended with $?"; echo the end' sh "$portico" "$(program terminal)" stay >"$scratch/out"
like "$(tr -d '\r' <"$scratch/out")" '^ended with 6$' 'who ends in the background is not stopped by it'

# It is stopped and goes on: the shell has its modes meanwhile, the program keys without an Enter key afterwards.
"$scratch/on_terminal" 30 100 'one key?' "$(printf '\032')" 'go on' k -- \
    sh -mc '"$@"; echo "with $(stty -a | grep -Ewo "(-?(icanon|echo|icrnl))|min = 1" | tr "\n" " ")"; echo go on; fg %1; echo the end' \
    sh "$portico" "$(program terminal)" key >"$scratch/out"
out=$(tr -d '\r' <"$scratch/out")
like "$out" 'with min = 1 icrnl icanon echo $' 'who is stopped while keys are read puts the modes back'
like "$out" 'it is 6b$' 'and reads keys when it goes on'
like "$out" '^modes as before$' 'until its end'

# Two read keys, and who began first ends first: the other began with modes that are not to be put back.
mkfifo "$scratch/said"
# shellcheck disable=SC2016
"$scratch/on_terminal" 30 100 -- sh -c '
    said=$1
    shift
    "$@" stay >"$said" </dev/tty & first=$!
    read -r line <"$said"
    "$@" stay raw >"$said" </dev/tty & second=$!
    read -r line <"$said"
    kill -TERM $first
    wait $first
    kill -TERM $second
    wait $second
    echo "both ended, $?"
    echo the end' sh "$scratch/said" "$portico" "$(program terminal)" >"$scratch/out"
out=$(tr -d '\r' <"$scratch/out")
like "$out" '^both ended, 6$' 'two that read keys end one after the other'
like "$out" '^modes as before$' 'and leave the modes as they were'

# Ctrl-\ ends it while keys are read.
"$scratch/on_terminal" 30 100 stays "$(printf '\034')" -- \
    sh -mc 'ulimit -c 0; "$@"; echo "ended with $?"; echo the end' sh "$portico" "$(program terminal)" stay >"$scratch/out"
out=$(tr -d '\r' <"$scratch/out")
like "$out" '^ended with 131$' 'who ends by SIGQUIT'
like "$out" '^modes as before$' 'puts the modes back'
done_testing
