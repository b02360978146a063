"""Articles come from files once; afterwards the table is what counts."""

from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.engine import Engine

from switchboard.database.tables import article_versions, articles
from switchboard.errors import BadArticle
from switchboard.knowledge.articles import Article, answer_for, import_folder

PRICING = "---\ntitle: Prices\nintents: [pricing, features]\nlanguage: en\n---\nLarkspur Plus is $7.90 a month.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "prices.md").write_text(PRICING)
    return tmp_path


def test_an_imported_article_answers_its_intents(engine: Engine, folder: Path) -> None:
    assert import_folder(engine, folder) == 1
    expected = Article("prices", "Prices", "Larkspur Plus is $7.90 a month.", 1)
    assert answer_for(engine, "pricing") == answer_for(engine, "features") == expected


def test_an_intent_without_an_article_has_no_answer(engine: Engine) -> None:
    assert answer_for(engine, "pricing") is None


def test_an_article_that_exists_is_not_overwritten(engine: Engine, folder: Path) -> None:
    import_folder(engine, folder)
    change(engine, body="Edited at the desk.")
    assert import_folder(engine, folder) == 0
    assert body_of(engine) == "Edited at the desk."


def test_a_new_file_is_added_beside_those_that_exist(engine: Engine, folder: Path) -> None:
    import_folder(engine, folder)
    (folder / "returns.md").write_text("---\ntitle: Returns\nintents: [get_refund]\n---\nWithin 30 days.")
    assert import_folder(engine, folder) == 1
    assert answer_for(engine, "get_refund") == Article("returns", "Returns", "Within 30 days.", 1)


def test_an_edit_is_served_at_once(engine: Engine, folder: Path) -> None:
    import_folder(engine, folder)
    assert body_of(engine) == "Larkspur Plus is $7.90 a month."
    change(engine, body="Larkspur Plus is $8 a month.")
    assert body_of(engine) == "Larkspur Plus is $8 a month."


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_only_published_articles_answer(engine: Engine, folder: Path, status: str) -> None:
    import_folder(engine, folder)
    change(engine, status=status)
    assert answer_for(engine, "pricing") is None


def test_another_language_has_its_own_answer(engine: Engine, folder: Path) -> None:
    (folder / "preise.md").write_text("---\ntitle: Preise\nintents: [pricing]\nlanguage: de\n---\n7,90 $ im Monat.")
    import_folder(engine, folder)
    assert answer_for(engine, "pricing", "de").slug == "preise"  # type: ignore[union-attr]
    assert answer_for(engine, "pricing", "en").slug == "prices"  # type: ignore[union-attr]


def test_an_edited_text_is_a_new_version_and_the_old_one_is_kept(engine: Engine, folder: Path) -> None:
    import_folder(engine, folder)
    change(engine, body="Second text.")
    change(engine, title="Third title")
    with engine.connect() as connection:
        kept = connection.execute(
            select(article_versions.c.version, article_versions.c.title, article_versions.c.body).order_by("version")
        )
        assert [tuple(row) for row in kept] == [
            (1, "Prices", "Larkspur Plus is $7.90 a month."),
            (2, "Prices", "Second text."),
        ]
    assert answer_for(engine, "pricing").version == 3  # type: ignore[union-attr]


def test_a_new_status_is_no_new_version(engine: Engine, folder: Path) -> None:
    import_folder(engine, folder)
    change(engine, status="draft", version=9)
    with engine.connect() as connection:
        assert connection.scalar(select(articles.c.version)) == 1
        assert connection.execute(article_versions.select()).all() == []


def test_an_edit_notes_when_it_was_made(engine: Engine, folder: Path) -> None:
    import_folder(engine, folder)
    change(engine, body="Later.")
    with engine.connect() as connection:
        made, edited = connection.execute(
            text(
                "select replaced_at, updated_at from switchboard.articles join switchboard.article_versions using (article_id)"
            )
        ).one()
    assert made == edited


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Just text.", "line 1: an article starts"),
        ("", "line 1: an article starts"),
        ("---\ntitle: Open", "line 2: the fields are not closed"),
        ("---\ntitle: Empty\n---\n \n", "the article has no text"),
        ("---\nintents: [pricing]\n---\nText.", "field 'title'"),
        ("---\ntitle: 5\n---\nText.", "field 'title'"),
        ("---\ntitle: T\nintents: pricing\n---\nText.", "field 'intents'"),
        ("---\ntitle: T\nintens: [pricing]\n---\nText.", "field 'intens'"),
        ("---\ntitle: T\nintents: [pricing\n---\nText.", "line 3"),
        ("---\n- a list\n---\nText.", "line 2"),
        ("---\ntitle: T\nintents: [deny, deny]\n---\nText.", "'deny' is answered"),
        ("---\ntitle: T\nintents: [pricing]\n---\nText.", "'pricing' is answered by a.md"),
    ],
)
def test_a_bad_file_is_named_with_line_or_field_and_nothing_is_imported(
    engine: Engine, tmp_path: Path, content: str, message: str
) -> None:
    (tmp_path / "a.md").write_text(PRICING)
    (tmp_path / "bad.md").write_text(content)
    with pytest.raises(BadArticle, match=message) as error:
        import_folder(engine, tmp_path)
    assert "bad.md" in error.value.message
    assert answer_for(engine, "pricing") is None


def test_a_file_that_is_not_utf8_is_named(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "bad.md").write_bytes(b"---\ntitle: caf\xe9\n---\nText.")
    with pytest.raises(BadArticle, match=r"bad\.md, byte 14"):
        import_folder(engine, tmp_path)


def test_the_shops_own_articles_can_be_imported(engine: Engine) -> None:
    folder = Path(__file__).parents[2] / "data" / "articles"
    assert import_folder(engine, folder) == len(list(folder.glob("*.md"))) > 0


def change(engine: Engine, **values: object) -> None:
    with engine.begin() as connection:
        connection.execute(update(articles).values(values))


def body_of(engine: Engine) -> str | None:
    article = answer_for(engine, "pricing")
    return article and article.body
