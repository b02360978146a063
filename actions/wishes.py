"""What a question about products asks for: by which names, and in which versions."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from actions.assortment import Vocabulary, closest, plain_words, size
from actions.tasks.items import COMMON

SOUGHT = re.compile(r"[^\W\d_]{3,}")
"""What a product can be found by: neither numbers nor the shortest words."""

MOST_SOUGHT = 12
"""Words that the shop is searched for; each is a call."""

QUESTION_WORDS = (
    "how much is are do does did you have has had what which the price cost of for there any in stock available sell "
    "offer many a an i can get it come colour color shade size version kind variant tell me about please still got "
    "carry your left sold out buy and or to want like would was were different product item all range hold wait moment "
    "actually before total now today right here online again also too both each other another thanks thank hello hey "
    "need show look looking search find give know check see when whether they them this that these those some anything "
    "something thing could will may let say said make made go big bigger little smaller larger cheap cheaper dearer "
    "expensive nice good than then while between interested from our my we not only just if on at by with so but as "
    "yours their its exist long under over below above around without after near into out up down teh"
)
"""Words of the question itself, which no product is looked for by."""

ASKING = set(plain_words(QUESTION_WORDS)) | COMMON

ALMOST_ASKING = 0.85
"""From this likeness to one of them on, a word is taken for it."""

ARTICLES = {"a", "an", "the", "any", "some", "your"}

PEOPLE = {"i", "you", "we", "they"}

KINDS_OF_VERSION = {"size", "colour", "color", "shade"}

MONEY_WORDS = (
    "dollar euro pound sterling franc yen yuan rupee peso krona krone zloty usd eur gbp cad aud chf jpy currency"
)

CURRENCIES = set(plain_words(MONEY_WORDS))
"""Said after `in`, they are what a price is wanted in, not how the product comes."""

SEPARATOR = re.compile(r"([,;:?!&/+\n]|\.(?!\d)|\b(?:and|or)\b)", re.IGNORECASE)

OTHERS = {"and", "or", "&", "/", "+", "than"}
"""After these comes something else, not more about the same."""


@dataclass
class Wish:
    """One thing asked for: the words that name it, and the versions of which any will do, each in words.

    `meant` are those of the words that the customer wrote otherwise.
    """

    names: list[str]
    versions: list[list[str]] = field(default_factory=list)
    meant: list[str] = field(default_factory=list)


@dataclass
class Run:
    """Words that say what is asked for, in a row, and `before` them those that don't."""

    before: list[str]
    words: list[str]

    @property
    def apart(self) -> bool:
        return any(SEPARATOR.fullmatch(word) for word in self.before)

    @property
    def other(self) -> bool:
        return bool(OTHERS & set(self.before))

    @property
    def after_in(self) -> bool:
        """`in purple`, `in size 40`; not `in a shop`."""
        before = self.before[:-1] if self.before[-1:] and self.before[-1] in KINDS_OF_VERSION else self.before
        return before[-1:] == ["in"]

    @property
    def another_thing(self) -> bool:
        """`and a mower`."""
        return len(self.before) > 1 and self.before[-2] in OTHERS and self.before[-1] in ARTICLES


def sought_in(text: str) -> list[str]:
    """The words to look for in the shop."""
    found = [word for word in plain_words(text) if word not in ASKING and SOUGHT.fullmatch(word)]
    return list(dict.fromkeys(found))[:MOST_SOUGHT]


def wishes_in(text: str, vocabulary: Vocabulary) -> list[Wish]:
    """What is asked for, in the question's order; empty if it can't be told."""
    return Reader(vocabulary).read(text)


class Reader:
    """Goes through a question run by run."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.wishes: list[Wish] = []
        self.versions: list[list[str]] = []
        self.meant: set[str] = set()
        self.strange = False
        self.astray = False

    def read(self, text: str) -> list[Wish]:
        for run in self.runs(text):
            self.take(run)
        if not self.wishes and self.versions and not self.strange:
            self.wishes = [Wish([], self.versions)]
        for wish in self.wishes:
            said = [*wish.names, *(word for version in wish.versions for word in version)]
            wish.meant = [word for word in said if word in self.meant]
        return self.wishes

    def take(self, run: Run) -> None:
        if run.after_in and any(map(self.is_currency, run.words)):
            return
        named = any(map(self.vocabulary.names_it, run.words))
        if named and not (run.after_in and self.wishes):
            self.take_names(run)
        elif run.another_thing and not any(map(self.vocabulary.knows, run.words)):
            self.wishes.append(Wish(run.words))
        else:
            self.take_version(run)

    def take_names(self, run: Run) -> None:
        """The names, and what follows and changes them: a `pan lid` is no pan. The other words say which version."""
        self.astray = False
        last_name = max(n for n, word in enumerate(run.words) if self.vocabulary.names_it(word))
        names = [word for n, word in enumerate(run.words) if self.is_name(run, n, last_name)]
        version = [word for n, word in enumerate(run.words) if word not in names and not self.is_verb(run, n)]
        last = self.wishes[-1] if self.wishes and not run.other else None
        if last and self.vocabulary.called(last.names + names):
            last.names += names
            add(last.versions, version, run)
        elif run.apart or not self.wishes:
            add(self.versions, version, run)
            self.wishes.append(Wish(names, self.versions))
            self.versions = []

    def is_name(self, run: Run, place: int, last: int) -> bool:
        """`light` is the name of a light, but not before the `blue` of light blue towels."""
        if place >= last:
            return place == last or self.is_strange(run.words[place])
        return self.vocabulary.names_it(run.words[place]) and not self.vocabulary.only_version(run.words[place + 1])

    def take_version(self, run: Run) -> None:
        """What the shop doesn't know counts only after `in`: `in purple`, not `for my sister in law`."""
        version = [word for word in run.words if (run.after_in and not self.astray) or not self.is_strange(word)]
        self.astray = not version
        self.strange |= len(version) < len(run.words)
        add(self.wishes[-1].versions if self.wishes else self.versions, version, run)

    def is_strange(self, word: str) -> bool:
        return bool(SOUGHT.fullmatch(word)) and not self.vocabulary.knows(word)

    def is_currency(self, word: str) -> bool:
        """A version may have that name too: a pillow comes in `euro`."""
        return word in CURRENCIES and not self.vocabulary.knows(word)

    def is_verb(self, run: Run, place: int) -> bool:
        return place == 0 and run.before[-1:] != [] and run.before[-1] in PEOPLE and self.is_strange(run.words[0])

    def runs(self, text: str) -> Iterator[Run]:
        before: list[str] = []
        for asking, group in groupby(self.tokens(text), lambda word: word in ASKING or bool(SEPARATOR.fullmatch(word))):
            if asking:
                before = list(group)
            else:
                yield Run(before, list(group))

    def tokens(self, text: str) -> Iterator[str]:
        for part in SEPARATOR.split(text):
            yield from [part.lower()] if SEPARATOR.fullmatch(part) else map(self.mended, self.joined(plain_words(part)))

    def joined(self, said: Sequence[str]) -> list[str]:
        """Numbers with their units, and two words that are one of a product's: `pillow case`."""
        result: list[str] = []
        for word in said:
            last = result[-1] if result else ""
            if last[:1].isdigit() and " " not in last and size(last, word).split()[1] in self.vocabulary.units:
                result[-1] = size(last, word)
            elif last and self.vocabulary.names_it(last + word) and not self.both_known(last, word):
                result[-1] = last + word
            else:
                result.append(word)
        return result

    def both_known(self, first: str, second: str) -> bool:
        return self.vocabulary.knows(first) and self.vocabulary.knows(second)

    def mended(self, word: str) -> str:
        """The word that it is misspelt for, the shop's or the question's; `nicest` and the like say nothing."""
        if word in ASKING or not self.is_strange(word):
            return word
        meant = self.vocabulary.meant(word)
        if meant:
            self.meant.add(meant)
        return meant or closest(word, ASKING, ALMOST_ASKING) or ("the" if word.endswith("est") else word)


def add(versions: list[list[str]], words: list[str], run: Run) -> None:
    """One more version that will do, or more about the last."""
    if words and versions and not run.other:
        versions[-1] += [word for word in words if word not in versions[-1]]
    elif words:
        versions.append(words)
