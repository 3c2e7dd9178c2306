"""What the sign-in library says to an organiser, in the desk's own words and from the desk's own catalogue."""

from ..config import ROOT

NOT_USED = "The passkey was not used: it was stopped, took too long, or is not one of this account's."


def _l(words: str) -> str:
    """Mark words for our catalogue; the library looks them up when it says them."""
    return words


# By the library's name for each: only what a page that we use can say. The others keep the library's own words.
ERRORS = {
    "API_ERROR": _l("This page was not opened the usual way. Begin again."),
    "INVALID_PASSWORD": _l("This is not your password."),
    "PASSWORD_INVALID_LENGTH": _l("Choose a password of at least 12 characters; several words are best."),
    "PASSWORD_IS_THE_SAME": _l("The new password is the one that you have. Choose another."),
    "PASSWORD_NOT_PROVIDED": _l("Type a password."),
    "RETYPE_PASSWORD_MISMATCH": _l("The two passwords differ. Type the same one twice."),
    "TWO_FACTOR_INVALID_TOKEN": _l(
        "The code was not right, so nothing was switched on. Delete the new entry in your app, then show a new key."
    ),
    "TWO_FACTOR_PERMISSION_DENIED": _l("Sign in with your password first."),
    "TWO_FACTOR_SETUP_EXPIRED": _l("That took too long, and nothing was switched on. Show a new key."),
    "WEBAUTHN_CREDENTIAL_ID_INUSE": _l("This passkey is set up already."),
    "WEBAUTHN_CREDENTIAL_WRONG_USAGE": NOT_USED,
    "WEBAUTHN_EXPIRED": _l("That took too long. Begin again."),
    "WEBAUTHN_MISMATCH_USER_HANDLE": NOT_USED,
    "WEBAUTHN_NAME_DISALLOWED_CHARACTERS": _l(
        "Only letters, figures and simple punctuation can be in the name."
    ),
    "WEBAUTHN_NAME_INUSE": _l("You have a passkey of this name already. Choose another name."),
    "WEBAUTHN_NAME_NOT_FOUND": _l("You have no passkey of this name."),
    "WEBAUTHN_NAME_REQUIRED": _l("Give the passkey a name."),
    "WEBAUTHN_NO_VERIFY": NOT_USED,
    "WEBAUTHN_ORPHAN_CREDENTIAL_ID": NOT_USED,
    "WEBAUTHN_UNKNOWN_CREDENTIAL_ID": NOT_USED,
}
DONE = {
    "PASSWORD_CHANGE": _l("Your password is changed, and every other browser is signed out."),
    "REAUTHENTICATION_SUCCESSFUL": _l("Thank you. For five minutes you are not asked again."),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": _l("One-time codes are switched on."),
    "WEBAUTHN_CREDENTIAL_DELETED": _l("The passkey “%(name)s” is removed."),
    "WEBAUTHN_REGISTER_SUCCESSFUL": _l("The passkey “%(name)s” is set up."),
}


def settings() -> dict[str, object]:
    """Return the library's settings for its words: ours come after its own, and so before them."""
    of_each = {f"SECURITY_MSG_{name}": (words, "error") for name, words in ERRORS.items()}
    of_each |= {f"SECURITY_MSG_{name}": (words, "success") for name, words in DONE.items()}
    folders = ["builtin", str(ROOT / "translations")]
    return of_each | {"SECURITY_I18N_DIRNAME": folders, "SECURITY_I18N_DOMAIN": "flask_security;messages"}
