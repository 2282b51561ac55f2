"""write_npy.py NAME TYPE AXIS..: an npy file of normal numbers, written byte by byte (TYPE is f, e or d of struct)."""
import math
import random
import struct
import sys

name, kind = sys.argv[1:3]
shape = tuple(int(axis) for axis in sys.argv[3:])
header = "{'descr': '<%s', 'fortran_order': False, 'shape': %r, }" % ({"f": "f4", "e": "f2", "d": "f8"}[kind], shape)
header += " " * (-(len(header) + 11) % 64) + "\n"
count = math.prod(shape)
normal = random.Random(name).gauss
with open(name, "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
    file.write(struct.pack("<%d%s" % (count, kind), *(normal(0, 1) for _ in range(count))))
