import pytest

from switchboard.errors import first_line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("no connection\nDETAIL: what somebody wrote"), "no connection"),
        (ValueError("\n  no connection\0\n"), "no connection"),
        (TimeoutError(), "TimeoutError"),
        (ValueError("\n"), "ValueError"),
    ],
)
def test_an_error_is_told_in_one_line(error, line):
    assert first_line(error) == line
