"""docker-compose.yml is whole: its commands exist, its services can wait for one another, production's settings are said."""

import argparse
from typing import Any

import pytest
import yaml

from backend.cli import parser
from backend.settings import Settings, read_settings
from tests.databases import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["command"][0] == "linesheet"]


@pytest.mark.parametrize("name", OURS)
def test_each_command_is_one_that_the_cli_knows(name: str) -> None:
    arguments = parser().parse_args(SERVICES[name]["command"][1:])
    assert isinstance(arguments, argparse.Namespace)


def test_the_dockerfile_s_command_is_one_that_the_cli_knows() -> None:
    (command,) = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("CMD ")]
    parser().parse_args(yaml.safe_load(command.removeprefix("CMD "))[1:])


@pytest.mark.parametrize("name", OURS)
def test_the_settings_make_production_start(name: str) -> None:
    said = {variable: _filled(str(value)) for variable, value in SERVICES[name]["environment"].items()}
    settings = read_settings({**said, "WEB_WORKERS": "4"})
    assert settings.production
    assert settings != Settings()


def _filled(value: str) -> str:
    """As Compose would fill it from a good .env."""
    good = {
        "DATABASE_PASSWORD": "secret",
        "SECRET_KEY": "k" * 64,
        "PUBLIC_URL": "https://shop.example",
        "SMTP_URL": "smtp://mail.example:587",
        "MAIL_FROM": "Shop <orders@shop.example>",
    }
    for name, text in good.items():
        start, found, rest = value.partition(f"${{{name}")
        value = start + text + rest.partition("}")[2] if found else value
    return "" if value.endswith(":-}") else value.removeprefix("${FORWARDED_ALLOW_IPS:-").removesuffix("}")


@pytest.mark.parametrize("name", SERVICES)
def test_who_is_waited_for_exists_and_can_say_that_it_is_ready(name: str) -> None:
    for other, wish in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        if wish["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]


def test_every_volume_that_is_used_is_declared() -> None:
    used = {mount.partition(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


def test_the_api_runs_in_several_processes_and_is_watched() -> None:
    api = SERVICES["api"]
    workers = int(api["command"][api["command"].index("--workers") + 1])
    assert workers > 1
    assert "/readyz" in " ".join(api["healthcheck"]["test"])
