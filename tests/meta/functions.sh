# Shared by the meta tests: TAP from a list of findings. srcdir of the whole tree in $top_srcdir.
n_tests=0

# finding_free NAME FILE: the test NAME passes when FILE, a list of findings, is empty.
finding_free() {
    n_tests=$((n_tests + 1))
    if [ -s "$2" ]; then
        sed 's/^/# /' "$2"
        echo "not ok $n_tests - $1"
    else
        echo "ok $n_tests - $1"
    fi
}

done_testing() { echo "1..$n_tests"; }

scratch=$(mktemp -d "${TMPDIR:-/tmp}/portico-meta.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
cd "$top_srcdir" || exit 99
top_srcdir=$(pwd -P)
