# portctl: what it lists, what it answers without a server, its exit statuses.
. "$srcdir/functions.sh"

out=$("$portctl" list 2>&1)
is $? 4 'without a port server its exit status is 4'
is "$out" "portctl: no server runs in $PORTICO_RUNTIME_DIR" 'and it says so as portserver does'
[ ! -e "$PORTICO_RUNTIME_DIR/socket" ]
ok $? 'it starts no server'

server_start
is "$("$portctl")" 'NAME      PID CONNECTIONS  QUEUED  PENDING

0 ports listed.' 'a server without ports has an empty list'

background server "$portico" "$(program talk_server)" '\RPC Control\Listed' 1 1
server_pid=$background_pid
await_line server '^ready' "$server_pid"
ok $? 'a program publishes a port'
is "$("$portctl" --no-legend list | tr -s ' ')" "\\RPC Control\\Listed $server_pid 0 0 0" \
    'the list has its name, its process and its counts'
like "$("$portctl" -a list | tail -n +2)" ' connection$' '-a tells the kind'

out=$("$portico" "$(program talk_client)" '\RPC Control\Listed' 1 10)
wait "$server_pid"
is "$("$portctl" --no-legend)" '' 'with the program its port has gone'

background queued "$portico" "$(program queued)"
await_line queued '^ready' "$background_pid"
is "$("$portctl" --no-legend)" "\\RPC Control\\Queued ü $(printf %8u "$background_pid")           2       6        0" \
    'five datagrams and a connection request are queued, in a column of their own'
kill "$background_pid"
wait "$background_pid"

"$portctl" nonsense >/dev/null 2>&1
is $? 2 'an unknown verb is wrong usage'
"$portctl" list more >/dev/null 2>&1
is $? 2 'so is an argument too many'
like "$("$portctl" --help)" '^  list ' '--help names the verbs'
like "$("$portctl" --version)" '^portctl \(portico ' '--version tells the version'
done_testing
