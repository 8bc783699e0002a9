# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera fuzz [SECONDS]       kernel against oracle, guided by what was reached
#: needs build test

seconds=${1:-3600}
case $seconds in *[!0-9]* | "") die "'$seconds' is no number of seconds" "./tessera fuzz 3600" ;; esac
corpus=.cache/fuzz/corpus
found=.cache/fuzz/found/
mkdir -p "$corpus" "$found"
build "$BUILD/tests/host/oracle_fuzz" >&2
echo "fuzz: $seconds s, from $(find "$corpus" -type f | wc -l) sequences in $corpus"
if ! "$BUILD/tests/host/oracle_fuzz" -max_total_time="$seconds" -max_len=2000 -reload=1 \
    -print_final_stats=1 -artifact_prefix="$found" "$corpus" 2>"$found.log"; then
    grep -E '^FAIL|runtime error|ERROR: |Test unit written' "$found.log" >&2
    die "kernel and oracle differ" "$BUILD/tests/host/oracle_fuzz FILE, with the file named above"
fi
grep -E 'stat::number_of_executed_units|stat::new_units_added' "$found.log" | sed 's/stat:://'
