"""Genetec Security Center through its Web SDK: client, stream parser, reports, inventory, driver."""

from doorwatch.pacs.genetec.driver import GenetecDriver
from doorwatch.pacs.genetec.settings import DEFAULT_TYPES, GenetecSettings

__all__ = ["DEFAULT_TYPES", "GenetecDriver", "GenetecSettings"]
