"""Files by name: on disk, or in an object store."""
