"""Makes a data directory with a build of attn, for later builds to open: make.py ATTN FOLDER. Needs Python and nothing else.

It holds a job that has succeeded, with its result, one that was cancelled, one that was killed with its gateway when some of its blocks were journaled, and
one that had not begun; all of them have idempotency keys. expected.json, beside FOLDER/data, says which is which, and the hashes that must come of them."""
import hashlib, json, os, random, shutil, signal, sqlite3, struct, subprocess, sys, time, urllib.request

attn, folder = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
data = os.path.join(folder, "data")
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(data)


def body(seed, rows, width):
    numbers = random.Random(seed)
    header, tensors = {}, b""
    for name in ("q", "k", "v"):
        packed = struct.pack(f"<{rows * width}f", *(numbers.gauss(0, 1) for _ in range(rows * width)))
        header[name] = {"dtype": "F32", "shape": [1, 1, rows, width], "data_offsets": [len(tensors), len(tensors) + len(packed)]}
        tensors += packed
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + tensors


def serve(where):
    node = subprocess.Popen(
        [attn, "serve", "--threads", "1", "--memory", "256MiB", "--data", where, "--urls", "http://127.0.0.1:0", "--cluster", "127.0.0.1:0", "--data-plane", "127.0.0.1:0"],
        env={**os.environ, "ATTN__Jobs__JobsRunningMax": "1"}, stdout=subprocess.PIPE, text=True)
    line = node.stdout.readline().split()
    assert line[:1] == ["ready"], line
    return node, line[1]


def call(url, method, path, content=None, **headers):
    request = urllib.request.Request(url + path, data=content, method=method, headers={k.replace("_", "-"): v for k, v in headers.items()})
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def submit(url, content, key, query):
    return json.loads(call(url, "POST", "/v1/jobs?" + query, content, Idempotency_Key=key, Content_Type="application/x-safetensors"))["id"]


def job(url, id):
    return json.loads(call(url, "GET", "/v1/jobs/" + id))


def wait(url, id, state):
    while job(url, id)["state"] != state:
        time.sleep(0.02)


LONG = "causal=true&kernel=portable&keys_per_segment=256&rows_per_block=32"
SHORT = "kernel=portable&keys_per_segment=64&rows_per_block=64"
inputs = {"finished": body(1, 200, 16), "cancelled": body(2, 200, 16), "interrupted": body(3, 8000, 8), "waiting": body(4, 300, 8)}
queries = {"finished": SHORT, "cancelled": SHORT, "interrupted": LONG, "waiting": SHORT}

# What must come of each, from a server of its own.
expected = {}
node, url = serve(os.path.join(folder, "other"))
for name in inputs:
    id = submit(url, inputs[name], name, queries[name])
    wait(url, id, "succeeded")
    expected[name] = {what: job(url, id)["report"][what] for what in ("output_sha256", "lse_sha256")}
node.send_signal(signal.SIGTERM)
node.wait()
shutil.rmtree(os.path.join(folder, "other"))

node, url = serve(data)
ids = {"finished": submit(url, inputs["finished"], "key of finished", queries["finished"])}
wait(url, ids["finished"], "succeeded")
expected["finished"]["file_sha256"] = hashlib.sha256(call(url, "GET", f"/v1/jobs/{ids['finished']}/result")).hexdigest()
ids["interrupted"] = submit(url, inputs["interrupted"], "key of interrupted", queries["interrupted"])
wait(url, ids["interrupted"], "running")
ids["cancelled"] = submit(url, inputs["cancelled"], "key of cancelled", queries["cancelled"])
call(url, "DELETE", "/v1/jobs/" + ids["cancelled"])
wait(url, ids["cancelled"], "cancelled")
ids["waiting"] = submit(url, inputs["waiting"], "key of waiting", queries["waiting"])
while (progress := job(url, ids["interrupted"])["progress"])["tasks_done"] < progress["tasks"] * 0.6:
    time.sleep(0.005)
node.kill()
node.wait()

with sqlite3.connect(os.path.join(data, "journal.db")) as journal:
    events = [manifest for (manifest,) in journal.execute("select manifest from journal where persistence_id = ? order by sequence_number", (ids["interrupted"],))]
    assert events[0] == "job-begun" and "blocks-done" in events, events
    journal.execute("pragma wal_checkpoint(truncate)")
journal.close()
for left in ("journal.db-wal", "journal.db-shm"):
    if os.path.exists(os.path.join(data, left)):
        os.remove(os.path.join(data, left))
os.remove(os.path.join(data, "cluster-secret"))
for name, id in ids.items():
    expected[name].update(id=id, key="key of " + name, query=queries[name])
    record = json.load(open(os.path.join(data, "jobs", id, "job.json")))["job"]
    expected[name]["state"] = record.get("state")
with open(os.path.join(folder, "finished.safetensors"), "wb") as file:
    file.write(inputs["finished"])
expected["interrupted"]["events"] = events
json.dump(expected, open(os.path.join(folder, "expected.json"), "w"), indent=2)
print(json.dumps(expected, indent=2))
