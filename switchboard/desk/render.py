"""Pages and parts of pages, from templates."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

FOLDER = Path(__file__).parent


def render(template: str, page: object, status: int = 200) -> HTMLResponse:
    """The template, which knows `page` and nothing else."""
    return HTMLResponse(_templates().get_template(template).render(page=page), status)


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def words(name: str) -> str:
    """A name from the code as people read it.

    >>> words("asked_for_a_person")
    'Asked for a person'
    """
    spaced = name.replace("_", " ").strip()
    return spaced[:1].upper() + spaced[1:]
