"""What is said and heard about callbacks; names that systems of this kind use for the same thing are understood, too."""

from typing import Annotated, Literal

from pydantic import AliasChoices, ConfigDict, Field

from doorwatch.alerts.callbacks import TYPES
from doorwatch.server.api.alert_shapes import LastDelivery
from doorwatch.server.api.shapes import Answer, Request

EventType = Annotated[str, Field(max_length=100, json_schema_extra={"enum": list(TYPES)})]
Method = Literal["POST", "PUT", "PATCH"]
Text = Annotated[str, Field(max_length=2000)]


class CallbackInput(Request):
    """A callback as it is wanted. `callback_url` for `url`, and `event_types` for `events`, are understood as well."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    name: Annotated[str, Field(min_length=1, max_length=100)] = "Callback"
    url: Annotated[Text, Field(min_length=8, validation_alias=AliasChoices("url", "callback_url"))]
    method: Annotated[Method, Field(description="How it is sent")] = "POST"
    headers: Annotated[
        dict[str, Text] | None,
        Field(max_length=20, description="Sent with each post, never told again; null leaves those that there are"),
    ] = None
    events: Annotated[
        list[EventType],
        Field(min_length=1, max_length=50, validation_alias=AliasChoices("events", "event_types")),
    ]
    filter: Annotated[
        str, Field(max_length=1000, description="A search in plain words that narrows what happens at doors")
    ] = ""
    message: Annotated[str, Field(max_length=2000, description="Words of your own that each post carries")] = ""
    images: Annotated[
        bool, Field(description="Posts lead to pictures, by links that work for a day without signing in")
    ] = False
    enabled: bool = True


class CallbackShape(Answer):
    """A callback; its secret and the values of its headers are not told again."""

    callback_id: str
    name: str
    url: str
    method: Method
    header_names: list[str]
    events: list[EventType]
    filter: str
    message: str
    images: bool
    enabled: bool
    last_delivery: LastDelivery | None
    problem: str | None = Field(description="Why its filter finds nothing as it stands; null for one that can")


class CallbackSecretShape(CallbackShape):
    """A callback with the secret that its posts are signed with: shown this once."""

    secret: str
