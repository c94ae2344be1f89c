# SIGTERM is the console's close event: asked of the program's handlers, else the process ends with its streams flushed,
# by the signal. (A shell's background jobs ignore SIGINT, so it is not tried here; it takes the same way.)
. "$srcdir/functions.sh"
is_ignored 15 && skip_all 'SIGTERM is ignored where this was started: no program that it starts would hear it'

background with "$portico" "$(program control)" handler
await_line with '^ready' "$background_pid"
kill -TERM "$background_pid"
wait "$background_pid"
is $? 6 'a program that takes the event goes on and returns what it likes'
like "$(cat "$scratch/with.out")" 'event 2' 'its handler was told that the console closes'

background without "$portico" "$(program control)"
await_line without '^ready' "$background_pid"
kill -TERM "$background_pid"
wait "$background_pid"
is $? 143 'a program that does not dies by the signal'
like "$(cat "$scratch/without.out")" 'in the buffer' 'after its streams were flushed'

# However its only thread is busy when the signal comes.
mkfifo "$scratch/empty"
exec 9<>"$scratch/empty"
for busy in compute call read; do
    background "$busy" sh -c 'exec "$@" <"$0"' "$scratch/empty" "$portico" "$(program control)" "$busy"
    await_line "$busy" '^ready' "$background_pid"
    kill -TERM "$background_pid"
    wait "$background_pid"
    is $? 6 "busy with $busy: its handler ends the program"
    like "$(cat "$scratch/$busy.out")" 'event 2' "busy with $busy: it was asked"
done
exec 9<&-

# A DllMain does not return.
for how in spin sleep; do
    for reason in attach free exit; do
        background "$how" env STUCK=$reason STUCK_HOW=$how "$portico" "$(program control)" stuck
        await_line "$how" '^ready' "$background_pid"
        kill -TERM "$background_pid"
        wait "$background_pid"
        is $? 143 "DllMain, $reason, $how: the first signal ends the process"
        [ $reason = exit ] || like "$(cat "$scratch/$how.out")" 'in the buffer' 'after its streams were flushed'
    done
    background "$how" env STUCK=attach STUCK_HOW=$how "$portico" "$(program stuck_start)"
    await_line "$how" '^ready' "$background_pid"
    kill -TERM "$background_pid"
    wait "$background_pid"
    is $? 143 "DllMain of a program that has not begun, $how: the first signal ends the process"
    background "$how" env STUCK=attach STUCK_HOW=$how "$portico" "$(program control)" load
    await_line "$how" '^ready' "$background_pid"
    kill -TERM "$background_pid"
    wait "$background_pid"
    is $? 6 "DllMain, $how: the program's handler ends it"
    like "$(cat "$scratch/$how.out")" 'event 2' 'when it was asked'
    STUCK=attach STUCK_HOW=$how "$portico" "$(program control)" end
    is $? 123 "DllMain, $how: TerminateProcess of another process ends it"
done
done_testing
