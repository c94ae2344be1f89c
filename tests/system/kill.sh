# kill -9 of one program in mid-conversation: the port server lives, the other end is told, nothing is left behind.
. "$srcdir/functions.sh"
server_start

# what the port server holds: objects, handles, ports ..., open descriptors
held() {
    "$portserver" --status | grep -v -e uptime
}
portserver_pid() { "$portserver" --status | sed -n 's/.*pid[ :=]*\([0-9][0-9]*\).*/\1/p' | head -n 1; }

kill -0 "$(portserver_pid)"
ok $? 'the port server tells its pid'
# The least of several readings: the socket of the reading before may still be closing.
before=$(for _ in 1 2 3 4 5; do held | tr '\n' '|'; echo; done | sort | head -n 1 | tr '|' '\n' | sed '/^$/d')

# settled: what is held now; asked again while it is not what it was before, since a descriptor may just be closing
settled() {
    settled_tries=0
    while [ "$(held)" != "$before" ] && [ "$settled_tries" -lt 100 ]; do settled_tries=$((settled_tries + 1)); done
    held
}

# (1) the client dies
background server "$portico" "$(program talk_server)" '\RPC Control\Talk' 4 2
server_pid=$background_pid
await_line server '^ready' "$server_pid"
background client "$portico" "$(program talk_client)" '\RPC Control\Talk' 4 0
client_pid=$background_pid
await_line client '^first' "$client_pid"
kill -9 "$client_pid"
wait "$server_pid"
ok $? 'the server program sees a close for each connection of a killed client, and ends'
is "$(grep -c '^closed' "$scratch/server.out")" 4 'four connections, four closes'

# (2) the server program dies
background server "$portico" "$(program talk_server)" '\RPC Control\Talk' 4 2
server_pid=$background_pid
await_line server '^ready' "$server_pid"
background client "$portico" "$(program talk_client)" '\RPC Control\Talk' 4 0
client_pid=$background_pid
await_line client '^first' "$client_pid"
kill -9 "$server_pid"
wait "$client_pid"
is $? 3 'the client program of a killed server gets an error, at once'
like "$(cat "$scratch/client.out")" '^failed c0000037' 'the error says that the connection is gone'

"$portico" "$(program talk_client)" '\RPC Control\Talk' 1 1 >"$scratch/late.out"
is $? 3 'the name of a dead server program is gone'
like "$(cat "$scratch/late.out")" '^failed c0000034' 'connecting to it says that there is no such port'

is "$(settled)" "$before" 'the port server holds what it held before'
done_testing
