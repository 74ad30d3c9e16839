"""The failure of a command that a person can do something about."""


class CommandError(Exception):
    """Ends the command with this message and exit status 1, without a traceback."""
