"""Settings are read once, checked, and safe in production."""

import pytest

from backend.settings import Settings, SettingsError, read_settings

PRODUCTION = {
    "LINESHEET_ENV": "production",
    "DATABASE_URL": "postgresql://linesheet:secret@db/linesheet",
    "REDIS_URL": "redis://cache:6379/0",
    "SECRET_KEY": "0123456789abcdef0123456789abcdef",
    "PUBLIC_URL": "https://shop.example",
    "SMTP_URL": "smtp://user:password@mail.example:587",
    "MAIL_FROM": "Shop <orders@shop.example>",
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
        ({"SMTP_URL": ""}, "SMTP_URL"),
        ({"MAIL_FROM": ""}, "MAIL_FROM"),
        ({"MAIL": "none"}, "SMTP_URL"),
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
        ("DATABASE_URL", "postgresql://db:99999/linesheet"),
        ("DATABASE_URL", "postgresql://db:port/linesheet"),
        ("DATABASE_URL", "postgresql://db"),
        ("DATABASE_URL", "postgresql:///linesheet"),
        ("DATABASE_URL", "postgresql://db/linesheet?sslmode=perhaps"),
        ("DATABASE_DIRECT_URL", "postgresql://db:0/linesheet"),
        ("REDIS_URL", "redis://"),
        ("REDIS_URL", "redis://cache:99999/0"),
        ("REDIS_URL", "redis://cache/first"),
        ("REDIS_URL", "unix://"),
        ("SMTP_URL", "mail.example"),
        ("SMTP_URL", "mail.example:587"),
        ("SMTP_URL", "http://mail.example"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://mail.example:99999"),
        ("SMTP_URL", "smtp://mail.example:0"),
        ("SMTP_URL", "smtp://mail example"),
        ("MAIL", "some"),
        ("METRICS_TOKEN", "short"),
        ("METRICS_PORT", "9100"),
        ("SLOW_MS", "-1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("MAIL_FROM", "orders"),
        ("MAIL_FROM", "Shop <orders@>"),
        ("MAIL_FROM", "Shop <>"),
        ("PUBLIC_URL", "shop.example"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "https://shop.example/b2b"),
        ("PUBLIC_URL", "https://shop.example?a=1"),
        ("PUBLIC_URL", "https://shop.example:99999"),
        ("FORWARDED_ALLOW_IPS", "proxy"),
        ("FORWARDED_ALLOW_IPS", "10.0.0.1,"),
        ("FORWARDED_ALLOW_IPS", "10.0.0.0/64"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({name: text})


@pytest.mark.parametrize(
    "change",
    [
        {"SMTP_URL": "", "MAIL_FROM": "", "MAIL": "none"},
        {"SMTP_URL": "smtps://mail.example"},
        {"DATABASE_URL": "postgresql://linesheet@/linesheet?host=/run/postgresql"},
        {"REDIS_URL": "unix:///run/valkey.sock"},
        {"REDIS_URL": "rediss://:secret@cache"},
        {"PUBLIC_URL": "https://shop.example/"},
        {"PUBLIC_URL": "https://shop.example:8443"},
        {"FORWARDED_ALLOW_IPS": "10.0.0.1, 10.1.0.0/16, ::1"},
        {"FORWARDED_ALLOW_IPS": "*"},
        {"HOST": "::1", "PUBLIC_URL": "https://[::1]"},
    ],
)
def test_production_starts_with(change: dict[str, str]) -> None:
    assert read_settings(PRODUCTION | change).production


def test_an_address_of_version_six_makes_a_public_address_of_it() -> None:
    assert read_settings({"HOST": "::1"}).public_url == "http://[::1]:8000"


def test_jobs_inside_are_for_one_process() -> None:
    with pytest.raises(SettingsError, match="JOBS_INSIDE"):
        read_settings({"JOBS_INSIDE": "1", "WEB_WORKERS": "2"})


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
