"""Where an intent has no article, and after an article was added, the running system answers from its search."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from tests.acceptance.customer import Customer
from tests.knowing import run, write
from tests.talking import wait_until

TAKE = "delete from switchboard.article_intents where intent = 'review' returning article_id"
GIVE = "insert into switchboard.article_intents values (:article_id, 'review')"
EMBEDDED = """
    select count(embedding) > 0 from switchboard.passages join switchboard.articles using (article_id, version)
     where slug = :slug
"""


@pytest.fixture
def without_an_article(shop: Engine) -> Iterator[Engine]:
    """The shop while nothing is tied to the intent `review`; its article can still be found."""
    wait_until(lambda: run(shop, EMBEDDED, slug="reviews") == [(True,)])
    [(article_id,)] = run(shop, TAKE)
    yield shop
    run(shop, GIVE, article_id=article_id)


@pytest.mark.usefixtures("without_an_article")
def test_what_is_surely_found_is_answered(http: httpx.Client) -> None:
    answer = http.post("/api/answer", json={"message": "where can i write a review"}).json()

    assert "You can leave a review on the product's page" in answer["answer"]
    assert answer["answer"].endswith("From “Product reviews”.")
    assert [source["slug"] for source in answer["sources"]] == ["reviews"]
    assert not answer["escalate"]


@pytest.mark.usefixtures("without_an_article")
def test_what_is_not_surely_found_is_offered_and_answered_when_chosen(customer: Customer) -> None:
    [offer] = customer.replies("leave feedback")
    titles = [button["title"] for button in offer["buttons"]]
    assert "Product reviews" in titles
    assert titles[-1] == "Talk to a person"

    assert "You can leave a review on the product's page" in customer.say("Product reviews")


def test_a_new_article_is_found_within_seconds(http: httpx.Client, without_an_article: Engine) -> None:
    title, body = "Reviews by video", "You can review a product in a video, too: send your video review to our cinema."
    write(without_an_article, "video-reviews", title, body, link="https://larkspur.example/cinema")
    wait_until(lambda: run(without_an_article, EMBEDDED, slug="video-reviews") == [(True,)])

    answer = http.post("/api/answer", json={"message": "can I write my review of a product as a video review"}).json()

    with without_an_article.begin() as connection:
        connection.execute(text("delete from switchboard.articles where slug = 'video-reviews'"))
    assert answer["sources"] == [
        {"slug": "video-reviews", "title": title, "version": 1, "link": "https://larkspur.example/cinema"}
    ]
