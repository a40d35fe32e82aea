"""How long sessions and links last, and how much of the server one caller may take."""

import os
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class LimitingSettings(BaseModel):
    """How long sessions and links last, and how much of the server one caller may take."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    session_hours: Annotated[
        float,
        Field(title="Sessions", description="Hours after which people sign in again in any case.", gt=0, le=24 * 365),
    ] = 24 * 14
    session_idle_hours: Annotated[
        float,
        Field(
            title="Idle sessions",
            description="Hours without the page being open after which people sign in again.",
            gt=0,
            le=24 * 365,
        ),
    ] = 24 * 3
    share_hours: Annotated[
        float, Field(title="Share link", description="Hours for which a share link works by default.", gt=0, le=24 * 30)
    ] = 24
    ingest_rate: Annotated[
        float,
        Field(
            title="Ingest rate",
            description="Access events a second that one token may store; ten seconds' worth may come at once.",
            gt=0,
        ),
    ] = 50_000
    request_rate: Annotated[
        float,
        Field(
            title="Request rate",
            description="Requests a second of one session or one token for the API; ten seconds' worth may come at once.",
            gt=0,
        ),
    ] = 200
    judges: Annotated[
        int | None,
        Field(
            title="Judging processes",
            description="Most processes that help judging doors while many have news, up to 92 MB each; 0 leaves it to the server, and without it there are as many as processor cores but one, at least one, at most four.",
            ge=0,
            le=64,
        ),
    ] = None

    @property
    def most_judges(self) -> int:
        """How many processes may help judging doors."""
        return min(4, max(1, len(os.sched_getaffinity(0)) - 1)) if self.judges is None else self.judges
