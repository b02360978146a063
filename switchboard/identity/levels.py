"""`data/identity.yml`: what each action needs, and how often one may try."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from switchboard.errors import StartError
from switchboard.settings import Settings

ANYONE, KNOWS, PROVES = 0, 1, 2

Level = Annotated[int, msgspec.Meta(ge=ANYONE, le=PROVES)]
Count = Annotated[int, msgspec.Meta(ge=1)]

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often: order numbers and wrong details an hour, codes an hour and tries at one. How long: minutes that a code is
    good for, and that what was shown counts."""

    order_numbers: Count
    wrong_details: Count
    codes: Count
    code_tries: Count
    code_minutes: Count
    shown_minutes: Count


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked for instead: never more than `highest`, and whether an e-mail address alone makes somebody known."""

    highest: Level = PROVES
    email_alone: bool = False


class Levels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file's content."""

    actions: Mapping[str, Level]
    limits: Limits
    profiles: Mapping[str, Profile] = {}
    profile: Profile = Profile()

    def needed(self, action: str) -> int:
        """The level that an action needs.

        Raises:
            KeyError: the file doesn't list the action; nothing is done for anybody by oversight.
        """
        return min(self.actions[action], self.profile.highest)


def load_levels(settings: Settings) -> Levels:
    """The levels in force.

    Raises:
        StartError: the file can't be used, the profile is not in it, or it is for this machine only and others can come.
    """
    path = Path(settings.identity_file)
    try:
        levels = msgspec.yaml.decode(path.read_bytes(), type=Levels)
    except (OSError, msgspec.DecodeError) as error:
        raise StartError(f"{path} can't be used: {error}.") from error
    if settings.status_needs_identity:
        levels = msgspec.structs.replace(levels, actions={**levels.actions, "order_status": KNOWS})
    return msgspec.structs.replace(levels, profile=_profile(levels, settings))


def _profile(levels: Levels, settings: Settings) -> Profile:
    name = settings.identity_profile
    if name == "standard":
        return Profile()
    if name not in levels.profiles:
        raise StartError(f"IDENTITY_PROFILE is {name}, which {settings.identity_file} doesn't have.")
    if settings.host not in LOOPBACK:
        raise StartError(f"IDENTITY_PROFILE={name} is for this machine only, and HOST is {settings.host}.")
    return levels.profiles[name]
