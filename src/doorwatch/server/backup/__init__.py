"""A backup of an installation, and an installation made from one."""

from doorwatch.server.backup.making import Backup, back_up
from doorwatch.server.backup.restoring import Restored, refuse_unfinished, restore

__all__ = ["Backup", "Restored", "back_up", "refuse_unfinished", "restore"]
