"""What the knowledge search adds to a turn: an answer when it is sure, else articles to choose from."""

import json
from functools import cache
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.decisions import name_source
from actions.topics import button
from actions.wiring import engine
from switchboard.knowledge.articles import Article, article_named
from switchboard.knowledge.embeddings import Embedder
from switchboard.knowledge.passages import count
from switchboard.knowledge.search import Hit, passage_of, search

FEWEST = 2
"""Articles in a choice."""

LONGEST_ANSWER = 150
"""Words of an article that is answered whole; of a longer one the passage that was found."""


@cache
def embedder() -> Embedder:
    """Loaded with the first search: 60 MB and a fifth of a second."""
    return Embedder(shared=True)


def found(tracker: Tracker) -> list[Hit]:
    """What the search finds for the customer's message, best first: what is likely, but two if anything is."""
    asked = tracker.latest_message.get("text") or ""
    if asked.startswith("/"):  # a button
        return []
    hits = search(engine(), embedder(), asked)
    likely = sum(hit.likely for hit in hits)
    return hits[: max(likely, FEWEST)] if likely else []


def is_sure(hits: list[Hit], tracker: Tracker) -> bool:
    """Whether the best hit is an answer. Not when the message looks out of scope, if only a little."""
    ranking = [each["name"] for each in tracker.latest_message.get("intent_ranking", [])]
    guessed = next((name for name in ranking if name != "nlu_fallback"), None)
    return bool(hits) and hits[0].sure and guessed != "out_of_scope"


def answer_with(dispatcher: CollectingDispatcher, hit: Hit) -> None:
    """Say the passage, where it is from, and name its article as the source."""
    dispatcher.utter_message(text=f"{hit.passage}\n\n{reference(hit.title, hit.link)}")
    name_source(dispatcher, hit.slug, hit.title, hit.version, hit.link)


def offer(dispatcher: CollectingDispatcher, hits: list[Hit]) -> None:
    """Let the customer choose among articles, or a person."""
    choices = [{"title": hit.title, "payload": payload(hit)} for hit in hits]
    text = "I'm not sure I understood. Is one of these what you mean?"
    dispatcher.utter_message(text=text, buttons=[*choices, button("contact_human_agent")])


def payload(hit: Hit) -> str:
    """What a choice sends: `inform` with the article, so that no intent has to be trained for it."""
    return f"/inform{json.dumps({'article': f'{hit.slug} {hit.ordinal}'})}"


def tell_chosen(dispatcher: CollectingDispatcher, tracker: Tracker) -> bool:
    """Answer with the article that was chosen; whether there was one and it still exists."""
    chosen = next(tracker.get_latest_entity_values("article"), None)
    if chosen is None:
        return False
    slug, _, ordinal = chosen.rpartition(" ")
    article = article_named(engine(), slug)
    if article is None:
        return False
    dispatcher.utter_message(text=text_of(article, int(ordinal)))
    name_source(dispatcher, article.slug, article.title, article.version, article.link)
    return True


def text_of(article: Article, ordinal: int) -> str:
    """All of a short article; of a longer one the passage, and where it is from."""
    short = count(article.body) <= LONGEST_ANSWER
    body = article.body if short else passage_of(engine(), article.slug, ordinal) or article.body
    return f"{body}\n\n{reference(article.title, article.link)}"


def reference(title: str, link: str | None) -> str:
    return f"From “{title}”: {link}" if link else f"From “{title}”."


def was_answered(events: list[dict[str, Any]]) -> bool:
    """Whether one of the assistant's messages among these named a source."""
    customs = [(event.get("data") or {}).get("custom") or {} for event in events if event["event"] == "bot"]
    return any("sources" in custom for custom in customs)
