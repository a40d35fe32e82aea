"""Which networks and folders alerts and cameras may lead to."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from doorwatch.domain.reach import folders, networks


class ReachingSettings(BaseModel):
    """Which networks and folders alerts and cameras may lead to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    webhook_networks: Annotated[
        str,
        Field(
            title="Webhook networks",
            description="Networks, with commas, that webhooks, callbacks, chats, syslog and brokers may reach although they are this machine's own, and push services although they are not public.",
        ),
    ] = ""
    webhook_networks_only: Annotated[
        bool,
        Field(
            title="Webhook networks only",
            description="Whether webhooks, callbacks, chats, syslog, brokers and push services may be reached in the named networks alone.",
        ),
    ] = False
    camera_networks: Annotated[
        str,
        Field(
            title="Camera networks",
            description="Networks, with commas, in which cameras may be although they are this machine's own or link-local; read by analyzers.",
        ),
    ] = ""
    camera_folders: Annotated[
        str,
        Field(
            title="Camera folders",
            description="Folders, with commas, out of which video files may serve as cameras; without any none may. Read by analyzers.",
        ),
    ] = ""
    camera_networks_only: Annotated[
        bool,
        Field(
            title="Camera networks only",
            description="Whether cameras may be in the named networks alone; read by analyzers.",
        ),
    ] = False

    @field_validator("camera_folders")
    @classmethod
    def _of_files(cls, text: str) -> str:
        folders(text)
        return text

    @field_validator("camera_networks")
    @classmethod
    def _of_cameras(cls, text: str) -> str:
        networks(text)
        return text
