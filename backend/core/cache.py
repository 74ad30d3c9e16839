"""What may be forgotten at any time: counters that slow down who asks too often. Redis when there is one, else this process's memory.

No price, no right and no stock is ever kept here. When Redis fails, counting goes on in memory: a request is never refused for it, and Redis is
left alone for a while, so that few requests wait for it in vain. Nobody is refused for longer than the window, whatever clocks do.
"""

import logging
import math
import time

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

# A key holds one moment: when everything counted so far will have drained away ("generic cell rate algorithm").
_HIT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window = tonumber(ARGV[2])
local before = tonumber(redis.call('GET', KEYS[1]) or 0)
if before > now + 2 * window then before = 0 end -- from before the clock was set back: nobody may owe so much
local drained = math.max(before, now) + window * tonumber(ARGV[3]) / tonumber(ARGV[1])
local wait = drained - now - window
if wait > 0 then return math.min(math.ceil(wait), window) end
redis.call('SET', KEYS[1], string.format('%.3f', drained), 'PX', math.max(1, math.ceil(drained - now)))
return 0
"""
_GIVE_BACK = """
local drained = tonumber(redis.call('GET', KEYS[1]) or 0)
if drained > 0 then
  local less = drained - tonumber(ARGV[2]) * tonumber(ARGV[3]) / tonumber(ARGV[1])
  redis.call('SET', KEYS[1], string.format('%.3f', less), 'KEEPTTL')
end
return 0
"""
# Counts what was used already. The debt never exceeds two windows, so that nobody waits for longer than one of them.
_CHARGE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window = tonumber(ARGV[2])
local drained = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + window * tonumber(ARGV[3]) / tonumber(ARGV[1])
drained = math.min(drained, now + 2 * window)
redis.call('SET', KEYS[1], string.format('%.3f', drained), 'PX', math.max(1, math.ceil(drained - now)))
return 0
"""
PREFIX = "linesheet:"
ANSWERS_WITHIN = 0.25
# Seconds for which a Redis that did not answer is not asked. Then one request asks again.
LEFT_ALONE = 5.0
MAX_KEYS_IN_MEMORY = 50_000


class _Memory:
    """The same operations for one process."""

    def __init__(self) -> None:
        self.drained: dict[str, float] = {}

    def hit(self, key: str, limit: int, window_ms: float, cost: float) -> int:
        now = time.monotonic() * 1000
        drained = max(self.drained.get(key, 0.0), now) + window_ms * cost / limit
        wait = drained - now - window_ms
        if wait > 0:
            return math.ceil(min(wait, window_ms))
        if len(self.drained) >= MAX_KEYS_IN_MEMORY:
            self._tidy(now)
        self.drained[key] = drained
        return 0

    def charge(self, key: str, limit: int, window_ms: float, cost: float) -> None:
        now = time.monotonic() * 1000
        drained = max(self.drained.get(key, 0.0), now) + window_ms * cost / limit
        self.drained[key] = min(drained, now + 2 * window_ms)

    def give_back(self, key: str, limit: int, window_ms: float, cost: float) -> None:
        if key in self.drained:
            self.drained[key] -= window_ms * cost / limit

    def _tidy(self, now: float) -> None:
        """Forgets what has drained; everything, should a flood of keys leave nothing to forget."""
        self.drained = {key: moment for key, moment in self.drained.items() if moment > now}
        if len(self.drained) >= MAX_KEYS_IN_MEMORY:
            self.drained.clear()


_memory = _Memory()
_redis: Redis | None = None
_away_until = 0.0


async def start(redis_url: str | None) -> None:
    """Connects to Redis when an address is given. One that does not answer yet is no reason not to start."""
    global _redis, _memory, _away_until
    _memory, _away_until = _Memory(), 0.0
    # Once more at once, for a connection that was closed meanwhile; the client's own pauses would make requests wait for seconds.
    _redis = (
        Redis.from_url(redis_url, socket_timeout=ANSWERS_WITHIN, socket_connect_timeout=ANSWERS_WITHIN, retry=Retry(NoBackoff(), 1))
        if redis_url
        else None
    )


async def stop() -> None:
    global _redis
    if _redis is not None:
        await _redis.aclose()
    _redis = None


async def is_ready() -> bool:
    """Whether Redis answers; true where none is configured."""
    if _redis is None:
        return True
    try:
        return bool(await _redis.ping())
    except (RedisError, OSError):
        return False


async def hit(key: str, limit: int, seconds: float, cost: float = 1) -> int:
    """Counts one use of `key`, of which `limit` are allowed at once and again in every `seconds`, trickling back evenly.

    Answers 0, or after how many whole seconds it may be tried again; a refused use is not counted.
    """
    wait_ms = await _run(_HIT, key, limit, seconds, cost)
    if wait_ms is None:
        wait_ms = _memory.hit(key, limit, seconds * 1000, cost)
    return math.ceil(wait_ms / 1000)


async def charge(key: str, limit: int, seconds: float, cost: float) -> None:
    """Counts what has been used already, however much it is: later uses wait for it."""
    if await _run(_CHARGE, key, limit, seconds, cost) is None:
        _memory.charge(key, limit, seconds * 1000, cost)


async def give_back(key: str, limit: int, seconds: float, cost: float = 1) -> None:
    """Takes one use back: for what turned out not to be worth counting."""
    if await _run(_GIVE_BACK, key, limit, seconds, cost) is None:
        _memory.give_back(key, limit, seconds * 1000, cost)


async def _run(script: str, key: str, limit: int, seconds: float, cost: float) -> int | None:
    """What the script answers; None without a Redis that works."""
    global _away_until
    if _redis is None or _is_left_alone():
        return None
    try:
        answer = int(await _redis.eval(script, 1, PREFIX + key, str(limit), str(seconds * 1000), str(cost)))
    except (RedisError, OSError) as error:
        _away_until = time.monotonic() + LEFT_ALONE
        log.warning("Redis does not answer, counting in memory: %s", type(error).__name__)
        return None
    _away_until = 0.0
    return answer


def _is_left_alone() -> bool:
    """After the pause one caller asks; the others go on without until there is an answer."""
    global _away_until
    if not _away_until:
        return False
    now = time.monotonic()
    if now < _away_until:
        return True
    _away_until = now + LEFT_ALONE
    return False
