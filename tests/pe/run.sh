# usage: run.sh TEST.exe: runs it through the uninstalled loader with a port server folder of its own; stops the
# port server that the test may have started.
PORTICO_RUNTIME_DIR=$(mktemp -d "${TMPDIR:-/tmp}/portico-test.XXXXXX") || exit 99
export PORTICO_RUNTIME_DIR
trap '"$top_builddir/portserver" --stop >/dev/null 2>&1; rm -rf "$PORTICO_RUNTIME_DIR"' EXIT
trap 'exit 99' INT TERM HUP
"$top_builddir/portico" "$@"
