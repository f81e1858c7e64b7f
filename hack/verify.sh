#!/bin/sh
# Regenerates, tidies and formats a copy of the work tree and fails if anything changes.
# Working on a copy leaves the tree alone, whatever the outcome, and judges uncommitted
# work just like committed work.
set -eu

root=$(git rev-parse --show-toplevel)
mkdir -p "$CACHE"
copy=$(mktemp -d "$CACHE/verify.XXXXXX")
trap 'rm -rf "$copy"' EXIT
trap 'exit 130' INT TERM

# Tracked and new files, without what was deleted but is still in the index.
cd "$root"
git ls-files --cached --others --exclude-standard | while IFS= read -r file; do
	[ ! -f "$file" ] || printf '%s\n' "$file"
done | tar -cf - -T - | tar -xf - -C "$copy"

cd "$copy"
git -c init.defaultBranch=verify init --quiet
git add --all

make CACHE="$CACHE" generate tidy fmt

# New files count as changes too.
git add --all --intent-to-add
if ! git diff --exit-code; then
	echo 'verify: not up to date; run: make generate tidy fmt' >&2
	exit 1
fi

for kustomization in config/crd config/default config/samples/scoped config/samples/scoped-single; do
	echo "render $kustomization"
	go tool -modfile=hack/tools/go.mod kustomize build "$kustomization" >/dev/null
done
