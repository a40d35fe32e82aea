"""Finding ONVIF cameras in the network, and asking one of them which streams it has."""

from doorwatch.analyzer.onvif.device import OnvifDevice, Profile, Streams, ask_streams
from doorwatch.analyzer.onvif.discovery import FoundCamera, discover
from doorwatch.analyzer.onvif.soap import OnvifError

__all__ = ["FoundCamera", "OnvifDevice", "OnvifError", "Profile", "Streams", "ask_streams", "discover"]
