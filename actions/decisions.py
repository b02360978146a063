"""How an action tells the worker what it decided: a custom payload beside its utterances."""

from collections.abc import Mapping, Sequence

from rasa_sdk.executor import CollectingDispatcher

from switchboard.knowledge.articles import Article


def hand_over(dispatcher: CollectingDispatcher, reason: str) -> None:
    """Ask for a person. Which one, and what the customer is told, is decided by the rules of escalation."""
    dispatcher.utter_message(json_message={"handoff": {"reason": reason}})


def answer(dispatcher: CollectingDispatcher, article: Article, buttons: Sequence[Mapping[str, str]] = ()) -> None:
    """Answer with an article, and name it as the source."""
    dispatcher.utter_message(text=article.body, buttons=list(buttons))
    name_source(dispatcher, article.slug, article.title, article.version, article.link)


def name_source(dispatcher: CollectingDispatcher, slug: str, title: str, version: int, link: str | None) -> None:
    """Say, to programs only, which article an answer is from."""
    source = {"slug": slug, "title": title, "version": version, "link": link}
    dispatcher.utter_message(json_message={"sources": [source]})
