"""The search finds by words and by meaning, and only what is published and up to date."""

from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from switchboard.knowledge.articles import import_folder
from switchboard.knowledge.embeddings import Embedder
from switchboard.knowledge.indexing import index
from switchboard.knowledge.search import Hit, Term, fuse, passage_of, search, selective, weight
from tests.knowing import embedder, run, write, written


class NoEncoder(Embedder):
    """As where the encoder's packages are not installed."""

    def embed(self, texts: object) -> None:
        return None


@pytest.fixture
def shop(engine: Engine) -> Engine:
    """Larkspur's own articles, indexed."""
    import_folder(engine, Path("data/articles"))
    index(engine, embedder)
    return engine


def found(engine: Engine, asked: str, its: Embedder = embedder, language: str = "en") -> list[str]:
    return [hit.slug for hit in search(engine, its, asked, language)]


@pytest.mark.parametrize(
    ("asked", "slug"),
    [
        ("can I pay with klarna", "payment-methods"),
        ("somebody hacked my profile", "account-issues"),
        ("how do I return a faulty lamp", "get-refund"),
        ("who sharpens knives", "features"),
    ],
)
def test_a_question_finds_its_article(shop: Engine, asked: str, slug: str) -> None:
    assert slug in found(shop, asked)


def test_a_hit_is_a_passage_with_its_title_and_link(engine: Engine) -> None:
    written(engine, "fees", "Fees", "There is no cancellation fee.", link="https://larkspur.example/fees")

    [hit] = search(engine, embedder, "Is there a cancellation fee?")

    assert (hit.slug, hit.title, hit.link) == ("fees", "Fees", "https://larkspur.example/fees")
    assert (hit.version, hit.ordinal, hit.passage) == (1, 1, "There is no cancellation fee.")
    assert hit.coverage == pytest.approx(1)
    assert 0.5 < hit.nearness <= 1
    assert hit.sure


def test_of_an_article_only_the_best_passage_is_found(engine: Engine) -> None:
    body = " ".join(f"Lamps of series {n} come with a lamp shade in color {n}." for n in range(40))
    written(engine, "lamps", "Lamps", body)

    assert found(engine, "lamp shades") == ["lamps"]


def test_a_rare_word_finds_what_embeddings_do_not_know(engine: Engine) -> None:
    for number in range(20):
        write(engine, f"model-{number}", f"Model XR{number}", f"The model XR{number} is a kettle with a handle.")
    index(engine, embedder)

    assert found(engine, "XR17")[0] == "model-17"


def test_without_an_encoder_it_finds_by_words(shop: Engine) -> None:
    assert found(shop, "knife sharpening voucher", NoEncoder())[0] == "features"
    assert found(shop, "somebody hacked my profile", NoEncoder()) == []


def test_without_an_encoder_nothing_is_sure(shop: Engine) -> None:
    [hit, *_] = search(shop, NoEncoder(), "larkspur plus membership")

    assert hit.likely
    assert not hit.sure


def test_a_passage_without_an_embedding_yet_is_found_by_its_words(engine: Engine) -> None:
    write(engine, "fees", "Fees", "There is no cancellation fee.")
    index(engine, NoEncoder())

    assert found(engine, "cancellation fee") == ["fees"]


def test_an_edited_text_is_not_found_before_it_is_indexed_again(engine: Engine) -> None:
    written(engine, "fees", "Fees", "There is no cancellation fee.")
    run(engine, "update switchboard.articles set body = 'The cancellation fee is five dollars.'")
    assert found(engine, "cancellation fee") == []

    index(engine, embedder)

    assert search(engine, embedder, "cancellation fee")[0].passage == "The cancellation fee is five dollars."


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_a_withdrawn_article_is_not_found_from_that_moment_on(engine: Engine, status: str) -> None:
    written(engine, "fees", "Fees", "There is no cancellation fee.")

    run(engine, "update switchboard.articles set status = :status", status=status)

    assert found(engine, "cancellation fee") == []
    assert passage_of(engine, "fees", 1) is None


def test_each_language_has_its_own_articles(engine: Engine) -> None:
    written(engine, "fees", "Fees", "There is no fee.")
    written(engine, "gebuehren", "Gebühren", "Eine Stornierung kostet keine Gebühren.", language="de")

    assert found(engine, "Gebühr", language="de") == ["gebuehren"]
    assert found(engine, "fees", language="en") == ["fees"]
    assert found(engine, "fees", language="fr") == []


def test_other_languages_do_not_crowd_out_ones_own(engine: Engine) -> None:
    """By the index on the embeddings, which among few passages has to be asked for."""
    for number in range(150):
        write(engine, f"kettle-{number}", "Kettles", f"How to descale kettle {number} with vinegar.", language="nl")
    written(engine, "kettle", "Tea", "Looking after pots.")
    for planner in ("enable_seqscan", "enable_sort", "enable_bitmapscan"):
        run(engine, f"do $$ begin execute format('alter database %I set {planner} = off', current_database()); end $$")
    engine.dispose()

    assert found(engine, "How do I descale a kettle with vinegar?") == ["kettle"]


@pytest.mark.parametrize(
    "asked", ["", "   ", "?!", "the of and", "'", "\\", "a' | 'b", "& | ! ( ) :* <->", "🙂", "x" * 5000]
)
def test_any_question_can_be_asked(shop: Engine, asked: str) -> None:
    assert len(search(shop, embedder, asked)) <= 3


def test_an_empty_knowledge_base_finds_nothing(engine: Engine) -> None:
    assert found(engine, "fees") == []


def test_words_that_too_many_passages_have_are_left_out() -> None:
    rare, less_rare, frequent, unknown = Term("a", 5, 3.0), Term("b", 900, 1.0), Term("c", 999, 0.5), Term("d", 0, 5.0)

    assert selective([unknown, rare, less_rare, frequent]) == [rare, less_rare]


def test_a_rare_word_weighs_more_than_a_frequent_one() -> None:
    assert weight(0, 100) > weight(1, 100) > weight(50, 100) > weight(100, 100) > 0


def test_what_is_far_up_in_both_lists_comes_first() -> None:
    assert fuse([[1, 2, 3], [3, 5, 4]]) == [3, 1, 2, 5, 4]
    assert fuse([[], [7]]) == [7]


@pytest.mark.parametrize(
    ("nearness", "coverage", "sure", "likely"),
    [(0.6, 0.0, True, True), (0.5, 0.4, True, True), (0.5, 0.0, False, True), (0.2, 0.9, False, False)],
)
def test_both_count_for_being_sure(nearness: float, coverage: float, sure: bool, likely: bool) -> None:
    hit = Hit("a", "A", None, 1, 1, "a", nearness, coverage)

    assert (hit.sure, hit.likely) == (sure, likely)
