"""Files by name: evidence, pictures and clips; on disk now, in an object store through the same protocol."""

from doorwatch.blobs.disk import DiskBlobs, write_durably
from doorwatch.blobs.names import BlobError, BlobMissingError, Blobs, check_name

__all__ = ["BlobError", "BlobMissingError", "Blobs", "DiskBlobs", "check_name", "write_durably"]
