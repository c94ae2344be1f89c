# README's server and client, as printed there: compiled by mingw-w64, run, and they talk.
. "$srcdir/functions.sh"

# block N: the Nth fenced C block of README.md.
block() { awk -v n="$1" '/^```c$/ { k++; on = 1; next } /^```/ { on = 0 } on && k == n' "$top_srcdir/README.md"; }
