"""A database that vanishes without a word is noticed."""

from contextlib import closing

from sqlalchemy.engine import Engine

from switchboard.connecting import CONNECT


def test_a_connection_asks_within_a_minute_whether_its_server_is_still_there(engine: Engine) -> None:
    with closing(engine.raw_connection()) as connection:
        given = connection.driver_connection.info.dsn_parameters

    assert {name: str(value) for name, value in CONNECT.items()}.items() <= given.items()
    idle, interval, tries = (CONNECT[f"keepalives_{name}"] for name in ("idle", "interval", "count"))
    assert max(idle + interval * tries, CONNECT["tcp_user_timeout"] / 1000) <= 60
