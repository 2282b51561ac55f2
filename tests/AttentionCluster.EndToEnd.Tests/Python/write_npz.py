"""write_npz.py ARCHIVE MEMBER.npy..: what numpy.savez_compressed writes."""
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as archive:
    for member in sys.argv[2:]:
        archive.write(member)
