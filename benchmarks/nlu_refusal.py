"""How `refuse_at` in config.yml was chosen: `python -m benchmarks.nlu_refusal` prints what each value would do.

Held-out training messages that are out of scope should be refused; gibberish and half sentences, which are written
here and are in no training or test data, should be asked about. Messages in scope must not be refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.nlu_data import OUT_OF_SCOPE, read_marked
from benchmarks.report import table
from switchboard.encoder import shared_encoder
from switchboard.understanding.cascade import Cascade
from switchboard.understanding.message import Understood, is_only_strange, understand
from switchboard.understanding.spelling import plain_words
from switchboard.understanding.text import with_stand_ins

DATA = Path(__file__).parent.parent / "data" / "nlu"
FOLDS = 5
ASKED_BELOW = 0.6  # HANDOFF_THRESHOLD's default
VALUES = (0.6, 0.65, 0.7, 0.75, 0.8, 0.9, 0.95)

GIBBERISH = """\
asdfgh jkl
qwertz uiop
hsjdkfh skdjfh
blorp zindle frap
lkj lkj lkj
xx yy zz
fghfgh
ababab cdcdcd
mmmmhhh
wubba dub
drft gkl order nmb
zzzz kettle qqqq
aaaaaa aaaaa
tjena plork
hjkl; nm,.
ptrr brrr
kdkdkd ????
wrjr mn th pn
blah blah blah
lorem ipsum dolor""".splitlines()

HALF_SENTENCES = """\
so the thing with
what about the
and then it
if I were to
because yesterday the
can you maybe the
that one with the
it was like this and
the other day when
I was wondering whether
about what you said
not that one the
do you also
could it be that
for my mother it
the same as before but
when I press the
something with the
well it depends on
and what if the
is it possible that
wait I mean
regarding the
this does
why would the
the blue
in the box there
like last time
until when the
whatever it
I have a question about
I need help with the
one more about
there is this
hmm the lid""".splitlines()


def main() -> None:
    """Print the shares at each value."""
    outside, inside = held_out()
    model = fitted(*zip(*shop(), strict=True))
    strange = {"gibberish": ask(model, GIBBERISH), "half sentences": ask(model, HALF_SENTENCES)}
    groups = {"out of scope": outside, **strange, "in scope": inside}
    print(table(["refuse_at", *(f"{name}: refused, asked, answered" for name in groups)], list(rows(groups))))


Found = list[Understood]


def rows(groups: dict[str, Found]) -> Iterator[list[str]]:
    for value in VALUES:
        yield [f"{value}", *(", ".join(f"{100 * share:.0f} %" for share in outcome(g, value)) for g in groups.values())]


def outcome(found: Found, refuse_at: float) -> tuple[float, float, float]:
    """The shares refused, asked to say it in other words, and answered."""
    strange = np.array([is_only_strange(each.intent, each.confidence, each.legible, refuse_at) for each in found])
    doubtful = strange | np.array([each.confidence < ASKED_BELOW for each in found])
    foreign = np.array([each.intent == OUT_OF_SCOPE for each in found])
    return float((foreign & ~doubtful).mean()), float(doubtful.mean()), float((~foreign & ~doubtful).mean())


def shop() -> list[tuple[str, str]]:
    """The shop's training messages as the cascade reads them, and their intents."""
    marked, _ = read_marked(DATA)
    return [(with_stand_ins(text, spans), intent) for text, spans, intent in marked]


def fitted(texts: tuple[str, ...], intents: tuple[str, ...]) -> Cascade:
    encoder = shared_encoder()
    return Cascade.fit(texts, intents, encoder.encode, dictionary=plain_words(encoder.vocabulary()))


def held_out() -> tuple[Found, Found]:
    """Training messages out of scope and in scope, each asked of a model that has not seen it."""
    examples = shop()
    folds = np.random.default_rng(0).permutation(len(examples)) % FOLDS
    outside: Found = []
    inside: Found = []
    for fold in range(FOLDS):
        known = [example for example, its in zip(examples, folds, strict=True) if its != fold]
        asked = [example for example, its in zip(examples, folds, strict=True) if its == fold]
        found = ask(fitted(*zip(*known, strict=True)), [text for text, _ in asked])
        for (_, intent), answer in zip(asked, found, strict=True):
            (outside if intent == OUT_OF_SCOPE else inside).append(answer)
    return outside, inside


def ask(model: Cascade, texts: list[str]) -> Found:
    return [understand(model, text, text) for text in texts]


if __name__ == "__main__":
    main()
