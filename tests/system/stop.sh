# portserver --stop in mid-conversation: each program that uses it prints one line and ends with status 117, and
# none of them sees an error of its port first.
. "$srcdir/functions.sh"
server_start

server_pids=
for i in 1 2 3 4; do
    background "server$i" "$portico" "$(program talk_server)" "\\RPC Control\\Stop$i" 1 3
    await_line "server$i" '^ready' "$background_pid"
    server_pids="$server_pids $background_pid"
done
background client "$portico" "$(program talk_client)" '\RPC Control\Stop1' 2 0
client_pid=$background_pid
await_line client '^first' "$client_pid"

"$portserver" --stop
ok $? 'the port server ends'
i=0
for pid in $server_pids; do
    i=$((i + 1))
    wait "$pid"
    is $? 117 "server program $i ends with the status that says so"
    is "$(grep -c 'port server has ended' "$scratch/server$i.out")" 1 "server program $i prints one line"
    is "$(grep -c failed "$scratch/server$i.out")" 0 "server program $i sees no error of its port"
done
wait "$client_pid"
is $? 117 'the client program ends with the status that says so'
done_testing
