# Rules for each file: licence lines, length, a unit test for each source of libs/ and server/.
. "$srcdir/functions.sh"

find include libs server dlls programs tests \( -name '*.[chS]' -o -name '*.def' \) |
    LC_ALL=C sort >"$scratch/files"

while read -r file; do
    head -n 3 "$file" | grep -q 'SPDX-License-Identifier: LGPL-2.1-or-later' || echo "$file: no SPDX line"
done <"$scratch/files" >"$scratch/found"
finding_free 'each source begins with its licence' "$scratch/found"

while read -r file; do
    case $file in */exports.def | */statuses.def) continue ;; esac
    lines=$(wc -l <"$file")
    [ "$lines" -le 500 ] || echo "$file: $lines lines"
done <"$scratch/files" >"$scratch/found"
finding_free 'no source is longer than 500 lines' "$scratch/found"

find libs server -name '*.c' ! -name main.c | LC_ALL=C sort | while read -r file; do
    name=$(basename "$file" .c)
    room=$(basename "$(dirname "$file")")
    [ -f "tests/unit/check_$name.c" ] || [ -f "tests/unit/check_${room}_$name.c" ] ||
        echo "$file: no tests/unit/check_$name.c or check_${room}_$name.c"
done >"$scratch/found"
finding_free 'each source of libs and server has a unit test' "$scratch/found"

find tests/unit -name 'check_*.c' | while read -r file; do
    grep -q "$(basename "$file")" tests/unit/*.am || echo "$file is in no fragment of tests/unit"
done >"$scratch/found"
finding_free 'each unit test is built' "$scratch/found"

find tests/pe -name '*.c' | while read -r file; do
    grep -q "$(basename "$file" .c)" tests/pe/*.am || echo "$file is in no fragment of tests/pe"
done >"$scratch/found"
finding_free 'each PE test is built' "$scratch/found"
done_testing
