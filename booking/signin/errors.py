"""What can go wrong while signing in, in words for the person."""

from datetime import datetime


class SignInError(Exception):
    """Something the person can read and act on. `status` is the page's HTTP status."""

    status = 422

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class CannotText(SignInError):
    """The number does not exist, is of a country or kind we do not text, or the provider refused it."""


class TooMany(SignInError):
    """A limit is used up until `free_at`."""

    status = 429

    def __init__(self, message: str, *, free_at: datetime) -> None:
        super().__init__(message)
        self.free_at = free_at


class TooManyCodes(TooMany):
    """Too many codes were sent."""


class TooManyGuesses(TooMany):
    """Too many codes were tried; right and wrong ones get this answer alike."""


class CodeEnded(SignInError):
    """There is no live code for this device: expired, used, replaced by a newer one, or never asked for."""


class WrongCode(SignInError):
    """Not the code; `left` tries remain."""

    def __init__(self, left: int) -> None:
        tries = "1 try left" if left == 1 else f"{left} tries left"
        super().__init__(f"That's not the code we sent. {tries}." if left else "That's not the code we sent. Get a new one to try again.")
        self.left = left
