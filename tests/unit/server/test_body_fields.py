"""A body can't set what it was not meant to: the description of every body allows the fields that it names, and no others."""

import json
from pathlib import Path

DOCUMENT = json.loads((Path(__file__).parents[3] / "web" / "openapi.json").read_text())
SHAPES = DOCUMENT["components"]["schemas"]
# Browsers add fields of their own to what a passkey says, and a floor is told as it is drawn; of both what is not known is dropped.
DROPPING = {"PasskeyAnswer", "FloorShape"}


def parts(shape, name=""):
    """(name, shape) of every object within a body."""
    if "$ref" in shape:
        name = shape["$ref"].rpartition("/")[2]
        shape = SHAPES[name]
    for one in [*shape.get("anyOf", []), *shape.get("oneOf", []), *shape.get("allOf", [])]:
        yield from parts(one, name)
    if "items" in shape:
        yield from parts(shape["items"], name)
    if "properties" in shape:
        yield name, shape
        for key, one in shape["properties"].items():
            yield from parts(one, f"{name}.{key}")


def test_no_body_takes_a_field_that_was_not_meant():
    bodies = [
        content["schema"]
        for ways in DOCUMENT["paths"].values()
        for way in ways.values()
        for content in way.get("requestBody", {}).get("content", {}).values()
    ]
    found = [pair for body in bodies for pair in parts(body)]
    assert len(found) > 80
    assert {name for name, shape in found if shape.get("additionalProperties") is not False} <= DROPPING
