# The demo, as `./quickstart demo` plays it.
. "$srcdir/functions.sh"
out=$("$top_srcdir/programs/demo/run" "$top_builddir" 2>&1)
status=$?
is "$status" 0 'the demo ends with status 0'
[ "$status" = 0 ] || printf '%s\n' "$out" | sed 's/^/# /'
like "$out" 'picture of record 1: 64 MiB .* as sent' 'the picture arrived as it was sent'
like "$out" 'all 4 clients came and went' 'csrss.exe saw each client close'
like "$out" 'thread [0-9]+ of the pool: the answer is 12345654321' 'the asynchronous answer came in a thread-pool callback'
done_testing
