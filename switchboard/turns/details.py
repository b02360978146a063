"""What stands in a text word for word: order numbers, e-mail addresses, sums of money."""

import re

from switchboard.escalation.facts import MONEY

NUMBER = r"([0-9]{5}|[Ww][0-9]{7})(?![\w%@€$£-]|[.,]\d)"
ORDER_NUMBER = re.compile(rf"(?<![\w.,$€£@/-])#?{NUMBER}")
"""As the shop numbers its orders; not a part of a longer number, of a sum or of an address."""

CALLED_AN_ORDER = re.compile(
    rf"(?:#|\border(?:\s+number|\s+no\.?)?(?:\s+is)?:?\s+#?|(?<![\w.,$€£@/-])(?=w)){NUMBER}", re.I
)
"""That it is an order's number is said with it, or shows in its form."""

STATES = (
    "AL|AK|AZ|AR|CA|CO|CT|DC|DE|FL|GA|IA|ID|IL|KS|KY|LA|MA|MD|MI|MN|MO|MS|MT|NC|ND|NE|NH|NJ|NM|NV|NY|OH|PA|RI|SC|SD|TN|"
    "TX|UT|VA|VT|WA|WI|WV|WY|(?<=, )(?:HI|IN|ME|OK|OR)"
)
"""Those that are words as well only after a comma: `Portland, OR`, but not `OK 12345`."""

POSTCODE = re.compile(
    rf"(?:(?<=[A-Za-z.,]\s)(?:{STATES})|\b(?i:zip|zip\s?code|postcode|postal code)(?:\s+is)?:?)\s+\d{{5}}\b"
)
"""In the United States they are as long as an order's number."""

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{2,}")


def order_numbers(text: str) -> list[str]:
    """Each once, in order.

    >>> order_numbers("Order #12345, not 123456 or $12345, and again 12345. Also w1234567")
    ['12345', 'W1234567']
    >>> order_numbers("To Portland, OR 97201. OK 12345")
    ['12345']
    """
    return _numbers(ORDER_NUMBER, POSTCODE.sub(" ", text))


def called_orders(text: str) -> list[str]:
    """Those of them that can be nothing else.

    >>> called_orders("Order no. 12345, not 23456; w1234567, #34567")
    ['12345', 'W1234567', '34567']
    """
    return _numbers(CALLED_AN_ORDER, text)


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


def _numbers(pattern: re.Pattern[str], text: str) -> list[str]:
    return list(dict.fromkeys(number.upper() for number in pattern.findall(text)))
