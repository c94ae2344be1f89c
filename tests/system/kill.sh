# kill -9 of one program in mid-conversation: the port server lives, the other end is told, nothing is left behind.
. "$srcdir/functions.sh"
server_start

# what the port server holds: objects, handles, ports ..., open descriptors (--status lets it close what has ended)
held() {
    "$portserver" --status | grep -v -e uptime
}
portserver_pid() { "$portserver" --status | sed -n 's/.*pid[ :=]*\([0-9][0-9]*\).*/\1/p' | head -n 1; }

kill -0 "$(portserver_pid)"
ok $? 'the port server tells its pid'
before=$(held)

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

is "$(held)" "$before" 'the port server holds what it held before'
done_testing
