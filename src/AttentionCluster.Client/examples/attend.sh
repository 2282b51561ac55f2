#!/usr/bin/env bash
# Attention by an AttentionCluster server, with curl: attend.sh http://127.0.0.1:8080 [in.safetensors]
set -euo pipefail
server=${1%/}
input=${2:-in.safetensors}
curl=(curl --fail-with-body --silent --show-error)
if [ -n "${ATTN_TOKEN:-}" ]; then curl+=(--header "Authorization: Bearer $ATTN_TOKEN"); fi
field() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; }

# Without a file: q, k and v of 256 rows of 16 zeros, behind a header of 256 bytes.
if [ ! -e "$input" ]; then
    entry='"%s":{"dtype":"F32","shape":[256,16],"data_offsets":[%d,%d]}'
    # shellcheck disable=SC2059
    header=$(printf "{$entry,$entry,$entry}" q 0 16384 k 16384 32768 v 32768 49152)
    { printf '\0\1\0\0\0\0\0\0%-256s' "$header"; head -c 49152 /dev/zero; } > "$input"
fi

# The key makes it safe to send the job again when the answer was lost.
id=$("${curl[@]}" --request POST "$server/v1/jobs?causal=true&verify=8" --upload-file "$input" --retry 3 \
    --header 'Content-Type: application/x-safetensors' --header "Idempotency-Key: $RANDOM-$RANDOM-$RANDOM" | field id)

# Its life as events, until it has ended.
"${curl[@]}" --no-buffer "$server/v1/jobs/$id/events"

# The result. A download that breaks off goes on where it stopped, and the ETag is the file's SHA-256.
rm -f out.safetensors
for _ in 1 2 3; do
    "${curl[@]}" "$server/v1/jobs/$id/result" --output out.safetensors --continue-at - --dump-header headers.txt && break
done
tag=$(tr -d '\r' < headers.txt | sed -n 's/^[Ee][Tt]ag: "\(.*\)"/\1/p' | tail -n 1)
echo "$tag  out.safetensors" | sha256sum --check --quiet
rm headers.txt

"${curl[@]}" "$server/v1/jobs/$id"
echo
