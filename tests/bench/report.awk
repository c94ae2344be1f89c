# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The Portico developers
#
# The report of a benchmark run, as Markdown that reads well on a terminal. Input: about.tsv, then raw.tsv (see bench.h);
# -v results=FILE gets the medians over the rounds, one line each, with the number of rounds.
#
# Ratios are of medians. A target that was not measured in this run says so and is no target met.
BEGIN { FS = "\t" }
/^#/ { about[++n_about] = substr($1, 3) ": " $2; next }
{
    key = $1 FS $2 FS $3 FS $4 FS $5
    if (!(key in count)) order[++n_keys] = key
    values[key, ++count[key]] = $6 + 0
}

function median(key,    n, i, j, t, v) {
    n = count[key]
    for (i = 1; i <= n; i++) v[i] = values[key, i]
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && v[j - 1] > v[j]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
    return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}
# The median of a measurement; "" when there is none.
function get(work, variant, parameter, placement, metric,    key) {
    key = work FS variant FS parameter FS placement FS metric
    return key in result ? result[key] : ""
}
function ns(work, variant, parameter, placement) { return get(work, variant, parameter, placement, "ns") }
function ratio(a, b) { return a == "" || b == "" || !b ? "" : a / b }

function time(v) {
    if (v == "") return "-"
    if (v < 10000) return sprintf("%d ns", v)
    if (v < 10000000) return sprintf("%.1f us", v / 1000)
    return sprintf("%.1f ms", v / 1000000)
}
function times(v) { return v == "" ? "-" : v < 0.1 ? sprintf("1/%.0f x", 1 / v) : sprintf("%.2f x", v) }
function bytes(v) { return v == "" ? "-" : v >= 10485760 || v <= -10485760 ? sprintf("%.0f MiB", v / 1048576) : sprintf("%.1f KiB", v / 1024) }
function rate(v) { return v == "" ? "-" : sprintf("%.2f M/s", v / 1000000) }
function placed(p) { return p == "two" ? "one processor each" : p == "same" ? "both on one processor" : "placed by the kernel" }

function head(text,    n, i, parts, line) {
    n = split(text, parts, "|")
    line = "|"
    for (i = 1; i <= n; i++) line = line " --- |"
    printf "\n|%s|\n%s\n", text, line
}

function round_trips(placement,    i, j, n, m, names, sizes, line, v, limit) {
    n = split("memcpy spin hinted futex pipe seqpacket broker zeromq dbus wine_pipe lane portico portico-pe portico-pe,completion portico-pe,pool", names, " ")
    m = split("0 64 512 4096 16384 60000 65487", sizes, " ")
    printf "\n### Round trip, %s: median, times the limit (hinted), p99\n", placed(placement)
    line = " transport "
    for (j = 1; j <= m; j++) if (ns("round trip", "hinted", sizes[j], placement) != "") line = line "| " sizes[j] " B "
    head(line)
    for (i = 1; i <= n; i++) {
        sub("_", " ", names[i])
        line = "| " names[i] " |"
        any = 0
        for (j = 1; j <= m; j++) {
            limit = ns("round trip", "hinted", sizes[j], placement)
            if (limit == "") continue
            v = ns("round trip", names[i], sizes[j], placement)
            if (v != "") any = 1
            line = line (v == "" ? " - |" : sprintf(" %s, %s, %s |", time(v), times(v / limit), time(get("round trip", names[i], sizes[j], placement, "p99_ns"))))
        }
        if (any) print line
    }
}
function rates(title, work, parameters, names,    i, j, n, m, p, variants, columns, places, line) {
    m = split(parameters, columns, " ")
    n = split(names, variants, " ")
    split("two same", places, " ")
    printf "\n### %s\n", title
    line = " | "
    for (j = 1; j <= m; j++) line = line "| " columns[j] " "
    head(line)
    for (p = 1; p <= 2; p++)
        for (i = 1; i <= n; i++) {
            line = "| " variants[i] " | " placed(places[p]) " |"
            for (j = 1; j <= m; j++) line = line " " rate(get(work, variants[i], columns[j], places[p], "per_s")) " |"
            print line
        }
}
function rest(    i, part, v, metric) {
    printf "\n### The rest\n"
    head(" what | who | of | where | median ")
    for (i = 1; i <= n_keys; i++) {
        split(order[i], part, FS)
        metric = part[5]
        if (part[1] == "round trip" && part[2] != "portico, no spin") continue
        if (part[1] == "datagrams" || part[1] == "in flight" || metric == "p99_ns") continue
        v = result[order[i]]
        v = metric ~ /ns/ ? time(v) (metric == "ns" ? "" : " (" metric ")") : metric ~ /bytes/ ? bytes(v) " (" metric ")" : v " " metric
        printf "| %s | %s | %s | %s | %s |\n", part[1], part[2], part[3], placed(part[4]), v
    }
}

# One target: what was measured (a ratio, or text) and whether that is enough.
function target(what, wanted, got, text, is_met) {
    printf "| %s | %s | %s | %s |\n", what, wanted, got == "" ? "-" : text, got == "" ? "not measured" : is_met ? "met" : "NOT MET"
    if (got != "") n_met[is_met ? 1 : 0]++
}
function at_most(what, wanted, got, most) { target(what, wanted, got, times(got), got <= most) }
function at_least(what, wanted, got, least) { target(what, wanted, got, times(got), got >= least) }
function sync_targets(    limit, pe, seq, i, sizes, most) {
    limit = ns("round trip", "hinted", 64, "two"); pe = ns("round trip", "portico-pe", 64, "two")
    target("sync 64 B, one processor each, PE", "<= 1.5 x limit or + 250 ns", ratio(pe, limit),
           sprintf("%s (%+d ns)", times(ratio(pe, limit)), pe - limit), pe <= 1.5 * limit || pe <= limit + 250)
    at_most("same, to SOCK_SEQPACKET", "<= 1/12", ratio(pe, ns("round trip", "seqpacket", 64, "two")), 1 / 12)
    at_most("same, to a D-Bus call", "<= 1/25", ratio(pe, ns("round trip", "dbus", 64, "two")), 1 / 25)
    at_most("sync 4 KiB, one processor each, PE", "<= 1.3 x limit", ratio(ns("round trip", "portico-pe", 4096, "two"), ns("round trip", "hinted", 4096, "two")), 1.3)
    at_most("sync 60,000 B, one processor each, PE", "<= 1.2 x limit", ratio(ns("round trip", "portico-pe", 60000, "two"), ns("round trip", "hinted", 60000, "two")), 1.2)
    split("64 4096 60000", sizes, " "); split("1.3 1.3 1.25", most, " ")
    for (i = 1; i <= 3; i++)
        at_most("sync " sizes[i] " B, both on one processor, PE", "<= " most[i] " x limit", ratio(ns("round trip", "portico-pe", sizes[i], "same"), ns("round trip", "hinted", sizes[i], "same")), most[i] + 0)
    for (i = 1; i <= 2; i++)
        at_most("sync " sizes[i] " B, both on one, to SOCK_SEQPACKET", "< 1", ratio(ns("round trip", "portico-pe", sizes[i], "same"), ns("round trip", "seqpacket", sizes[i], "same")), 0.9999)
    at_most("sync 64 B, both on one, 20 lanes, native", "<= 1.45 x limit", ratio(ns("connections", "one active", "20x1", "same"), ns("round trip", "hinted", 64, "same")), 1.45)
    at_most("sync 64 B, one processor each, no spinning, native", "<= 1.2 x pipe", ratio(ns("round trip", "portico, no spin", 64, "two"), ns("round trip", "pipe", 64, "two")), 1.2)
}
function crowd_targets(    i, key, part, one, v) {
    one = ns("connections", "one active", "1x1", "two")
    for (i = 1; i <= n_keys; i++) {
        split(order[i], part, FS)
        if (part[1] != "connections" || part[4] != "two" || part[3] == "1x1" || part[3] == "2x1") continue
        split(part[3], key, "x")
        if (part[2] == "one active" && part[5] == "ns" && key[2] == 1)
            at_most(key[1] " lanes, one active", "<= 1.2 x two lanes", ratio(result[order[i]], ns("connections", "one active", "2x1", "two")), 1.2)
        if (part[5] == "ns" && key[2] > 1 && part[2] ~ /active/)
            at_most(key[1] * key[2] " connections of " key[1] " processes, " part[2], "<= 1.3 x one connection", ratio(result[order[i]], one), 1.3)
        if (part[5] == "bytes_each" && key[2] > 1)
            target("memory of each of " key[1] * key[2] " connections of " key[1] " processes", "<= 24 KiB", result[order[i]], bytes(result[order[i]]), result[order[i]] <= 24576)
    }
}
function other_targets(    v, before, peak, after, i, least, most, counts, places, wanted) {
    split("two same", places, " "); split("10 8", wanted, " ")
    for (i = 1; i <= 2; i++)
        at_least("datagrams 64 B, one sender, " placed(places[i]) ", PE", ">= " wanted[i] " x SOCK_SEQPACKET", ratio(get("datagrams", "portico-pe", 1, places[i], "per_s"), get("datagrams", "seqpacket", 1, places[i], "per_s")), wanted[i])
    at_least("datagrams, 4 senders, one processor for all of them", ">= 0.8 x one sender", ratio(get("datagrams", "portico-pe", 4, "two", "per_s"), get("datagrams", "portico-pe", 1, "two", "per_s")), 0.8)
    at_most("a mapped view of 1 GiB, native", "<= 2 x a 64 B round trip", ratio(ns("view", "portico", 1073741824, "two"), ns("view", "portico", 0, "two")), 2)
    crowd_targets()
    at_most("connect + accept + close, native", "<= 5 x AF_UNIX", ratio(ns("connect", "portico", "-", "two"), ns("connect", "seqpacket", "-", "two")), 5)
    at_most("portico hello.exe, to wine64", "<= 1/4 of its best", ratio(get("start-up", "portico", "-", "none", "ns"), get("start-up", "wine64", "-", "none", "best_ns")), 0.25)
    at_most("portico hello.exe, to /bin/true", "<= 3 x", ratio(get("start-up", "portico", "-", "none", "ns"), get("start-up", "/bin/true", "-", "none", "ns")), 3)
    at_least("an honest connection beside one that scribbles over its lanes, native", ">= 0.95 x beside a control", get("scribble", "kept", "64", "two", "share"), 0.95)
    for (i = 10000; i <= 10000000; i *= 10) {
        v = get("linear", "portico", sprintf("%d", i), "two", "cpu_ns")
        if (v == "") continue
        if (least == "" || v < least) least = v
        if (most == "" || v > most) most = v
    }
    at_most("CPU time a message, 10^4 to 10^7: largest to least", "<= 1.2 (flat)", ratio(most, least), 1.2)
    before = get("burst", "portico", 1000000, "two", "bytes_before"); peak = get("burst", "portico", 1000000, "two", "bytes_peak")
    after = get("burst", "portico", 1000000, "two", "bytes_after")
    target("memory after 10^6 queued datagrams", "as before, less than a tenth of the peak more", after,
           bytes(before) ", " bytes(peak) ", " bytes(after), after - before < (peak - before) / 10)
    for (i = 3; i <= 10; i += 7) {
        v = get("idle", "portico", i, "none", "switches")
        if (v != "") target("context switches in " i " s of idleness", "0", v, v, v == 0)
    }
}

END {
    for (i = 1; i <= n_keys; i++) {
        result[order[i]] = median(order[i])
        if (results) printf "%s\t%.6g\t%d\n", order[i], result[order[i]], count[order[i]] > results
    }
    for (i = 1; i <= n_about; i++) print "- " about[i]
    round_trips("two"); round_trips("same"); round_trips("none")
    rates("Datagrams of 64 B, by number of senders", "datagrams", "1 2 4", "seqpacket portico portico-pe")
    rates("Asynchronous requests of 64 B, by number in flight", "in flight", "1 4 16 64", "portico portico-pe")
    rest()
    printf "\n### Targets\n"
    head(" work | target | measured | verdict ")
    sync_targets()
    other_targets()
    printf "\n%d targets met, %d not met\n", n_met[1], n_met[0]
}
