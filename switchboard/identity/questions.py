"""The ids that single questions run under: no conversation's, and new each time."""

import re
from uuid import uuid4

QUESTION = re.compile(r"question:([^:]+):[^:]+")


def question_by(caller: str) -> str:
    """An id for a caller's next question. It names the caller, whose tries are counted: a new id is no new chance."""
    return f"question:{caller}:{uuid4()}"


def caller_of(conversation_id: str) -> str | None:
    """Who asks, if it is a single question's id.

    >>> caller_of("question:shop:0f8d4f1e-6d4c-4f7e-9f0a-0d5b7c1e2a3b")
    'shop'
    >>> caller_of("0f8d4f1e-6d4c-4f7e-9f0a-0d5b7c1e2a3b")
    """
    question = QUESTION.fullmatch(conversation_id)
    return question[1] if question else None
