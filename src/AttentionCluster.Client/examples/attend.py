"""Attention by an AttentionCluster server, with Python's standard library alone: attend.py http://127.0.0.1:8080"""
import hashlib, json, os, random, struct, sys, time, urllib.request, uuid

server = sys.argv[1].rstrip("/")
token = os.environ.get("ATTN_TOKEN")


def call(method, path, body=None, **headers):
    headers |= {"Authorization": "Bearer " + token} if token else {}
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return urllib.request.urlopen(urllib.request.Request(server + path, body, headers, method=method))


def safetensors(tensors):  # the length of a JSON header, the header, the numbers
    header, data = {}, b""
    for name, (shape, numbers) in tensors.items():
        offsets = [len(data), len(data) + 4 * len(numbers)]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": offsets}
        data += struct.pack(f"<{len(numbers)}f", *numbers)
    header = json.dumps(header).encode()
    return struct.pack("<Q", len(header)) + header + data


shape = [2, 256, 16]  # heads, rows, width; a batch axis may stand before them
body = safetensors({name: (shape, [random.gauss(0, 1) for _ in range(2 * 256 * 16)]) for name in "qkv"})
job = json.load(call("POST", "/v1/jobs?causal=true&verify=8", body,
                     Content_Type="application/x-safetensors", Idempotency_Key=str(uuid.uuid4())))
while job.get("state") not in ("succeeded", "failed", "cancelled"):
    time.sleep(0.2)
    job = json.load(call("GET", "/v1/jobs/" + job["id"]))
if job["state"] != "succeeded":
    sys.exit(f"{job['state']}: {job['error']}")

answer = call("GET", f"/v1/jobs/{job['id']}/result")
result = answer.read()
assert hashlib.sha256(result).hexdigest() == answer.headers["ETag"].strip('"'), "the result was damaged on its way"
open("out.safetensors", "wb").write(result)
print(json.dumps(job["report"], indent=2))
