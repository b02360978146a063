"""Whether every acknowledged message has exactly one outcome, and its replies once and in order."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from benchmarks.chaos.customers import Customer
from benchmarks.chaos.destroyer import Strike
from benchmarks.chaos.plan import Order
from benchmarks.chaos.shop import Became

OUTCOMES = ("answered", "forwarded", "failed")
DONE = "Done: order"

Message = dict[str, Any]


@dataclass
class Findings:
    """What the checks counted, and in words what is wrong.

    Attributes:
        spans: of each message that has an outcome, when it was accepted and when its outcome was recorded.
    """

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    spans: list[tuple[float, float]] = field(default_factory=list)

    def wrong(self, what: str, where: str) -> None:
        self.counts[what] += 1
        self.problems.append(f"{what}: {where}")


def check_conversation(findings: Findings, customer: Customer, transcript: Sequence[Message]) -> None:
    """One conversation as it is in the end, beside what its customer sent and saw."""
    where = customer.path.rpartition("/")[2] or f"conversation {customer.script.number}"
    check_numbers(findings, where, transcript)
    check_messages(findings, where, customer, transcript)
    check_replies(findings, where, transcript)
    check_answered(findings, where, transcript)
    if customer.exact:
        check_received(findings, where, customer.received, transcript)
    else:
        check_shown(findings, where, customer.received, transcript)


def check_numbers(findings: Findings, where: str, transcript: Sequence[Message]) -> None:
    """Numbers rise one by one: a reply that is missing would leave a gap, a repeated one repeat its number."""
    for at, message in enumerate(transcript, start=1):
        if message["seq"] != at:
            findings.wrong("out of order", f"{where}: message {message['seq']} at place {at}")
            return


def check_messages(findings: Findings, where: str, customer: Customer, transcript: Sequence[Message]) -> None:
    """What was acknowledged is there under its number, in the order of sending, once, and has an outcome."""
    kept = {m["seq"]: m for m in transcript if m["sender"] == "customer"}
    acknowledged = [sent for sent in customer.sent if sent.seq]
    findings.counts["sent"] += len(customer.sent)
    findings.counts["acknowledged"] += len(acknowledged)
    for sent in acknowledged:
        message = kept.pop(sent.seq, None)
        if message is None or message["text"] != sent.text or message["outcome"] not in OUTCOMES:
            findings.wrong("lost", f"{where}: message {sent.seq} {sent.text!r}")
        else:
            findings.counts[message["outcome"]] += 1
    doubtful = sum(sent.doubtful for sent in customer.sent)
    findings.counts["doubtful"] += doubtful
    if customer.exact and kept and len(acknowledged) == len(customer.sent):
        findings.wrong("repeated", f"{where}: messages {sorted(kept)} were sent once and are there twice")
    elif not customer.exact:
        findings.counts["taken twice"] += max(0, len(kept) - doubtful)
    numbers = [sent.seq for sent in acknowledged]
    if numbers != sorted(set(numbers)):
        findings.wrong("out of order", f"{where}: acknowledged as {numbers}")


def check_replies(findings: Findings, where: str, transcript: Sequence[Message]) -> None:
    """Replies come after their messages, in the order of the messages, and none comes twice."""
    replies = [m for m in transcript if m["sender"] != "customer"]
    asked = {m["seq"] for m in transcript if m["sender"] == "customer"}
    about = [m["in_reply_to"] for m in replies]
    if not set(about) <= asked or about != sorted(about) or any(m["in_reply_to"] > m["seq"] for m in replies):
        findings.wrong("out of order", f"{where}: replies to {about}")
    for (seq, text), times in Counter((m["in_reply_to"], m["text"]) for m in replies).items():
        if times > 1:
            findings.wrong("repeated", f"{where}: {times} times to message {seq}: {text!r}")
    findings.counts["replies"] += len(replies)


def check_answered(findings: Findings, where: str, transcript: Sequence[Message]) -> None:
    """Each message with an outcome has a reply; noted is when. Who waits for a person is told once that what they write
    is passed on."""
    told = False
    first = {m["in_reply_to"]: m for m in reversed(transcript) if m["sender"] != "customer"}
    for message in (m for m in transcript if m["sender"] == "customer" and m["outcome"]):
        if message["seq"] in first:
            findings.spans.append((moment(message), moment(first[message["seq"]])))
            told = told or message["outcome"] == "forwarded"
        elif not (told and message["outcome"] == "forwarded"):
            findings.wrong("lost", f"{where}: the reply to message {message['seq']}")


def check_received(findings: Findings, where: str, received: Sequence[Message], transcript: Sequence[Message]) -> None:
    """What came over the channel is the transcript up to the last message that came: nothing repeated, nothing skipped."""
    came = [(m["seq"], m["sender"], m["text"]) for m in received]
    expected = [(m["seq"], m["sender"], m["text"]) for m in transcript[: len(came)]]
    if came == expected:
        return
    repeated = sum(times - 1 for times in Counter(came).values())
    skipped = len(set(expected[: came[-1][0]]) - set(came))
    findings.counts["repeated"] += repeated
    findings.counts["lost"] += skipped
    findings.wrong("out of order", f"{where}: received {[seq for seq, _, _ in came]}")


def check_shown(findings: Findings, where: str, received: Sequence[Message], transcript: Sequence[Message]) -> None:
    """On a channel that resumes as well as it can: replies in order; those shown twice or not at all are counted."""
    parts = [(m["seq"], m["text"]) for m in received]
    came = list(dict.fromkeys(seq for seq, _ in parts))
    if came != sorted(came):
        findings.wrong("out of order", f"{where}: shown {came}")
    findings.counts["shown twice"] += len(parts) - len(set(parts))
    due = {m["seq"] for m in transcript if m["sender"] != "customer" and came and m["seq"] <= max(came)}
    findings.counts["not shown"] += len(due - set(came))


def check_orders(findings: Findings, told: dict[Order, bool], became: dict[Order, Became], put_back: int) -> None:
    """Each order whose customer was told so is cancelled once, no other is touched.

    Args:
        told: orders by whether their customer read that it is cancelled.
    """
    for order, state in became.items():
        findings.counts["orders to cancel"] += 1
        findings.counts["cancelled"] += state.once
        if told[order] and not state.once:
            findings.wrong("effects wrong", f"{order.number} should be cancelled once: {state}")
        elif not told[order] and not state.untouched:
            findings.wrong("effects wrong", f"{order.number} is cancelled and its customer was not told: {state}")
        elif not told[order]:
            findings.problems.append(f"not cancelled: {order.number}, and its customer was not told that it is")
    if put_back != sum(state.cancelled for state in became.values()):
        findings.wrong("effects wrong", f"{put_back} pieces came back to the shelf")


def told_done(transcript: Sequence[Message]) -> bool:
    return any(m["sender"] == "bot" and m["text"].startswith(DONE) for m in transcript)


def interrupted(
    spans: Iterable[tuple[float, float]], strikes: Sequence[Strike], standstills: Sequence[tuple[float, float]]
) -> tuple[list[float], list[float]]:
    """How long messages waited that were under way when something was killed.

    Returns:
        Seconds from the first such kill to the outcome; and the same without the time in which some kind of process
        had none running.
    """
    kills = sorted(strike.at for strike in strikes)
    whole, up = [], []
    for accepted, done in spans:
        place = bisect_left(kills, accepted)
        if place < len(kills) and kills[place] < done:
            began = kills[place]
            stood = sum(max(0.0, min(done, end) - max(began, start)) for start, end in standstills)
            whole.append(done - began)
            up.append(done - began - stood)
    return whole, up


def moment(message: Message) -> float:
    """When a message was stored, in seconds since the epoch."""
    return datetime.fromisoformat(message["at"].replace("Z", "+00:00")).timestamp()
