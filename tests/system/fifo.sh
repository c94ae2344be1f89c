# A FIFO in a folder holds up nobody who opens and reads what he finds there.
. "$srcdir/functions.sh"

mkfifo "$scratch/fifo" || exit 99
"$portico" "$(program fifo)" "$scratch/fifo" >"$scratch/out" 2>&1
is $? 0 'a FIFO without another end is not waited for'
is "$(tr -d '\r' <"$scratch/out")" 'attributes: 40
end: broken pipe
open to write: no' 'it is a device, has ended, and cannot be written to'

# A shell that has it open for both, so that neither end waits: what is in it is read, then nothing comes.
exec 3<>"$scratch/fifo"
printf hello >&3
background reader sh -c 'exec 3>&-; exec "$@"' sh "$portico" "$(program fifo)" "$scratch/fifo"
await_line reader '^read: 5'
ok $? 'what is in it is read'
exec 3>&-
wait "$background_pid"
is "$(tr -d '\r' <"$scratch/reader.out")" 'attributes: 40
read: 5
end: broken pipe
open to write: no' 'and its end when the last writer goes'
done_testing
