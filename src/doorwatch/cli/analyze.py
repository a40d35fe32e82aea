"""`doorwatch analyze`: the analyzer alone, beside the cameras, with the server on another machine."""

from pathlib import Path
from typing import Annotated

import typer

from doorwatch.analyzer import AnalyzerError, AnalyzerSettings, run
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.reach import camera_folders, camera_reach
from doorwatch.spool import SpoolError

app = typer.Typer(add_completion=False)


@app.command(name="analyze")
def analyze(
    server: Annotated[str, typer.Option(envvar="DOORWATCH_SERVER", help="The server's address, http:// or https://.")],
    token_file: Annotated[
        Path, typer.Option(envvar="DOORWATCH_TOKEN_FILE", help="File with the token that the server issued.")
    ],
    data_dir: Annotated[
        Path, typer.Option(envvar="DOORWATCH_DATA_DIR", help="Folder for recordings, queue and models.")
    ],
    detector: Annotated[str | None, typer.Option(help="Detector by name; the best one found when absent.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Detector processes, one a core.")] = 1,
    ca_file: Annotated[Path | None, typer.Option(help="PEM file with an authority to trust in addition.")] = None,
    verify_tls: Annotated[bool, typer.Option(help="Check the server's certificate.")] = True,
    metrics_host: Annotated[
        str, typer.Option(envvar="DOORWATCH_METRICS_HOST", help="Address of the metrics; 0.0.0.0 for all.")
    ] = "127.0.0.1",
    metrics_port: Annotated[
        int | None,
        typer.Option(
            envvar="DOORWATCH_METRICS_PORT", min=0, max=65535, help="Port of /metrics and /healthz; none when absent."
        ),
    ] = None,
    free_space_gb: Annotated[
        float | None,
        typer.Option(
            envvar="DOORWATCH_FREE_SPACE_GB",
            min=0.001,
            help="Gigabytes that stay free on the disk with the recordings; a tenth of it, at most 50, when absent.",
        ),
    ] = None,
) -> None:
    """Run the analyzer alone, on another machine than the server."""
    try:
        token = token_file.read_text().strip()
    except OSError as error:
        raise AnalyzerError(f"the token file {token_file} cannot be read ({error.strerror})") from error
    camera_folders()
    camera_reach()  # a list that can't be read stops the start, not each camera
    settings = AnalyzerSettings(
        server_url=server,
        token=token,
        data_dir=data_dir,
        detector=detector,
        workers=workers,
        ca_file=ca_file,
        verify_tls=verify_tls,
        metrics_host=metrics_host,
        metrics_port=metrics_port,
        free_space=None if free_space_gb is None else int(free_space_gb * 1_000_000_000),
    )
    try:
        run(settings)
    except SpoolError as error:
        raise DoorwatchError(str(error)) from error
