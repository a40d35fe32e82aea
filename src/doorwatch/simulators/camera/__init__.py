"""A camera that serves a clip over RTSP."""
