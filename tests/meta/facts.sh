# The facts of reference section 9, which were measured on Windows: each is the name of a test ("fact N: ...") in
# tests/pe, of an assertion whose condition is not constant.
. "$srcdir/functions.sh"
facts=21

named() { grep -hoE '"fact [0-9]+: ' tests/pe/*.c | sed 's/[^0-9]//g' | sort -un; }

seq 1 "$facts" | while read -r n; do
    named | grep -qx "$n" || echo "no assertion of tests/pe is named \"fact $n: ...\""
done >"$scratch/found"
finding_free "each of the $facts facts is a named test" "$scratch/found"

named | while read -r n; do
    [ "$n" -le "$facts" ] || echo "there is no fact $n"
done >"$scratch/found"
finding_free 'no other number is named' "$scratch/found"

grep -nE 'ok\((1|TRUE|true), *"fact' tests/pe/*.c >"$scratch/found"
finding_free 'no fact is asserted by a constant' "$scratch/found"
done_testing
