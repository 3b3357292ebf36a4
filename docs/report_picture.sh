#!/usr/bin/env bash
# Draws docs/report.png anew, the README's picture: the page of recipes/recommended.yaml. It needs Go and
# Chromium.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go run ./cmd/loramerge run --quiet recipes/recommended.yaml
go run ./cmd/loramerge report -o "$work/page.html" recipes/out/recommended
browser=$(command -v chromium || command -v google-chrome)
flags=(--headless --disable-gpu --hide-scrollbars --user-data-dir="$work/profile" --window-size=1120,1440)
((EUID)) || flags+=(--no-sandbox)
"$browser" "${flags[@]}" --screenshot="$PWD/docs/report.png" "file://$work/page.html"
