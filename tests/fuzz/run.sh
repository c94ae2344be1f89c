#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The Portico developers
#
# run.sh SECONDS HARNESS...: fuzzes with each in turn, on one processor, at the lowest priority. New inputs go to work/<harness> in
# the build folder; what breaks a promise is left there as crash-*, and the exit status is 1.
set -u
seconds=$1
shift
status=0
for name in "$@"; do
    mkdir -p "work/$name"
    nice -n 19 ./fuzz_"$name" -max_total_time="$seconds" -max_len=1200 -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 \
        -artifact_prefix="work/$name-" "work/$name" "$srcdir/corpus/$name" >"work/$name.log" 2>&1 || {
        cp "work/$name.log" "work/$name-failed.log"
        echo "fuzz_$name: FOUND SOMETHING, see work/$name-failed.log"
        status=1
    }
    echo "fuzz_$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "work/$name.log") executions," \
        "$(grep -o 'cov: [0-9]*' "work/$name.log" | tail -n 1 | cut -c6-) edges," \
        "$(find "work/$name" -type f | wc -l) inputs kept"
done
exit $status
