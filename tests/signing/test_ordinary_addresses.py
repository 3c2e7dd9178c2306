"""An address as nearly everybody has one is not looked at twice: what is kept of it is what email-validator says."""

from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as some

from campaign_app.shield.providers import familiar_domains
from campaign_app.signing.forms import ordinary_address

LETTERS = "aZ9._+-!\u0661\u0301\u200d "
ANY_CASE = some.sampled_from([str, str.upper, str.title])


@given(some.text(LETTERS, min_size=1, max_size=64), some.sampled_from(familiar_domains()), ANY_CASE)
def test_an_ordinary_address_is_kept_as_the_library_would_keep_it(local_part, domain, cased):
    typed = f"{local_part}@{cased(domain)}"
    ordinary = ordinary_address(typed)

    try:
        assert ordinary in ("", validate_email(typed, check_deliverability=False).normalized)
    except EmailNotValidError:
        assert ordinary == ""


def test_the_addresses_of_most_people_are_ordinary_and_odd_ones_are_not():
    odd = [
        ".a@gmail.com",
        "a..b@gmail.com",
        "a@example.org",
        "a b@gmail.com",
        "à@gmail.com",
        "gmail.com",
        "@gmail.com",
    ]

    assert ordinary_address("Rosa.Test+news@GMAIL.com") == "Rosa.Test+news@gmail.com"
    assert [address for address in odd if ordinary_address(address)] == []
