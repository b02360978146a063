"""HTML pages and Markdown as plain text, which is what the chat shows."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

PASSED_OVER = {"script", "style", "nav", "header", "footer", "aside", "form", "noscript", "template", "svg", "button"}
"""What is on every page, or is not text."""

BLOCKS = {
    "address",
    "article",
    "blockquote",
    "dd",
    "div",
    "dl",
    "dt",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
}
BLOCKS |= {"li", "main", "ol", "p", "pre", "section", "table", "tbody", "thead", "tr", "ul"}

CONTENT = ("article", "main", "page")
"""Where a page's own text is: the first of them that has any; `page` is all of it."""


@dataclass
class Page:
    """A page's title, text and own address, as far as it names one."""

    title: str
    body: str
    link: str | None = None


def read_html(text: str) -> Page:
    """The text of a page without what surrounds it; empty title or body where there is none."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    body = next(filter(None, (tidy("".join(reader.texts[name])) for name in CONTENT)), "")
    title = tidy("".join(reader.texts["h1"])) or tidy("".join(reader.texts["title"]))
    return Page(title.replace("\n", " "), body.removeprefix(title + "\n").strip(), reader.link)


def read_markdown(text: str) -> Page:
    """Markdown without its marks; the title is the first heading."""
    heading = re.search(r"^#+\s+(.+?)\s*#*$|^(.+)\n[=-]{3,}$", text, re.MULTILINE)
    title = (heading[1] or heading[2]) if heading else ""
    rest = text[: heading.start()] + text[heading.end() :] if heading else text
    return Page(plain(title), plain(rest))


def plain(text: str) -> str:
    """Markdown's words: links as `words (address)`, lists as they are."""
    text = re.sub(r"^(```|~~~).*\n?", "", text, flags=re.MULTILINE)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]+)\]\(([^)\s]+)[^)]*\)", r"\1 (\2)", text)
    text = re.sub(r"^#+\s+(.+?)\s*#*$", r"\1\n", text, flags=re.MULTILINE)
    text = re.sub(r"(\*\*|__|`)(?=\S)(.+?)(?<=\S)\1", r"\2", text)
    text = re.sub(r"(?<!\w)([*_])(?=\S)(.+?)(?<=\S)\1(?!\w)", r"\2", text)
    return tidy(text)


def tidy(text: str) -> str:
    """Spaces and empty lines as one expects them."""
    lines = [re.sub(r"[^\S\n]+", " ", line).strip() for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    """Collects text by the parts of the page that it is in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: dict[str, list[str]] = {name: [] for name in (*CONTENT, "h1", "title")}
        self.link: str | None = None
        self._inside = ["page"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "link" and "canonical" in (named.get("rel") or "").split():
            self.link = named.get("href") or self.link
        if tag in self.texts or self._is_passed_over(tag):
            self._inside.append(tag)
        self._add(space_of(tag))

    def handle_endtag(self, tag: str) -> None:
        self._add(space_of(tag))
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        self._add(re.sub(r"\s+", " ", data))

    def _is_passed_over(self, tag: str) -> bool:
        """An article's own header or footer belongs to it."""
        own = tag in ("header", "footer") and bool({"article", "main"} & set(self._inside))
        return tag in PASSED_OVER and not own

    def _add(self, words: str) -> None:
        inside = set(self._inside)
        if inside & PASSED_OVER:
            return
        for name in {"title"} if "title" in inside else inside & set(self.texts):
            self.texts[name].append(words)


def space_of(tag: str) -> str:
    """What stands for a tag in the text."""
    if tag in BLOCKS:
        return "\n" if tag in ("li", "tr") else "\n\n"
    return "\n" if tag == "br" else " " if tag in ("td", "th") else ""
