"""Every setting of Linesheet, once: read from the environment, checked, and frozen.

Development needs none of them. Production refuses to start with a default that would be unsafe there.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

# Known to everybody who can read this file: fit for a laptop only.
DEFAULT_SECRET = "linesheet-development-secret"  # noqa: S105

# An origin as browsers send it: scheme, host and perhaps a port; `*` is every origin.
_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?|\*")
DEFAULT_SENDER = "Linesheet <orders@localhost>"


class SettingsError(Exception):
    """A setting is missing or cannot be used; the message names it and says what would do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings; each names its variable in the environment."""

    # LINESHEET_ENV: `development` or `production`. Production has no embedded servers, no explorer, no demo logins.
    environment: str = "development"

    # DATABASE_URL: postgresql://user:password@host/name; `?host=/folder` means a Unix socket. None: the embedded server.
    database_url: str | None = None
    # DATABASE_DIRECT_URL: the same database past a pooler such as PgBouncer; migrations and jobs need session locks.
    database_direct_url: str | None = None
    # DATABASE_POOLED=1: DATABASE_URL leads to a pooler in transaction mode, where no prepared statement survives.
    database_pooled: bool = False
    # DATABASE_POOL_MIN, DATABASE_POOL_MAX: connections per process; all processes together stay below max_connections.
    pool_min: int = 2
    pool_max: int = 10

    # REDIS_URL: redis://host:6379/0 or unix:///path. None: no Redis, which is right for one process only.
    redis_url: str | None = None

    # HOST, PORT: where the web server listens.
    host: str = "127.0.0.1"
    port: int = 8000
    # WEB_WORKERS: processes that serve requests.
    workers: int = 1
    # JOBS_INSIDE=1: this web process handles jobs as well; right for one process only, as in development.
    jobs_inside: bool = False
    # DEMO_LOGINS=1: the sign-in page offers the demo's logins; never in production.
    demo_logins: bool = False
    # PUBLIC_URL: how browsers reach us; links in mails begin with it, and https makes cookies secure.
    public_url: str = "http://127.0.0.1:8000"
    # ALLOWED_ORIGINS: browser applications that may call /graphql and /uploads, as `https://app.example`, separated by commas;
    # `*` is every origin. Empty: no application of another origin.
    allowed_origins: tuple[str, ...] = ()
    # FORWARDED_ALLOW_IPS: the proxies whose X-Forwarded-For is believed.
    trusted_proxies: str = "127.0.0.1"

    # SECRET_KEY: signs what leaves the house and must come back unchanged; at least 32 characters in production.
    secret_key: str = DEFAULT_SECRET

    # SMTP_URL: smtp://user:password@host:587 or smtps://…:465. None: mail is kept in the mailbox of the development server.
    smtp_url: str | None = None
    # MAIL=none: production sends no mail at all, and says so by this. Without it production needs SMTP_URL.
    sends_mail: bool = True
    # MAIL_FROM: the sender of every mail.
    mail_from: str = DEFAULT_SENDER

    # STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET: None: no card payments.
    stripe_secret_key: str | None = None
    stripe_webhook_secret: str | None = None

    # UPLOADS: the folder of uploaded pictures and documents.
    uploads: Path = Path(".linesheet/uploads")
    # LOG_LEVEL: debug, info, warning or error.
    log_level: str = "info"
    # SLOW_MS: operations that take longer are logged with their statements, never with values; 0: none.
    slow_ms: int = 1_000
    # METRICS_TOKEN: who sends it as a Bearer token may read /metrics; None: there is no such page.
    metrics_token: str | None = None
    # METRICS_PORT: where `linesheet worker` answers /metrics, at HOST; None: it does not.
    metrics_port: int | None = None
    # OTEL_EXPORTER_OTLP_ENDPOINT: the collector of traces, such as http://collector:4318; None: no traces.
    traces_to: str | None = None
    # INTROSPECTION=1|0: whether the API describes itself; unset: in development only.
    introspection: bool = True
    # REQUESTS_AT_ONCE: requests in work in one process; a quarter of them may be one viewer's, or one address's of strangers.
    requests_at_once: int = 24
    # REQUESTS_WAITING, REQUESTS_WAIT: how many more wait for their turn, for how many seconds at most; those above are answered by 503.
    requests_waiting: int = 96
    requests_wait: int = 2
    # VALUES_PER_MINUTE: what one viewer, or one address of strangers, may ask the API for, in values; 0: no bound.
    values_per_minute: int = 60_000_000

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def direct_url(self) -> str | None:
        """The address for migrations, jobs and everything else that holds a session."""
        return self.database_direct_url or self.database_url

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Settings from variables; raises SettingsError for what cannot be used."""
    environment = environ.get("LINESHEET_ENV") or "development"
    if environment not in ("development", "production"):
        raise SettingsError(f"LINESHEET_ENV is {environment!r}: say development or production.")
    production = environment == "production"
    port = _integer(environ, "PORT", 8000, 1, 65535)
    host = environ.get("HOST") or "127.0.0.1"
    settings = Settings(
        environment=environment,
        database_url=environ.get("DATABASE_URL") or None,
        database_direct_url=environ.get("DATABASE_DIRECT_URL") or None,
        database_pooled=_flag(environ, "DATABASE_POOLED", default=False),
        pool_min=_integer(environ, "DATABASE_POOL_MIN", 2, 0, 1000),
        pool_max=_integer(environ, "DATABASE_POOL_MAX", 10, 1, 1000),
        redis_url=environ.get("REDIS_URL") or None,
        host=host,
        port=port,
        workers=_integer(environ, "WEB_WORKERS", 1, 1, 64),
        jobs_inside=_flag(environ, "JOBS_INSIDE", default=False),
        demo_logins=_flag(environ, "DEMO_LOGINS", default=False) and not production,
        public_url=(environ.get("PUBLIC_URL") or f"http://{f'[{host}]' if ':' in host else host}:{port}").rstrip("/"),
        allowed_origins=_origins(environ.get("ALLOWED_ORIGINS") or ""),
        trusted_proxies=environ.get("FORWARDED_ALLOW_IPS") or "127.0.0.1",
        secret_key=environ.get("SECRET_KEY") or DEFAULT_SECRET,
        smtp_url=environ.get("SMTP_URL") or None,
        sends_mail=_mail(environ),
        mail_from=environ.get("MAIL_FROM") or DEFAULT_SENDER,
        stripe_secret_key=environ.get("STRIPE_SECRET_KEY") or None,
        stripe_webhook_secret=environ.get("STRIPE_WEBHOOK_SECRET") or None,
        uploads=Path(environ.get("UPLOADS") or Path(environ.get("LINESHEET_STATE") or ".linesheet") / "uploads"),
        log_level=(environ.get("LOG_LEVEL") or "info").lower(),
        slow_ms=_integer(environ, "SLOW_MS", 1_000, 0, 3_600_000),
        metrics_token=environ.get("METRICS_TOKEN") or None,
        metrics_port=_integer(environ, "METRICS_PORT", 0, 1, 65535) if environ.get("METRICS_PORT") else None,
        traces_to=environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or None,
        introspection=_flag(environ, "INTROSPECTION", default=not production),
        requests_at_once=_integer(environ, "REQUESTS_AT_ONCE", 24, 1, 10_000),
        requests_waiting=_integer(environ, "REQUESTS_WAITING", 96, 0, 100_000),
        requests_wait=_integer(environ, "REQUESTS_WAIT", 2, 1, 600),
        values_per_minute=_integer(environ, "VALUES_PER_MINUTE", 60_000_000, 0, 10**12),
    )
    _check(settings)
    return settings


@cache
def get_settings() -> Settings:
    """The settings of this process, read on first use."""
    return read_settings(os.environ)


def _check(settings: Settings) -> None:
    for name, url in (("DATABASE_URL", settings.database_url), ("DATABASE_DIRECT_URL", settings.database_direct_url)):
        _check_database(name, url)
    _check_redis(settings.redis_url)
    _check_mail(settings)
    _check_public_url(settings.public_url)
    _check_proxies(settings.trusted_proxies)
    if settings.log_level not in ("debug", "info", "warning", "error"):
        raise SettingsError(f"LOG_LEVEL is {settings.log_level!r}: say debug, info, warning or error.")
    if settings.metrics_token is not None and len(settings.metrics_token) < 16:
        raise SettingsError("METRICS_TOKEN must have 16 characters or more; `openssl rand -hex 32` makes one.")
    if settings.metrics_port is not None and settings.metrics_token is None:
        raise SettingsError("METRICS_PORT needs METRICS_TOKEN: what is counted is not for everybody.")
    if settings.traces_to is not None:
        _address("OTEL_EXPORTER_OTLP_ENDPOINT", settings.traces_to, ("http", "https"), "http://collector:4318")
    if settings.database_pooled and settings.database_direct_url is None:
        raise SettingsError("DATABASE_POOLED needs DATABASE_DIRECT_URL, past the pooler: jobs and migrations hold session locks.")
    if settings.pool_min > settings.pool_max:
        raise SettingsError("DATABASE_POOL_MIN is larger than DATABASE_POOL_MAX.")
    if settings.jobs_inside and settings.workers > 1:
        raise SettingsError("JOBS_INSIDE=1 is for one process. With WEB_WORKERS above 1, run `linesheet worker` beside them.")
    if settings.production:
        _check_production(settings)


def _address(name: str, url: str, schemes: tuple[str, ...], example: str) -> SplitResult:
    """The parts of an address that has one of the schemes and, where it has a port, a possible one."""
    try:
        parts = urlsplit(url)
        possible = parts.scheme in schemes and parts.port != 0
    except ValueError:  # a port that is no number, or above 65535
        possible = False
    if not possible or any(letter.isspace() for letter in url):
        raise SettingsError(f"{name} must look like {example}, with a port from 1 to 65535 if any.")
    return parts


def _check_database(name: str, url: str | None) -> None:
    if url is None:
        return
    example = "postgresql://user:password@host/database"
    parts = _address(name, url, ("postgresql", "postgres"), example)
    options = {option: values[-1] for option, values in parse_qs(parts.query).items()}
    if not (parts.hostname or options.get("host")) or not parts.path.strip("/"):
        raise SettingsError(f"{name} must look like {example}: it lacks the host or the database's name.")
    if options.get("sslmode", "disable") not in ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"):
        raise SettingsError(f"{name} has the sslmode {options['sslmode']!r}, which PostgreSQL does not know: say require.")


def _check_redis(url: str | None) -> None:
    if url is None:
        return
    example = "redis://host:6379/0 or unix:///path"
    parts = _address("REDIS_URL", url, ("redis", "rediss", "unix"), example)
    number = parts.path.strip("/")
    if not (parts.path if parts.scheme == "unix" else parts.hostname and (number.isdigit() or not number)):
        raise SettingsError(f"REDIS_URL must look like {example}: it lacks the host or the path, or its database is no number.")


def _check_mail(settings: Settings) -> None:
    example = "smtp://user:password@host:587 or smtps://user:password@host:465"
    if settings.smtp_url is not None:
        if not settings.sends_mail:
            raise SettingsError("MAIL=none and SMTP_URL contradict each other: take one of them away.")
        if not _address("SMTP_URL", settings.smtp_url, ("smtp", "smtps"), example).hostname:
            raise SettingsError(f"SMTP_URL must look like {example}: it lacks the host.")
    _, address = parseaddr(settings.mail_from)
    name, _, domain = address.partition("@")
    if not (name and domain and "@" not in domain and not any(letter.isspace() for letter in address)):
        raise SettingsError(f"MAIL_FROM is {settings.mail_from!r}: say an address, such as Shop <orders@shop.example>.")


def _check_public_url(url: str) -> None:
    example = "https://shop.example"
    parts = _address("PUBLIC_URL", url, ("http", "https"), example)
    if not parts.hostname or parts.path or parts.query or parts.fragment or parts.username:
        raise SettingsError(f"PUBLIC_URL is {url!r}: say only scheme and host, such as {example}; pages live at its root.")


def _check_proxies(text: str) -> None:
    for one in text.split(","):
        try:
            _ = one.strip() == "*" or ip_network(one.strip())
        except ValueError:
            raise SettingsError(
                f"FORWARDED_ALLOW_IPS has {one.strip()!r}: say IP addresses or networks with commas between, or * for any; no names."
            ) from None


def _check_production(settings: Settings) -> None:
    if settings.secret_key == DEFAULT_SECRET or len(settings.secret_key) < 32:
        raise SettingsError("Production needs a SECRET_KEY of its own, 32 characters or more; `openssl rand -hex 32` makes one.")
    if settings.database_url is None:
        raise SettingsError("Production needs DATABASE_URL: the embedded PostgreSQL is for development and tests.")
    if urlsplit(settings.public_url).scheme != "https":
        raise SettingsError("Production needs PUBLIC_URL, and it must begin with https://: sessions travel in cookies.")
    if settings.sends_mail and settings.smtp_url is None:
        raise SettingsError("Production needs SMTP_URL, such as smtp://user:password@host:587; MAIL=none sends no mail at all.")
    if settings.smtp_url is not None and settings.mail_from == DEFAULT_SENDER:
        raise SettingsError("Production needs MAIL_FROM: mail servers refuse mail from localhost. Say Shop <orders@shop.example>.")
    if settings.workers > 1 and settings.redis_url is None:
        raise SettingsError("More than one worker needs REDIS_URL: without it, workers do not hear of one another.")


def _integer(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise SettingsError(f"{name} is {text!r}: say a whole number from {least} to {most}.")
    return int(text)


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise SettingsError(f"ALLOWED_ORIGINS has {origin!r}: write scheme and host without a path, as https://app.example.")
    return origins


def _mail(environ: Mapping[str, str]) -> bool:
    text = (environ.get("MAIL") or "").lower()
    if text not in ("", "none"):
        raise SettingsError(f"MAIL is {text!r}: say none to send no mail, or leave it out and give SMTP_URL.")
    return not text


def _flag(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = (environ.get(name) or "").lower()
    if text not in ("", "0", "1", "true", "false", "yes", "no"):
        raise SettingsError(f"{name} is {text!r}: say 1 or 0.")
    return default if not text else text in ("1", "true", "yes")
