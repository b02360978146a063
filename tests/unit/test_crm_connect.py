"""Which business system the settings choose."""

import pytest
from sqlalchemy import create_engine

from switchboard.crm.connect import make_crm
from switchboard.errors import SettingsError
from switchboard.settings import Settings

NOWHERE = create_engine("postgresql://nobody@127.0.0.1:1/nothing")


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (Settings(), "shop"),
        (Settings(crm="rest", crm_mapping="data/crm/rest-example.yml"), "rest"),
        (Settings(crm="tryton", crm_url="https://tryton.example/shop"), "tryton"),
    ],
)
def test_the_adapter_is_chosen(settings: Settings, name: str) -> None:
    assert make_crm(settings, NOWHERE).name == name


@pytest.mark.parametrize(
    "values", [{"crm": "sap"}, {"crm": "rest"}, {"crm": "tryton"}, {"crm": "tryton", "crm_url": "https://host"}]
)
def test_what_cannot_work_is_refused_at_the_start(values: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        Settings(**values)  # type: ignore[arg-type]


def test_a_mapping_that_is_not_there_is_refused() -> None:
    with pytest.raises(SettingsError, match="nowhere"):
        make_crm(Settings(crm="rest", crm_mapping="nowhere.yml"), NOWHERE)
