"""What the actions work with, made when first used."""

from functools import cache

from sqlalchemy.engine import Engine

from switchboard.crm.connect import make_crm
from switchboard.crm.contract import Crm
from switchboard.database.engine import make_engine
from switchboard.identity.checking import Identity
from switchboard.identity.levels import load_levels
from switchboard.settings import Settings


@cache
def settings() -> Settings:
    return Settings.load()


@cache
def engine() -> Engine:
    return make_engine(settings(), pool_size=10, patience=5.0)


@cache
def crm() -> Crm:
    return make_crm(settings(), engine())


@cache
def identity() -> Identity:
    return Identity(settings(), engine(), crm(), load_levels(settings()))
