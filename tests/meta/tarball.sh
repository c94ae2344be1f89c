# What git tracks and what `make dist` packs are the same files.
. "$srcdir/functions.sh"

if ! git -C "$top_srcdir" rev-parse --is-inside-work-tree >/dev/null 2>&1 ||
    [ "$(git -C "$top_srcdir" rev-parse --show-toplevel)" != "$top_srcdir" ]; then
    echo '1..0 # SKIP not a git checkout'
    exit 0
fi
# automake's distdir must be a path below the build folder.
dist=meta-dist.$$
trap 'rm -rf "$scratch" "$top_builddir/$dist"' EXIT
MAKEFLAGS='' make -C "$top_builddir" --no-print-directory -s distdir distdir="$dist" \
    top_distdir="$dist" >"$scratch/log" 2>&1 || { sed 's/^/# /' "$scratch/log"; exit 99; }
git ls-files | grep -v -e '\.gitignore$' -e '\.gitattributes$' | LC_ALL=C sort >"$scratch/tracked"
(cd "$top_builddir/$dist" && find . -type f | sed 's,^\./,,') | LC_ALL=C sort >"$scratch/packed"
LC_ALL=C comm -23 "$scratch/tracked" "$scratch/packed" | sed 's/$/: tracked, not in the tarball/' >"$scratch/found"
finding_free 'each tracked file is in the tarball' "$scratch/found"
done_testing
