"""The process that reads cameras: it records, counts and reports.

`run(AnalyzerSettings(...))` is the whole analyzer; it starts one process a camera, one a detector, and one for clips.
"""

from doorwatch.analyzer.settings import AnalyzerError, AnalyzerSettings

__all__ = ["AnalyzerError", "AnalyzerSettings", "run"]


def run(settings: AnalyzerSettings) -> None:
    """Run an analyzer in this process until SIGTERM or SIGINT. Raises DoorwatchError or SpoolError."""
    from doorwatch.analyzer.service import run as run_service  # noqa: PLC0415 - children import this package, too

    run_service(settings)
