"""Settings come from the environment, else from the env file, else are safe defaults."""

import pytest

from switchboard.errors import SettingsError
from switchboard.settings import Settings


def load(tmp_path, env_file: str = "", **environ: str) -> Settings:
    path = tmp_path / ".env"
    path.write_text(env_file, encoding="utf-8")
    return Settings.load({"ENV_FILE": str(path), **environ})


def test_without_anything_they_are_the_defaults(tmp_path):
    assert load(tmp_path).host == "127.0.0.1"


def test_a_missing_env_file_is_no_error(tmp_path):
    assert Settings.load({"ENV_FILE": str(tmp_path / "none")}).port == 8000


def test_the_env_file_is_read(tmp_path):
    settings = load(tmp_path, "# a comment=1\n\nPORT = 9000\nRASA_TOKEN='a=b'\nnonsense\n")

    assert (settings.port, settings.rasa_token) == (9000, "a=b")


def test_the_environment_comes_before_the_env_file(tmp_path):
    assert load(tmp_path, "PORT=9000\n", PORT="9001").port == 9001


def test_an_empty_value_is_the_default(tmp_path):
    assert load(tmp_path, PORT="").port == 8000


@pytest.mark.parametrize(
    ("name", "text"),
    [("PORT", "eighty"), ("PORT", "80.5"), ("PORT", "-1"), ("TURN_TIMEOUT", "nan"), ("LEASE_SECONDS", "inf")],
)
def test_a_bad_number_is_named(tmp_path, name, text):
    with pytest.raises(SettingsError, match=f"{name} must be .*{text}"):
        load(tmp_path, **{name: text})


def test_a_lease_must_outlast_a_heartbeat(tmp_path):
    with pytest.raises(SettingsError, match="LEASE_SECONDS"):
        load(tmp_path, LEASE_SECONDS="0.5")


def test_api_keys_name_their_callers():
    settings = Settings(api_keys="desk=abc, crm=d=ef,")

    assert settings.api_key_names == {"abc": "desk", "d=ef": "crm"}


@pytest.mark.parametrize("keys", ["abc", "desk=", "=abc", "desk=abc,def", "a:b=abc", "local=abc", "a b=c"])
def test_an_api_key_without_a_proper_name_is_refused(keys):
    with pytest.raises(SettingsError, match="API_KEYS"):
        Settings(api_keys=keys)


@pytest.mark.parametrize("proxies", ["127.0.0.1", "172.18.0.0/16, ::1", "*"])
def test_proxies_are_addresses_and_networks(proxies):
    assert Settings(forwarded_allow_ips=proxies).forwarded_allow_ips == proxies


@pytest.mark.parametrize("proxies", ["proxy", "*, 10.0.0.1", "172.18.0.2/16", "172.18.0.0/33", "10.0.0.1 10.0.0.2"])
def test_a_proxy_that_would_not_be_believed_is_refused(proxies):
    with pytest.raises(SettingsError, match="FORWARDED_ALLOW_IPS"):
        Settings(forwarded_allow_ips=proxies)


def test_a_secret_that_could_be_guessed_is_refused():
    assert not Settings(identity_secret="").identity_secret
    assert Settings(identity_secret="x" * 32).identity_secret
    with pytest.raises(SettingsError, match="IDENTITY_SECRET must have 32 random bytes or more"):
        Settings(identity_secret="x" * 31)


def test_rasas_addresses_are_a_list():
    assert Settings(rasa_urls="http://a:1/, http://b:2").rasa_addresses == ["http://a:1", "http://b:2"]
    assert Settings(rasa_port=5006).rasa_addresses == ["http://127.0.0.1:5006"]


def test_a_long_data_folder_gets_a_short_socket_folder():
    short, long = Settings(data_dir="/tmp/data"), Settings(data_dir="/tmp/" + "x" * 100)

    assert short.socket_folder == short.data_path / "sockets"
    assert len(str(long.socket_folder)) < 50


def test_every_setting_says_what_it_is():
    assert all(field.metadata["doc"].endswith(".") for field in Settings.__dataclass_fields__.values())


@pytest.mark.parametrize("currency", ["$", "€", "CA$", "EUR", "kr"])
def test_a_currency_is_a_sign_or_a_code(tmp_path, currency):
    assert load(tmp_path, CURRENCY=currency).currency == currency


@pytest.mark.parametrize("currency", [" ", "E U", "1", "{}", "<b>", "EURO AREA", "dollars", "-"])
def test_anything_else_is_no_currency(tmp_path, currency):
    with pytest.raises(SettingsError, match="CURRENCY must be a sign"):
        load(tmp_path, CURRENCY=currency)
