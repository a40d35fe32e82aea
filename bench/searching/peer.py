"""tantivy beside search: the same moments in an index of its kind, asked the same as far as it can be.

It keeps documents rather than rows: labels, names of door, camera and person, and texts are terms, the time a fast field by
which the newest fifty are taken. It knows nothing of names that begin so, counts all matches, and stores nothing durably
before a commit. Only bench/search.py needs it: `pip install tantivy`.
"""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import tantivy
from searching import moments as many
from searching.questions import ZONE, Questions, percentiles
from sqlalchemy import Connection, Row

from doorwatch.domain.time import Micros
from doorwatch.search import parse
from doorwatch.store import Database
from doorwatch.store.engine.folding import fold
from doorwatch.store.moment_reading import from_row, query_of
from doorwatch.store.schema.happenings import moments

PIECE = 20_000


def measured(
    db: Database, building: many.Building, folder: Path, rows: int, runs: int, seed: int
) -> Iterator[dict[str, Any]]:
    """A line for filling the index, and one a case."""
    place = folder / f"tantivy-{rows}"
    if not place.exists():
        place.mkdir()
        yield {"case": "fill", "peer": "tantivy", **_fill(_opened(place), db, building, rows)}
    index = _opened(place)
    index.reload()
    searcher = index.searcher()
    size = sum(file.stat().st_size for file in place.iterdir())
    yield {"case": "size", "peer": "tantivy", "bytes_per_moment": round(size / rows, 1)}
    for case in ("tailgating_door_week", "two_common", "rare_pair", "person_yesterday", "words_camera_7d"):
        questions = Questions(building, seed)
        asked = [questions.text(case) for _ in range(runs)]
        queries = [_query(index, text, now, building) for text, now in asked]
        taken, found = [], 0
        for query in queries:
            before = time.perf_counter()
            hits = searcher.search(query, limit=50, count=True, order_by_field="at", order=tantivy.Order.Desc)
            found += len([searcher.doc(address) for _, address in hits.hits])
            taken.append((time.perf_counter() - before) * 1000)
        yield {"case": case, "peer": "tantivy", **percentiles(taken), "found": found}


def _opened(place: Path) -> tantivy.Index:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("at", stored=True, indexed=True, fast=True)
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    for name in ("label", "door", "camera", "person"):
        builder.add_text_field(name, tokenizer_name="raw")
    builder.add_text_field("words", tokenizer_name="whitespace")
    return tantivy.Index(builder.build(), path=str(place))


def _fill(index: tantivy.Index, db: Database, building: many.Building, rows: int) -> dict[str, Any]:
    writer = index.writer(heap_size=256_000_000, num_threads=1)
    started, cpu, last = time.perf_counter(), time.process_time(), -1
    query = query_of(building.account).order_by(moments.c.number).limit(PIECE)

    def piece(conn: Connection, after: int) -> Sequence[Row[Any]]:
        return conn.execute(query.where(moments.c.number > after)).all()

    while found := db.read_sync(partial(piece, after=last)):
        for row in found:
            moment = from_row(row)
            said = f"{moment.title} {moment.detail or ''} {moment.actor_name or ''} {' '.join(moment.labels)}"
            document = tantivy.Document(at=moment.at, id=moment.moment_id, words=fold(f"{said} {moment.door_name}"))
            for label in moment.labels:
                document.add_text("label", fold(label))
            for name, value in (("door", moment.door_id), ("person", fold(moment.actor_name or ""))):
                document.add_text(name, value or "")
            for camera in moment.camera_ids:
                document.add_text("camera", camera)
            writer.add_document(document)
        last = found[-1].number
    writer.commit()
    writer.wait_merging_threads()
    spent, busy = time.perf_counter() - started, time.process_time() - cpu
    return {
        "rows": rows,
        "seconds": round(spent, 1),
        "achieved_per_s": round(rows / spent),
        "cpu_us_per_item": round(busy / rows * 1e6, 1),
    }


def _query(index: tantivy.Index, text: str, now: Micros, building: many.Building) -> Any:
    """What our own parser made of it, in the peer's terms."""
    parsed = parse(text, building.vocabulary(), now, ZONE)

    def term(field: str, value: str) -> Any:
        return tantivy.Query.term_query(index.schema, field, value)

    parts = []
    for one in parsed.terms:
        if one.span is not None:
            parts.append(
                tantivy.Query.range_query(
                    index.schema, "at", tantivy.FieldType.Integer, one.span.start, one.span.end, include_upper=False
                )
            )
        elif one.doors or one.cameras:
            places = [term("door", door) for door in one.doors] + [term("camera", camera) for camera in one.cameras]
            parts.append(tantivy.Query.boolean_query([(tantivy.Occur.Should, place) for place in places]))
        elif one.kind.value in {"label", "person"}:
            parts.append(term(one.kind.value, one.value))
        else:
            words = {"in": "entered", "out": "left"}.get(one.value, one.value).split()
            parts += [term("words", word) for word in words]
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in parts])
