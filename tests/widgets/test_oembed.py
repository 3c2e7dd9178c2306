"""oEmbed 1.0: what is answered for the address of a petition, and what is not."""

import re
from urllib.parse import quote
from xml.etree import ElementTree

PAGE = "http://localhost/en/petitions/lists-and-graves"
# https://oembed.com, 2.3.4: what an answer of type "rich" must hold.
REQUIRED = {"type", "version", "html", "width", "height"}

CARDS = [
    ("http://localhost/ar/petitions/lists-and-graves", "/embed/lists-and-graves/card?lang=ar"),
    (PAGE + "/", "/embed/lists-and-graves/card?lang=en"),
    ("HTTP://LocalHost/en/petitions/lists-and-graves", "/embed/lists-and-graves/card?lang=en"),
    (PAGE + "?fbclid=x#demand", "/embed/lists-and-graves/card?lang=en"),
    (PAGE + "?s=solidarity", "/embed/lists-and-graves/card?s=solidarity&amp;lang=en"),
    (PAGE + '?s="><script>', "/embed/lists-and-graves/card?lang=en"),
    (
        "http://localhost/embed/lists-and-graves?s=a&lang=en",
        "/embed/lists-and-graves/card?s=a&amp;lang=en",
    ),
    ("http://localhost/embed/lists-and-graves/card?lang=xx", "/embed/lists-and-graves/card?lang=ar"),
]
ELSEWHERE = [
    "http://localhost/en/petitions/nothing",
    "http://localhost/en/",
    "http://localhost/xx/petitions/lists-and-graves",
    "http://localhost/en/petitions/lists-and-graves/numbers",
    "http://localhost/en/petitions/lists-and-graves/sign",
    "http://localhost/desk/",
    "http://localhost/en/confirm/" + "x" * 32,
    "http://elsewhere.example.org/en/petitions/lists-and-graves",
    "http://localhost.example.org/en/petitions/lists-and-graves",
    "http://localhost@elsewhere.example.org/en/petitions/lists-and-graves",
    "http://someone@localhost/en/petitions/lists-and-graves",
    "http://localhost\\@elsewhere.example.org/en/petitions/lists-and-graves",
    "http://localhost/EN/petitions/Lists-And-Graves",
    "http://localhost:81/en/petitions/lists-and-graves",
    "https://localhost/en/petitions/lists-and-graves",
    "//localhost/en/petitions/lists-and-graves",
    "/en/petitions/lists-and-graves",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "http://[::1",
    "http://localhost/en/petitions/lists%2Fand",
    "http://localhost/en/petitions/lists-and-graves\x00",
]
REFUSED = [
    ({"format": "yaml"}, 501),
    ({"format": "JSON"}, 501),
    ({"format": ""}, 501),
    ({"maxwidth": "10001"}, 400),
    ({"maxwidth": "-5"}, 400),
    ({"maxheight": "0"}, 400),
    ({"maxheight": '1"onload="alert(1)'}, 400),
    ({"maxwidth": "9" * 5_000}, 400),
    ({"url": ""}, 400),
    ({"url": PAGE + "?" + "x" * 1_000}, 400),
]


def ask(client, url=PAGE, **more):
    return client.get("/oembed", query_string={"url": url, **more})


def test_the_answer_is_a_link_and_the_card_behind_it(client):
    answer = ask(client, maxwidth=500, maxheight=10_000)

    assert answer.mimetype == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    said = answer.json
    assert said.keys() >= REQUIRED
    assert (said["version"], said["type"], said["width"], said["height"]) == ("1.0", "rich", 500, 340)
    quotation, frame = re.fullmatch(
        r"(<blockquote>.*</blockquote>)(<iframe [^>]*></iframe>)", said["html"]
    ).groups()
    assert f'<a href="{PAGE}">' in quotation
    assert 'src="http://localhost/embed/lists-and-graves/card?lang=en"' in frame
    assert 'width="500" height="340"' in frame
    assert said["thumbnail_url"] == "http://localhost/share/lists-and-graves/en.png"
    assert ask(client, maxwidth=320).json["height"] > said["height"]  # on a phone a card is higher
    card = client.get("/embed/lists-and-graves/card?lang=en").text
    assert "<form" not in card
    assert "<input" not in card


def test_xml_says_the_same_as_json(client):
    answer = ask(client, format="xml", maxwidth=300)

    assert answer.mimetype == "text/xml"
    root = ElementTree.fromstring(answer.data)  # noqa: S314 - our own
    said = {element.tag: element.text for element in root}
    assert said == {name: str(value) for name, value in ask(client, maxwidth=300).json.items()}


def test_every_address_of_a_petition_leads_to_its_card(client):
    for url, frame in CARDS:
        assert f'src="http://localhost{frame}"' in ask(client, url).json["html"], url


def test_an_address_that_is_no_petition_of_ours_is_not_found(client):
    for url in ELSEWHERE:
        answer = ask(client, url)
        assert answer.status_code == 404, url
        assert answer.json["error"]
        assert "elsewhere" not in answer.text


def test_a_question_that_cannot_be_meant_is_refused_in_words(client):
    for asked, status in REFUSED:
        answer = client.get("/oembed", query_string={"url": PAGE, **asked})
        assert (answer.status_code, answer.mimetype) == (status, "application/json"), asked
        assert answer.json["error"]


def test_answers_that_are_kept_are_never_given_to_another_question(client):
    first = ask(client, maxwidth=300).json

    twice = client.get(f"/oembed?url={quote(PAGE)}&maxwidth=200&maxwidth=300").json
    turned = client.get(f"/oembed?url={quote(PAGE)}&maxwidth=300&maxwidth=200").json

    assert (first["width"], twice["width"], turned["width"]) == (300, 200, 300)
    assert ask(client, format="xml").mimetype == "text/xml"
    assert ask(client).json["width"] == 600


def test_the_page_of_a_petition_says_where_to_ask(client):
    page = client.get("/en/petitions/lists-and-graves")

    in_head = re.search(r'<link rel="alternate" type="application/json\+oembed" href="([^"]*)"', page.text)
    assert in_head is not None
    assert page.text.index(in_head[0]) < page.text.index("</head>")
    assert client.get(in_head[1].replace("&amp;", "&")).json["html"].count(PAGE) == 1
    in_header = re.search(r'<([^>]*)>; rel="alternate"; type="text/xml\+oembed"', page.headers["Link"])
    assert client.get(in_header[1]).mimetype == "text/xml"
