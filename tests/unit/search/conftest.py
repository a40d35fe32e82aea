"""building.py and grammar.py are read by test modules, which are no package."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
