#!/bin/sh
# must_not_compile.sh COMPILER FILE FLAGS…
# Passes when FILE does not compile and the message holds the words of each `// expect:` of the file, in at most 60 lines; or,
# where the file says `// compiles`, when it does compile. The words are g++'s; of another compiler a refusal is enough.
compiler=$1 file=$2
shift 2
LC_ALL=C
export LC_ALL
message=$("$compiler" "$@" -fsyntax-only "$file" 2>&1)
status=$?
if grep -q '^// compiles' "$file"; then
  [ $status -eq 0 ] || printf '%s\nthe control does not compile\n' "$message"
  exit $status
fi
if [ $status -eq 0 ]; then
  echo "$file compiles, and must not"
  exit 1
fi
"$compiler" --version | grep -q 'Free Software Foundation' || exit 0
lines=$(printf '%s\n' "$message" | wc -l)
if [ "$lines" -gt 60 ]; then
  printf '%s\n%s lines of error for one mistake\n' "$message" "$lines"
  exit 1
fi
sed -n 's|^// expect: ||p' "$file" | {
  missing=0
  while read -r words; do
    if ! printf '%s' "$message" | grep -qF -- "$words"; then
      printf '%s\nthe message does not say: %s\n' "$message" "$words"
      missing=1
    fi
  done
  exit $missing
}
