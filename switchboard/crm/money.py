"""Sums of money, as customers and agents read them."""

from decimal import Decimal


def in_currency(amount: Decimal | float, currency: str) -> str:
    """The amount after the setting `CURRENCY`: a sign stands right before it, a code apart.

    >>> in_currency(Decimal("1234.5"), "$"), in_currency(9, "EUR")
    ('$1,234.50', 'EUR 9.00')
    """
    apart = " " if currency[-1].isalpha() else ""
    return f"{currency}{apart}{amount:,.2f}"
