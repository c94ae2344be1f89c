# docs/API.md and build-aux/api.list claim nothing that the tree does not hold. The page may be behind (a name works that it
# does not tell of yet: landings in parallel would else collide in it), never ahead.
. "$srcdir/functions.sh"

sh build-aux/api.sh --table >"$scratch/table" || exit 99

awk '$3 == "missing" { print $2 ": in build-aux/api.list, not in exports.def, or without a claim" }' "$scratch/table" >"$scratch/found"
finding_free 'each name of the list exists' "$scratch/found"

awk '$3 == "works" && $4 == "-" { print $2 ": counts as implemented, no program in tests/pe names it" }' "$scratch/table" >"$scratch/found"
finding_free 'each name that counts as implemented is named by a test' "$scratch/found"

awk '$3 == "stored" { print $2 }' "$scratch/table" | while read -r name; do
    grep -rqF "UNKNOWN($name):" libs server dlls/ntdll || echo "$name: stored, and no source says UNKNOWN($name): why"
done >"$scratch/found"
finding_free 'each name without a known effect says why' "$scratch/found"

sed -n 's/^| \([A-Za-z_0-9]*\) | works | \([^|]*\) |.*/\1 \2/p' docs/API.md | tr -d ',' >"$scratch/claims"
awk 'NR == FNR { state[$2] = $3; tests[$2] = "," $4 ","; next }
    state[$1] != "works" { print $1 ": works says docs/API.md; it is " state[$1]; next }
    { for (i = 2; i <= NF; i++) if (!index(tests[$1], "," $i ",")) print $1 ": tested by " $i " says docs/API.md" }' \
    "$scratch/table" "$scratch/claims" >"$scratch/found"
[ -s "$scratch/claims" ] || echo 'docs/API.md claims nothing' >>"$scratch/found"
finding_free 'docs/API.md claims nothing that is not so' "$scratch/found"

sh build-aux/api.sh >"$scratch/page"
cmp -s "$scratch/page" docs/API.md || echo "# docs/API.md is behind the tree: make -C build api"
done_testing
