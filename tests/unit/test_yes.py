"""What is a clear yes to a preview, and what is asked about again."""

import pytest

from actions.forms import is_clear_yes


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "Yes, please!",
        "yes thanks",
        "sure",
        "sure, thank you",
        "ok",
        "ok thanks",
        "okay, go ahead",
        "go ahead",
        "do it",
        "please do it",
        "do that",
        "yes, that's right",
        "yes, that's fine",
        "yes, it's ok",
        "that's right",
        "that's right, thanks",
        "that's correct",
        "that's correct, thank you",
        "that is correct",
        "this is right",
        "right, do that",
        "correct",
        "exactly",
        "sounds good",
        "do it right now",
        "yes, that’s right",
        "you can go ahead",
        "you may do that",
        "thank you, sure",
        "yes, i agree",
        "agreed",
        "yes yes yes",
        "👍",
        "👍👍 yes",
        "✅",
        "ok 👍",
    ],
)
def test_a_clear_yes(text: str) -> None:
    assert is_clear_yes({"text": text}, "change_email")


@pytest.mark.parametrize(
    "text",
    [
        "you sure",
        "are you sure",
        "ok, you sure",
        "yes, you sure",
        "you agree",
        "you want it, right",
        "make sure",
        "please make sure",
        "that right",
        "this right",
        "it right",
        "ok that right",
        "that ok",
        "that correct",
        "this all right",
        "it's ok",
        "it's ok thanks",
        "its fine",
        "that's ok",
        "that's ok, thanks",
        "that is ok thank you",
        "that's fine, thanks",
        "that's all right thanks",
        "ok, that's all right, thank you",
        "good, thanks",
        "fine thank you",
        "all good",
        "i'm good",
    ],
)
def test_a_question_without_its_mark_or_a_polite_no_is_none(text: str) -> None:
    assert not is_clear_yes({"text": text}, "change_email")
