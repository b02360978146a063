"""Every error Switchboard raises on purpose. A class's docstring is its default message."""


class SwitchboardError(Exception):
    """Something went wrong."""

    code = "error"
    status = 500

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__)

    @property
    def message(self) -> str:
        return str(self)


class SettingsError(SwitchboardError):
    """A setting has a value that can't be used."""

    code = "bad_setting"


class StartError(SwitchboardError):
    """Switchboard could not start."""

    code = "start_failed"


class BadRequest(SwitchboardError):
    """The request could not be understood."""

    code = "bad_request"
    status = 400


class EmptyMessage(BadRequest):
    """The message has no text."""

    code = "empty_message"


class UnknownButton(BadRequest):
    """This button is no longer on offer."""

    code = "unknown_button"


class BadAddress(BadRequest):
    """This is no e-mail address that we could write to."""

    code = "bad_address"


class Unauthorized(SwitchboardError):
    """The token or API key is missing or wrong."""

    code = "unauthorized"
    status = 401


class NotFound(SwitchboardError):
    """There is nothing at this address."""

    code = "not_found"
    status = 404


class UnknownConversation(NotFound):
    """There is no such conversation."""

    code = "unknown_conversation"


class ConversationClosed(SwitchboardError):
    """This conversation has ended. Please start a new one."""

    code = "conversation_closed"
    status = 409


class NotYours(SwitchboardError):
    """This conversation is not yours to change: somebody else has it by now."""

    code = "not_yours"
    status = 409


class NotWaiting(SwitchboardError):
    """This conversation is not waiting for a person, or not any more."""

    code = "not_waiting"
    status = 409


class NothingToRate(SwitchboardError):
    """Nobody has replied yet, so there is nothing to rate."""

    code = "nothing_to_rate"
    status = 409


class WrongDetails(SwitchboardError):
    """These details don't belong together."""

    code = "wrong_details"
    status = 403


class OtherCustomer(WrongDetails):
    """This conversation is about another customer's account already. Please start a new one."""

    code = "other_customer"
    status = 409


class NotByLink(SwitchboardError):
    """Through the link of a mail nobody can show who they are: others may have it too. Please start a new conversation."""

    code = "not_by_link"
    status = 403


class WrongCode(WrongDetails):
    """This is not the code that was sent."""

    code = "wrong_code"


class CodeTooOld(WrongCode):
    """That code is too old."""

    code = "code_too_old"


class TooManyAttempts(SwitchboardError):
    """That was tried too often. Please try again later."""

    code = "too_many_attempts"
    status = 429


class BadIdentityToken(SwitchboardError):
    """The identity token is not one for this server, or it has expired."""

    code = "bad_identity_token"
    status = 403


class AgentFull(SwitchboardError):
    """This agent has as many conversations as they can have at once."""

    code = "agent_full"
    status = 409


class AgentAway(SwitchboardError):
    """This agent is away."""

    code = "agent_away"
    status = 409


class Forbidden(SwitchboardError):
    """You may not do this."""

    code = "forbidden"
    status = 403


class MessageTooLong(SwitchboardError):
    """The message is too long."""

    code = "message_too_long"
    status = 413


class TooManyMessages(SwitchboardError):
    """Too many messages are waiting. Please try again in a moment."""

    code = "too_many_messages"
    status = 429


class Overloaded(TooManyMessages):
    """Very many people are writing to us right now. Please try again in a moment."""

    code = "overloaded"


class TooManyConversations(SwitchboardError):
    """Very many conversations were begun from your network. Please try again later."""

    code = "too_many_conversations"
    status = 429


class NotReplayable(SwitchboardError):
    """This message can't be run again."""

    code = "not_replayable"
    status = 409


class Unavailable(SwitchboardError):
    """A part of the system is not available right now. Please try again in a moment."""

    code = "unavailable"
    status = 503


class AnotherIsAnswered(Unavailable):
    """Whoever else writes in this conversation is being answered. Please try again in a moment."""

    code = "another_is_answered"


class TurnFailed(SwitchboardError):
    """The assistant could not answer this message."""

    code = "turn_failed"
    status = 502


class NoReceiver(SwitchboardError):
    """No address is registered for this caller in WEBHOOKS, so nothing could be delivered to it."""

    code = "no_receiver"
    status = 409


class DeliveryFailed(SwitchboardError):
    """The receiver did not take the event; it is tried again after `pause` seconds."""

    code = "delivery_failed"

    def __init__(self, pause: float) -> None:
        super().__init__()
        self.pause = pause


class MailFailed(SwitchboardError):
    """The mail could not be sent.

    Attributes:
        for_good: whether trying again is of no use.
    """

    code = "mail_failed"

    def __init__(self, message: str, for_good: bool = False) -> None:
        super().__init__(message)
        self.for_good = for_good


class OutcomeTimeout(SwitchboardError):
    """The answer is taking longer than expected; the message is kept and will be answered."""

    code = "outcome_timeout"
    status = 504


class LeaseLost(SwitchboardError):
    """Another worker has taken over this conversation."""

    code = "lease_lost"


class CrmUnavailable(Unavailable):
    """The business system can't be reached right now."""

    code = "crm_unavailable"


class BadArticle(StartError):
    """An article's file can't be used."""

    code = "bad_article"


class BadRules(StartError):
    """The rules of escalation can't be used."""

    code = "bad_rules"


class EffectMismatch(SwitchboardError):
    """This effect was recorded for another request."""

    code = "effect_mismatch"


class EffectUnknown(SwitchboardError):
    """The business system didn't say whether this was done, and it can't be found out now; a person must look."""

    code = "effect_unknown"


class BadImport(StartError):
    """The folder can't be imported."""

    code = "bad_import"


def first_line(error: Exception) -> str:
    """What any error says, in one line, or its class if it says nothing; the other lines of a database error repeat what
    somebody wrote."""
    lines = str(error).replace("\0", "").strip().splitlines()
    return lines[0] if lines else type(error).__name__
