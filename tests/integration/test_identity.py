"""Showing who one is: pairs that belong together, codes, limits."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import jwt
import pytest
from sqlalchemy.engine import Engine

from switchboard.crm.sql import SqlCrm
from switchboard.errors import CodeTooOld, CrmUnavailable, OtherCustomer, TooManyAttempts, WrongCode, WrongDetails
from switchboard.escalation.facts import Facts
from switchboard.identity.checking import Identity
from switchboard.identity.customers import Verified
from switchboard.identity.levels import KNOWS, PROVES, load_levels
from switchboard.identity.questions import question_by
from switchboard.settings import Settings
from switchboard.turns.facts import of_customer
from tests.talking import rows, start

OLIVIA = ("12345", "olivia.bennett@example.com")
NOAH = ("W1234567", "noah.carter@example.com")

SECRET = "shared with the shop's own site, and long enough"


@pytest.fixture
def make(settings: Settings, engine: Engine) -> Callable[..., Identity]:
    def made(crm: SqlCrm | None = None, **changed: str) -> Identity:
        ours = replace(settings, link_secret="secret", **changed)
        return Identity(ours, engine, crm or SqlCrm(engine), load_levels(ours))

    return made


@pytest.fixture
def identity(make: Callable[..., Identity]) -> Identity:
    return make()


def from_address(engine: Engine, address: str) -> str:
    conversation = start(engine)
    rows(
        engine, "update switchboard.conversations set origin = :o where conversation_id = :c", o=address, c=conversation
    )
    return conversation


def token(customer: str, seconds: int = 300) -> str:
    now = int(time.time())
    return jwt.encode({"sub": customer, "aud": "switchboard", "iat": now, "exp": now + seconds}, SECRET, "HS256")


def sent_codes(engine: Engine) -> list[str]:
    return [
        re.search(r"\d{6}", body)[0] for (body,) in rows(engine, "select body from switchboard.mails order by mail_id")
    ]


def test_an_order_number_with_its_address_makes_somebody_known(identity: Identity, engine: Engine) -> None:
    conversation = start(engine)
    assert identity.customer(conversation) is None

    known = identity.knows_order(conversation, "#12345", " Olivia.Bennett@Example.com ")

    assert known.level == KNOWS
    assert identity.customer(conversation) == known == Verified("shop", known.external_id, KNOWS)
    assert identity.suffices(conversation, "cancel_order")
    assert not identity.suffices(conversation, "change_email")


def test_so_do_a_full_name_and_a_postcode(identity: Identity, engine: Engine) -> None:
    [(postcode,)] = rows(
        engine,
        "select postcode from shop.addresses join shop.customers using (customer_id) "
        "where email = 'olivia.bennett@example.com' and is_default",
    )
    assert identity.knows_name(start(engine), "olivia bennett", postcode.lower()).level == KNOWS


@pytest.mark.parametrize("pair", [("12345", "noah.carter@example.com"), ("99999", OLIVIA[1]), ("12345", ""), ("", "")])
def test_a_wrong_pair_never_tells_what_was_wrong(identity: Identity, engine: Engine, pair: tuple[str, str]) -> None:
    conversation = start(engine)
    with pytest.raises(WrongDetails) as refused:
        identity.knows_order(conversation, *pair)
    assert str(refused.value) == WrongDetails.__doc__
    assert identity.customer(conversation) is None


def test_after_three_wrong_ones_also_the_right_one_is_refused(identity: Identity, engine: Engine) -> None:
    conversation = start(engine)
    for number in ("10001", "10002", "10003"):
        with pytest.raises(WrongDetails):
            identity.knows_order(conversation, number, OLIVIA[1])
    with pytest.raises(TooManyAttempts):
        identity.knows_order(conversation, *OLIVIA)


def test_the_same_wrong_details_again_are_no_further_attempt(identity: Identity, engine: Engine) -> None:
    conversation = start(engine)
    for _ in range(5):
        with pytest.raises(WrongDetails):
            identity.knows_order(conversation, "10001", OLIVIA[1])
    assert identity.knows_order(conversation, *OLIVIA)


def test_a_new_conversation_is_no_new_chance_for_the_same_address(identity: Identity, engine: Engine) -> None:
    for number in ("10001", "10002", "10003"):
        with pytest.raises(WrongDetails):
            identity.knows_order(from_address(engine, "a"), number, OLIVIA[1])
    with pytest.raises(TooManyAttempts):
        identity.knows_order(from_address(engine, "a"), *OLIVIA)
    assert identity.knows_order(from_address(engine, "b"), *OLIVIA)


def test_ten_guesses_at_once_are_ten_guesses(identity: Identity, engine: Engine) -> None:
    conversation = start(engine)

    def guess(number: int) -> str:
        try:
            identity.knows_order(conversation, str(number), OLIVIA[1])
        except (WrongDetails, TooManyAttempts) as error:
            return type(error).__name__
        return "right"

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(guess, range(10_000, 10_010))) == ["TooManyAttempts"] * 7 + ["WrongDetails"] * 3


def test_an_hour_later_one_may_try_again(identity: Identity, engine: Engine) -> None:
    conversation = start(engine)
    for number in ("10001", "10002", "10003"):
        with pytest.raises(WrongDetails):
            identity.knows_order(conversation, number, OLIVIA[1])
    rows(engine, "update switchboard.attempts set created_at = created_at - interval '61 minutes'")
    assert identity.knows_order(conversation, *OLIVIA)


def test_an_outage_is_nobodys_wrong_attempt(make: Callable[..., Identity], engine: Engine) -> None:
    class Away(SqlCrm):
        def identify(self, number: str, email: str) -> None:
            raise CrmUnavailable

    conversation = start(engine)
    for number in range(10_000, 10_005):
        with pytest.raises(CrmUnavailable):
            make(Away(engine)).knows_order(conversation, str(number), OLIVIA[1])
    assert make().knows_order(conversation, *OLIVIA)


def test_a_conversation_is_one_customers(identity: Identity, engine: Engine) -> None:
    conversation = start(engine)
    olivia = identity.knows_order(conversation, *OLIVIA)
    with pytest.raises(OtherCustomer):
        identity.knows_order(conversation, *NOAH)
    assert identity.customer(conversation) == olivia


def let_pass(engine: Engine, conversation: str) -> None:
    """As if what was shown had been shown long ago."""
    query = "update switchboard.conversations set identity_until = now() where conversation_id = :c"
    rows(engine, query, c=conversation)


def ends_in(engine: Engine, conversation: str) -> float:
    """Minutes that what was shown still counts."""
    query = "select extract(epoch from identity_until - now()) / 60 from switchboard.conversations where conversation_id = :c"
    [(minutes,)] = rows(engine, query, c=conversation)
    return float(minutes)


def test_what_was_shown_counts_for_a_while(identity: Identity, engine: Engine) -> None:
    conversation = start(engine)
    identity.knows_order(conversation, *OLIVIA)
    identity.send_code(conversation)
    identity.prove(conversation, sent_codes(engine)[0])
    assert 59 < ends_in(engine, conversation) <= 60

    let_pass(engine, conversation)

    assert identity.customer(conversation) is None
    assert not identity.suffices(conversation, "cancel_order")
    assert identity.knows_order(conversation, *OLIVIA).level == KNOWS


def test_it_stays_one_customers_conversation_when_that_is_over(identity: Identity, engine: Engine) -> None:
    conversation = start(engine)
    identity.knows_order(conversation, *OLIVIA)
    let_pass(engine, conversation)

    with pytest.raises(WrongDetails):
        identity.knows_order(conversation, *NOAH)


def test_details_shown_after_a_proof_take_nothing_from_it_and_make_it_no_longer(
    make: Callable[..., Identity], engine: Engine
) -> None:
    identity, conversation = make(identity_secret=SECRET), start(engine)
    identity.trust(conversation, token("1", 8 * 3600))
    [(number, email)] = rows(
        engine,
        "select number, email from shop.orders join shop.customers using (customer_id) where customer_id = 1 limit 1",
    )

    identity.knows_order(conversation, number, email)

    assert identity.customer(conversation).level == PROVES
    assert ends_in(engine, conversation) > 7 * 60


@pytest.mark.parametrize(("seconds", "minutes"), [(300, 60), (8 * 3600, 480)])
def test_a_sites_word_counts_as_long_as_other_proofs_or_as_the_site_says(
    make: Callable[..., Identity], engine: Engine, seconds: int, minutes: int
) -> None:
    identity, conversation = make(identity_secret=SECRET), start(engine)
    identity.trust(conversation, token("1", seconds))
    assert minutes - 1 < ends_in(engine, conversation) <= minutes
    let_pass(engine, conversation)
    assert identity.customer(conversation) is None

    identity.trust(conversation, token("1"))

    assert identity.customer(conversation).level == PROVES


def in_another_system(engine: Engine, conversation: str) -> None:
    """As if `CRM` had been another one when the customer showed who they are."""
    query = "update switchboard.conversations set crm = 'tryton' where conversation_id = :c"
    rows(engine, query, c=conversation)


def test_a_customer_of_another_business_system_is_nobody_here(identity: Identity, engine: Engine) -> None:
    conversation = start(engine)
    identity.knows_order(conversation, *OLIVIA)
    in_another_system(engine, conversation)

    assert identity.customer(conversation) is None
    assert not identity.suffices(conversation, "cancel_order")
    with pytest.raises(WrongDetails):
        identity.send_code(conversation)


def test_who_was_proved_to_another_business_system_shows_it_anew(identity: Identity, engine: Engine) -> None:
    conversation = start(engine)
    identity.knows_order(conversation, *OLIVIA)
    identity.send_code(conversation)
    identity.prove(conversation, sent_codes(engine)[0])
    in_another_system(engine, conversation)

    noah = identity.knows_order(conversation, *NOAH)

    assert identity.customer(conversation) == noah
    assert (noah.crm, noah.level) == ("shop", KNOWS)


def test_a_sites_word_takes_over_no_conversation_of_another_business_systems_customer(
    make: Callable[..., Identity], engine: Engine
) -> None:
    identity, conversation = make(identity_secret=SECRET), start(engine)
    identity.knows_order(conversation, *OLIVIA)
    in_another_system(engine, conversation)

    with pytest.raises(OtherCustomer):
        identity.trust(conversation, token("1"))
    assert identity.trust(start(engine), token("1")).level == PROVES


def test_a_sites_word_given_again_needs_no_business_system(make: Callable[..., Identity], engine: Engine) -> None:
    class Away(SqlCrm):
        def customer(self, external_id: str) -> None:
            raise CrmUnavailable

    conversation = start(engine)
    shown = make(identity_secret=SECRET).trust(conversation, token("1"))
    away = make(Away(engine), identity_secret=SECRET)

    assert away.trust(conversation, token("1")) == shown
    with pytest.raises(CrmUnavailable):
        away.trust(conversation, token("2"))


def test_the_rules_of_escalation_look_up_nobody_of_another_business_system(engine: Engine) -> None:
    assert of_customer(Facts(), SqlCrm(engine), Verified("shop", "1", KNOWS)) != Facts()
    assert of_customer(Facts(), SqlCrm(engine), Verified("tryton", "1", KNOWS)) == Facts()


@pytest.mark.parametrize("sender", [question_by("local"), "me", "", "00000000000000000000000000000000"])
def test_where_there_is_no_conversation_nothing_is_remembered(
    make: Callable[..., Identity], engine: Engine, sender: str
) -> None:
    identity = make(identity_profile="demo", identity_secret=SECRET)
    [(postcode,)] = rows(
        engine,
        "select postcode from shop.addresses join shop.customers using (customer_id) where email = :e and is_default",
        e=OLIVIA[1],
    )

    assert identity.knows_order(sender, *OLIVIA).level == KNOWS
    assert identity.knows_name(sender, "Olivia Bennett", postcode).level == KNOWS
    assert identity.knows_email(sender, OLIVIA[1]).level == KNOWS
    assert identity.trust(sender, token("1")).level == PROVES

    assert identity.customer(sender) is None
    assert identity.suffices(sender, "order_status")
    assert not identity.suffices(sender, "show_orders")
    for shows in (identity.send_code, lambda its: identity.prove(its, "123456")):
        with pytest.raises(WrongDetails):
            shows(sender)


def test_a_new_question_is_no_new_chance(identity: Identity) -> None:
    for number in ("10001", "10002", "10003"):
        with pytest.raises(WrongDetails):
            identity.knows_order(question_by("local"), number, OLIVIA[1])
    with pytest.raises(TooManyAttempts):
        identity.knows_order(question_by("local"), *OLIVIA)
    assert identity.knows_order(question_by("shop"), *OLIVIA)


def test_five_order_numbers_an_hour_may_be_asked_about(identity: Identity, engine: Engine) -> None:
    conversation = from_address(engine, "a")
    asked = [identity.may_ask_about(conversation, str(number)) for number in (10001, 10002, 10003, 10004, 10005, 10006)]
    assert asked == [True] * 5 + [False]
    assert identity.may_ask_about(conversation, "order #10001")
    assert not identity.may_ask_about(from_address(engine, "a"), "10007")
    assert identity.may_ask_about(from_address(engine, "b"), "10007")


def test_a_code_to_the_address_on_file_is_proof(identity: Identity, engine: Engine) -> None:
    conversation = start(engine)
    identity.knows_order(conversation, *OLIVIA)

    where = identity.send_code(conversation)

    [code] = sent_codes(engine)
    assert OLIVIA[1] not in where
    assert rows(engine, "select recipient from switchboard.mails") == [(OLIVIA[1],)]
    assert identity.prove(conversation, f" {code} ").level == PROVES
    assert identity.suffices(conversation, "change_email")


def test_a_code_is_good_once(identity: Identity, engine: Engine) -> None:
    conversation = start(engine)
    identity.knows_order(conversation, *OLIVIA)
    identity.send_code(conversation)
    [code] = sent_codes(engine)
    identity.prove(conversation, code)
    with pytest.raises(TooManyAttempts):
        identity.prove(conversation, code)


def test_a_code_of_another_conversation_is_none(identity: Identity, engine: Engine) -> None:
    mine, other = start(engine), start(engine)
    for conversation in (mine, other):
        identity.knows_order(conversation, *OLIVIA)
        identity.send_code(conversation)
    first, second = sent_codes(engine)
    with pytest.raises(WrongCode):
        identity.prove(mine, second)
    assert identity.prove(mine, first)


def test_three_wrong_codes_end_a_code(identity: Identity, engine: Engine) -> None:
    conversation = start(engine)
    identity.knows_order(conversation, *OLIVIA)
    identity.send_code(conversation)
    [code] = sent_codes(engine)
    wrong = [f"{(int(code) + n) % 1_000_000:06}" for n in (1, 2, 3)]
    for guess in wrong[:2]:
        with pytest.raises(WrongCode):
            identity.prove(conversation, guess)
    with pytest.raises(TooManyAttempts):
        identity.prove(conversation, wrong[2])
    with pytest.raises(TooManyAttempts):
        identity.prove(conversation, code)


def test_an_old_code_is_no_good(identity: Identity, engine: Engine) -> None:
    conversation = start(engine)
    identity.knows_order(conversation, *OLIVIA)
    identity.send_code(conversation)
    rows(engine, "update switchboard.identity_codes set expires_at = now()")
    with pytest.raises(CodeTooOld):
        identity.prove(conversation, sent_codes(engine)[0])


def test_a_turn_that_runs_twice_sends_one_code(identity: Identity, engine: Engine) -> None:
    conversation = start(engine)
    identity.knows_order(conversation, *OLIVIA)
    assert identity.send_code(conversation) == identity.send_code(conversation)
    assert len(sent_codes(engine)) == 1


def test_nobodys_mailbox_is_flooded(identity: Identity, engine: Engine) -> None:
    for _ in range(3):
        conversation = start(engine)
        identity.knows_order(conversation, *OLIVIA)
        identity.send_code(conversation)
    conversation = start(engine)
    identity.knows_order(conversation, *OLIVIA)
    with pytest.raises(TooManyAttempts):
        identity.send_code(conversation)


def test_no_code_is_sent_to_somebody_unknown(identity: Identity, engine: Engine) -> None:
    with pytest.raises(WrongDetails):
        identity.send_code(start(engine))


def test_an_address_alone_is_enough_in_the_demo_only(make: Callable[..., Identity], engine: Engine) -> None:
    with pytest.raises(WrongDetails):
        make().knows_email(start(engine), OLIVIA[1])
    demo, conversation = make(identity_profile="demo"), start(engine)
    assert demo.knows_email(conversation, OLIVIA[1]).level == KNOWS
    assert demo.suffices(conversation, "request_deletion")


def test_codes_and_guesses_are_not_stored_readably(identity: Identity, engine: Engine) -> None:
    conversation = start(engine)
    identity.knows_order(conversation, *OLIVIA)
    identity.send_code(conversation)
    with pytest.raises(WrongDetails):
        identity.knows_order(start(engine), "10001", OLIVIA[1])
    [(stored,)] = rows(engine, "select code_hash from switchboard.identity_codes")
    assert sent_codes(engine)[0] not in stored
    assert "olivia" not in str(rows(engine, "select * from switchboard.attempts"))
