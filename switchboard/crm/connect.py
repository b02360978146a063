"""The business system that the settings name."""

from pathlib import Path

from sqlalchemy.engine import Engine

from switchboard.crm.contract import Crm
from switchboard.crm.rest import RestCrm
from switchboard.crm.rest_mapping import load_mapping
from switchboard.crm.sql import SqlCrm
from switchboard.crm.tryton import TrytonCrm
from switchboard.settings import Settings


def make_crm(settings: Settings, engine: Engine) -> Crm:
    """The adapter for `CRM`; `engine` is for the effects ledger, and for the demo shop.

    Raises:
        SettingsError: the mapping can't be used.
    """
    account = settings.crm_url, settings.crm_user, settings.crm_password
    if settings.crm == "rest":
        return RestCrm(engine, load_mapping(Path(settings.crm_mapping)), *account)
    if settings.crm == "tryton":
        return TrytonCrm(engine, *account)
    return SqlCrm(engine)
