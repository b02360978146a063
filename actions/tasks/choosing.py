"""Which order a task is about."""

from actions.tasks import words
from actions.tasks.base import NOTHING_DONE, PERSON, Over, Question
from actions.tasks.heard import Heard
from actions.tasks.items import mentions
from actions.tasks.turn import Turn

MOST_BUTTONS = 5

NO_SUCH_ORDER = "I can't find order {number} among yours."

FIRST = "First order {first}. Please tell me about order {later} when that is done."

LATEST = {"latest", "newest", "recent"}

ORDINALS = ("first", "second", "third", "fourth", "fifth")
"""As the buttons show them."""


class Choosing:
    """The part of a task's way in which it becomes known which of the customer's orders is meant."""

    def __init__(self, turn: Turn) -> None:
        self.turn, self.known, self.draft, self.task = turn, turn.known, turn.draft, turn.task

    def missing(self) -> str | None:
        """`order` if the customer has to say which, None if it is known or none is needed."""
        if not self.task.about_order:
            return None
        if self.draft.number:
            return self._check(self.draft.number)
        if self.draft.meant:
            return self._check_meant(self.draft.meant)
        fitting = self.turn.fitting()
        if not fitting:
            raise Over(self.task.refuse(None))
        if len(fitting) > 1 or self.draft.asking == "order":
            return "order"
        self.draft.about(fitting[0].number)
        return None

    def question(self) -> Question:
        buttons = [
            {"title": words.summary(order), "payload": f'/inform{{"order_number": "{order.number}"}}'}
            for order in self.turn.fitting()[:MOST_BUTTONS]
        ]
        return Question("Which order is it?", [*buttons, PERSON])

    def take(self, heard: Heard, talked_about: str | None) -> None:
        """Take what the first message says; the order talked about is meant if it names no other."""
        later = [words.shown(number) for number in heard.numbers[1:]]
        if later and self.task.about_order and heard.adds:
            first = words.shown(heard.numbers[0])
            self.turn.says.append(FIRST.format(first=first, later=words.joined(later)))
        if talked_about and not self.draft.number and not heard.means_another:
            self.draft.meant, self.draft.points = talked_about, heard.points
            self.draft.shown.setdefault("number", talked_about)

    def hear(self, heard: Heard) -> None:
        """Take the answer to the question."""
        if heard.number or heard.choice:
            self.draft.about(heard.number or str(heard.choice))
        elif heard.intent == "deny":
            raise Over(NOTHING_DONE)
        else:
            self._pick_by_words(heard)

    def turn_to_another(self) -> None:
        """Not this one: the other one, or which of several has to be asked."""
        others = [order for order in self.turn.fitting() if order.number != self.draft.number]
        if not others:
            raise Over(f"You have no other order that I can {self.task.title}. I haven't changed anything.")
        self.draft.about(others[0].number if len(others) == 1 else "")

    def _check(self, number: str) -> str | None:
        order = self.known.order(number)
        if order is None:
            self.turn.not_used(NO_SUCH_ORDER.format(number=words.shown(number)))
            self.draft.number = None
            if not self.turn.fitting():
                raise Over(self.task.refuse(None))
            return "order"
        if not self.task.fits(order):
            raise Over(self.task.refuse(order))
        return None

    def _check_meant(self, number: str) -> str | None:
        """Take the order talked about; if it can't be, the reason is told, and no other is taken without asking."""
        order = self.known.order(number)
        if order and self.task.fits(order):
            self.draft.about(order.number)
            return None
        why = self.task.refuse(order) if order else NO_SUCH_ORDER.format(number=words.shown(number))
        if self.draft.points or not self.turn.fitting():
            raise Over(why)
        self.turn.says.append(why)
        self.draft.meant = None
        return "order"

    def _pick_by_words(self, heard: Heard) -> None:
        """`the one with the frying pan`, `the latest`."""
        fitting = self.turn.fitting()
        named = [order for order in fitting if mentions(heard.text, order.lines)]
        said = heard.text.lower().split()
        if LATEST & set(said):
            named = fitting[:1]
        named = [fitting[n] for n, word in enumerate(ORDINALS) if word in said and n < len(fitting)] or named
        if len(named) == 1:
            self.draft.about(named[0].number)
            self.draft.said = heard.text
        else:
            self.turn.not_used("I can't tell which order you mean.")
