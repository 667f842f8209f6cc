#!/bin/sh
# Host scripts under shellcheck and bats; installs both on Debian where they are missing and fails when either finds anything.
set -eu
cd "$(dirname "$0")/../../.."
missing=""
for tool in bats shellcheck; do
    command -v "$tool" >/dev/null || missing="$missing $tool"
done
if [ -n "$missing" ]; then
    # Two names of packages, not one.
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q $missing >&2
fi
folder=components/bare-metal/scripts
# The steps are sent with the common part in front: judged as the host gets them.
for step in "$folder"/*.sh; do
    [ "$step" = "$folder/common.sh" ] && continue
    echo "shellcheck $step"
    cat "$folder/common.sh" "$step" | shellcheck --shell=sh -
done
shellcheck "$0" "$folder/common.sh"
echo "shellcheck twin/bare-metal/commands"
shellcheck --external-sources --source-path=SCRIPTDIR twin/bare-metal/commands/*
exec bats test/components/bare-metal/scripts.bats
