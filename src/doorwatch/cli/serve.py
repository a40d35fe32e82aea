"""`doorwatch serve`: server and analyzer on this machine."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from doorwatch.domain.time import SystemClock
from doorwatch.server.analyzer_child import AnalyzerChild
from doorwatch.server.binding import bind
from doorwatch.server.logs import configure_logs
from doorwatch.server.settings import load_settings

app = typer.Typer(add_completion=False)


@app.command(name="serve")
def run(
    data_dir: Annotated[Path | None, typer.Option(help="Database, evidence, recordings and queue live here.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; 127.0.0.1 when absent.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = None,
    database_url: Annotated[str | None, typer.Option(help="postgresql://... instead of a file in the folder.")] = None,
    public_url: Annotated[str | None, typer.Option(help="The address that people use, for links in mails.")] = None,
    owner: Annotated[
        str | None, typer.Option(help="E-mail of the first owner; without a password file, a set-up link is printed.")
    ] = None,
    owner_password_file: Annotated[
        Path | None, typer.Option(help="File with the first owner's password, for unattended installations.")
    ] = None,
    analyzer: Annotated[bool, typer.Option(help="Run an analyzer, too.")] = True,
    analyzer_metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the analyzer's /metrics; none when absent.")
    ] = None,
    log_level: Annotated[str | None, typer.Option(help="DEBUG, INFO, WARNING or ERROR.")] = None,
) -> None:
    """Run server and analyzer on this machine; every setting is also an environment variable DOORWATCH_..."""
    settings = load_settings(
        data_dir=data_dir,
        host=host,
        port=port,
        database_url=database_url,
        public_url=public_url,
        analyzer_metrics_port=analyzer_metrics_port,
        log_level=log_level,
    )
    if owner and owner_password_file is None:
        raise typer.BadParameter("name --owner-password-file, too; or neither, and set up by the link that is printed")
    configure_logs(settings.log_level)
    clock = SystemClock()
    bound = bind(settings.host, settings.port)
    inner = None if settings.tls_cert is None else bind("127.0.0.1", settings.local_port)
    ports = {"port": bound.getsockname()[1]} | ({"local_port": inner.getsockname()[1]} if inner else {})
    settings = settings.model_copy(update=ports)
    # Cameras are watched again while the server is loading, which takes seconds on a busy machine.
    early = AnalyzerChild.early(settings, clock) if analyzer else None
    try:
        from doorwatch.server.serving import FirstOwner, serve  # noqa: PLC0415 - this is what takes so long

        who = FirstOwner(owner or "owner@localhost", owner_password_file) if owner_password_file else None
        with _runner() as runner:
            runner.run(serve(settings, clock, who, bound, inner, analyzer=early or analyzer, say=typer.echo))
    finally:
        for one in filter(None, (bound, inner)):
            one.close()
        if early is not None:
            early.stop()


def _runner() -> asyncio.Runner:
    """The quicker event loop where there is one: it halves what a small post costs."""
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)
