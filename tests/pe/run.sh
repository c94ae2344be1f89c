# usage: run.sh TEST.exe: runs it through the uninstalled loader with a port server, a drive C: and a current folder of
# its own, so that two runs of a test do not meet; stops the port server that the test may have started.
PORTICO_RUNTIME_DIR=$(mktemp -d "${TMPDIR:-/tmp}/portico-test.XXXXXX") || exit 99
PORTICO_HOME=$PORTICO_RUNTIME_DIR/home
export PORTICO_RUNTIME_DIR PORTICO_HOME
trap '"$top_builddir/portserver" --stop >/dev/null 2>&1; rm -rf "$PORTICO_RUNTIME_DIR"' EXIT
trap 'exit 99' INT TERM HUP
program=$(realpath "$1") && shift && mkdir "$PORTICO_RUNTIME_DIR/work" && cd "$PORTICO_RUNTIME_DIR/work" || exit 99
"$top_builddir/portico" "$program" "$@"
