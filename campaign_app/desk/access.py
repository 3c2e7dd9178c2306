"""Who may open what: one table of every endpoint of the desk. An endpoint that is not in it stops the start."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..accounts.rules import APPROVER, ORGANISER, OWNER, ROLES, TRANSLATOR
from ..errors import ConfigurationError

NOBODY = frozenset[str]()
ANYONE_HERE = frozenset(ROLES)
OWNERS = frozenset({OWNER})
ORGANISERS = frozenset({OWNER, ORGANISER})
APPROVERS = frozenset(
    {OWNER, ORGANISER, APPROVER}
)  # which of them approves what stands in approvals/rules.py
WRITERS = frozenset({OWNER, ORGANISER, TRANSLATOR})
READERS = frozenset({OWNER, ORGANISER, APPROVER, TRANSLATOR})
LONG_TEXT_BYTES = (
    2 * 1024 * 1024
)  # two languages at their limits: in a form, an Arabic letter takes six bytes


@dataclass(frozen=True)
class Access:
    """Who may open an endpoint.

    roles: any of these is enough. is_open: also to whoever is not signed in. before_factor: also to whoever has
    joined and has no second factor yet. is_way_in: of no use to whoever is signed in, who is led home.
    fresh: only after the second factor was given in the last minutes. body_bytes: how long a form may be, where it may
    be longer than elsewhere.
    """

    roles: frozenset[str] = NOBODY
    is_open: bool = False
    before_factor: bool = False
    is_way_in: bool = False
    fresh: bool = False
    body_bytes: int | None = None


OPEN = Access(ANYONE_HERE, is_open=True, before_factor=True)
WAY_IN = Access(ANYONE_HERE, is_open=True, before_factor=True, is_way_in=True)
CLOSED = Access()
HERE = Access(ANYONE_HERE)
JOINING = Access(ANYONE_HERE, before_factor=True)

ACCESS: dict[str, Access] = {
    # Signing in. Flask-Security's pages between the password and the second factor hold to its own session marks.
    "security.login": WAY_IN,
    "security.two_factor_token_validation": WAY_IN,
    "security.tf_select": WAY_IN,
    "security.wan_signin": WAY_IN,
    "security.wan_signin_response": WAY_IN,
    "security.mf_recovery": WAY_IN,
    "accounts.invitation": OPEN,
    "accounts.accept": OPEN,
    "accounts.choose_language": OPEN,
    # Setting up the second factor, and what is left to whoever has none.
    "accounts.sign_in_settings": JOINING,
    "accounts.leave": JOINING,
    "accounts.prove": JOINING,
    "security.two_factor_setup": JOINING,
    "security.two_factor_setup_validate": JOINING,
    "security.wan_register": JOINING,
    "security.wan_register_response": JOINING,
    # One's own account.
    "accounts.end_session": Access(ANYONE_HERE, fresh=True),
    "accounts.end_other_sessions": Access(ANYONE_HERE, fresh=True),
    "security.wan_verify": HERE,
    "security.wan_verify_response": HERE,
    "security.wan_delete": Access(ANYONE_HERE, fresh=True),
    "security.mf_recovery_codes": Access(ANYONE_HERE, fresh=True),
    "security.change_password": Access(ANYONE_HERE, fresh=True),
    # Never: our own pages do it, and ask for more.
    "security.logout": CLOSED,
    "security.verify": CLOSED,
    "security.two_factor_rescue": CLOSED,  # it would mail somebody
    # The desk.
    "desk.home": HERE,
    "numbers.petitions": HERE,
    "numbers.petition": HERE,
    "numbers.table": Access(ORGANISERS),
    "record.entries": Access(ORGANISERS),
    "record.verify": Access(ORGANISERS),
    "record.export": Access(OWNERS),
    "lockdown.page": Access(OWNERS, fresh=True),
    "lockdown.lock": Access(OWNERS, fresh=True),
    "lockdown.lift": Access(OWNERS, fresh=True),
    # Updates to those who asked for news.
    "mailings.overview": Access(ORGANISERS),
    "mailings.begin": Access(ORGANISERS),
    "mailings.write": Access(ORGANISERS, body_bytes=LONG_TEXT_BYTES),
    "mailings.show": Access(ORGANISERS),
    "mailings.edit": Access(ORGANISERS),
    "mailings.rewrite": Access(ORGANISERS, body_bytes=LONG_TEXT_BYTES),
    "mailings.preview": Access(ORGANISERS),
    "mailings.test": Access(ORGANISERS),
    "mailings.ask": Access(ORGANISERS),
    "mailings.take_back": Access(ORGANISERS),
    "mailings.release": Access(ORGANISERS, fresh=True),
    "mailings.key": Access(ORGANISERS),
    "mailings.load": Access(ORGANISERS),
    "mailings.start": Access(ORGANISERS, fresh=True),
    "mailings.pause": Access(ORGANISERS),
    "mailings.resume": Access(ORGANISERS),
    "mailings.set_pace": Access(ORGANISERS),
    "mailings.stop": Access(ORGANISERS, fresh=True),
    "mailings.returned": Access(ORGANISERS),
    "mailings.take_returned": Access(ORGANISERS, body_bytes=LONG_TEXT_BYTES),
    "team.people": Access(OWNERS),
    "team.invite": Access(OWNERS, fresh=True),
    "team.withdraw_invitation": Access(OWNERS),
    "team.change_roles": Access(OWNERS, fresh=True),
    "team.ask_to_deactivate": Access(OWNERS, fresh=True),
    "team.deactivate": Access(OWNERS, fresh=True),
    "team.begin_anew": Access(OWNERS, fresh=True),
    # What needs a second person.
    "approvals.waiting": Access(APPROVERS),
    "approvals.approve": Access(APPROVERS, fresh=True),
    "approvals.decline": Access(APPROVERS),
    "approvals.cancel": Access(APPROVERS),
    # Counts, and sealed sheets.
    "exports.overview": Access(ORGANISERS),
    "exports.counts": Access(ORGANISERS),
    "exports.ask": Access(ORGANISERS),
    "exports.sheet": Access(ORGANISERS),
    "exports.make": Access(ORGANISERS, fresh=True),
    "exports.download": Access(ORGANISERS, fresh=True),
    "exports.manifest": Access(ORGANISERS),
    "exports.cancel": Access(ORGANISERS),
    "team.sign_out_everywhere": Access(OWNERS, fresh=True),
    # Petitions. Whoever translates writes all languages but the petition's own: the views hold that.
    "editor.petitions": HERE,
    "editor.petition": HERE,
    "editor.new": Access(ORGANISERS),
    "editor.create": Access(ORGANISERS),
    "editor.settings": HERE,
    "editor.save_settings": Access(ORGANISERS),
    "editor.texts": HERE,
    "editor.save_texts": Access(WRITERS, body_bytes=LONG_TEXT_BYTES),
    "editor.preview": Access(WRITERS, body_bytes=LONG_TEXT_BYTES),
    "editor.history": HERE,
    "editor.version": HERE,
    "editor.addressees": HERE,
    "editor.save_addressees": Access(WRITERS, body_bytes=LONG_TEXT_BYTES),
    "editor.goals": HERE,
    "editor.save_goals": Access(WRITERS, body_bytes=LONG_TEXT_BYTES),
    "editor.new_news": Access(WRITERS),
    "editor.begin_news": Access(WRITERS, body_bytes=LONG_TEXT_BYTES),
    "editor.news": HERE,
    "editor.edit_news": Access(WRITERS),
    "editor.save_news": Access(WRITERS, body_bytes=LONG_TEXT_BYTES),
    "editor.publish_news": Access(ORGANISERS, fresh=True),
    "editor.drop_news": Access(ORGANISERS),
    "editor.words": HERE,
    "editor.save_words": Access(ORGANISERS, body_bytes=LONG_TEXT_BYTES),
    "editor.figures": HERE,
    "steps.ask": Access(ORGANISERS, fresh=True),
    "steps.take": Access(ORGANISERS, fresh=True),
    # The directory of recipients.
    "bodies.directory": HERE,
    "bodies.show": HERE,
    "bodies.edit": Access(ORGANISERS),
    "bodies.save": Access(ORGANISERS, body_bytes=LONG_TEXT_BYTES),
    "bodies.check": Access(ORGANISERS),
    "bodies.new": Access(ORGANISERS),
    "bodies.create": Access(ORGANISERS, body_bytes=LONG_TEXT_BYTES),
    "bodies.council": HERE,
    "bodies.override": Access(ORGANISERS),
    # Letters. Whoever only looks on reads no draft and nothing confidential: the views hold that.
    "letter_desk.overview": HERE,
    "letter_desk.show": HERE,
    "letter_desk.file": HERE,
    "letter_desk.new": Access(ORGANISERS),
    "letter_desk.create": Access(ORGANISERS),
    "letter_desk.edit": Access(WRITERS),
    "letter_desk.save": Access(WRITERS, body_bytes=LONG_TEXT_BYTES),
    "letter_desk.preview": Access(WRITERS, body_bytes=LONG_TEXT_BYTES),
    "letter_desk.specimen": Access(READERS),
    "letter_desk.versions": Access(READERS),
    "letter_desk.ask": Access(ORGANISERS),
    "letter_desk.take_back": Access(ORGANISERS),
    "letter_desk.before_issuing": Access(ORGANISERS),
    "letter_desk.issue": Access(ORGANISERS, fresh=True),
    "letter_desk.withdraw": Access(ORGANISERS, fresh=True),
    "letter_desk.correct": Access(ORGANISERS),
    "letter_desk.batch_list": HERE,
    "letter_desk.show_batch": HERE,
    "letter_desk.new_batch": Access(ORGANISERS),
    "letter_desk.create_batch": Access(ORGANISERS),
    "letter_desk.ask_batch": Access(ORGANISERS),
    "letter_desk.approve_batch": Access(APPROVERS, fresh=True),
    "letter_desk.issue_batch": Access(ORGANISERS, fresh=True),
    "letter_desk.withdraw_batch": Access(ORGANISERS, fresh=True),
    "letter_desk.download_batch": Access(ORGANISERS),
    "letter_desk.rehearse_batch": Access(READERS),
    "letter_desk.before_packing": Access(ORGANISERS),
    "letter_desk.pack_letter": Access(ORGANISERS),
    "letter_desk.before_packing_batch": Access(ORGANISERS),
    "letter_desk.pack_batch": Access(ORGANISERS),
    "letter_desk.sending": Access(ORGANISERS),
    "letter_desk.send": Access(ORGANISERS, fresh=True),
    "letter_desk.recording": Access(ORGANISERS),
    "letter_desk.record_delivery": Access(ORGANISERS),
    "letter_desk.delivery": Access(READERS),
    "letter_desk.stop": Access(ORGANISERS),
    "letter_desk.note_receipt": Access(ORGANISERS),
    "letter_desk.note_returned": Access(ORGANISERS),
    "letter_desk.new_reply": Access(ORGANISERS),
    "letter_desk.file_reply": Access(ORGANISERS),
    "letter_desk.reply": Access(READERS),
    "letter_desk.scan": Access(READERS),
    "letter_desk.publishing": Access(ORGANISERS, fresh=True),
    "letter_desk.publish_reply": Access(ORGANISERS, fresh=True),
    "letter_desk.hide_reply": Access(ORGANISERS),
    "letter_desk.follow_up": Access(ORGANISERS),
    "letter_desk.close": Access(ORGANISERS, fresh=True),
    # Integrity.
    "integrity.overview": Access(ORGANISERS),
    "integrity.petition": Access(ORGANISERS),
    "integrity.rule": Access(ORGANISERS),
    "integrity.preview": Access(ORGANISERS),
    "integrity.invalidate": Access(ORGANISERS, fresh=True),
    "integrity.run": Access(ORGANISERS),
    "integrity.cancel": Access(ORGANISERS),
    "integrity.undo": Access(ORGANISERS, fresh=True),
    "integrity.held_mail": Access(ORGANISERS),
    "integrity.decide_held": Access(ORGANISERS),
    "elsewhere.totals": Access(ORGANISERS),
    "elsewhere.record": Access(ORGANISERS),
    "elsewhere.check": Access(ORGANISERS, fresh=True),
    "elsewhere.take_back": Access(ORGANISERS),
    "elsewhere.destroyed": Access(ORGANISERS),
    # Printed matter.
    "printed.matter": Access(ORGANISERS),
    "printed.sheets": Access(ORGANISERS),
    # Partners, and organisations that support a petition.
    "partners.overview": Access(ORGANISERS),
    "partners.show": Access(ORGANISERS),
    "partners.new": Access(ORGANISERS),
    "partners.create": Access(ORGANISERS, fresh=True),
    "partners.edit": Access(ORGANISERS),
    "partners.save": Access(ORGANISERS, fresh=True),
    "partners.pause": Access(ORGANISERS),
    "partners.resume": Access(ORGANISERS, fresh=True),
    "partners.ending": Access(ORGANISERS),
    "partners.end": Access(ORGANISERS, fresh=True),
    "partners.make_link": Access(ORGANISERS, fresh=True),
    "partners.revoke_link": Access(ORGANISERS),
    "endorsements.listed": Access(ORGANISERS),
    "endorsements.record": Access(ORGANISERS),
    "endorsements.check": Access(ORGANISERS, fresh=True),
    "endorsements.withdraw": Access(ORGANISERS, fresh=True),
}


def refuse_unlisted(endpoints: Iterable[str]) -> None:
    """Refuse to start while somebody forgot to say who may open a page. Raises ConfigurationError naming them."""
    found = set(endpoints)
    if unlisted := sorted(found - set(ACCESS)):
        raise ConfigurationError(f"desk/access.py does not say who may open {', '.join(unlisted)}")
    if gone := sorted(set(ACCESS) - found):
        raise ConfigurationError(f"desk/access.py names what does not exist: {', '.join(gone)}")
