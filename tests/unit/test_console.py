import io
import os

from switchboard.console import Console


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_one_line_that_changes():
    stream = Terminal()
    with Console(stream).step("Training") as step:
        step.show("reading")
    assert "\r\x1b[KTraining … 0 s, reading\r\x1b[KTraining: done in" in stream.getvalue()


def test_a_log_gets_a_line_now_and_then():
    stream = io.StringIO()
    with Console(stream).step("Training") as step:
        for _ in range(100):
            step.show("reading")
    assert len(stream.getvalue().splitlines()) == 2


def test_what_is_said_is_kept_even_when_nobody_reads_it(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as stream:
        Console(stream, tmp_path / "up.log").say("hello")
    assert (tmp_path / "up.log").read_text().endswith(" hello\n")
