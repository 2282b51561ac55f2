#!/usr/bin/env bash
# The bits of 64-bit Arm on a machine without one: publishes the kernels' tests and attn for linux-arm64, and runs them under qemu's user-mode emulation with
# Debian's arm64 libraries. On Debian, as root, what is missing is installed; where it can't be, this says so and skips. The last line is the sum:
# N passed, N failed, N skipped. An emulator's speed says nothing of an Arm processor's.
set -uo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
unset ATTN_SERVER

work=$(mktemp -d "${TMPDIR:-/tmp}/attn-arm64.XXXXXX")
trap 'rm -rf "$work"' EXIT
skip() { echo "skipped: $*"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }

tools="qemu-user-static mmdebstrap"
if ! command -v qemu-aarch64-static >/dev/null || ! command -v mmdebstrap >/dev/null; then
    { apt-get update -q && apt-get install -q -y $tools; } >"$work/install.log" 2>&1 || skip "qemu-aarch64-static is not here, and can't be installed ($tools)"
fi
# Extracted, not installed: nothing of it runs but what is loaded by the programs below. From where this machine has its own packages.
sources=$(ls /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1)
[ -n "$sources" ] || skip "this machine has no packages of Debian"
mmdebstrap --quiet --arch=arm64 --variant=extract --include=libstdc++6,libssl3 "" "$work/root" - <"$sources" >"$work/root.log" 2>&1 ||
    skip "Debian's libraries for arm64 can't be had: $(tail -n 1 "$work/root.log")"

# Inside the working copy, so that the tests find what is beside it.
publish() {
    dotnet publish "$1" -c Release -r linux-arm64 --self-contained -v q -nologo -p:RunAnalyzers=false --artifacts-path tests/arm64/bin >"$work/publish.log" 2>&1 ||
        { cat "$work/publish.log"; echo "0 passed, 1 failed, 0 skipped"; exit 1; }
}
publish tests/AttentionCluster.OtherProcessors
publish src/AttentionCluster.Cli
# Without write-xor-execute: the emulator does not see code that is changed through another mapping of its memory, and runs what was there before.
emulate() {
    DOTNET_EnableWriteXorExecute=0 DOTNET_TieredPGO=0 timeout "$seconds" qemu-aarch64-static -L "$work/root" "tests/arm64/bin/publish/$1/release_linux-arm64/$2" "${@:3}"
}

seconds=900
emulate AttentionCluster.OtherProcessors AttentionCluster.OtherProcessors \
    SameBitsTests.The_bits_of_a_path OnnxConformanceTests.The_result | tee "$work/tests.log"
read -r passed failed skipped < <(sed -n -E 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' "$work/tests.log" | tail -n 1)
# An emulator that dies, or is too slow, says nothing of the bits; whatever it computes has to be right.
if [ -z "${passed:-}" ]; then
    passed=0 failed=0 skipped=1
    echo "skipped: the emulator has ended before the tests have"
fi

# A whole job, through an embedded cluster on one and on two threads: the bits of this machine.
job=(attend --random 1,4:2,600,40 --causal --window 500,-1 --keys-per-segment 256 --json --kernel fused)
bits() { grep -oE '"(output|lse)_sha256":"[0-9a-f]+"'; }
here=$(dotnet run -c Release --no-build --project src/AttentionCluster.Cli -- "${job[@]}" | bits)
for threads in 1 2; do
    there=$(seconds=200; emulate AttentionCluster.Cli attn "${job[@]}" --threads "$threads" | bits)
    if [ -z "$there" ]; then
        skipped=$((skipped + 1)) && echo "skipped: the emulator has ended before a job on $threads threads has"
    elif [ -n "$here" ] && [ "$here" = "$there" ]; then
        passed=$((passed + 1)) && echo "ok: a job on $threads threads of arm64 has the bits of this machine"
    else
        failed=$((failed + 1)) && echo "FAILED: a job on $threads threads of arm64: $there, and here $here"
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
