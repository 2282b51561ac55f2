#!/usr/bin/env bash
# Tries docker-compose.yml for real: builds the image, starts a cluster of containers, gives it jobs, and scales it during one.
# For Debian, as root. It needs no image registry: base images are made of Debian's packages and of this machine's .NET SDK, and
# without an engine that runs it starts one, with everything in a folder that is gone at the end. Its last line is the sum:
# N passed, N failed, N skipped. The time of each step is limited; all together take some minutes.
set -uo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
unset ATTN_SERVER

passed=0 failed=0
work=$(mktemp -d "${TMPDIR:-/tmp}/attn-compose.XXXXXX")
project=attn-compose-$$
engine=

say() { printf '%(%H:%M:%S)T %s\n' -1 "$*"; }
# pass NAME COMMAND...: counts whether the command succeeds.
pass() {
    local name=$1
    shift
    if "$@"; then passed=$((passed + 1)) && say "ok: $name"; else failed=$((failed + 1)) && say "FAILED: $name"; fi
}
# into FILE COMMAND...: what it prints.
into() { "${@:2}" >"$1"; }
# try SECONDS COMMAND...: until it succeeds.
try() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do [ "$SECONDS" -lt "$end" ] && sleep 1 || return 1; done
}
finish() {
    trap - EXIT INT TERM
    [ -z "${composed:-}" ] || compose 120 down --volumes --timeout 40 >/dev/null 2>&1
    if [ -n "$engine" ]; then
        # It stops what it still runs, and takes its mounts with it.
        kill "$engine" 2>/dev/null
        try 60 eval "! kill -0 $engine" || kill -KILL "$engine"
        wait "$engine" 2>/dev/null
    elif [ -n "${built:-}" ]; then
        docker image rm --force "${images[@]}" >/dev/null 2>&1
    fi
    # A mount that is left must not lose what it shows.
    grep -o " $work/[^ ]*" /proc/mounts | sort -r | xargs -r -n 1 umount -l 2>/dev/null
    rm -rf --one-file-system "$work"
}
skip() {
    say "skipped: $1"
    finish
    echo "0 passed, 0 failed, 1 skipped ($1)"
    exit 0
}
stop() {
    say "FAILED: $1"
    failed=$((failed + 1))
    exit 1
}
sum() {
    finish
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}
trap sum EXIT
trap 'failed=$((failed + 1)); exit 1' INT TERM

# --- The engine
[ "$(id -u)" = 0 ] || skip "it starts containers, and so needs root"
[ -e /etc/debian_version ] || skip "this is no Debian"
command -v dotnet >/dev/null || skip "the .NET SDK is not here"
if ! { [ -x /usr/sbin/dockerd ] && command -v docker-compose && command -v debootstrap; } >/dev/null; then
    { timeout 120 apt-get update -q && timeout 300 apt-get install -q -y --no-install-recommends docker.io docker-compose debootstrap iptables; } \
        >"$work/apt.log" 2>&1 || skip "the packages docker.io, docker-compose and debootstrap can't be installed"
fi
# The client of the engine's package, which can do a BuildKit build by itself, before any other.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1
if ! timeout 10 docker info >/dev/null 2>&1; then
    export DOCKER_HOST=unix://$work/docker.sock
    for driver in overlay2 vfs; do
        dockerd --host "$DOCKER_HOST" --storage-driver "$driver" --data-root "$work/data" --exec-root "$work/exec" --pidfile "$work/docker.pid" \
            >"$work/dockerd-$driver.log" 2>&1 &
        engine=$!
        try 60 eval "docker info || ! kill -0 $engine"
        timeout 10 docker info >/dev/null 2>&1 && break
        kill "$engine" 2>/dev/null
        wait "$engine" 2>/dev/null
        engine=
    done
    if [ -z "$engine" ]; then
        tail -n 3 "$work"/dockerd-*.log
        skip "no engine for containers can be started here"
    fi
fi
say "engine: $(docker info --format '{{.ServerVersion}}, {{.Driver}}')"

# --- The image
images=("attn-test-sdk:$$" "attn-test-runtime:$$" "attn-test:$$")
dotnet_root=$(dirname "$(readlink -f "$(command -v dotnet)")")
make_bases() {
    local os=$work/os
    # In memory where that is allowed: installing packages waits for the disk at every file.
    mkdir "$os" && { mount -t tmpfs -o size=3g tmpfs "$os" 2>/dev/null || true; }
    # shellcheck disable=SC1091
    timeout 600 debootstrap --variant=minbase --include=ca-certificates,libssl3,libstdc++6,zlib1g \
        "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$os" >"$work/debootstrap.log" 2>&1 || return 1
    rm -rf "$os"/var/cache/apt/archives/*.deb "$os"/var/lib/apt/lists/* "$os"/usr/share/{doc,locale,man}
    mkdir -p "$os/usr/share/dotnet"
    cp -a "$dotnet_root"/{dotnet,host,shared} "$os/usr/share/dotnet/"
    ln -sf /usr/share/dotnet/dotnet "$os/usr/bin/dotnet"
    tar -C "$os" -c . | docker import - "${images[1]}" >/dev/null || return 1
    # The SDK's image trusts whom this machine trusts: its package feed may have an authority of its own.
    cp -a "$dotnet_root"/{packs,sdk,sdk-manifests,templates} "$os/usr/share/dotnet/"
    cp -L /etc/ssl/certs/ca-certificates.crt "$os/etc/ssl/certs/ca-certificates.crt"
    tar -C "$os" -c . | docker import --change 'ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1' \
        --change 'ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt' - "${images[0]}" >/dev/null || return 1
    umount "$os" 2>/dev/null || rm -rf "$os"
}
build() {
    local secrets=() configuration=$HOME/.nuget/NuGet/NuGet.Config
    [ ! -e "$configuration" ] || secrets=(--secret "id=nuget,src=$configuration")
    # The network of this machine, since its package feed may have no way from a bridge.
    timeout 1200 docker build --progress plain --network host --file src/AttentionCluster.Cli/Dockerfile "${secrets[@]}" \
        --build-arg SDK_IMAGE="${images[0]}" --build-arg RUNTIME_IMAGE="${images[1]}" --tag "${images[2]}" . >"$work/build.log" 2>&1 && return
    tail -n 20 "$work/build.log"
    return 1
}
built=1
say "base images"
make_bases || { tail -n 3 "$work/debootstrap.log"; skip "base images can't be made here"; }
say "image"
build || stop "the image builds"
passed=$((passed + 1))

# --- The cluster
free_port() { perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => 0)->sockport'; }
hex() { od -An -tx1 -N 32 /dev/urandom | tr -d ' \n'; }
compose_file() { sed "s|^  image: attention-cluster$|  image: ${images[2]}|" "$root/docker-compose.yml" >"$work/compose.yml"; }
# compose SECONDS ARGUMENTS...
compose() { timeout "$1" docker-compose --project-name "$project" --project-directory "$root" --file "$work/compose.yml" "${@:2}"; }
refused() { ! "$@" >/dev/null 2>&1; }
attn_dll=$root/src/AttentionCluster.Cli/bin/Release/net10.0/attn.dll
[ -e "$attn_dll" ] || timeout 900 dotnet build src/AttentionCluster.Cli -c Release >"$work/attn.log" 2>&1 || stop "attn builds"
# attn SECONDS ARGUMENTS...
attn() { timeout "$1" dotnet "$attn_dll" "${@:2}"; }
containers() { compose 30 ps -q "$@"; }
healthy() { [ "$(containers | xargs docker inspect --format '{{.State.Health.Status}}' | grep -cx healthy)" = "$1" ]; }
# workers SERVER: how many are up.
workers() { attn 30 status --json --server "$1" | grep -o '"roles":\["worker"\],"state":"up"' | wc -l; }
has_workers() { [ "$(workers "$1")" = "$2" ]; }
field() { grep -o "\"$1\": *\"[^\"]*\"" "$2" | head -n 1 | cut -d '"' -f 4; }

compose_file
pass "no secret, no cluster" refused env -u ATTN_SECRET -u ATTN_TOKEN timeout 30 docker-compose --file "$work/compose.yml" config
ATTN_SECRET=$(hex) ATTN_TOKEN=$(hex) ATTN_PORT_1=$(free_port) ATTN_PORT_2=$(free_port)
export ATTN_SECRET ATTN_TOKEN ATTN_PORT_1 ATTN_PORT_2
one=http://127.0.0.1:$ATTN_PORT_1 two=http://127.0.0.1:$ATTN_PORT_2
composed=1
compose 180 up --no-build --detach --scale worker=3 >"$work/up.log" 2>&1 || { tail -n 5 "$work/up.log"; stop "the cluster starts"; }
pass "two gateways and three workers are healthy" try 240 healthy 5
[ "$failed" -eq 0 ] || { compose 30 logs --no-color --tail 20; stop "no cluster, no jobs"; }
pass "the first gateway sees three workers" try 60 has_workers "$one" 3
pass "so does the second" try 60 has_workers "$two" 3
pass "no token, no answer" refused env -u ATTN_TOKEN timeout 30 dotnet "$attn_dll" status --server "$one"
worker=$(containers worker | head -n 1)
pass "not root" test "$(docker exec "$worker" id -u)" = 1654
pass "the root file system is read-only" refused docker exec --user 0 "$worker" touch /app/probe

# --- A job on files
input=$work/in.safetensors
perl -e '
    my @n = (1, 4, 2048, 64); my $bytes = 4 * $n[1] * $n[2] * $n[3]; my $at = 0; srand 7;
    my $header = "{" . join(",", map { my $t = sprintf q("%s":{"dtype":"F32","shape":[%s],"data_offsets":[%d,%d]}), $_, join(",", @n), $at, $at + $bytes; $at += $bytes; $t } qw(q k v)) . "}";
    $header .= " " x (-length($header) % 8);
    binmode STDOUT; print pack("Q<", length $header), $header, pack("f<*", map { 4 * rand() - 2 } 1 .. 3 * $bytes / 4);' >"$input"
options=(--causal --keys-per-segment 256 --rows-per-block 256)
pass "a job on files, by the cluster" \
    into "$work/cluster.json" attn 300 attend --server "$one" --input "$input" "${options[@]}" -o "$work/cluster.safetensors" --json
pass "its result is right" attn 300 verify --input "$input" --output "$work/cluster.safetensors" "${options[@]:0:1}"
attn 300 attend --input "$input" "${options[@]}" --json >"$work/embedded.json"
same() { [ -n "$(field output_sha256 "$1")" ] && [ "$(field output_sha256 "$1")" = "$(field output_sha256 "$2")" ] && [ "$(field lse_sha256 "$1")" = "$(field lse_sha256 "$2")" ]; }
pass "an embedded node has the same bits" same "$work/cluster.json" "$work/embedded.json"
say "workers of the job: $(grep -o '"workers":\[[^]]*\]' "$work/cluster.json")"

# --- More workers while a job runs
large=(--random 1,8,24576,64 --causal --keys-per-segment 512 --rows-per-block 512)
attn 600 attend --server "$two" "${large[@]}" --json >"$work/scaled.json" &
job=$!
running() { attn 30 jobs --json --server "$two" | grep -q '"state":"running"'; }
pass "a second job runs" try 60 running
compose 180 up --no-build --detach --no-recreate --scale worker=5 >"$work/scale.log" 2>&1 || { tail -n 5 "$work/scale.log"; stop "the cluster grows"; }
if running; then say "the job still runs with five containers"; else say "the job has ended before there were five containers"; fi
pass "the first gateway sees five workers" try 120 has_workers "$one" 5
pass "so does the second" try 60 has_workers "$two" 5
pass "the second job ends well" wait "$job"
attn 600 attend "${large[@]}" --json >"$work/embedded.json"
pass "an embedded node has the same bits again" same "$work/scaled.json" "$work/embedded.json"
say "workers of the job: $(grep -o '"workers":\[[^]]*\]' "$work/scaled.json")"

# --- The end
pass "five workers leave within their grace period" compose 100 stop --timeout 40 worker 2>>"$work/down.log"
codes() { docker inspect --format '{{.State.ExitCode}}' "$@" | sort -u | tr '\n' ' '; }
# shellcheck disable=SC2046
pass "and by themselves" test "$(codes $(containers worker))" = "0 "
pass "everything is taken down" compose 120 down --volumes --timeout 20 2>>"$work/down.log"
composed=
