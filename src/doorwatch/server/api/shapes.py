"""What the browser's API says and hears: one model per resource, from which the OpenAPI document is made.

Times are ISO 8601 UTC with microseconds; names that end in `_us` are microseconds since 1970; ids are opaque.
"""

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, model_validator

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-01-31T12:34:56.789000Z"])]
Word = Annotated[str, Field(min_length=1, max_length=200)]
PathId = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00/]+$")]
PictureToken = Annotated[str, Path(min_length=1, max_length=8000, pattern=r"^[^\x00/]+$")]
Identifier = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00/]+$")]
Way = Literal["in", "out"]
Review = Literal["new", "confirmed", "dismissed"]
Role = Literal["owner", "manage", "view"]


class Answer(BaseModel):
    """Something the server says."""

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="null")


class Told(BaseModel):
    """Something that is kept: none of its texts holds a NUL, which databases refuse or cut at."""

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        waiting = [value]
        while waiting:
            part = waiting.pop()
            if isinstance(part, str) and "\0" in part:
                raise ValueError("a text holds a NUL character, which can't be stored: leave it out")
            if isinstance(part, dict | list):
                waiting.extend(part.values() if isinstance(part, dict) else part)
        return value


class Request(Told):
    """Something the server is told; a key it does not know is an error, so that a typing mistake is not lost."""

    model_config = ConfigDict(extra="forbid")


class ErrorAnswer(Answer):
    """Why it did not work, and what to do about it."""

    error: str
    field: str | None = Field(default=None, description="Which value is wrong")
    reason: str | None = Field(
        default=None, description="Why signing in or a token was refused, as a word for programs"
    )
    scopes: list[str] | None = Field(default=None, description="Any of these scopes would do; told to tokens")


class Done(Answer):
    """It worked, and there is nothing more to say."""

    done: Literal[True] = True
