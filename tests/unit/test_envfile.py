import stat
import subprocess

import pytest

from switchboard import envfile
from switchboard.errors import StartError
from switchboard.settings import read_env_file


def test_the_users_own_lines_are_kept(tmp_path):
    path = tmp_path / ".env"
    path.write_text("# mine\nPORT=9000\n\nRASA_TOKEN=old\nOTHER='a b'\n")

    envfile.update(path, {"RASA_TOKEN": "new", "ACTIONS_TOKEN": "second"})

    assert path.read_text() == "# mine\nPORT=9000\n\nRASA_TOKEN=new\nOTHER='a b'\nACTIONS_TOKEN=second\n"


def test_a_name_that_stands_twice_is_written_once(tmp_path):
    path = tmp_path / ".env"
    path.write_text("RASA_TOKEN=one\nRASA_TOKEN=two\n")

    envfile.update(path, {"RASA_TOKEN": "three"})

    assert path.read_text() == "RASA_TOKEN=three\n"


def test_only_the_owner_may_read_it(tmp_path):
    path = tmp_path / ".env"
    path.write_text("PORT=9000\n")
    path.chmod(0o644)

    envfile.update(path, {"RASA_TOKEN": "secret"})

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_shell_and_our_settings_read_the_same(tmp_path):
    path = tmp_path / ".env"
    url = "postgresql://user:a%27b@host/db?host=/my files/x&options=-csearch_path%3Drasa"

    envfile.update(path, {"TRACKER_STORE_URL": url})

    shell = subprocess.run(["sh", "-c", f'. {path}; printf %s "$TRACKER_STORE_URL"'], capture_output=True, text=True)
    assert shell.stdout == url
    assert read_env_file(path)["TRACKER_STORE_URL"] == url


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path):
    with pytest.raises(StartError, match=r"can't be written"):
        envfile.update(tmp_path / "missing" / ".env", {"RASA_TOKEN": "secret"})
