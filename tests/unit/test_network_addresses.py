"""What is counted as one place in the network."""

import doctest

import pytest

from switchboard.identity import customers, questions
from switchboard.web import http
from switchboard.web.http import counted, origin


@pytest.mark.parametrize("module", [http, customers, questions])
def test_the_examples_in_the_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("2001:db8:1:2::1", "2001:0DB8:0001:0002:0:0:0:1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::2%eth1"),
    ],
)
def test_addresses_that_one_customer_has_are_one_place(one, other):
    assert origin(one, "secret") == origin(other, "secret")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:3::1"),
        ("203.0.113.7", "203.0.113.8"),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.8"),
        ("::ffff:203.0.113.7", "::1"),
        ("a socket", "another"),
    ],
)
def test_other_addresses_are_other_places(one, other):
    assert origin(one, "secret") != origin(other, "secret")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "10.0.0.1",
        "172.18.0.1",
        "192.168.1.9",
        "fd00::1",
        "fe80::1",
        "a socket",
        None,
    ],
)
def test_this_machine_and_private_networks_are_not_counted(address):
    assert counted(address, "secret") is None


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8:1:2::1", "172.32.0.1", "::ffff:203.0.113.7"])
def test_other_places_are(address):
    assert counted(address, "secret") == origin(address, "secret")


def test_the_hash_is_a_keyed_one_and_no_address_has_none():
    assert origin("203.0.113.7", "secret") != origin("203.0.113.7", "another secret")
    assert origin(None, "secret") is None
