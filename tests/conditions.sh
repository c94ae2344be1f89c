#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The Portico developers
#
# make check-conditions: the suite where it is hardest to be right. CONDITIONS='one many few' names some of them:
#
#     one   everything on one processor: who is waited for cannot run beside who waits
#     many  four busy processes beside it on each processor: any thread may stand still anywhere
#     few   RLIMIT_NOFILE 256
#
# A condition that cannot be had says so and counts as failed. Exit status 1 when a test failed in one.
set -u

cd "${1:?usage: conditions.sh BUILD-DIRECTORY}" || exit 1
busy=
trap 'stop_busy' EXIT
trap 'exit 1' INT TERM HUP

stop_busy() {
    for pid in $busy; do kill "$pid" 2>/dev/null; done
    busy=
}

start_busy() {
    n=$(($(nproc) * 4))
    while [ "$n" -gt 0 ]; do
        sh -c 'while :; do :; done' &
        busy="$busy $!"
        n=$((n - 1))
    done
}

# suite JOBS [COMMAND...]: by that command
suite() {
    jobs=$1
    shift
    "$@" make --no-print-directory -k -j"$jobs" check >"conditions-$condition.log" 2>&1
}

first_processor() { taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/'; }

run() {
    case $condition in
    one) what='on one processor' && suite 1 taskset -c "$(first_processor)" ;;
    many) what='four busy processes on each processor' && start_busy && suite "$(nproc)" ;;
    few) what='256 descriptors' && (ulimit -n 256 && suite "$(nproc)") ;;
    *) echo "conditions: no condition '$condition': one, many, few" >&2 && exit 1 ;;
    esac
}

# What the TAP drivers wrote, one .trs file a test program.
count() {
    find tests -name '*.trs' -exec awk '
        /^:test-result: (PASS|XFAIL)/ { passed++ }
        /^:test-result: (FAIL|XPASS|ERROR)/ { failed++ }
        /^:test-result: SKIP/ { skipped++ }
        END { printf "%d passed, %d failed, %d skipped", passed, failed, skipped }' {} +
}

failed=0
for condition in ${CONDITIONS:-one many few}; do
    find tests -name '*.trs' -delete
    run
    status=$?
    stop_busy
    echo "check-conditions: $what: $(count)$([ "$status" = 0 ] || echo ", exit status $status: $PWD/conditions-$condition.log")"
    [ "$status" = 0 ] || failed=1
done
exit "$failed"
