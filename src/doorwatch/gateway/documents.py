"""YAML as people mean it who write values: a password of digits stays what was written."""

import re
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Takes for numbers only what everybody takes for one.

    YAML 1.1 reads 0123 as 83, 12:30 as 750, 1_000 as 1000, 5.10 as 5.1 and 2026-01-31 as a date. Nobody who wrote a
    password means that. What is left are numbers that are written again as they were read.
    """


_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FRACTION = re.compile(r"-?(?:0|[1-9][0-9]{0,5})\.[0-9]{0,5}[1-9]")
_OTHERS = {
    first: [(tag, form) for tag, form in resolvers if tag.rpartition(":")[2] not in {"int", "float", "timestamp"}]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.yaml_implicit_resolvers = _OTHERS
for tag, form in (("int", _NUMBER), ("float", _FRACTION)):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"{form.pattern}$"), list("-0123456789"))


def read_yaml(text: str) -> Any:
    """What a document says. Raises yaml.YAMLError."""
    return yaml.load(text, _Loader)  # noqa: S506 - it is a SafeLoader
