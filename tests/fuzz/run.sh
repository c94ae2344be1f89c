#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The Portico developers
#
# run.sh SECONDS HARNESS...: fuzzes with each in turn, on one processor, at the lowest priority. New inputs go to found/<harness> in
# the build folder; what breaks a promise is left beside it as <harness>-crash-*, and the exit status is 1.
set -u
seconds=$1
shift
status=0
for name in "$@"; do
    mkdir -p "found/$name"
    nice -n 19 ./fuzz_"$name" -max_total_time="$seconds" -max_len=1200 -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 \
        -artifact_prefix="found/$name-" "found/$name" "$srcdir/corpus/$name" >"found/$name.log" 2>&1 || {
        cp "found/$name.log" "found/$name-failed.log"
        echo "fuzz_$name: FOUND SOMETHING, see found/$name-failed.log"
        status=1
    }
    echo "fuzz_$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "found/$name.log") executions," \
        "$(grep -o 'cov: [0-9]*' "found/$name.log" | tail -n 1 | cut -c6-) edges," \
        "$(find "found/$name" -type f | wc -l) inputs kept"
done
exit $status
