"""Who sounds angry, and who only writes in capitals."""

from pathlib import Path

import pytest

from switchboard.escalation.anger import anger
from switchboard.escalation.reading import load
from switchboard.routing.teams import load_teams

RULES = load(Path("data/escalation.yml"), load_teams("data/teams.yml").introductions)
[ANGRY] = [
    condition.wanted.at_least
    for rule in RULES.rules
    if rule.name == "anger"
    for condition in rule.when
    if condition.fact == "anger"
]

ANGRY_MESSAGES = [
    "you idiots have lost my parcel again",
    "You are stupid, I want my money back",
    "STUPID BOT",
    "are you people thieves or what",
    "you're liars, all of you",
    "shut up and give me my refund",
    "go to hell with your kettle",
    "fuck you",
    "fuck off with your articles",
    "where the fuck is my order",
    "this is bullshit",
    "what a shitty shop",
    "I'm so pissed off right now",
    "wtf is going on with my refund",
    "f*** this, cancel it",
    "what the f**k did you charge me for",
    "f**k, my email is k***@gmail.com",
    "what is this s**t, order W1234567",
    "go kill yourself",
    "This is fucking ridiculous",
    "scammers",
    "THIS IS UNACCEPTABLE",
    "THIS IS UNACCEPTABLE!!!",
    "THE WORST SERVICE I HAVE EVER HAD",
    "I AM FURIOUS ABOUT ORDER W1234567",
    "this is ridiculous and unacceptable!!",
    "WHAT A JOKE OF A COMPANY",
    "thanks for nothing, this is shit",
    "I am SICK AND TIRED OF WAITING for you!",
    "you moron",
    "Your service sucks, it is pathetic!!",
    "YOU PEOPLE ARE INCOMPETENT",
    "bitches",
    "THIS IS UNACCEPTABLE, where is my parcel!!!",
]

CALM_MESSAGES = [
    "hello",
    "where is my order W1234567",
    "ORDER W1234567",
    "W1234567 W7654321 W1111111",
    "INV-2026-004711",
    "my order number is #12345!",
    "URGENT",
    "URGENT: where is my parcel",
    "ASAP PLEASE",
    "I pay by VISA or PAYPAL",
    "do you take VISA, AMEX, PAYPAL and KLARNA?",
    "is the USB-C cable with the LED lamp CE marked",
    "I live in the USA, near LAX, NY 10001",
    "LARKSPUR PLUS",
    "HI I WANT TO TRACK MY ORDER 12345",
    "CAN I CHANGE MY ADDRESS PLEASE",
    "PLEASE CANCEL ORDER W7654321!!",
    "WHERE IS MY ORDER",
    "where is my order???",
    "thank you so much!!!",
    "THANK YOU VERY MUCH!!!",
    "I love it!!!!",
    "holy shit that was fast, thank you!",
    "fucking awesome kettle, love it",
    "lol wtf, that was quick, great service",
    "damn, I forgot my password",
    "I'm such an idiot, I typed the wrong address",
    "stupid question, but how do I log in",
    "I'd like to complain about a delivery",
    "this is ridiculous",
    "I'm fed up",
    "terrible service",
    "the vacuum cleaner sucks well, I am happy with it",
    "what's the worst that can happen if I wash it at 60 degrees",
    "how many times can I change my order",
    "tell me a joke",
    "not happy at all",
    "I'm disappointed with the towel",
    "my e-mail is ANNA.SMITH@EXAMPLE.COM",
    "ANNA SMITH, 12 ELM STREET, BOSTON MA 02110",
    "is this shirt size XXL or XXXL",
    "Scunthorpe is where I live",
    "I am assessing my options, a classic case",
    "the glass is a bit dickensian",
    "5 ** 3",
    "my email is k***@gmail.com",
    "my address on file is j***n@example.com",
    "the card ends in x**1234",
    "my number is a***9",
    "look at x***@y.com or x**2",
    "NO",
    "YES PLEASE",
    "ok",
    "",
]


def anger_of(text: str, repeated: int = 0) -> float:
    return anger(text, RULES.vocabulary.lexicon, repeated)


@pytest.mark.parametrize("text", ANGRY_MESSAGES)
def test_an_angry_message_sounds_angry(text: str) -> None:
    assert anger_of(text) >= ANGRY


@pytest.mark.parametrize("text", CALM_MESSAGES)
def test_a_calm_message_does_not(text: str) -> None:
    assert anger_of(text) < ANGRY


@pytest.mark.parametrize("text", ["WHERE IS MY ORDER", "this is ridiculous!!", "I'm fed up, it's a scam"])
def test_asking_the_same_again_makes_it_angrier(text: str) -> None:
    assert anger_of(text) < ANGRY <= anger_of(text, repeated=2)


def test_asking_the_same_again_calmly_is_not_anger() -> None:
    assert anger_of("where is my order", repeated=19) < ANGRY


@pytest.mark.parametrize("text", [*ANGRY_MESSAGES, *CALM_MESSAGES, "FUCK!? " * 1_000], ids=lambda text: text[:30])
def test_it_is_a_share(text: str) -> None:
    assert 0 <= anger_of(text, repeated=3) <= 1


def test_a_typographic_apostrophe_is_an_apostrophe() -> None:
    assert anger_of("you’re stupid") == anger_of("you're stupid") >= ANGRY
