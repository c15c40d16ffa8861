#!/bin/sh
# Starts a server for load tests, with one station and the numbers sig, ivr and play, and stays until Ctrl-C.
#   benches/load.sh [PROGRAM]      the program: target/release/yingda unless another is given
# What to ring it with, and what came of it: benches/README.md.
set -eu
cd "$(dirname "$0")/.."
program=${1:-target/release/yingda}
[ -x "$program" ] || { echo "$program is not there: cargo build --release" >&2; exit 2; }
data=target/load-data
rm -rf "$data"
mkdir -p "$data"
ulimit -n "$(ulimit -Hn)"
"$program" --config config/load.toml serve >"$data/server.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true' EXIT INT TERM
until [ -S "$data/control.sock" ]; do
    kill -0 "$server" 2>/dev/null || { cat "$data/server.log" >&2; exit 1; }
    sleep 0.1
done
"$program" --config config/load.toml import areas places/areas.csv >/dev/null
printf 'tier,area,name,help_number,ticket_code\n区,370203,市北区中心,12349,1\n' >"$data/stations.csv"
"$program" --config config/load.toml import stations "$data/stations.csv" >/dev/null
echo "process $server answers sip:sig, sip:ivr and sip:play @127.0.0.1:5070; Ctrl-C ends it"
wait "$server"
