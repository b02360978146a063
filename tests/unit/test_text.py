"""What a customer types comes out harmless and otherwise as it was."""

import pytest

from switchboard.conversations.text import clean
from switchboard.errors import EmptyMessage, MessageTooLong


def cleaned(text: str) -> str:
    return clean(text, max_chars=5_000)


@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        "//restart",
        "/ /restart",
        " \t\n/restart",
        "/\u00a0/ /restart",
        "\u2003/restart",
        "\u200b/restart",
        "/\u200b/restart",
        "\ufeff/restart",
        "\u202e/restart",
        "\x00/restart",
        "\x1f/\x7frestart",
        "\ud800/restart",
    ],
)
def test_a_slash_at_the_beginning_is_taken_off_in_every_disguise(text):
    assert cleaned(text) == "restart"


def test_an_intent_with_entities_is_only_words():
    assert cleaned('/cancel_order{"order_number": "12345"}') == 'cancel_order{"order_number": "12345"}'


def test_a_full_width_slash_is_no_command_and_stays():
    assert cleaned("／restart") == "／restart"


def test_a_slash_inside_stays():
    assert cleaned("12/20 or w/o a lid") == "12/20 or w/o a lid"


def test_nothing_of_what_is_left_begins_a_command_for_rasa():
    # Rasa takes a text for a command when `text.strip()` starts with a slash.
    for disguise in ("\x0b", "\x1c", "\x85", "\u2028", "\u3000", "\u180e", "\u2060", "\U000e0020"):
        assert not cleaned(f"{disguise}/{disguise}/restart").strip().startswith("/")


@pytest.mark.parametrize("text", ["", " ", "\n\t", "/", " / / ", "\x00", "\u200b\u200d", "\ud83d"])
def test_a_message_of_which_nothing_is_left_is_empty(text):
    with pytest.raises(EmptyMessage):
        cleaned(text)


def test_control_characters_go_and_line_breaks_stay():
    assert cleaned("one\x00\x07 line\r\nand\tanother\x9f") == "one line\nand\tanother"


def test_halves_of_characters_go():
    assert cleaned("a\ud83d b\udc00") == "a b"


def test_emoji_stay_whole():
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f"

    assert cleaned(family) == family


def test_the_same_letters_are_the_same_text():
    assert cleaned("cafe\u0301") == "caf\u00e9"


def test_the_limit_is_in_characters_and_inclusive():
    assert clean("\u00e9" * 10, max_chars=10) == "\u00e9" * 10
    with pytest.raises(MessageTooLong, match="11 characters, at most 10"):
        clean("\u00e9" * 11, max_chars=10)


def test_card_numbers_are_masked():
    assert cleaned("my card is 4111 1111 1111 1111") == "my card is [card ending in 1111]"


def test_a_card_number_broken_up_by_control_characters_is_masked():
    assert cleaned("4111\x001111\x0011111111") == "[card ending in 1111]"
