import subprocess
import sys

import pytest

from switchboard.cli import in_words, main
from switchboard.errors import StartError


def test_help_lists_every_command_and_loads_nothing_heavy():
    program = "import sys; from switchboard.cli import parser; print(parser().format_help(), *sorted(sys.modules))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert all(command in said for command in ("up", "web", "worker", "migrate", "seed", "train", "shell", "benchmark"))
    assert not {"sqlalchemy", "rasa", "starlette", "psycopg2"} & set(said.split())


def test_an_error_of_ours_is_one_sentence_and_exit_code_1(capsys):
    assert in_words(fail_with(StartError("Port 1 is taken."))) == 1
    assert capsys.readouterr().err == "Port 1 is taken.\n"


def test_a_setting_of_the_wrong_kind_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setenv("PORT", "eighty")
    assert main(["up"]) == 1
    assert capsys.readouterr().err == "PORT must be a number, not 'eighty'.\n"


def test_a_database_that_cannot_be_reached_is_one_sentence(capsys):
    import psycopg2

    error = psycopg2.OperationalError("connection refused\n\tIs the server running?")
    assert in_words(fail_with(error)) == 1
    said = capsys.readouterr().err
    assert said.startswith("The database can't be reached: connection refused.")
    assert said.count("\n") == 1


def test_other_errors_keep_their_traceback():
    with pytest.raises(ZeroDivisionError):
        in_words(fail_with(ZeroDivisionError()))


def fail_with(error):
    def work():
        raise error

    return work
