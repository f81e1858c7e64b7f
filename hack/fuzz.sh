#!/bin/sh
# Runs every fuzz target in turn: go test takes one target of one package at a time.
set -eu

grep -rl --include='*_test.go' '^func Fuzz' api internal cmd | while IFS= read -r file; do
	sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file" | while IFS= read -r target; do
		echo "fuzz $target in $(dirname "$file")"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$FUZZTIME" "./$(dirname "$file")"
	done
done
