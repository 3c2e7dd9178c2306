"""Frames as tests need them: a partner whose sites may carry the form, and every page that a frame can show."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flask import Flask
from limits import parse

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.lockdown import operations as lockdown
from campaign_app.lockdown.rules import SIGNING
from campaign_app.partners import operations as partners
from campaign_app.partners.queries import partner_by_code
from campaign_app.petitions import operations as petitions
from campaign_app.shield import ceilings
from campaign_app.shield.ceilings import Ceiling

if TYPE_CHECKING:
    from tests.every_page import Page, Visitor

CODE = "solidarity"
ORIGINS = ("https://solidarity.example.org", "https://www.solidarity.example.org:8443")
SLUG = "lists-and-graves"
TYPED = {"name": "Test Signer", "email": "signer@example.org", "country": "DE"}
LINE = {"ar": "نقف إلى جانب الأهالي.", "en": "We stand with the families."}


def add_partner(code: str = CODE, origins: tuple[str, ...] = ORIGINS, language: str = "en") -> None:
    """Add an active partner. Flushes; never commits."""
    described = partners.Described(
        name="Solidarity Society", origins=origins, contact="", language=language, consent_lines=LINE
    )
    partners.add(code=code, described=described, by="command", now=utc_now())


def private_link(app: Flask) -> str:
    """Return the token of the partner's private page."""
    with app.app_context():
        found = partner_by_code(CODE)
        assert found is not None
        token = partners.make_link(partner=found, by="command", now=utc_now())
        db.session.commit()
    return token


def frame_pages(visitor: "Visitor") -> "Iterator[Page]":
    """Yield the card and the form in a frame, and all that becomes of the form there."""
    visitor.change(add_partner)
    form, sign = f"/embed/{SLUG}?s={CODE}", f"/embed/{SLUG}/sign?s={CODE}"
    fresh = {"form_token": visitor.tokens()["form_token"]}
    yield visitor.at("card", f"/embed/{SLUG}/card")
    yield visitor.at("card, dark and violet", f"/embed/{SLUG}/card?theme=dark&accent=violet")
    yield visitor.at("form in a frame", form)
    yield visitor.at("form in a frame, light and ochre", f"{form}&theme=light&accent=ochre")
    yield visitor.at("form in a frame, on a phone that others use", f"{form}&shared=1")
    yield visitor.at("form in a frame of nobody", f"/embed/{SLUG}")
    yield visitor.at("form in a frame, preview", f"/embed/{SLUG}/preview?s={CODE}")
    yield visitor.at("form in a frame, with mistakes", sign, name="www.example.org", email="signer@gmial.com")
    yield visitor.at("form in a frame, expired", sign, **TYPED, form_token="x")
    yield visitor.at("check your details, in a frame", sign, **TYPED, **fresh)
    yield visitor.at("check your inbox, in a frame", f"/embed/{SLUG}/inbox?s={CODE}")
    yield visitor.at("no such petition, in a frame", f"/embed/nothing?s={CODE}")
    with visitor.monkeypatch.context() as patch:
        patch.setattr(ceilings, "POSTS", Ceiling("posts", parse("1/10 minutes")))
        visitor.at("counted", sign, **TYPED, **fresh)
        yield visitor.at("try again, in a frame", sign, **TYPED, **fresh)
    visitor.change(lambda: lockdown.order(part=SIGNING, by="command", now=utc_now()))
    yield visitor.at("signing paused, in a frame", form)
    visitor.change(lambda: lockdown.lift(part=SIGNING, by="command", now=utc_now()))
    visitor.change(_close)
    yield visitor.at("card, petition closed", f"/embed/{SLUG}/card")
    yield visitor.at("form in a frame, petition closed", form)


def _close() -> None:
    found = petitions.petition_by_slug(SLUG)
    petitions.move(petition=found, to="closed", obstacles=[], now=utc_now())
