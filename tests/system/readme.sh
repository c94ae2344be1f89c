# README's server and client, as printed there: compiled by mingw-w64, run, and they talk.
. "$srcdir/functions.sh"
: "${PE_CC:=x86_64-w64-mingw32-gcc}"
requires "$PE_CC"

# block N: the Nth fenced C block of README.md.
block() { awk -v n="$1" '/^```c$/ { k++; on = 1; next } /^```/ { on = 0 } on && k == n' "$top_srcdir/README.md"; }

block 1 >"$scratch/hello-server.c"
block 2 >"$scratch/hello-client.c"
for name in hello-server hello-client; do
    "$PE_CC" -I"$top_srcdir/include" "$scratch/$name.c" -o "$scratch/$name.exe" -lntdll 2>"$scratch/$name.log"
    ok $? "$name.c of README compiles"
    sed 's/^/# /' "$scratch/$name.log"
done
server_start
background server "$portico" "$scratch/hello-server.exe" # the client waits for it
server_pid=$background_pid
out=$(PORTICO_DEBUG=+alpc "$portico" "$scratch/hello-client.exe" 2>"$scratch/trace" | tr -d '\r')
is "$out" 'answer: fine, thank you' 'the client prints the answer'
like "$(cat "$scratch/trace")" 'alpc NtAlpcSendWaitReceivePort: port .* send, receive: 00000000, 140 bytes' \
    'PORTICO_DEBUG=+alpc traces its request'
wait "$server_pid"
ok $? 'the server ends when its client has gone'
like "$(cat "$scratch/server.out")" '^asked: how are you' 'the server printed the question'
done_testing
