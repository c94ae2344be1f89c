# Two programs hold one server port; kill -9 of one at moments that nobody chose: the other answers on.
. "$srcdir/functions.sh"
server_start

# soon: some moment within the next milliseconds
soon() {
    soon_n=$(($(od -An -N2 -tu2 /dev/urandom) % 6000))
    while [ "$soon_n" -gt 0 ]; do soon_n=$((soon_n - 1)); done
}

background holders "$portico" "$(program holders)" kill
holders_pid=$background_pid
for round in 1 2 3 4 5 6 7 8; do
    while :; do
        worker=$(sed -n 's/^# worker //p' "$scratch/holders.out" | sed -n "${round}p")
        [ -n "$worker" ] && break
        kill -0 "$holders_pid" 2>/dev/null || break 2
    done
    soon
    kill -9 "$worker"
    ok $? "holder $round is killed"
done
wait "$holders_pid"
ok $? 'the program that keeps the port gets through'
is "$(grep -c '^ok .*a holder dies' "$scratch/holders.out")" 8 'each death was survived'
is "$(grep -c '^not ok' "$scratch/holders.out")" 0 'nothing failed'
done_testing
