"""A typed postal address, taken apart."""

import re

from actions.tasks.base import Unclear
from switchboard.crm.changes import Address

COUNTRIES = {
    "US": "us|usa|u\\.s\\.a?\\.?|united states(?: of america)?|america",
    "CA": "ca|canada",
    "GB": "gb|uk|u\\.k\\.|united kingdom|great britain|england|scotland|wales",
    "DE": "de|germany|deutschland",
    "FR": "fr|france",
    "NL": "nl|the netherlands|netherlands|holland",
}

POSTCODES = {
    "US": r"\d{5}(?:-\d{4})?",
    "CA": r"[A-Z]\d[A-Z] ?\d[A-Z]\d",
    "GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
    "DE": r"\d{5}",
    "FR": r"\d{5}",
    "NL": r"\d{4} ?[A-Z]{2}",
}

LEAD_IN = re.compile(
    r"^.*?\b(?:(?:new |right |correct |delivery |shipping |my )*address (?:is|should be|will be|to)|(?:ship|send|deliver|change|move|update) (?:it|this|that|everything|the order|my order|them)?\s*(?:to|it to)|moved to|instead to|to)\b:?\s+(?=[^,]*\d)",
    re.IGNORECASE | re.DOTALL,
)

STREET = re.compile(r"(?=.*\d)(?=.*[^\W\d_]{2})")

NEEDED = "I need the street with the house number, the city and the postcode, for example: 12 Alder Street, Portland, OR 97205."


def read_address(text: str, country: str) -> Address:
    """The address in the text; `country` holds if it names none.

    >>> read_address("please ship it to 12 Alder Street, Portland, OR 97205", "US")
    Address(street='12 Alder Street', city='Portland', postcode='97205', country='US', region='OR')

    Raises:
        Unclear: street, city or postcode is missing.
    """
    parts = [part.strip(" .;") for part in re.split(r"[,\n]", LEAD_IN.sub("", text)) if part.strip(" .;")]
    country = _country(parts) or country
    place = _postcode(parts, country)
    if place is None:
        raise Unclear(NEEDED)
    index, postcode, rest = place
    street, city, region = _around(parts, index, rest, country)
    if not (city and STREET.match(street)):
        raise Unclear(NEEDED)
    return Address(street, city, postcode.upper(), country, region)


def find_address(text: str, country: str) -> Address | None:
    """The address, if the text has a whole one."""
    try:
        return read_address(text, country)
    except Unclear:
        return None


def _country(parts: list[str]) -> str | None:
    """The country that the last part is, or ends in; it is taken out."""
    if len(parts) < 2:
        return None
    for code, names in COUNTRIES.items():
        found = re.search(rf"(?:^|(?<=\d)\s+|(?<=[a-z]{{3}})\s+)(?:{names})$", parts[-1], re.IGNORECASE)
        if found and not (found.start() and len(found[0].strip()) == 2):
            parts[-1] = parts[-1][: found.start()].strip()
            if not parts[-1]:
                parts.pop()
            return code
    return None


def _postcode(parts: list[str], country: str) -> tuple[int, str, str] | None:
    """Which part has the postcode, the postcode, and what else that part says; never the first, which is the street."""
    for index in range(len(parts) - 1, 0, -1):
        found = re.search(rf"(?<!\w){POSTCODES[country]}(?!\w)", parts[index], re.IGNORECASE)
        if found:
            rest = (parts[index][: found.start()] + parts[index][found.end() :]).strip()
            return index, found[0], rest
    return None


def _around(parts: list[str], index: int, rest: str, country: str) -> tuple[str, str, str | None]:
    """Street, city and region around the part with the postcode."""
    region = None
    if country in ("US", "CA"):
        found = re.fullmatch(r"(.*?)\s*\b([A-Za-z]{2})", rest)
        if found:
            rest, region = found[1].strip(), found[2].upper()
    before, after = parts[:index], parts[index + 1 :]
    if rest:
        return ", ".join(before), rest, region
    if len(before) > 1:
        return ", ".join(before[:-1]), before[-1], region
    return ", ".join(before), after[0] if after else "", region
