"""Video on disk: segments, clips, pictures, retention."""
