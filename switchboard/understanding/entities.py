"""What a message names: numbers, addresses, dates, products, people, places, with exact spans."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import spacy
from spacy.language import Language
from spacy.matcher import Matcher
from spacy.tokens import Doc

from switchboard.understanding.dates import find_dates
from switchboard.understanding.patterns import Patterns
from switchboard.understanding.text import with_stand_ins

logger = logging.getLogger(__name__)

LONGEST = 5000  # characters that are searched
SIGNS = 8  # in a row that spaCy is given; its tokeniser takes quadratic time over a run of them

# Where two kinds lay claim to the same characters and are equally long, the earlier one has them.
KINDS = [
    "email",
    "invoice_number",
    "order_number",
    "phone",
    "money",
    "date",
    "product",
    "country",
    "city",
    "person_name",
]

_SIGNS = re.compile(rf"[^\w\s]{{{SIGNS},}}")
_PARTICLES = {
    "van",
    "von",
    "de",
    "der",
    "den",
    "da",
    "di",
    "del",
    "la",
    "le",
    "bin",
    "al",
    "el",
    "dos",
    "du",
    "ten",
    "ter",
}
_KIN = [
    "wife",
    "husband",
    "father",
    "mother",
    "son",
    "daughter",
    "sister",
    "brother",
    "friend",
    "partner",
    "boss",
    "aunt",
    "uncle",
]


@dataclass(frozen=True)
class Entity:
    """`text[start:end]` is a `kind`; `value` is what the rest of the program works with."""

    kind: str
    start: int
    end: int
    value: str
    iso: str | None = None  # a date's first day


class Extractor:
    """Finds entities with regular expressions, a spaCy entity ruler and a spaCy matcher."""

    def __init__(self, patterns: Patterns, model: str | None = None) -> None:
        """`model`: a spaCy model, installed or in a folder, whose PERSON and GPE are taken too; without it a blank one."""
        self._expressions = {
            kind: [re.compile(expression, re.IGNORECASE) for expression in expressions]
            for kind, expressions in patterns.expressions.items()
        }
        self._words = frozenset(patterns.words)
        self._nlp = _pipeline(patterns.lists, model)
        self._names = _name_cues(self._nlp)

    def extract(self, text: str, today: date) -> list[Entity]:
        """The entities in reading order, none overlapping; a longer one wins over a shorter."""
        text = text[:LONGEST]
        doc = self._nlp(_SIGNS.sub(lambda run: run.group()[:SIGNS].ljust(len(run.group())), text))
        found = [*self._by_expression(text), *_dates(text, today), *_listed(doc), *self._people(doc)]
        return _disjoint(found)

    def readable(self, text: str, today: date) -> str:
        """The text with a stand-in for each entity, as the cascade is trained on."""
        return with_stand_ins(text, [(entity.kind, entity.start, entity.end) for entity in self.extract(text, today)])

    def _by_expression(self, text: str) -> Iterable[Entity]:
        for kind, expressions in self._expressions.items():
            for expression in expressions:
                for match in expression.finditer(text):
                    if match.group():
                        yield Entity(kind, match.start(), match.end(), _value(kind, match.group()))

    def _people(self, doc: Doc) -> Iterable[Entity]:
        for name, _, end in self._names(doc):
            sure = doc.vocab.strings[name] == "sure"
            stop = self._name_end(doc, end, sure)
            if stop > end:
                yield _person(doc, end, stop)
        yield from self._introduced(doc)

    def _name_end(self, doc: Doc, start: int, sure: bool) -> int:
        """Up to four words that look like a name; after a sure cue they may be in lower case."""
        stop = start
        while stop < len(doc) and stop - start < 4 and self._is_name(doc, stop, start, sure):
            stop += 1
        while stop > start and doc[stop - 1].lower_ in _PARTICLES:
            stop -= 1
        return stop

    def _is_name(self, doc: Doc, at: int, start: int, sure: bool) -> bool:
        token = doc[at]
        if token.ent_type_ or not token.text[0].isalpha() or any(c in "@" or c.isdigit() for c in token.text):
            return False
        if token.lower_ in _PARTICLES:
            return True
        if token.lower_ in self._words:  # "Helen Park": a word may be a family name
            return at > start and token.text.istitle() and doc[at - 1].text.istitle()
        return token.text[0].isupper() or (sure and at - start < 2)

    def _introduced(self, doc: Doc) -> Iterable[Entity]:
        """ "Maria Gonzalez", "Peter van Dijk, Utrecht", "Daniel Reyes here": a name begins the message."""
        start = 1 if len(doc) > 2 and doc[0].lower_ in ("hi", "hello", "hey") else 0
        start += start < len(doc) and doc[start].text == "," and 1
        stop = self._name_end(doc, start, sure=False)
        if stop - start < 1 or (stop < len(doc) and not self._closes(doc, start, stop)):
            return
        if stop - start >= 2 or (stop < len(doc) and doc[stop].lower_ == "here"):
            yield _person(doc, start, stop)

    def _closes(self, doc: Doc, start: int, stop: int) -> bool:
        after = doc[stop].lower_
        return after in (",", ".", "here", "speaking") or (
            after == "from" and stop + 1 < len(doc) and doc[stop + 1].lower_ == "your"
        )


def _pipeline(lists: dict[str, list[str]], model: str | None) -> Language:
    nlp = _opened(model) if model else spacy.blank("en")
    ruler: Any = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER", "overwrite_ents": True})
    ruler.add_patterns([{"label": kind, "pattern": entry} for kind, entries in lists.items() for entry in entries])
    return nlp


@lru_cache(maxsize=1)
def _miss(model: str) -> None:
    logger.warning(f"The spaCy model {model} is not installed; people and places are found by rules and lists alone.")


def _opened(model: str) -> Language:
    """The installed model, or the one in a folder; a blank one, with a word about it in the log, where there is none."""
    try:
        return spacy.load(model)
    except OSError:
        _miss(model)
        return spacy.blank("en")


def _name_cues(nlp: Language) -> Matcher:
    """What stands in front of a name: "sure" cues take lower case too, others capitals only."""
    be: list[dict[str, Any]] = [{"LOWER": {"IN": ["is", "'s", "’s", "was", ":", "s"]}}]
    sure = [
        [
            {"LOWER": {"IN": ["my", "the"]}},
            {"LOWER": {"IN": ["full", "first", "last"]}, "OP": "?"},
            {"LOWER": "name"},
            *be,
        ],
        [{"LOWER": "name"}, {"TEXT": ":"}],
    ]
    likely = [
        [
            {"LOWER": "name"},
            {"LOWER": {"IN": ["now", "should"]}, "OP": "?"},
            {"LOWER": {"IN": ["is", "be"]}},
            {"LOWER": "now", "OP": "?"},
        ],
        [{"LOWER": "name"}, {"LOWER": "is"}, {"LOWER": "now"}],
        [{"LOWER": {"IN": ["this", "it"]}}, *be],
        [{"LOWER": "it"}, {"LOWER": "should"}, {"LOWER": "be"}],
        [{"LOWER": {"IN": ["i", "we"]}}, {"LOWER": {"IN": ["am", "'m", "’m"]}}],
        [{"LOWER": {"IN": ["im", "i’m"]}}],
        [{"LOWER": "i"}, {"LOWER": "m"}],
        [{"LOWER": "name"}, {"LOWER": "of"}],
        [{"LOWER": {"IN": ["account", "behalf"]}}, {"LOWER": "of"}],
        [{"LOWER": {"IN": ["under", "to"]}}, {"LOWER": {"IN": ["the", "my"]}}, {"LOWER": "name"}],
        [{"LOWER": "made"}, {"LOWER": "out"}, {"LOWER": "to"}],
        [{"LOWER": {"IN": ["call", "called", "named"]}}, {"LOWER": "me", "OP": "?"}],
        [{"LOWER": "signed"}, {"LOWER": "in"}, {"LOWER": "as"}],
        [{"LOWER": "my"}, {"LOWER": {"IN": _KIN}}],
        [{"LOWER": {"IN": ["last"]}}, {"LOWER": "time"}],
        [{"LOWER": {"IN": ["mr", "mrs", "ms", "dr", "mr.", "mrs.", "ms.", "dr."]}}],
        [{"LOWER": {"IN": ["account", "regards", "cheers"]}}, {"TEXT": ","}],
    ]
    matcher = Matcher(nlp.vocab)
    matcher.add("sure", sure)
    matcher.add("likely", likely)
    return matcher


def _person(doc: Doc, start: int, stop: int) -> Entity:
    span = doc[start:stop]
    return Entity("person_name", span.start_char, span.end_char, span.text)


def _listed(doc: Doc) -> Iterable[Entity]:
    kinds = {"PERSON": "person_name", "GPE": "city"}
    for span in doc.ents:
        kind = kinds.get(span.label_, span.label_)
        if kind in KINDS:
            yield Entity(kind, span.start_char, span.end_char, span.text)


def _dates(text: str, today: date) -> Iterable[Entity]:
    for found in find_dates(text, today):
        yield Entity("date", found.start, found.end, text[found.start : found.end], found.iso)


def _value(kind: str, text: str) -> str:
    if kind == "order_number":
        return text.lstrip("#").upper()
    if kind == "invoice_number":
        digits = re.sub(r"\D", "", text)
        return f"INV-{digits[:4]}-{digits[4:]}"
    return text.lower() if kind == "email" else text


def _disjoint(found: Sequence[Entity]) -> list[Entity]:
    taken: list[Entity] = []
    for entity in sorted(found, key=lambda e: (e.start - e.end, KINDS.index(e.kind) if e.kind in KINDS else 99)):
        if all(entity.end <= other.start or entity.start >= other.end for other in taken):
            taken.append(entity)
    return sorted(taken, key=lambda entity: entity.start)
