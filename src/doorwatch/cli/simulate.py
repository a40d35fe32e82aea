"""`doorwatch simulate`: stand-ins for systems that are not at hand."""

import asyncio
import json
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup


class _Stands(TyperGroup):
    """The camera's command is imported when it is used: it needs video libraries, the other does not."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), "camera"]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name != "camera":
            return super().get_command(ctx, cmd_name)
        command = typer.main.get_command(import_module("doorwatch.simulators.camera").app)
        command.name = "camera"
        return command


app = typer.Typer(cls=_Stands, add_completion=False, no_args_is_help=True, help="Stand-ins to develop against.")


@app.callback()
def _group() -> None:
    """Stand-ins to develop against: an access control system, a camera."""


@app.command()
def genetec(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the Web SDK; 0 takes free ones for all three.")] = 4590,
    streaming_port: Annotated[int | None, typer.Option(help="Streaming port; one above --port by default.")] = None,
    control_port: Annotated[int | None, typer.Option(help="Control port; two above --port by default.")] = None,
    scenario: Annotated[Path | None, typer.Option(help="YAML file with doors, people, settings and a script.")] = None,
    tls_certificate: Annotated[Path | None, typer.Option(help="PEM certificate: speak HTTPS.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM key of the certificate.")] = None,
    seed: Annotated[int, typer.Option(help="Decides every chance, so that a run can be repeated.")] = 1,
    rate: Annotated[float | None, typer.Option(help="Offer so many events a second; 0 as fast as it goes.")] = None,
    seconds: Annotated[float, typer.Option(help="For how long --rate is kept.")] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line when it is ready.")] = False,
) -> None:
    """Serve a Security Center's Web SDK with doors that need no building."""
    from doorwatch.simulators.genetec import service  # noqa: PLC0415 - keeps `--help` quick

    options = service.ServiceOptions(
        host=host,
        port=port,
        streaming_port=_beside(port, streaming_port, 1),
        control_port=_beside(port, control_port, 2),
        scenario=scenario,
        tls_certificate=tls_certificate,
        tls_key=tls_key,
        seed=seed,
        rate=rate,
        seconds=seconds,
    )
    asyncio.run(_serve(options, as_json))


def _beside(port: int, given: int | None, distance: int) -> int:
    if given is not None:
        return given
    return port + distance if port else 0


async def _serve(options: Any, as_json: bool) -> None:
    from doorwatch.simulators.genetec.service import SimulatorService  # noqa: PLC0415 - keeps `--help` quick

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, stop.set)
    service = SimulatorService(options)
    await service.start()
    try:
        _say(service.addresses(), as_json)
        finished = await service.run_until(stop)
        if finished is not None:
            _say(finished, as_json)
            await stop.wait()
    finally:
        await service.stop()


def _say(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(facts) + "\n")
    else:
        sys.stdout.writelines(f"{name.replace('_', ' ')}: {value}\n" for name, value in facts.items())
    sys.stdout.flush()
