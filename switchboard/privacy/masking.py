"""Masking of what a support chat must not keep: payment card numbers."""

import re

GROUP = re.compile(r"(?<![\d+])\d+")
"""Digits written together; a `+` starts a phone number."""

BETWEEN = re.compile(r"[^\S\n]{0,2}[-.‐-―]?[^\S\n]{0,2}")
"""What people put between the groups of a card number."""

PAYMENT = re.compile(r"[3-6]|2[2-7]")
"""How payment cards' numbers begin; a year doesn't."""


EMAIL = re.compile(r"[^\s@<>,;:\"']+@[^\s@<>,;:\"']+")

LONG_NUMBER = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){4,}")
"""Five digits or more: order numbers, phone numbers, postcodes."""


def mask_details(text: str) -> str:
    """The text without e-mail addresses and long numbers, for those who look for a fault and not for a customer."""
    return LONG_NUMBER.sub("[number]", EMAIL.sub("[e-mail]", mask_cards(text)))


def mask_cards(text: str) -> str:
    """The text with every valid card number cut to its last four digits, also where other numbers stand beside it."""
    groups = list(GROUP.finditer(text))
    masked, position = [], 0
    for first, group in enumerate(groups):
        card, end = _card(text, groups[first : first + 19]) if group.start() >= position else ("", 0)
        if card:
            masked += [text[position : group.start()], f"[card ending in {card[-4:]}]"]
            position = end
    return "".join([*masked, text[position:]])


def is_card_number(digits: str) -> bool:
    """Whether 13 to 19 digits pass the Luhn check (ISO/IEC 7812-1, annex B)."""
    if not 13 <= len(digits) <= 19:
        return False
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def _card(text: str, groups: list[re.Match[str]]) -> tuple[str, int]:
    """The card number that begins with the first group, and where it ends; empty if there is none."""
    digits, end = "", groups[0].start()
    for group in groups:
        if not BETWEEN.fullmatch(text, end, group.start()):
            break
        digits, end = digits + "".join(str(int(digit)) for digit in group[0]), group.end()
        if PAYMENT.match(digits) and is_card_number(digits):
            return digits, end
    return "", 0
