# shellcheck shell=sh
# Put in front of every step's script before it is sent. Each step runs as `check`, `apply` or `verify`:
#   check   changes nothing; exit 0 where the host is as wanted, 3 where it differs (each difference on a line of its own)
#   apply   brings the host there; a second run changes nothing
#   verify  check, and what only a running host shows; exit 1 with the reason
# ROOT prefixes every path, for tests in a sandbox; the state of the step's own is under $STATE.
set -eu
umask 022
ROOT=${ROOT:-}
STATE="$ROOT/var/lib/kilogpu"
MODE=${1:-check}
DIFFERENCES=0
CHANGES=0

say() { printf '%s\n' "$*"; }
die() { printf 'kilogpu: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# A difference: counted and named; the caller mends it in apply.
differs() {
    DIFFERENCES=$((DIFFERENCES + 1))
    say "differs: $*"
}

changed() {
    CHANGES=$((CHANGES + 1))
    say "changed: $*"
}

# want_file PATH MODE, content on stdin: the file is exactly that. Sets FILE_CHANGED.
want_file() {
    # shellcheck disable=SC2034 # read by the steps that care
    FILE_CHANGED=0
    wanted=$(cat; printf x)
    wanted=${wanted%x}
    actual=$(cat "$ROOT$1" 2>/dev/null && printf x) || actual=
    if [ "${actual%x}" = "$wanted" ] && [ -n "$actual" ] && [ "$(stat -c %a "$ROOT$1")" = "$2" ]; then
        return 0
    fi
    differs "$1"
    [ "$MODE" = apply ] || return 0
    mkdir -p "$(dirname "$ROOT$1")"
    printf '%s' "$wanted" >"$ROOT$1.kilogpu"
    chmod "$2" "$ROOT$1.kilogpu"
    mv -f "$ROOT$1.kilogpu" "$ROOT$1"
    # shellcheck disable=SC2034 # as above
    FILE_CHANGED=1
    changed "$1"
}

# What a step needs a reboot for is remembered with the boot it was asked in, so that the reboot clears it by itself.
boot_id() { cat "$ROOT/proc/sys/kernel/random/boot_id"; }
ask_reboot() {
    mkdir -p "$STATE"
    boot_id >"$STATE/reboot-asked"
    say "reboot needed: $*"
}
reboot_pending() { [ -f "$STATE/reboot-asked" ] && [ "$(cat "$STATE/reboot-asked")" = "$(boot_id)" ]; }

# A run whose connection broke goes on on the host: the next one waits for it. Called by steps that change the host they run on.
one_at_a_time() {
    case $MODE in check | verify) return 0 ;; esac
    have flock || return 0
    mkdir -p "$STATE"
    exec 9>>"$STATE/lock"
    flock -w "${LOCK_SECONDS:-1800}" 9 || die "another step has been running on this host for ${LOCK_SECONDS:-1800} s"
}

# Ends a step in the way its mode wants.
finish() {
    case $MODE in
        check) [ "$DIFFERENCES" -eq 0 ] || exit 3 ;;
        verify) [ "$DIFFERENCES" -eq 0 ] || die "$1: $DIFFERENCES settings are not as wanted" ;;
        apply) say "$1: $CHANGES changes" ;;
        *) die "$1: got $MODE; legal are check, apply and verify" ;;
    esac
}
