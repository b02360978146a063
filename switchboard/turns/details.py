"""What stands in a text word for word: order numbers, e-mail addresses, sums of money."""

import re

from switchboard.escalation.facts import MONEY

ORDER_NUMBER = re.compile(r"(?<![\w.,$€£@/-])#?([0-9]{5}|[Ww][0-9]{7})(?![\w%@€$£-]|[.,]\d)")
"""As the shop numbers its orders; not a part of a longer number, of a sum or of an address."""

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{2,}")


def order_numbers(text: str) -> list[str]:
    """Each once, in order.

    >>> order_numbers("Order #12345, not 123456 or $12345, and again 12345. Also w1234567")
    ['12345', 'W1234567']
    """
    return list(dict.fromkeys(number.upper() for number in ORDER_NUMBER.findall(text)))


def emails(text: str) -> list[str]:
    """Each once, in order.

    >>> emails("write to Kim@example.com, or kim@example.com.")
    ['kim@example.com']
    """
    return list(dict.fromkeys(address.lower() for address in EMAIL.findall(text)))


def amounts(text: str) -> list[str]:
    """Sums of money as they were written, each once.

    >>> amounts("You charged $49.90 and then 20 euros")
    ['$49.90', '20 euros']
    """
    return list(dict.fromkeys(match[0].strip() for match in MONEY.finditer(text)))
