"""Rows that the database tells as one text of JSON: the same values as rows, from either database."""

import json

from sqlalchemy import select, update

from doorwatch.store import cameras
from doorwatch.store.engine.json_rows import json_rows
from doorwatch.store.mapping import MappableDoor, mappable_doors, mappable_doors_json
from doorwatch.store.schema.places import cameras as camera_rows
from doorwatch.store.schema.places import doors as door_rows


def test_truth_structures_and_nothing_keep_their_types(building):
    table = camera_rows.c

    def read(conn, account):
        conn.execute(update(camera_rows).values(groups=None, labels=['a "quoted" \u00fc']))
        return json_rows(conn, select(table.camera_id, table.enabled, table.groups, table.labels), ["camera_id"])

    assert json.loads(building.write(read)) == [
        {"camera_id": "cam", "enabled": True, "groups": None, "labels": ['a "quoted" \u00fc']}
    ]
    (outline,) = building.read(cameras.outlines)
    assert (outline.groups, outline.labels) == ((), ('a "quoted" \u00fc',))


def test_doors_come_by_name_and_then_by_id_whole_or_the_first_of_them(building):
    named = building.read(mappable_doors)
    assert [door.name for door in named] == ["Lobby east", "Server room"]
    assert [MappableDoor(**door) for door in json.loads(building.read(mappable_doors_json))] == named
    assert building.read(mappable_doors, 1) == named[:1]
    assert building.read(mappable_doors, 0) == []


def test_no_row_is_an_empty_list(building):
    nothing = select(door_rows.c.door_id).where(door_rows.c.door_id == "none")
    assert building.read(lambda conn, account: json_rows(conn, nothing, ["door_id"])) == b"[]"
