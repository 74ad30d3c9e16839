"""A form as it stands on a page: what was typed, and what the API refused about which field.

It promises that nothing typed is lost when something is refused, and that the reason stands beside its field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from starlette.datastructures import FormData

from storefront.client import Json
from storefront.grid import whole
from storefront.numbers import question, readings, written
from storefront.site import not_found, text

NOT_WHOLE = "Give a whole number."
AMOUNT = "Give an amount such as 12.50."
PERCENTAGE = "Give a percentage such as 21 or 5.5."
CURRENCY = "Give a currency by its three letters, such as EUR."
EMPTY = "This must not be empty."
STALE = "Somebody else changed this meanwhile. What you typed is still here: compare it with what is stored now, and save again."


@dataclass(frozen=True, slots=True)
class Form:
    """`name` tells the forms of one page apart; `wrong` says per field what is the matter with it, `message` what is with the whole.

    `asks` is the InUse that the API answered: its page offers a successor, or to go on all the same. `stale`: somebody else saved meanwhile;
    `now` has what is stored of the fields that differ from what was typed.
    """

    name: str
    values: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    asks: Json | None = None
    stale: bool = False
    now: Mapping[str, str] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        return bool(self.wrong or self.message)

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    def refuse(self, name: str, message: str) -> Form:
        """With this said beside the field; a field that the form does not have leaves it to the whole."""
        if name in self.values:
            return replace(self, wrong={**self.wrong, name: message})
        return replace(self, message=message)

    def answered(self, answer: Json) -> Form:
        """With what an answer of the API refused. What does not exist is no matter of the form: its page is not there."""
        if answer["__typename"] == "NotFound":
            raise not_found(answer["message"])
        if answer["__typename"] == "InUse":
            return replace(self, message=answer["message"], asks=answer)
        if answer["__typename"] == "Stale":
            return replace(self, message=STALE, stale=True)
        if answer["__typename"] == "InvalidInput":
            named = [part for part in reversed(answer["path"]) if part in self.values]
            return self.refuse(named[0] if named else "", answer["message"])
        return self

    def beside(self, stored: Form) -> Form:
        """When somebody else saved meanwhile: with what is stored now beside what was typed."""
        if not self.stale:
            return self
        return replace(
            self, now={name: text for name, text in stored.values.items() if name in self.values and text != self.values[name]}
        )

    def check_whole(self, names: Iterable[str]) -> Form:
        """With a reason beside each of these that is no whole number."""
        form = self
        for name in names:
            if whole(self.value(name)) is None:
                form = form.refuse(name, NOT_WHOLE)
        return form

    def check_filled(self, names: Iterable[str]) -> Form:
        """With a reason beside each of these that was left blank."""
        form = self
        for name in names:
            if not self.value(name):
                form = form.refuse(name, EMPTY)
        return form

    def check_amounts(self, names: Iterable[str], said: str = AMOUNT) -> Form:
        """With each of these as the API reads it, or with a reason beside it; what was left blank stays so."""
        form = self
        for name in names:
            if form.value(name):
                form = form.check_amount(name, said)
        return form

    def check_amount(self, name: str, said: str = AMOUNT) -> Form:
        """With this as the API reads it, "2.96" for "2,96"; or with a reason beside it."""
        found = readings(self.value(name))
        if len(found) == 2:
            return self.refuse(name, question(found))
        if not found or not is_amount(written(found[0])):
            return self.refuse(name, said)
        return replace(self, values={**self.values, name: self.value(name) if is_amount(self.value(name)) else written(found[0])})

    def check_currency(self) -> Form:
        """With a reason beside the currency when it has not the form of one; whether there is such a one, the API says."""
        is_code = re.fullmatch("[A-Za-z]{3}", self.value("currency")) is not None
        return self if is_code else self.refuse("currency", CURRENCY)

    def given(self, names: Iterable[str]) -> Json:
        """The texts of these fields for an input of the API; what was left blank is null."""
        return {name: self.value(name) or None for name in names}


def goes_on(posted: FormData) -> Json:
    """Whether somebody who was told who is affected goes on all the same."""
    return {"evenIfInUse": True} if "evenIfInUse" in posted else {}


def expected(posted: FormData) -> Json:
    """The version that the form was drawn from."""
    version = text(posted, "version")
    return {"expectedVersion": int(version)} if version.isascii() and version.isdigit() and len(version) < 10 else {}


def successor(posted: FormData, argument: str = "successorId") -> Json:
    """What was chosen to take the place of what is deleted, if anything was."""
    chosen = text(posted, "successor")
    return {argument: chosen} if chosen else {}


def typed(name: str, form: FormData, fields: Iterable[str]) -> Form:
    """What came with a POST."""
    return Form(name, {field: text(form, field) for field in fields})


def chosen(posted: FormData, offered: Mapping[str, object]) -> str:
    """Which of a page's forms was sent, as its button says; nothing is done by a name that is not offered."""
    does = text(posted, "do")
    if does not in offered:
        raise not_found("There is nothing to be done by that name.")
    return does


def stored(name: str, record: Json, fields: Iterable[str]) -> Form:
    """What the API has, as texts to be edited."""
    return Form(name, {field: _text(record.get(field)) for field in fields})


def _text(value: object) -> str:
    return "" if value is None else str(value)


def number(text: str) -> int | None:
    """A whole number, or None when the field was left blank."""
    return whole(text) if text.strip() else None


def is_amount(text: str) -> bool:
    """A decimal as the API reads it: a point, and at most four places."""
    return re.fullmatch(r"\d{1,12}(\.\d{1,4})?", text, re.ASCII) is not None
