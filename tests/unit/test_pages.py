"""Pages are read as the text that a customer would see, without what is on every page."""

import pytest

from switchboard.knowledge.pages import read_html, read_markdown

SHELL = """<!doctype html><html><head><title>Returns | Larkspur</title><style>p { color: red }</style>
<link rel="canonical" href="https://larkspur.example/help/returns"><script>var x = "<p>no</p>";</script></head>
<body><nav><a href="/">Home</a></nav><header>Larkspur</header>{}<footer>Imprint</footer></body></html>"""


def test_a_page_is_its_title_text_and_own_address() -> None:
    page = read_html(
        SHELL.replace("{}", "<main><h1>Sending back</h1><p>Within <b>30&nbsp;days</b>.</p><p>Free.</p></main>")
    )

    assert (page.title, page.body) == ("Sending back", "Within 30 days.\n\nFree.")
    assert page.link == "https://larkspur.example/help/returns"


def test_without_a_heading_the_title_is_the_documents() -> None:
    assert read_html(SHELL.replace("{}", "<p>Free.</p>")).title == "Returns | Larkspur"


def test_an_articles_own_header_belongs_to_it() -> None:
    page = read_html(
        SHELL.replace("{}", "<article><header><h1>Fees</h1><p>For all.</p></header><p>None.</p></article>")
    )

    assert (page.title, page.body) == ("Fees", "For all.\n\nNone.")


def test_lists_tables_and_breaks_are_lines() -> None:
    page = read_html("<h1>T</h1><ul><li>one</li><li>two</li></ul><table><tr><td>a</td><td>b</td></tr></table>c<br>d")

    assert page.body.splitlines() == ["one", "", "two", "", "a b", "", "c", "d"]


@pytest.mark.parametrize("broken", ["", "<", "<p", "<main><p>unclosed", "</main></p>", "<svg><path></p>"])
def test_broken_pages_are_read_as_far_as_they_go(broken: str) -> None:
    read_html(broken)


def test_text_without_a_body_element_is_read() -> None:
    assert read_html("<title>T</title><p>Text.</p>").body == "Text."


def test_markdown_is_read_without_its_marks() -> None:
    page = read_markdown(
        '# Sending *back*\n\nPrint a [label](https://larkspur.example/returns "label").\n\n'
        "## Costs\nNone, **never**. See `help`.\n\n- one_two_three\n- ![picture](x.png)2 * 3\n\n```sh\ncode\n```\n"
    )

    assert page.title == "Sending back"
    assert page.body == (
        "Print a label (https://larkspur.example/returns).\n\nCosts\n\nNone, never. See help.\n\n"
        "- one_two_three\n- 2 * 3\n\ncode"
    )


def test_an_underlined_heading_is_a_title_too() -> None:
    page = read_markdown("Fees\n====\n\nNone.")

    assert (page.title, page.body) == ("Fees", "None.")
