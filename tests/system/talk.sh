# Two Windows programs converse: 8 client threads, random sizes up to the maximum, several receivers.
. "$srcdir/functions.sh"
server_start

background server "$portico" "$(program talk_server)" '\RPC Control\Talk' 8 3
server_pid=$background_pid
await_line server '^ready' "$server_pid"
ok $? 'the server program publishes its port'

out=$("$portico" "$(program talk_client)" '\RPC Control\Talk' 8 500)
ok $? '8 threads with a connection each get every answer right'
like "$out" '^answers fa0' '4000 answers came'

wait "$server_pid"
ok $? 'the server program saw eight closes and ended'
is "$(grep -c '^closed' "$scratch/server.out")" 8 'each close was told once'
done_testing
