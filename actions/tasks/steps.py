"""A task's way: who the customer is, which order, the details, a preview, a yes."""

from typing import Any

from actions.tasks import words
from actions.tasks.base import NOTHING_DONE, Case, Detail, Over, Question, Unclear
from actions.tasks.choosing import Choosing
from actions.tasks.draft import Draft
from actions.tasks.heard import Heard
from actions.tasks.identifying import QUESTIONS, Identifying
from actions.tasks.turn import Known, Turn
from switchboard.crm.changes import Result
from switchboard.crm.contract import Crm
from switchboard.identity.checking import Identity

CLEAR_YES = "For this I need a clear yes or no."

TOO_EARLY = "You wrote that before you could read this."
"""Of a yes that was sent before the preview was: it was to something else."""

THIS_FIRST = "I need a clear yes or no to order {this}; order {other} can come after it."

YES_OR_NO = ({"title": "Yes, do that", "payload": "/affirm"}, {"title": "No, leave it", "payload": "/deny"})


class Steps:
    """Leads one conversation through one task, a message at a time.

    Attributes:
        draft: what is known; changed in place.
        says: what is to be told before the next question.
    """

    def __init__(self, draft: Draft, conversation_id: str, crm: Crm, identity: Identity) -> None:
        self._lead(Turn(draft, Known(conversation_id, crm, identity), []))

    def _lead(self, turn: Turn) -> None:
        self.turn, self.draft, self.task, self.says = turn, turn.draft, turn.task, turn.says
        self.identifying, self.choosing = Identifying(turn), Choosing(turn)

    def turn_to(self, draft: Draft) -> None:
        """Go on in another task of the same conversation."""
        self._lead(Turn(draft, self.turn.known, self.says))

    @property
    def failed(self) -> bool:
        """Whether the answer could not be used."""
        return self.turn.failed

    def case(self) -> Case:
        """What the task works with."""
        return self.turn.case()

    def begin(self, heard: Heard, talked_about: str | None) -> None:
        """Take what the first message says already; the order talked about is meant if it names no other."""
        self.draft.said = heard.text
        self.says += [self.task.intro] if self.task.intro else []
        self.identifying.take(heard)
        self.choosing.take(heard, talked_about)
        self.go_on()

    def hear(self, heard: Heard) -> None:
        """Take the answer to what was asked for."""
        asking = self.draft.asking
        if asking not in QUESTIONS and self.turn.known.customer_if_shown() is None:
            self._hear_nobody(heard)
        elif asking == "confirm":
            self._hear_consent(heard)
        elif asking == "order":
            self.choosing.hear(heard)
        elif asking == "code" or asking in QUESTIONS:
            self.identifying.hear(heard, asking)
        else:
            self._hear_detail(heard)
        self.go_on()

    def _hear_nobody(self, heard: Heard) -> None:
        """What was shown counts no more: whoever says this shows it first, and then is asked once more."""
        if heard.intent == "deny" or heard.stops:
            raise Over(NOTHING_DONE)
        self.identifying.take(heard)

    def go_on(self) -> None:
        """Go as far as what is known allows; `draft.asking` is what is missing then, None if all is known and agreed to.

        Raises:
            Over, CallPerson: there is nothing to ask.
        """
        if self.failed:
            return
        who, order = self.identifying, self.choosing
        self.draft.asking = who.missing() or order.missing() or who.proof() or self._what() or self._agreed()

    def agree(self) -> None:
        """All is said: what was previewed is to be done."""
        self.draft.agreed, self.draft.asking = True, None

    def question(self) -> Question:
        """What the customer is asked now; if what they showed counts no more, to show it again."""
        asking = self.draft.asking
        if asking not in QUESTIONS and self.turn.known.customer_if_shown() is None:
            asking = self.identifying.missing()
        if asking == "confirm":
            return Question(f"{self.draft.preview} Shall I do that?", YES_OR_NO)
        if asking == "order":
            return self.choosing.question()
        if asking == "code" or asking in QUESTIONS:
            return self.identifying.question(asking)
        return self._detail(asking).question(self.case())

    # What exactly

    def _what(self) -> str | None:
        case = self.case()
        for detail in self.task.details:
            if detail.name in self.draft.details or detail.only_to_mend:
                continue
            known = _known(detail, case, self.draft.said)
            if known is None:
                return detail.name
            self.draft.details[detail.name] = known
        return None

    def _hear_detail(self, heard: Heard) -> None:
        detail = self._detail(self.draft.asking)
        if self.task.about_order and self._turned(heard, detail):
            return
        if heard.stops or (heard.intent == "deny" and not heard.choice and not detail.in_any_words):
            raise Over(NOTHING_DONE)
        try:
            self._take(detail, detail.read(self.case(), heard.value))
        except Unclear as unclear:
            self.turn.not_used(str(unclear))

    def _turned(self, heard: Heard, detail: Detail) -> bool:
        """Whether the answer is about another order."""
        other = heard.other_than(self.draft.number)
        if other and (heard.turns or not detail.in_any_words):
            self.draft.about(other)
        elif not heard.numbers and heard.turns and (detail.in_any_words or "order" in heard.text.lower()):
            self.choosing.turn_to_another()
        else:
            return False
        return True

    def _take(self, detail: Detail, value: Any) -> None:
        """A value, or one more part of it: of several items each has a version of its own."""
        if detail.name == "versions" and len(value) < len(self.draft.details["items"]):
            self.draft.details["versions_so_far"] = value
        else:
            self.draft.details[detail.name] = value

    def _detail(self, name: str | None) -> Detail:
        return next(each for each in self.task.details if each.name == name)

    # The yes

    def _agreed(self) -> str | None:
        case = self.case()
        if hasattr(self.task, "tell"):
            raise Over(self.task.tell(case))
        request = self.task.request(case)
        result = case.crm.quote(request)
        if result.refused:
            return self._refused(case, result)
        if self.draft.agreed and self.draft.proposed() == (request, result):
            return None
        if self.draft.agreed:
            self.says.append("Something has changed in the meantime.")
        self.draft.propose(request, result, self.task.preview(case, result))
        return "confirm"

    def _refused(self, case: Case, result: Result) -> str:
        """Ask for the detail that another answer may mend."""
        assert result.refused
        name = self.task.mended_by(case, result.refused)
        if name is None:
            raise Over(words.refused(result))
        self.says.append(words.refused(result))
        self.turn.failed = name in self.draft.details
        self.draft.forget(name)
        return self._what() or name

    def _hear_consent(self, heard: Heard) -> None:
        other = heard.other_than(self.draft.number) if self.task.about_order else None
        if other and heard.adds:
            self.says.append(THIS_FIRST.format(this=words.shown(str(self.draft.number)), other=words.shown(other)))
        elif other:
            self.draft.about(other)
        elif heard.means_another and self.task.about_order:
            self.choosing.turn_to_another()
        elif heard.clear_yes and heard.early:
            self.says.append(TOO_EARLY)
        elif heard.clear_yes:
            self.draft.agreed = True
        elif heard.intent == "affirm":
            self.says.append(CLEAR_YES)
        elif not self._corrected(heard):
            if heard.intent == "deny" or heard.stops:
                raise Over(NOTHING_DONE)
            self.turn.not_used(CLEAR_YES)

    def _corrected(self, heard: Heard) -> bool:
        """Whether the answer gives a detail anew: `no, to 5 Elm Street, Albany, NY 12207`."""
        case = self.case()
        for detail in reversed(self.task.details):
            try:
                value = detail.in_passing(case, heard.value)
            except Unclear as unclear:
                self.turn.not_used(str(unclear))
                return True
            if value is not None and value != self.draft.details.get(detail.name):
                self.draft.correct(detail.name, value)
                return True
        return False


def _known(detail: Detail, case: Case, said: str) -> Any:
    """What need not be asked for."""
    try:
        value = detail.in_passing(case, said)
    except Unclear:
        return None
    return detail.given(case) if value is None else value
