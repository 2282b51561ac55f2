"""check_attention.py OUT.safetensors causal|full: recomputes q.npy, k.npy and v.npy of rank 4 as the formula stands."""
import json
import math
import struct
import sys


def read_npy(name):
    data = open(name, "rb").read()
    length, = struct.unpack("<H", data[8:10])
    header = eval(data[10:10 + length])
    kind = {"<f4": "f", "<f2": "e", "<f8": "d"}[header["descr"]]
    return header["shape"], struct.unpack("<%d%s" % (math.prod(header["shape"]), kind), data[10 + length:])


def read_safetensors(name):
    data = open(name, "rb").read()
    length, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    return {
        tensor: (tuple(entry["shape"]), struct.unpack("<%df" % math.prod(entry["shape"]),
                 data[8 + length + entry["data_offsets"][0]:8 + length + entry["data_offsets"][1]]))
        for tensor, entry in header.items()}


(batch, q_heads, n_q, dk), q = read_npy("q.npy")
(_, kv_heads, n_k, _), k = read_npy("k.npy")
(_, _, _, dv), v = read_npy("v.npy")
result = read_safetensors(sys.argv[1])
(o_shape, o), (lse_shape, lse) = result["o"], result["lse"]
assert o_shape == (batch, q_heads, n_q, dv), o_shape
assert lse_shape == (batch, q_heads, n_q), lse_shape
worst = 0.0
for b in range(batch):
    for h in range(q_heads):
        kv = b * kv_heads + h // (q_heads // kv_heads)
        for i in range(n_q):
            row = (b * q_heads + h) * n_q + i
            keys = range(n_k if sys.argv[2] == "full" else max(0, min(n_k, i + n_k - n_q + 1)))
            query = q[row * dk:(row + 1) * dk]
            scores = [sum(x * y for x, y in zip(query, k[(kv * n_k + j) * dk:(kv * n_k + j + 1) * dk])) / math.sqrt(dk)
                      for j in keys]
            if not scores:
                assert lse[row] == -math.inf and not any(o[row * dv:(row + 1) * dv]), row
                continue
            top = max(scores)
            weights = [math.exp(score - top) for score in scores]
            total = sum(weights)
            worst = max(worst, abs(lse[row] - top - math.log(total)))
            for d in range(dv):
                exact = sum(w * v[(kv * n_k + j) * dv + d] for w, j in zip(weights, keys)) / total
                worst = max(worst, abs(o[row * dv + d] - exact))
print("worst", worst)
assert worst < 2e-6, worst
