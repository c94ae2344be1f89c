# The documentation speaks of this tree.
. "$srcdir/functions.sh"

grep -oE '`?(include|libs|server|dlls|programs|tests|docs|man)/[A-Za-z0-9_./-]*[A-Za-z0-9_]\.(c|h|S|sh|def|am|md|[1-8])\b' \
    README.md CONTRIBUTING.md docs/*.md | tr -d '`' | while IFS=: read -r page path; do
    [ -e "$path" ] || echo "$page names $path: there is no such file"
done >"$scratch/found"
finding_free 'each file that the documentation names exists' "$scratch/found"

sed -n 's/^ *PORTICO_EXIT_\([A-Z_]*\) *= *\([0-9]*\),.*/\2 \1/p' include/portico/exit_status.h >"$scratch/statuses"
[ -s "$scratch/statuses" ] || echo 'no status found in include/portico/exit_status.h' >"$scratch/found"
while read -r number name; do
    grep -qx "$number" man/portico.1 || echo "man/portico.1 lacks exit status $number ($name)"
done <"$scratch/statuses" >>"$scratch/found"
finding_free 'the man page lists each exit status of the loader' "$scratch/found"

sed -n 's/.*| \([a-z_0-9, ()]*\) |$/\1/p' docs/COMPATIBILITY.md | tr ',' '\n' | sed 's/(both)//; s/ //g' | sort -u | grep -vx 'tests' |
    while read -r name; do
        [ -z "$name" ] || [ -f "tests/pe/$name.c" ] || [ -f "tests/system/$name.sh" ] || echo "docs/COMPATIBILITY.md names the test $name: there is none"
    done >"$scratch/found"
finding_free 'each test that docs/COMPATIBILITY.md names exists' "$scratch/found"

for page in man/*.[1-8]; do
    command -v man >/dev/null || break
    LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null | sed "s,^,$page: ,"
done >"$scratch/found"
finding_free 'the man pages have no formatting errors' "$scratch/found"
done_testing
