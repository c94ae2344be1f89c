# Each status that the tree names becomes a Win32 error (dlls/ntdll/statuses.def), or is one of those that have none;
# the table is in the order in which it is searched.
. "$srcdir/functions.sh"

# Those without one on Windows: success under its names, and the message that is not found.
none='SUCCESS WAIT_0 ABANDONED_WAIT_0 MESSAGE_NOT_FOUND'

sed -n 's/^\(MAP\|SELF\)(\([A-Z0-9_]*\).*/STATUS_\2/p; s/^OTHER(\([A-Z0-9_]*\).*/\1/p' dlls/ntdll/statuses.def | LC_ALL=C sort >"$scratch/mapped"
for name in $none; do echo "STATUS_$name"; done | LC_ALL=C sort - "$scratch/mapped" >"$scratch/known"
find include libs server programs dlls \( -name '*.[ch]' -o -name '*.def' \) ! -name statuses.def -exec \
    grep -hoE '\bSTATUS_[A-Z0-9_]*[A-Z0-9]\b' {} + | LC_ALL=C sort -u >"$scratch/named"
LC_ALL=C comm -23 "$scratch/named" "$scratch/known" |
    while read -r name; do echo "$name: becomes ERROR_MR_MID_NOT_FOUND"; done >"$scratch/found"
[ -s "$scratch/named" ] || echo 'the tree names no status' >>"$scratch/found"
finding_free 'each status that the tree names becomes a Win32 error' "$scratch/found"

LC_ALL=C uniq -d "$scratch/mapped" >"$scratch/found"
finding_free 'no status stands twice in the table' "$scratch/found"

{
    echo '#include <ntstatus.h>'
    echo '#include "portico/status.h"'
    echo '#define MAP(status, error) value STATUS_##status'
    echo '#define SELF(status) value STATUS_##status'
    echo '#define OTHER(status, error) value status'
    echo '#include "dlls/ntdll/statuses.def"'
} | $PE_CC -E -P -isystem "$WINE_HEADERS" -I. -Iinclude -x c - 2>"$scratch/found" | grep '^value' >"$scratch/values"
sed -n 's/^value .*0[xX]\([0-9a-fA-F]*\).*/\1/p' "$scratch/values" | tr 'A-F' 'a-f' | sed 's/^/0000000/; s/.*\(........\)$/\1/' >"$scratch/order"
[ "$(wc -l <"$scratch/order")" = "$(wc -l <"$scratch/mapped")" ] || echo 'not every status of the table has a value' >>"$scratch/found"
LC_ALL=C sort -c -u "$scratch/order" 2>>"$scratch/found"
finding_free 'the table is in the order of the statuses' "$scratch/found"
done_testing
