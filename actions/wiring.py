"""What the actions work with, made when first used."""

from functools import cache

from sqlalchemy.engine import Engine

from switchboard.crm.contract import Crm
from switchboard.crm.sql import SqlCrm
from switchboard.database.engine import make_engine
from switchboard.settings import Settings


@cache
def settings() -> Settings:
    return Settings.load()


@cache
def engine() -> Engine:
    return make_engine(settings(), pool_size=5)


@cache
def crm() -> Crm:
    return SqlCrm(engine())
