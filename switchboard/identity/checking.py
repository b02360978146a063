"""Showing who one is. A wrong pair never tells which part was wrong, and everything that can be guessed is limited."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from sqlalchemy import select
from sqlalchemy.engine import Connection, Engine

from switchboard.conversations import attempts
from switchboard.conversations.attempts import HOUR
from switchboard.conversations.contacts import masked
from switchboard.crm.contract import Crm, Customer, normalise_number
from switchboard.database.tables import conversations
from switchboard.errors import (
    AnotherIsAnswered,
    CrmUnavailable,
    NotByLink,
    OtherCustomer,
    TooManyAttempts,
    WrongDetails,
)
from switchboard.identity import codes
from switchboard.identity.codes import Recipient
from switchboard.identity.customers import (
    Verified,
    is_by_link,
    is_ours,
    link_is_answered,
    speaks_by_link,
    verified,
    verify,
)
from switchboard.identity.levels import KNOWS, PROVES, Levels
from switchboard.identity.questions import caller_of
from switchboard.identity.tokens import customer_of
from switchboard.settings import Settings


class Identity:
    """Checks what customers show, and remembers in their conversation who they are.

    Args:
        engine: our database.
        crm: the business system that knows the customers.
        levels: what is needed for what.
    """

    def __init__(self, settings: Settings, engine: Engine, crm: Crm, levels: Levels) -> None:
        self.settings, self.engine, self.crm, self.levels = settings, engine, crm, levels

    def customer(self, conversation_id: str) -> Verified | None:
        """Who the conversation's customer is, if they have shown it; what another business system knew of them is nothing."""
        who = self._noted_customer(conversation_id)
        return who if who and who.crm == self.crm.name else None

    def suffices(self, conversation_id: str, action: str) -> bool:
        """Whether the customer has shown as much as the action needs."""
        who = self.customer(conversation_id)
        return (who.level if who else 0) >= self.levels.needed(action)

    def is_by_link(self, conversation_id: str) -> bool:
        """Whether the customer speaks through a mail's link, and so can't show who they are."""
        with self.engine.begin() as connection:
            return is_by_link(connection, conversation_id)

    def may_ask_about(self, conversation_id: str, number: str) -> bool:
        """Whether an order's status may be told for its number alone; a limited number of different ones is."""
        most = self.levels.limits.order_numbers
        with self.engine.begin() as connection:
            canonical = normalise_number(number) or number
            return attempts.allowed(
                connection, "order_number", _subjects(connection, conversation_id), most, HOUR, canonical
            )

    def knows_order(self, conversation_id: str, number: str, email: str) -> Verified:
        """Take an order number and the e-mail address it belongs to.

        Raises:
            WrongDetails: they don't belong together.
            TooManyAttempts: details were wrong too often.
            OtherCustomer: the conversation is somebody else's.
        """
        details = f"{normalise_number(number)} {email}"
        return self._known(conversation_id, details, lambda: self.crm.identify(number, email))

    def knows_name(self, conversation_id: str, name: str, postcode: str) -> Verified:
        """Take a full name and a postcode; raises what `knows_order` raises."""
        details = f"{name} {postcode}"
        return self._known(conversation_id, details, lambda: self.crm.identify_by_name(name, postcode))

    def knows_email(self, conversation_id: str, email: str) -> Verified:
        """Take an e-mail address alone, which is enough only where the profile says so; raises what `knows_order` raises."""
        alone = self.levels.profile.email_alone
        return self._known(conversation_id, email, lambda: self.crm.find_customer(email) if alone else None)

    def send_code(self, conversation_id: str) -> str:
        """Send a one-time code to the known customer's address on file; returns a hint which that is.

        Raises:
            WrongDetails: nobody is known yet.
            TooManyAttempts: enough codes were sent to them within the hour.
        """
        to, limits = self._recipient(conversation_id), self.levels.limits
        with self.engine.begin() as connection:
            if not codes.just_sent(connection, to):
                who = f"{self.crm.name}:{to.external_id}"
                if not attempts.allowed(connection, "code", [who], limits.codes, HOUR):
                    raise TooManyAttempts
                codes.send(connection, to, limits.code_minutes, self.settings.link_secret)
        return masked(to.email)

    def has_just_sent_a_code(self, conversation_id: str) -> bool:
        """Whether `send_code` would send no other one yet; raises WrongDetails as it does."""
        to = self._recipient(conversation_id)
        with self.engine.begin() as connection:
            return codes.just_sent(connection, to)

    def prove(self, conversation_id: str, code: str) -> Verified:
        """Take the code that was sent.

        Raises:
            WrongCode: it is another one.
            CodeTooOld: another has to be sent.
            TooManyAttempts: it was given already, or wrong too often.
        """
        to, most = self._recipient(conversation_id), self.levels.limits.code_tries
        with self.engine.begin() as connection:
            if codes.check(connection, to, code.strip(), most, self.settings.link_secret):
                proved = Verified(self.crm.name, to.external_id, PROVES)
                return verify(connection, conversation_id, proved, self._for_a_while())
            refusal = codes.refusal(connection, conversation_id, most)
        raise refusal

    def trust(self, conversation_id: str, token: str) -> Verified:
        """Take a token of the site that the customer is signed in to. Shown again, it takes no look at the business system.

        Raises:
            BadIdentityToken: it is none of ours, or too old.
            WrongDetails: the business system doesn't have this customer.
            OtherCustomer: the conversation is somebody else's, or was another business system's customer's.
            AnotherIsAnswered: whoever writes through a mail's link is, and the answer is theirs.
        """
        external_id, until = customer_of(token, self.settings.identity_secret)
        proved = Verified(self.crm.name, external_id, PROVES)
        who = self._noted_customer(conversation_id)
        if who is not None and who.crm != self.crm.name:
            raise OtherCustomer  # whom the site vouches for may be another person at that browser
        if who != proved and self.crm.customer(external_id) is None:
            raise WrongDetails
        with self.engine.begin() as connection:
            if link_is_answered(connection, conversation_id):
                raise AnotherIsAnswered
            speaks_by_link(connection, conversation_id, False)
            return verify(connection, conversation_id, proved, max(until, self._for_a_while()))

    def _noted_customer(self, conversation_id: str) -> Verified | None:
        with self.engine.begin() as connection:
            return verified(connection, conversation_id)

    def _recipient(self, conversation_id: str) -> Recipient:
        """The known customer, at the address on file."""
        who = self.customer(conversation_id)
        customer = self.crm.customer(who.external_id) if who else None
        if customer is None:
            raise WrongDetails
        return Recipient(conversation_id, customer.external_id, customer.email)

    def _known(self, conversation_id: str, details: str, look: Callable[[], Customer | None]) -> Verified:
        """Count the try before the look, so that many at once are many, and forgive it if it was right."""
        if self.is_by_link(conversation_id):
            raise NotByLink
        details, most = " ".join(details.lower().split()), self.levels.limits.wrong_details
        with self.engine.begin() as connection:
            subjects = _subjects(connection, conversation_id)
            if not attempts.allowed(connection, "details", subjects, most, HOUR, details):
                raise TooManyAttempts
        try:
            found = look()
        except CrmUnavailable:
            self._forgive(subjects, details)
            raise
        if found is None:
            raise WrongDetails
        self._forgive(subjects, details)
        known = Verified(self.crm.name, found.external_id, KNOWS)
        with self.engine.begin() as connection:
            return verify(connection, conversation_id, known, self._for_a_while())

    def _forgive(self, subjects: list[str], details: str) -> None:
        with self.engine.begin() as connection:
            attempts.forgive(connection, "details", subjects, details)

    def _for_a_while(self) -> datetime:
        return datetime.now(timezone.utc) + timedelta(minutes=self.levels.limits.shown_minutes)


def _subjects(connection: Connection, conversation_id: str) -> list[str]:
    """What is limited: the conversation, the network address it comes from, and the sender that a program names; of a
    single question its caller."""
    caller = caller_of(conversation_id)
    if caller:
        return [f"caller:{caller}"]
    subjects = [f"conversation:{conversation_id}"]
    if not is_ours(conversation_id):
        return subjects
    columns = conversations.c.origin, conversations.c.channel, conversations.c.sender
    row = connection.execute(select(*columns).where(conversations.c.conversation_id == conversation_id)).one_or_none()
    if row and row.origin:
        subjects.append(f"origin:{row.origin}")
    if row and row.sender:
        subjects.append(f"sender:{row.channel}:{row.sender}")
    return subjects
