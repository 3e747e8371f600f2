#!/bin/sh
# Takes the pictures of this folder from the reports of two runs, of prune and of
# compare, by headless Chromium and pngquant (Debian's packages of these names):
#
#	docs/screenshots/take.sh PRUNED/report.html COMPARED/report.html
set -eu
cd "$(dirname "$0")"
pruned=$1 compared=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# take NAME REPORT WIDTH HEIGHT THEME STYLE: THEME is 0 for dark, 1 for light;
# STYLE hides what the picture is not of.
take() {
	sed "s|</style>|$(echo "$6" | tr '\n' ' ')</style>|" "$2" >"$tmp/page.html"
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run \
		--user-data-dir="$tmp/profile" --virtual-time-budget=3000 --blink-settings=preferredColorScheme="$5" \
		--window-size="$3,$4" --screenshot="$PWD/$1.png" "file://$tmp/page.html" 2>/dev/null
	pngquant --force --output "$1.png" 256 "$1.png"
	test "$(wc -c <"$1.png")" -lt 300000 || { echo "$1.png is too large" >&2; exit 1; }
}
case $pruned in /*) ;; *) pruned=$OLDPWD/$pruned ;; esac
case $compared in /*) ;; *) compared=$OLDPWD/$compared ;; esac

take report "$pruned" 1280 940 1 ''
take epochs "$pruned" 1280 720 1 'header, section:not(#objective), #objective > * { display: none } section { margin: 0 }
	#objective > h3, #objective > h3 ~ p { display: block } #objective > h3 ~ .legend { display: flex } #objective > h3 ~ .grid { display: grid }'
take report-narrow "$pruned" 400 1560 0 '#objective, #perplexity, #masks, #time, #settings { display: none } .heats + h3, .heats .scroll:first-child { display: none }'
take matrices "$pruned" 1280 1370 0 'header, section:not(#matrices) { display: none } section { margin: 0 }'
take masks "$pruned" 1280 1300 1 'header, section:not(#masks) { display: none } section { margin: 0 }'
take compare "$compared" 1280 820 1 '#time, #settings { display: none }'
