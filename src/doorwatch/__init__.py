"""Doorwatch: tailgating detection and searchable video for doors, with the cameras and PACS already there."""

__version__ = "0.1.0"
