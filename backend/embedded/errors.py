"""The one failure of the embedded servers; its message tells a person what to do."""


class EmbeddedError(Exception):
    """An embedded server cannot be had or started; the message says why and what would help."""
