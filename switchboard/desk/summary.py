"""What a customer wants, in their own words: the sentences of theirs that say most, and what they name.

Nothing is written anew, so nothing can be made up.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from switchboard.escalation.facts import same_question
from switchboard.turns.details import amounts, emails, order_numbers

SENTENCES = 3
LONGEST = 240
"""Characters of a sentence that are shown."""

BREAK = re.compile(r"(?<=[.!?])\s+|\n+")
WORD = re.compile(r"[\w']+")
FEWEST_WORDS, PLENTY = 3, 8
"""A sentence of fewer words says nothing by itself; beyond so many it says no more for being longer."""

WISH = re.compile(
    r"\b(?:want|need|would like|wanted|please|can you|could you|how (?:do|can|long|much)|when (?:will|do|is)|where (?:is|are)|why|"
    r"refund|cancel|return|exchange|replace|change)\b",
    re.IGNORECASE,
)
TROUBLE = re.compile(
    r"\b(?:not|never|no|isn't|wasn't|don't|doesn't|didn't|won't|can't|cannot|hasn't|haven't|still|twice|wrong|missing|late|"
    r"broken|broke|damaged|lost|failed|fails|problem|error|charged|refused|declined)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sentence:
    """Where it stands among all of the customer's sentences, and what it says."""

    place: int
    text: str

    @property
    def weight(self) -> float:
        """How much it says: wishes, troubles, what it names, and up to a point its length."""
        words = len(WORD.findall(self.text))
        if words < FEWEST_WORDS:
            return 0.0
        named = bool(order_numbers(self.text)) + bool(amounts(self.text))
        wish, trouble = bool(WISH.search(self.text)), bool(TROUBLE.search(self.text))
        return 2 * wish + 2 * trouble + named + ("?" in self.text[-3:]) + min(words, PLENTY) / PLENTY


def summarise(written: Sequence[str]) -> list[str]:
    """A few lines: the customer's key sentences in their order, then the numbers, sums and addresses they named.

    Args:
        written: the customer's messages, oldest first.
    """
    return [*_key_sentences(written), *_named("\n".join(written))]


def _key_sentences(written: Sequence[str]) -> list[str]:
    texts = (each.strip() for message in written for each in BREAK.split(message))
    sentences = [Sentence(place, each) for place, each in enumerate(texts)]
    chosen: list[Sentence] = []
    for sentence in sorted(sentences, key=lambda each: (-each.weight, -each.place)):
        again = any(same_question(sentence.text, other.text) for other in chosen)
        if sentence.weight > 1 and not again and len(chosen) < SENTENCES:
            chosen.append(sentence)
    return [_cut(each.text) for each in sorted(chosen, key=lambda each: each.place)]


def _named(text: str) -> list[str]:
    """What the text names, a line a kind."""
    kinds = {"Order": order_numbers(text), "Amount": amounts(text), "E-mail": emails(text)}
    return [f"{kind}: {', '.join(found)}" for kind, found in kinds.items() if found]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " …"
