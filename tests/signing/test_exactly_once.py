"""Whatever people do, in whatever order, and whatever breaks: count = model = Σ cells = rows (safety goal 8).

A state machine of two mailboxes with three people each, two of whom may sign from one mailbox. Every step can
crash between its writes and their commit, and is then taken again, as a retry takes it.
"""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any, Self

import pytest
from flask import current_app
from hypothesis import Phase, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, func, select

from campaign_app.accounts.models import Organiser
from campaign_app.extensions import db
from campaign_app.integrity import batches
from campaign_app.integrity import operations as integrity
from campaign_app.integrity.models import InvalidatedSignature, Invalidation
from campaign_app.integrity.rules import Rule
from campaign_app.mail import worker
from campaign_app.mail.models import JobLease, OutboxMail
from campaign_app.mail.transport import ConnectionBroke
from campaign_app.mail.worker import run_batch
from campaign_app.petitions import operations as petitions
from campaign_app.petitions.models import Petition
from campaign_app.petitions.queries import forget_kept, open_petition
from campaign_app.petitions.rules import PetitionClosed
from campaign_app.sealing import tags
from campaign_app.sealing.keys import keyring
from campaign_app.shield.models import Spent
from campaign_app.shield.operations import NonceSpent
from campaign_app.signing import confirming, operations, private_page
from campaign_app.signing.mailboxes import SignatureUnknown, mailbox_mark
from campaign_app.signing.models import Pending, PrivateLink, Signature, Tombstone
from campaign_app.signing.recount import recount
from campaign_app.signing.rules import folded_name
from campaign_app.tally.models import TallyCell
from campaign_app.tally.queries import SETTLED, statement
from tests.integrity.campaigns import an_organiser
from tests.supporters import SLUG, link_in

PLACES = 2  # people of one mailbox
BEGIN = datetime(2026, 3, 5, 22, 0, tzinfo=UTC)
MAILBOXES = ("first@example.org", "second@example.org")
SOME_MAILBOX = some.sampled_from(MAILBOXES)
PEOPLE = some.sampled_from(["Amal Test", "Basel Test", "Carim Test"])
SPELLINGS = some.sampled_from([str, str.upper, lambda name: f" {name}."])
CRASHES = some.booleans()
HOW_FAR = some.sampled_from(["asked", "mailed", "unnoted", "counted", "counted", "withdrawn"])
EMPTIED = (
    InvalidatedSignature,
    Invalidation,
    OutboxMail,
    JobLease,
    Spent,
    Tombstone,
    PrivateLink,
    Pending,
    Signature,
    TallyCell,
)
Whom = tuple[str, str]  # mailbox, person


@dataclass(frozen=True)
class Asked:
    """One request as the model knows it. token: "" until its mail arrived."""

    whom: Whom
    is_shown: bool
    is_sent: bool
    expires_on: Any
    is_for_link: bool = False


@dataclass(frozen=True)
class Counted:
    """One row as the model knows it. out_by: the number of the run that took it out of the count, or 0."""

    is_counted: bool
    is_shown: bool
    path: str = "js"
    out_by: int = 0


@dataclass(frozen=True)
class Post:
    """One form as it was sent, so that it can be sent again."""

    nonce: bytes
    body_mac: bytes
    signer: operations.Signer


class Postman:
    """A transport that delivers into a dict, and breaks after each mail where it is told to."""

    pause_seconds = 0.0

    def __init__(self, *, is_broken: bool) -> None:
        self.delivered: list[str] = []
        self.is_broken = is_broken

    def send(self, message: EmailMessage) -> None:
        """Deliver the mail; where broken, nobody hears that it arrived."""
        self.delivered.append(link_in(message))
        if self.is_broken:
            raise ConnectionBroke("the relay said nothing more")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None: ...


class Life(RuleBasedStateMachine):
    """One petition, its two mailboxes, and a clock that only moves on."""

    def __init__(self, drawn: list[str]) -> None:
        super().__init__()
        self.drawn = drawn
        self.now = BEGIN
        self.is_open = True
        self.requests: dict[str, Asked] = {}
        self.rows: dict[Whom, Counted] = {}
        self.links: dict[str, str] = {}  # token → mailbox whose private page it opens
        self.known: list[str] = []  # tokens of mails that arrived, ever
        self.posts: list[Post] = []
        self.active: int | None = None  # the run that takes people out just now
        self.done: list[int] = []  # runs that may be undone

    @initialize(history=some.lists(some.tuples(SOME_MAILBOX, PEOPLE, some.booleans(), HOW_FAR), max_size=5))
    def begin(self, history: list[tuple[str, str, bool, str]]) -> None:
        """Empty the tables, open the petition, and let some people sign, get their mail and confirm."""
        for model in EMPTIED:
            db.session.execute(delete(model))
        row = petitions.petition_by_slug(SLUG)
        row.state, row.people_per_mailbox = "open", PLACES
        db.session.commit()
        self.forget()
        self.petition = open_petition(SLUG, self.now)
        self.key = tags.petition_tag_key(self.petition.id, session=db.session)
        db.session.rollback()
        for mailbox, person, is_shown, how_far in history:
            self.sign(mailbox, person, str, is_shown, False)
            token = self.newest_token()
            if how_far == "asked":
                continue
            self.let_mail_go(how_far == "unnoted")
            if how_far == "mailed" or token not in self.known:
                continue
            self.confirm(token, crash=False)
            if how_far == "withdrawn" and (mailbox, person) in self.rows:
                self.take_back((mailbox, person), crash=False)

    # -- Steps ------------------------------------------------------------------------------------------

    @rule(mailbox=SOME_MAILBOX, person=PEOPLE, spelling=SPELLINGS, is_shown=some.booleans(), crash=CRASHES)
    def sign(
        self, mailbox: str, person: str, spelling: Callable[[str], str], is_shown: bool, crash: bool
    ) -> None:
        signer = a_signer(mailbox, spelling(person).strip(), is_shown=is_shown)
        post = Post(secrets.token_bytes(12), secrets.token_bytes(32), signer)
        if not self.is_open:
            with pytest.raises(PetitionClosed):
                open_petition(SLUG, self.now)
            return
        self.take(lambda: self.send(post), crash=crash)
        self.posts.append(post)
        self.requests[self.newest_token()] = Asked(
            (mailbox, person), is_shown, False, self.now.date() + timedelta(days=7)
        )

    @precondition(lambda self: self.posts)
    @rule(chosen=some.data(), crash=CRASHES)
    def send_the_same_form_again(self, chosen: Any, crash: bool) -> None:
        post = chosen.draw(some.sampled_from(self.posts))
        self.take(lambda: self.send(post), crash=crash)

    @precondition(lambda self: self.posts)
    @rule(chosen=some.data())
    def send_a_changed_form_under_a_used_nonce(self, chosen: Any) -> None:
        post = chosen.draw(some.sampled_from(self.posts))
        with pytest.raises(NonceSpent):
            self.send(replace(post, body_mac=secrets.token_bytes(32)))
        db.session.rollback()

    @rule(is_broken=some.sampled_from([False, False, True]))
    def let_mail_go(self, is_broken: bool) -> None:
        postman = Postman(is_broken=is_broken)
        run_batch(now=self.now, transport=postman)
        for token in sorted(
            postman.delivered, key=self.drawn.index
        ):  # of mails due together none is the first
            self.known = [*dict.fromkeys([*self.known, token])]
            if not is_broken and token in self.requests:
                self.requests[token] = replace(self.requests[token], is_sent=True)

    @precondition(lambda self: self.known)
    @rule(chosen=some.data(), crash=CRASHES, times=some.integers(1, 2))
    def open_a_mailed_link(self, chosen: Any, crash: bool, times: int) -> None:
        token = chosen.draw(some.sampled_from(self.known))
        for _ in range(times):
            self.confirm(token, crash=crash)

    @precondition(lambda self: self.is_open and self.rows)
    @rule(chosen=some.data(), person=PEOPLE, is_shown=some.booleans(), crash=CRASHES)
    def add_a_person(self, chosen: Any, person: str, is_shown: bool, crash: bool) -> None:
        mailbox, _ = chosen.draw(some.sampled_from(sorted(self.rows)))
        signer = a_signer(mailbox, person, is_shown=is_shown, path="added")

        def add() -> None:
            private_page.add_person(
                petition=self.petition, tag=self.tag(mailbox), signer=signer, keyring=keyring(), now=self.now
            )

        if self.has_place((mailbox, person)):
            self.take(add, crash=crash)
            self.rows[mailbox, person] = Counted(is_counted=True, is_shown=is_shown, path="added")
        else:
            with pytest.raises(private_page.AlreadyCounted):
                add()
            db.session.rollback()

    @precondition(lambda self: self.rows)
    @rule(chosen=some.data(), crash=CRASHES, times=some.integers(1, 2))
    def withdraw(self, chosen: Any, crash: bool, times: int) -> None:
        whom = chosen.draw(some.sampled_from(sorted(self.rows)))
        for _ in range(times):
            self.take_back(whom, crash=crash)

    @precondition(lambda self: self.rows)
    @rule(chosen=some.data(), crash=CRASHES)
    def erase(self, chosen: Any, crash: bool) -> None:
        whom = chosen.draw(some.sampled_from(sorted(self.rows)))
        about = self.about(whom)
        self.take(lambda: private_page.erase(**about, now=self.now), crash=crash)
        with pytest.raises(SignatureUnknown):
            private_page.erase(**about, now=self.now)
        db.session.rollback()
        del self.rows[whom]
        mailbox = whom[0]
        if any(other == mailbox for other, _ in self.rows):
            self.end_requests(lambda asked: asked.whom == whom and not asked.is_for_link)
        else:
            self.end_requests(lambda asked: asked.whom[0] == mailbox)
            self.links = {token: other for token, other in self.links.items() if other != mailbox}

    @precondition(lambda self: any(row.is_counted for row in self.rows.values()))
    @rule(chosen=some.data(), spelling=SPELLINGS, crash=CRASHES)
    def show_or_hide_a_name(self, chosen: Any, spelling: Callable[[str], str], crash: bool) -> None:
        whom = chosen.draw(some.sampled_from(sorted(who for who, row in self.rows.items() if row.is_counted)))
        about = self.about(whom)
        if self.rows[whom].is_shown:
            self.take(lambda: private_page.hide_name(**about, now=self.now), crash=crash)
        else:
            typed = {"name": spelling(whom[1]), "email": whom[0].upper()}
            self.take(lambda: private_page.show_name(**about, **typed), crash=crash)
        self.rows[whom] = replace(self.rows[whom], is_shown=not self.rows[whom].is_shown)

    @rule(mailbox=SOME_MAILBOX, crash=CRASHES)
    def ask_for_a_lost_link(self, mailbox: str, crash: bool) -> None:
        self.take(lambda: operations.ask_for_link(email=mailbox, language="en", **self.form()), crash=crash)
        until = self.now.date() + timedelta(days=7)
        self.requests[self.newest_token()] = Asked((mailbox, ""), False, False, until, is_for_link=True)

    @rule(mailbox=SOME_MAILBOX)
    def ask_to_send_again(self, mailbox: str) -> None:
        self.take(
            lambda: operations.ask_to_send_again(email=mailbox, language="en", **self.form()), crash=False
        )

    @rule(hours=some.sampled_from([1, 3, 25, 24 * 8]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.forget()

    @rule(crash=CRASHES)
    def requests_expire(self, crash: bool) -> None:
        self.take(lambda: operations.expire_pendings(now=self.now), crash=crash)
        self.end_requests(lambda asked: asked.expires_on < self.now.date())

    @rule()
    def close_or_open_again(self) -> None:
        self.is_open = not self.is_open
        petitions.move(
            petition=petitions.petition_by_slug(SLUG),
            to="open" if self.is_open else "closed",
            obstacles=[],
            now=self.now,
        )
        db.session.commit()
        self.forget()

    @precondition(lambda self: self.active is None)
    @rule(path=some.sampled_from(["js", "js", "added"]), steps=some.integers(0, 3), crash=CRASHES)
    def take_out_by_a_rule(self, path: str, steps: int, crash: bool) -> None:
        fitting = sum(row.is_counted and row.path == path for row in self.rows.values())
        if not fitting:
            return
        self.take(lambda: self.invalidate(path, fitting), crash=crash)
        self.active = self.run_now().id
        for _ in range(steps):
            self.take(lambda: integrity.step(now=self.now), crash=crash)
        self.see_who_is_out(path)

    @precondition(lambda self: self.active is not None)
    @rule(is_cancelled=some.booleans(), crash=CRASHES)
    def let_the_worker_finish(self, is_cancelled: bool, crash: bool) -> None:
        run = self.run_now()
        path, number = run.path, run.id
        if is_cancelled:
            self.take(lambda: integrity.cancel(run=self.run_now(), by=self.by(), now=self.now), crash=crash)
        while self.take(lambda: integrity.step(now=self.now), crash=crash):
            pass
        if is_cancelled:
            self.all_back(number)
        else:
            self.see_who_is_out(path)
            self.done.append(number)
        self.active = None

    @precondition(lambda self: self.done and self.active is None)
    @rule(chosen=some.data(), crash=CRASHES)
    def undo_a_run(self, chosen: Any, crash: bool) -> None:
        number = chosen.draw(some.sampled_from(self.done))
        self.done.remove(number)
        self.active = number
        self.take(lambda: integrity.undo(run=self.run_now(), by=self.by(), now=self.now), crash=crash)
        while self.take(lambda: integrity.step(now=self.now), crash=crash):
            pass
        self.active = None
        self.all_back(number)

    # -- What always holds ------------------------------------------------------------------------------

    @invariant()
    def the_count_is_the_model_is_the_cells_is_the_rows(self) -> None:
        numbers = statement(self.petition.id, now=self.now)
        again = recount(self.petition.id)
        counted = [whom for whom, row in self.rows.items() if row.is_counted]
        waiting = [asked for asked in self.requests.values() if asked.is_sent and not asked.is_for_link]
        assert numbers.people == len(counted) == again.people_by_rows == again.people_by_cells
        assert numbers.mailboxes == len({mailbox for mailbox, _ in counted}) == again.mailboxes_by_rows
        assert again.open_requests_by_cells == len(waiting) == again.open_requests_by_rows
        assert again.agrees
        db.session.rollback()

    @invariant()
    def the_rows_are_the_model_s_and_hold_no_more_than_they_may(self) -> None:
        rows = db.session.execute(
            select(Signature.tag, Signature.state, Signature.public_name, Signature.sealed_contact)
        ).all()
        assert len(rows) == len(self.rows)
        assert sum(row.public_name is not None for row in rows) == sum(
            row.is_shown for row in self.rows.values()
        )
        assert all((row.sealed_contact is None) == (row.state == "withdrawn") for row in rows)
        assert db.session.scalar(select(func.count()).select_from(Pending)) == len(self.requests)
        self.no_mail_is_about_nobody()
        db.session.rollback()

    @invariant()
    def the_links_open_what_they_opened(self) -> None:
        for token in self.known:
            found = confirming.mailbox_of_link(confirming.token_hash(token))
            expected = self.tag(self.links[token]) if token in self.links else None
            assert (found[1] if found else None) == expected
        db.session.rollback()

    # -- How ------------------------------------------------------------------------------------------------

    def take(self, step: Callable[[], Any], *, crash: bool) -> Any:
        """Take a step and commit it; where it crashes before the commit, take it again."""
        if crash:
            step()
            db.session.rollback()
        done = step()
        db.session.commit()
        return done

    def by(self) -> Organiser:
        """Return the organiser who does it."""
        return db.session.scalars(select(Organiser)).first() or an_organiser()

    def run_now(self) -> Invalidation:
        """Return the run under way, or the one to be undone, as it is stored."""
        found = integrity.active_run(self.petition.id)
        return found or db.session.get_one(Invalidation, self.active)

    def invalidate(self, path: str, fitting: int) -> None:
        """Begin a run that takes out everyone who signed on one path."""
        integrity.invalidate(
            petition=db.session.get_one(Petition, self.petition.id),
            rule=Rule(path=path),
            reason="automated",
            note="",
            expected=fitting,
            fitting=fitting,
            by=self.by(),
            now=self.now,
        )

    def see_who_is_out(self, path: str) -> None:
        """Learn whom the worker took first: nobody says who that is, only that they fit the rule."""
        out = set(
            db.session.scalars(select(Signature.person_tag).where(Signature.state == "invalidated")).all()
        )
        assert self.active is not None
        db.session.rollback()
        for whom, row in self.rows.items():
            if row.is_counted and self.person_tag(*whom) in out:
                assert row.path == path
                self.rows[whom] = replace(row, is_counted=False, out_by=self.active)

    def all_back(self, number: int) -> None:
        """Count everyone again whom a run took out and who did not leave since."""
        for whom, row in self.rows.items():
            if row.out_by == number:
                self.rows[whom] = replace(row, is_counted=True, out_by=0)

    def no_mail_is_about_nobody(self) -> None:
        """Each waiting mail is about an open request, or a mailbox asks by it to be sent its mails again."""
        marks = {mailbox_mark(self.tag(mailbox)) for mailbox in MAILBOXES}
        pendings = set(db.session.scalars(select(Pending.id)))
        assert set(db.session.scalars(select(OutboxMail.about))) <= pendings | marks

    def confirm(self, token: str, *, crash: bool) -> None:
        """Press the button behind a link, in the model and in fact."""
        is_new = self.model_confirms(token)
        if is_new is None:
            with pytest.raises(confirming.LinkUnknown):
                confirming.confirm(token=token, now=self.now)
            db.session.rollback()
            return
        done = self.take(lambda: confirming.confirm(token=token, now=self.now), crash=crash)
        assert done.is_new == is_new

    def take_back(self, whom: Whom, *, crash: bool) -> None:
        """Withdraw, in the model and in fact."""
        self.take(lambda: private_page.withdraw(**self.about(whom), now=self.now), crash=crash)
        self.rows[whom] = Counted(is_counted=False, is_shown=False)
        self.end_requests(lambda asked: asked.whom == whom and not asked.is_for_link, keeps_links=True)

    def send(self, post: Post) -> None:
        """Send one form as the view would."""
        operations.sign(signer=post.signer, **{**self.form(), "nonce": post.nonce, "body_mac": post.body_mac})

    def form(self) -> dict[str, Any]:
        """Return what every form brings along."""
        return {
            "petition": self.petition,
            "nonce": secrets.token_bytes(12),
            "body_mac": secrets.token_bytes(32),
            "plan_mail": lambda tag, domain: operations.MailPlan(not_before=self.now, is_held=False),
            "keyring": keyring(),
            "now": self.now,
        }

    def newest_token(self) -> str:
        """Return the token that operations drew last."""
        return self.drawn[-1]

    def model_confirms(self, token: str) -> bool | None:
        """Open a link in the model; return whether somebody is newly counted, or None for an unknown link."""
        asked = self.requests.get(token)
        if asked is None:
            return False if token in self.links else None
        mailbox = asked.whom[0]
        if asked.is_for_link:
            if not any(other == mailbox for other, _ in self.rows):
                return None
            del self.requests[token]
            self.links[token] = mailbox
            return False
        is_new = self.has_place(asked.whom)
        if is_new:
            self.rows[asked.whom] = Counted(is_counted=True, is_shown=asked.is_shown)
        self.end_requests(lambda other: other.whom == asked.whom and not other.is_for_link, keeps_links=True)
        return is_new

    def has_place(self, whom: Whom) -> bool:
        """Whether a person would be newly counted: known and withdrawn, or unknown with a place free."""
        if whom in self.rows:
            return not self.rows[whom].is_counted and not self.rows[whom].out_by
        return sum(mailbox == whom[0] for mailbox, _ in self.rows) < PLACES

    def end_requests(self, ends: Callable[[Asked], bool], *, keeps_links: bool = False) -> None:
        """End requests in the model; their links open the private page from then on, or nothing."""
        for token in [token for token, asked in self.requests.items() if ends(asked)]:
            mailbox = self.requests.pop(token).whom[0]
            if keeps_links:
                self.links[token] = mailbox

    def about(self, whom: Whom) -> dict[str, Any]:
        """Return how operations name a person of the model."""
        mailbox, person = whom
        tag = self.tag(mailbox)
        nth = db.session.scalar(
            select(Signature.nth).where(Signature.person_tag == self.person_tag(mailbox, person))
        )
        db.session.rollback()
        return {"petition_id": self.petition.id, "tag": tag, "nth": nth}

    def tag(self, mailbox: str) -> bytes:
        return tags.tag(self.key, mailbox)

    def person_tag(self, mailbox: str, person: str) -> bytes:
        return tags.person_tag(self.key, mailbox, folded_name(person))

    def forget(self) -> None:
        """Drop what this process keeps for a second, or for a settled day."""
        forget_kept()
        current_app.extensions.pop(SETTLED, None)


def a_signer(email: str, name: str, *, is_shown: bool, path: str = "js") -> operations.Signer:
    """Return what a person of the model typed."""
    return operations.Signer(
        name=name,
        email=email,
        country="DE",
        language="en",
        source="direct",
        path=path,
        text_language="en",
        text_version=1,
        consent_version=1,
        updates_version=None,
        is_shown=is_shown,
    )


def test_count_is_model_is_cells_is_rows_whatever_happens(context, monkeypatch):
    drawn: list[str] = []

    def new_token() -> str:
        drawn.append(secrets.token_urlsafe(24))
        return drawn[-1]

    monkeypatch.setattr(operations, "new_token", new_token)
    monkeypatch.setattr(batches, "BATCH", 1)
    monkeypatch.setattr(worker, "_random", lambda: 0.4)  # the same life twice must be the same

    run_state_machine_as_test(
        lambda: Life(drawn),
        settings=settings(
            deadline=None,
            max_examples=40,
            stateful_step_count=25,
            derandomize="CI" in os.environ,
            database=None,
            phases=[Phase.generate],  # add Phase.shrink to see the shortest life that fails; it takes minutes
        ),
    )
