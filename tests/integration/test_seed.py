"""The seed makes a believable shop, the same each time, and keeps its dates near today."""

from datetime import date, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.engine import Engine

from switchboard.database.larkspur import Larkspur
from switchboard.database.seed import TEAMS, seed
from switchboard.database.shop import COUNTRIES, STATES, customers, metadata, order_lines, orders, products, variants
from switchboard.database.tables import teams

TODAY = datetime.now(timezone.utc).date()


def test_the_shop_has_fifty_products_with_variants(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(products)) == 50
        sold_as = select(func.count(func.distinct(variants.c.product_id)))
        assert connection.scalar(sold_as) == 50


def test_there_are_orders_in_every_state(engine: Engine) -> None:
    with engine.connect() as connection:
        counts = dict(connection.execute(select(orders.c.state, func.count()).group_by(orders.c.state)).all())
    assert set(counts) == set(STATES)
    assert min(counts.values()) >= 20
    assert sum(counts.values()) == 1000


def test_every_order_costs_what_its_lines_and_delivery_cost(engine: Engine) -> None:
    goods = select(func.sum(order_lines.c.quantity * order_lines.c.unit_price)).where(
        order_lines.c.order_id == orders.c.order_id
    )
    with engine.connect() as connection:
        wrong = select(orders.c.number).where(orders.c.total != orders.c.delivery_fee + goods.scalar_subquery())
        assert connection.execute(wrong).all() == []


def test_what_is_paid_and_not_refunded_is_what_an_order_costs(engine: Engine) -> None:
    with engine.connect() as connection:
        wrong = connection.execute(
            text("""select number from shop.orders join shop.payments using (order_id)
                    group by order_id having sum(amount) <> total""")
        )
        assert wrong.all() == []


def test_a_parcel_on_its_way_back_moves_along_and_a_membership_is_renewed(engine: Engine) -> None:
    days = 400
    seed(engine, TODAY + timedelta(days=days))
    with engine.connect() as connection:
        asked = connection.scalar(text("select max(requested_at) from shop.returns"))
        ended = connection.scalar(
            text("select count(*) from shop.customers where plus_renews and plus_until < :day"),
            {"day": TODAY + timedelta(days=days)},
        )
    assert asked.date() == TODAY + timedelta(days=days - 2)
    assert ended == 0


def test_nothing_has_happened_in_the_future(engine: Engine) -> None:
    with engine.connect() as connection:
        last = connection.execute(
            text("""select greatest(max(placed_at), max(delivered_at), max(returned_at), max(cancelled_at), max(shipped_at))
                    from shop.orders left join shop.shipments using (shipment_id)""")
        ).scalar_one()
    assert last < datetime.now(timezone.utc)


def test_the_support_teams_are_there(engine: Engine) -> None:
    with engine.connect() as connection:
        assert dict(connection.execute(select(teams.c.team, teams.c.title)).all()) == TEAMS


@pytest.mark.parametrize(
    ("number", "email", "state"),
    [
        ("12345", "olivia.bennett@example.com", "processing"),
        ("12346", "olivia.bennett@example.com", "pending"),
        ("12347", "olivia.bennett@example.com", "pending"),
        ("23456", "maya.torres@example.com", "shipped"),
        ("34567", "ethan.clarke@example.com", "delivered"),
        ("45678", "grace.holloway@example.com", "cancelled"),
        ("56789", "grace.holloway@example.com", "returned"),
        ("67890", "lucas.ferreira@example.com", "pending"),
        ("W1234567", "noah.carter@example.com", "pending"),
        ("W2345678", "noah.carter@example.com", "shipped"),
        ("78901", "hannah.whitfield@example.com", "delivered"),
        ("78902", "hannah.whitfield@example.com", "pending"),
        ("78903", "hannah.whitfield@example.com", "delivered"),
        ("78904", "hannah.whitfield@example.com", "delivered"),
        ("89012", "samuel.osei@example.com", "delivered"),
        ("89013", "samuel.osei@example.com", "delivered"),
        ("89014", "samuel.osei@example.com", "pending"),
        ("89015", "beatrix.nolan@example.com", "delivered"),
        ("90123", "ines.moreau@example.com", "pending"),
    ],
)
def test_the_orders_that_demos_name_are_there(engine: Engine, number: str, email: str, state: str) -> None:
    with engine.connect() as connection:
        row = connection.execute(
            select(customers.c.email, orders.c.state).join(orders).where(orders.c.number == number)
        ).one()
    assert tuple(row) == (email, state)


def test_order_12345_ships_tomorrow(engine: Engine) -> None:
    with engine.connect() as connection:
        ships = connection.scalar(select(orders.c.expected_ship_on).where(orders.c.number == "12345"))
    today = datetime.now(timezone.utc).date()
    assert ships - timedelta(days=1) in (today, today - timedelta(days=1))  # filled before midnight


def test_the_same_day_gives_the_same_shop() -> None:
    assert list(Larkspur(date(2026, 3, 1)).rows()) == list(Larkspur(date(2026, 3, 1)).rows())


def test_another_day_changes_only_dates() -> None:
    first, second = Larkspur(date(2026, 3, 1)), Larkspur(date(2026, 3, 5))
    assert [without_dates(row) for row in first.orders] == [without_dates(row) for row in second.orders]


def test_seeding_twice_on_one_day_changes_nothing(engine: Engine) -> None:
    before = everything(engine)
    seed(engine)
    assert everything(engine) == before


def test_days_later_the_dates_move_along_once(engine: Engine) -> None:
    before = dates(engine)
    for _ in range(2):
        seed(engine, TODAY + timedelta(days=3))
    assert dates(engine) == {number: day + timedelta(days=3) for number, day in before.items()}


def test_an_earlier_day_does_not_move_dates_back(engine: Engine) -> None:
    before = everything(engine)
    seed(engine, TODAY - timedelta(days=3))
    assert everything(engine) == before


def test_what_a_customer_did_stays_done_and_is_never_moved_into_the_future(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            orders.update().where(orders.c.number == "12346").values(state="cancelled", cancelled_at=func.now())
        )
    seed(engine, TODAY + timedelta(days=2))
    with engine.connect() as connection:
        state, cancelled_at = connection.execute(
            select(orders.c.state, orders.c.cancelled_at).where(orders.c.number == "12346")
        ).one()
    assert state == "cancelled"
    assert cancelled_at.date() == TODAY + timedelta(days=2)
    assert cancelled_at.hour == 0


def test_an_order_of_a_real_customer_does_not_move(engine: Engine) -> None:
    with engine.begin() as connection:
        values = {
            "number": "10001",
            "customer_id": 1,
            "address_id": 1,
            "state": "pending",
            "delivery": "standard",
            "delivery_fee": 0,
            "total": 9,
        }
        placed_at = connection.execute(orders.insert().values(values).returning(orders.c.placed_at)).scalar_one()
    seed(engine, TODAY + timedelta(days=1))
    with engine.connect() as connection:
        assert connection.scalar(select(orders.c.placed_at).where(orders.c.number == "10001")) == placed_at


def test_every_country_of_the_shop_has_customers(engine: Engine) -> None:
    with engine.connect() as connection:
        found = connection.execute(text("select distinct country from shop.addresses")).scalars()
        assert set(found) == set(COUNTRIES)


def without_dates(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if not isinstance(value, date)}


def dates(engine: Engine) -> dict[str, date]:
    with engine.connect() as connection:
        return dict(connection.execute(select(orders.c.number, orders.c.expected_ship_on)).all())


def everything(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    with engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(table.select())), key=str)
            for table in metadata.sorted_tables
        }
