"""What each action on the record is in plain words. An action that is not here is shown as it was written."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

ROOMS: Mapping[str, LazyString] = {
    "accounts": _l("Team and sign-in"),
    "approval": _l("Approvals"),
    "audit": _l("The record itself"),
    "backup": _l("Backups"),
    "body": _l("Directory of recipients"),
    "contacts": _l("Contacts"),
    "export": _l("Exports"),
    "integrity": _l("Integrity of the count"),
    "keys": _l("Keys"),
    "letter": _l("Letters"),
    "lockdown": _l("Lockdown"),
    "mail": _l("Mail"),
    "numbers": _l("Numbers"),
    "petition": _l("Petitions"),
    "presidency": _l("Presidency of the Council"),
    "updates": _l("News to supporters"),
    "words": _l("Words to avoid"),
}
ACTIONS: Mapping[str, LazyString] = {
    "accounts.invite": _l("Invited somebody to join, or to begin anew"),
    "accounts.join": _l("Joined, or began anew with a new password"),
    "accounts.withdraw-invitation": _l("Withdrew an invitation"),
    "accounts.change-roles": _l("Changed somebody's roles"),
    "accounts.deactivate": _l("Closed an account"),
    "accounts.sign-in": _l("Signed in"),
    "accounts.second-factor-failed": _l("Gave a right password and a wrong second step"),
    "accounts.change-sign-in": _l("Changed how they sign in"),
    "accounts.end-session": _l("Signed out, or ended one session"),
    "accounts.end-sessions": _l("Ended their other sessions"),
    "accounts.sign-out-everywhere": _l("Signed somebody out everywhere"),
    "approval.ask": _l("Asked for a release"),
    "approval.approve": _l("Approved a release"),
    "approval.decline": _l("Declined a release"),
    "approval.cancel": _l("Took a request for a release back"),
    "approval.release": _l("Released what was approved"),
    "audit.export": _l("Saved entries of this record as a file"),
    "backup.make": _l("Made a backup"),
    "backup.restore": _l("Restored a backup"),
    "body.add": _l("Added a recipient to the directory"),
    "body.check": _l("Compared a recipient's details with their source"),
    "body.edit": _l("Changed a recipient's details"),
    "body.load": _l("Loaded the shipped directory of recipients"),
    "contacts.delete": _l("Deleted contacts whose time was over"),
    "export.counts": _l("Exported counts"),
    "export.cancel": _l("Took a request for a sealed sheet back"),
    "export.download": _l("Downloaded a sealed sheet"),
    "export.make-anew": _l("Had a sealed sheet made anew"),
    "export.sealed": _l("Exported a sealed sheet of signatures"),
    "integrity.invalidate": _l("Began to take signatures out of the count"),
    "integrity.done": _l("Took signatures out of the count"),
    "integrity.cancelling": _l("Stopped taking signatures out of the count"),
    "integrity.cancelled": _l("Put back what a stopped run had taken out"),
    "integrity.undoing": _l("Began to put signatures back into the count"),
    "integrity.undone": _l("Put signatures back into the count"),
    "integrity.check-total": _l("Checked a total from elsewhere"),
    "integrity.keep-waiting": _l("Kept held mail waiting"),
    "integrity.let-go": _l("Let held mail go"),
    "integrity.record-total": _l("Recorded a total from elsewhere"),
    "integrity.take-total-back": _l("Took a total from elsewhere back"),
    "keys.add": _l("Added a key of the campaign"),
    "keys.confirm-backup": _l("Proved the backup of a key"),
    "keys.destroy-old-masters": _l("Destroyed old master keys"),
    "keys.make": _l("Made the server's keys"),
    "keys.prepare-master": _l("Prepared the next master key"),
    "keys.remove": _l("Removed a key of the campaign"),
    "keys.rotate-mail": _l("Replaced the mail key"),
    "keys.rotate-master": _l("Replaced the master key"),
    "keys.shred": _l("Destroyed the key of a closed petition"),
    "letter.correct": _l("Began a letter that corrects another"),
    "letter.documents": _l("Made the documents of a letter"),
    "letter.draft": _l("Began a letter"),
    "letter.edit": _l("Changed a letter"),
    "letter.issue": _l("Issued a letter"),
    "letter.withdraw": _l("Took a letter back"),
    "lockdown.lock": _l("Locked down"),
    "lockdown.lift": _l("Took a part of a lockdown back"),
    "lockdown.keys-done": _l("Finished replacing keys for a lockdown"),
    "lockdown.purge-done": _l("Finished deleting requests for a lockdown"),
    "mail.requeue": _l("Sent refused mails once more"),
    "numbers.csv": _l("Saved a table of numbers as a file"),
    "petition.addressees": _l("Changed whom a petition addresses"),
    "petition.create": _l("Created a petition"),
    "petition.draft-news": _l("Wrote a draft of news"),
    "petition.drop-news": _l("Deleted a draft of news"),
    "petition.goals": _l("Changed the goals of a petition"),
    "petition.settings": _l("Changed the settings of a petition"),
    "petition.load": _l("Loaded the shipped petitions"),
    "petition.move": _l("Moved a petition to another state"),
    "petition.update": _l("Published news of a petition"),
    "petition.write": _l("Wrote a petition's text"),
    "presidency.override": _l("Said who presides over the Council in a month"),
    "updates.write": _l("Wrote news to supporters"),
    "updates.rewrite": _l("Rewrote news to supporters"),
    "updates.test": _l("Sent news to themselves, to try it"),
    "updates.take-back": _l("Took news to supporters back to a draft"),
    "updates.release": _l("Released news to supporters"),
    "updates.load": _l("Loaded the sealed recipients of news"),
    "updates.start": _l("Began to send news to supporters"),
    "updates.pause": _l("Paused sending news"),
    "updates.resume": _l("Went on sending news"),
    "updates.pace": _l("Changed how fast news goes out"),
    "updates.stop": _l("Stopped sending news for good"),
    "updates.returned": _l("Noted mail of news that came back"),
    "updates.done": _l("Finished sending news"),
    "words.change": _l("Changed the list of words to avoid"),
    "words.use-shipped": _l("Took back the shipped list of words to avoid"),
}


def sentence_of(action: str) -> str | None:
    """Return what an action is in words; None where there are none."""
    found = ACTIONS.get(action)
    return str(found) if found else None


def choices() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return (beginning, name, [(action, words)]) of every room that writes on the record."""
    return [
        (
            f"{room}.",
            str(name),
            [(action, str(words)) for action, words in ACTIONS.items() if action.startswith(f"{room}.")],
        )
        for room, name in ROOMS.items()
    ]
