# Sourced before each test: a port server of its own, which ends by itself after its last client.
PORTICO_RUNTIME_DIR=$(mktemp -d "${TMPDIR:-/tmp}/portico-test.XXXXXX") || exit 99
export PORTICO_RUNTIME_DIR
