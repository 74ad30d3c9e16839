"""Settings are read once, checked, and safe in production."""

import pytest

from backend.settings import Settings, SettingsError, read_settings

PRODUCTION = {
    "LINESHEET_ENV": "production",
    "DATABASE_URL": "postgresql://linesheet:secret@db/linesheet",
    "REDIS_URL": "redis://cache:6379/0",
    "SECRET_KEY": "0123456789abcdef0123456789abcdef",
    "PUBLIC_URL": "https://shop.example",
}


def test_development_needs_nothing() -> None:
    assert read_settings({}) == Settings()


def test_production_with_everything_said() -> None:
    settings = read_settings({**PRODUCTION, "WEB_WORKERS": "4"})
    assert settings.production
    assert settings.secure_cookies
    assert not settings.introspection


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "linesheet-development-secret"}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"PUBLIC_URL": "http://shop.example"}, "PUBLIC_URL"),
        ({"REDIS_URL": "", "WEB_WORKERS": "2"}, "REDIS_URL"),
    ],
)
def test_production_refuses(change: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        read_settings(PRODUCTION | change)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("WEB_WORKERS", "-1"),
        ("LINESHEET_ENV", "staging"),
        ("DATABASE_URL", "mysql://db/linesheet"),
        ("REDIS_URL", "cache:6379"),
        ("LOG_LEVEL", "chatty"),
        ("INTROSPECTION", "perhaps"),
        ("DATABASE_POOL_MIN", "11"),
        ("ALLOWED_ORIGINS", "app.example"),
        ("ALLOWED_ORIGINS", "https://app.example/"),
        ("ALLOWED_ORIGINS", "https://app.example, https://*.example"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({name: text})


def test_production_never_offers_the_demo_logins() -> None:
    assert read_settings({"DEMO_LOGINS": "1"}).demo_logins
    assert not read_settings(PRODUCTION | {"DEMO_LOGINS": "1"}).demo_logins


def test_an_empty_variable_is_an_unset_one() -> None:
    assert read_settings({"PORT": "", "DATABASE_URL": "", "REDIS_URL": ""}) == Settings()


def test_origins_are_read_as_browsers_send_them() -> None:
    assert read_settings({"ALLOWED_ORIGINS": " https://App.example ,http://localhost:3000,"}).allowed_origins == (
        "https://app.example",
        "http://localhost:3000",
    )
