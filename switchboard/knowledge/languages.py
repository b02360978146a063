"""How PostgreSQL takes the words of a language apart."""

CONFIGURATIONS = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "sv": "swedish",
}
"""By ISO 639-1 code; all of them come with PostgreSQL."""


def configuration(language: str) -> str:
    """The name of the language's text search configuration; `simple`, words as they are, for others."""
    return CONFIGURATIONS.get(language, "simple")
