# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The Portico developers
#
# plot.sh FOLDER: SVG plots of FOLDER/results.tsv, in FOLDER.
folder=$1
data=$folder/results.tsv
# lines WORK VARIANT PLACEMENT METRIC: parameter and value, for gnuplot.
lines() { awk -F'\t' -v w="$1" -v v="$2" -v p="$3" -v m="$4" '$1 == w && $2 == v && $4 == p && $5 == m { print $3, $6 }' "$data" | sort -n; }
# plot FILE TITLE XLABEL YLABEL SETTINGS WORK PLACEMENT METRIC VARIANT...
plot() {
    file=$folder/$1.svg title=$2 xlabel=$3 ylabel=$4 settings=$5 work=$6 placement=$7 metric=$8
    shift 8
    {
        printf 'set terminal svg size 800,500 background "white"\nset output "%s"\nset title "%s"\n' "$file" "$title"
        printf 'set xlabel "%s"\nset ylabel "%s"\nset grid\nset key outside right\n%s\n' "$xlabel" "$ylabel" "$settings"
        plots=
        for variant; do
            [ -n "$(lines "$work" "$variant" "$placement" "$metric")" ] || continue
            printf '$d%s << EOD\n%s\nEOD\n' "$(echo "$variant" | tr -c 'a-z0-9\n' _)" "$(lines "$work" "$variant" "$placement" "$metric")"
            plots="$plots${plots:+, }\$d$(echo "$variant" | tr -c 'a-z0-9\n' _) using 1:2 with linespoints title \"$variant\""
        done
        [ -z "$plots" ] || echo "plot $plots"
    } | gnuplot || exit 1
    echo "# $file" >&2
}
for placement in two same; do
    where='one processor each'
    [ $placement = two ] || where='both on one processor'
    plot "roundtrip-$placement" "Round trip, $where" 'bytes' 'median, ns' 'set logscale y; set xrange [0:66000]' 'round trip' $placement ns \
        hinted futex pipe seqpacket broker zeromq dbus lane portico portico-pe 'wine pipe'
    plot "datagrams-$placement" "Datagrams of 64 bytes, $where" 'senders' 'messages a second' 'set yrange [0:*]; set xtics (1, 2, 4)' datagrams $placement per_s \
        seqpacket portico portico-pe
    plot "inflight-$placement" "Asynchronous requests, $where" 'in flight' 'messages a second' 'set yrange [0:*]; set logscale x 2' 'in flight' $placement per_s \
        portico portico-pe
done
