#!/bin/sh
# command.sh MLSYSIM_DOORS: the command knows a wall that it was only built with.
doors=$1
failed=0
# expect CODE WORDS… -- ARGUMENTS…: exits with CODE, and the output holds each of WORDS.
expect() {
  code=$1
  shift
  words=
  while [ "$1" != -- ]; do
    words="$words$1
"
    shift
  done
  shift
  output=$("$doors" "$@" 2>&1)
  got=$?
  if [ "$got" -ne "$code" ]; then
    printf '%s\n%s exited with %s instead of %s\n' "$output" "$*" "$got" "$code"
    failed=1
  fi
  while IFS= read -r word; do
    [ -z "$word" ] || printf '%s' "$output" | grep -qF -- "$word" || {
      printf '%s\n%s does not print: %s\n' "$output" "$*" "$word"
      failed=1
    }
  done <<END
$words
END
}

expect 0 '"brewing_time_s": 336.375' '"heat_j": 235462.5' '"cold": false' '"wall": "coffee"' -- solve coffee --hardware h100 --cups 3 -o json
expect 0 'brewing_time' -- solve coffee --hardware h100 --mugs 3 --roast dark
expect 0 'heat / hardware.power.tdp' -- solve coffee --hardware h100 --cups 3 --explain
expect 0 '"title": "CoffeeModel"' '"roast"' '"maximum": 1000' -- schema coffee
expect 0 'coffee' 'operator-sum' 'single-node' -- walls
expect 0 'cups' 'brewing_time' -- sweep coffee --hardware h100 --axis cups=1..4 --select brewing_time
expect 0 'cups,brewing_time_s,heat_j' -- sweep coffee --hardware h100 --axis cups=1..4 --select brewing_time,heat -o csv
expect 2 'cups = 0 is out of range: a whole number, 1 to 1000' -- solve coffee --hardware h100 --cups 0
expect 2 'hardware is missing' -- solve coffee --cups 3
expect 2 'did you mean coffee?' -- solve cofee --cups 3
expect 2 '--roast' -- solve coffee --hardware h100 --roas dark
expect 0 '"latency_s"' -- solve operator-sum --hardware h100 --operators '[{"kind": "matmul", "m": 8, "n": 4096, "k": 4096}]' -o json
expect 2 'is not one of matmul, elementwise' -- solve operator-sum --hardware h100 --operators '[{"kind": "conv"}]'
exit $failed
