# The second demo: the CSR interface over legacy LPC, two Windows programs in two processes.
. "$srcdir/functions.sh"
out=$("$top_srcdir/programs/demo/run" "$top_builddir" csr-lpc 2>&1)
status=$?
is "$status" 0 'the demo ends with status 0'
[ "$status" = 0 ] || printf '%s\n' "$out" | sed 's/^/# /'
like "$out" 'shared section of the server at .*"static server data"' "the server's section is mapped in the client"
like "$out" 'the sum of 1000 captured numbers is 332833500' "the server reads the client's section through rebased pointers"
like "$out" 'the text in the view is now "HELLO FROM CSR-CLIENT.EXE"' 'and writes it'
like "$out" 'asked back 3 times while it waited' 'the server asks back in the waiting thread'
like "$out" 'LPC_CLIENT_DIED: thread [0-9]+ of record [0-9]+ \("killed"\)' 'the end of a killed client is told'
like "$out" 'all 5 clients came and went, 2 threads were seen to die' 'the server saw each client go'
done_testing
