"""How an action tells the worker what it decided: a custom payload beside its utterances."""

from rasa_sdk.executor import CollectingDispatcher

from switchboard import escalation
from switchboard.knowledge.articles import Article


def hand_over(dispatcher: CollectingDispatcher, team: str, reason: str) -> None:
    """Tell the customer that a person is coming, and call one."""
    dispatcher.utter_message(text=escalation.announcement(team))
    dispatcher.utter_message(json_message={"handoff": {"team": team, "reason": reason}})


def answer(dispatcher: CollectingDispatcher, article: Article) -> None:
    """Answer with an article, and name it as the source."""
    dispatcher.utter_message(text=article.body)
    source = {"slug": article.slug, "title": article.title, "version": article.version}
    dispatcher.utter_message(json_message={"sources": [source]})
