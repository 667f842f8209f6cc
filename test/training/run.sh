#!/usr/bin/env bash
# The training suite, alone: installs Debian's CPU PyTorch where no python3 has one, runs everything on CPU with gloo.
# TRAINING_PYTHON names another interpreter (a newer PyTorch). Arguments go to pytest. Last line: N passed, N failed.
set -uo pipefail
cd "$(dirname "$0")/../.."
needs='import torch, numpy, pytest'
python=""
for candidate in ${TRAINING_PYTHON:-} /usr/bin/python3 python3; do
    if "$candidate" -c "$needs" 2>/dev/null; then python=$candidate && break; fi
done
if [ -z "$python" ] && command -v apt-get >/dev/null; then
    sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo -n"
    log=$(mktemp)
    { $sudo apt-get update && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-torch python3-numpy python3-pytest; } \
        >"$log" 2>&1 || tail -n 20 "$log"
    rm -f "$log"
    if /usr/bin/python3 -c "$needs" 2>/dev/null; then python=/usr/bin/python3; fi
fi
if [ -z "$python" ]; then
    echo "no python3 with torch, numpy and pytest, and none could be installed; install them or set TRAINING_PYTHON"
    echo "0 passed, 1 failed"
    exit 1
fi
"$python" -c 'import sys, torch; print("Python", sys.version.split()[0], "PyTorch", torch.__version__)'
report=$(mktemp)
"$python" -m pytest -q -p no:cacheprovider --junitxml="$report" "$@" test/training
code=$?
"$python" - "$report" "$code" <<'PY'
import sys
import xml.etree.ElementTree as tree

try:
    (suite,) = list(tree.parse(sys.argv[1]).getroot().iter("testsuite"))
    total, failed, skipped = (int(suite.get(k, 0)) for k in ("tests", "failures", "skipped"))
    failed += int(suite.get("errors", 0))
except Exception:  # pytest died before it could report
    total, failed, skipped = 1, 1, 0
if int(sys.argv[2]) and not failed:
    total, failed = total + 1, 1
print(f"{total - failed - skipped} passed, {failed} failed")
PY
rm -f "$report"
exit "$code"
