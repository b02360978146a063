"""What is asked for which action, and that nothing is done by oversight."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from switchboard.crm.changes import ChangeName
from switchboard.errors import StartError
from switchboard.identity.levels import KNOWS, PROVES, load_levels
from switchboard.settings import Settings

OURS = Settings()


def test_every_change_has_a_level() -> None:
    levels = load_levels(OURS)
    assert set(get_args(ChangeName)) - {"add_note"} <= set(levels.actions)


@pytest.mark.parametrize(
    "action",
    ["change_order_address", "change_order_payment", "change_profile_address", "change_email", "request_deletion"],
)
def test_what_could_be_stolen_has_to_be_proved(action: str) -> None:
    assert load_levels(OURS).needed(action) == PROVES


def test_a_status_may_be_told_to_anyone_unless_that_is_turned_off() -> None:
    assert load_levels(OURS).needed("order_status") == 0
    assert load_levels(replace(OURS, status_needs_identity=1)).needed("order_status") == KNOWS


def test_an_action_that_is_not_listed_is_not_done() -> None:
    with pytest.raises(KeyError):
        load_levels(OURS).needed("give_everything_away")


def test_the_demo_asks_for_less_on_this_machine() -> None:
    levels = load_levels(replace(OURS, identity_profile="demo"))
    assert levels.needed("change_email") == KNOWS
    assert levels.profile.email_alone


def test_and_nowhere_else() -> None:
    with pytest.raises(StartError, match="this machine only"):
        load_levels(replace(OURS, identity_profile="demo", host="0.0.0.0"))


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(StartError, match="generous"):
        load_levels(replace(OURS, identity_profile="generous"))


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("cancel_order: 1", "cancel_order: 3"),
        ("cancel_order: 1", "cancel_order: knows"),
        ("codes: 3", "codes: 0"),
        ("codes: 3", "cods: 3"),
    ],
)
def test_a_file_with_a_mistake_is_refused_by_name(tmp_path: Path, was: str, becomes: str) -> None:
    file = tmp_path / "identity.yml"
    file.write_text(Path(OURS.identity_file).read_text().replace(was, becomes))
    with pytest.raises(StartError, match=r"identity\.yml"):
        load_levels(replace(OURS, identity_file=str(file)))
