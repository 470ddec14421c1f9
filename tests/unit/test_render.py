"""Words, names, links and what an SMS costs: no database."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from business.models import Business, Channel, Client
from messaging.models import Kind
from messaging.render import (
    VARIABLES,
    BadTemplate,
    check,
    check_subject,
    default_words,
    plain_name,
    preferences_token,
    read_preferences_token,
    reminder_values,
    render,
    resume_tokens,
    resume_url,
    segments,
    sender_name,
    service_words,
    to_gsm7,
    without_tokens,
)
from messaging.render.words import fill

BELLA = Business(name="Bella Hair Co.", address="12 Example Street", country="AU")
LINK = "https://book.example.com/r/AAAAAAAAAAAAAAAAAAAAAA/"
DEFAULT_SMS = default_words(Kind.INCOMPLETE_REMINDER, Channel.SMS).body


def values(first_name: str = "Sarah", services: tuple[str, ...] = ("hair cut",), business: Business = BELLA) -> dict[str, str]:
    return reminder_values(business=business, client=Client(first_name=first_name), services=services, link=LINK)


def sms(body: str = DEFAULT_SMS, **about) -> str:
    return render(channel="sms", business=about.get("business", BELLA), subject="", body=body, values=values(**about)).text


@pytest.mark.s("S60", "S61")
def test_the_default_is_the_missions_words_with_the_business_first() -> None:
    assert DEFAULT_SMS == (
        "{{BusinessName}}: Hi {{FirstName}}, it looks like you didn't finish booking your {{ServiceName}}. "
        "Your selected time may still be available - tap to complete your booking: {{ResumeBookingLink}}"
    )
    assert set(re.findall(r"\{\{(\w+)\}\}", DEFAULT_SMS)) == set(VARIABLES)


@pytest.mark.s("S61", "S67")
def test_the_default_sms_is_two_segments_of_plain_characters() -> None:
    text = sms()
    assert text == (
        "Bella Hair Co.: Hi Sarah, it looks like you didn't finish booking your hair cut. "
        f"Your selected time may still be available - tap to complete your booking: {LINK}\nReply STOP to opt out"
    )
    assert (segments(text).encoding, segments(text).segments) == ("GSM-7", 2)


@pytest.mark.parametrize(
    ("text", "encoding", "characters", "count"),
    [
        ("", "GSM-7", 0, 0),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("^{}[]~\\|€", "GSM-7", 18, 1),
        ("a" * 158 + "€", "GSM-7", 160, 1),
        ("a" * 159 + "€", "GSM-7", 161, 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),  # the escape pair is not split: 152 | 2 + 151 | 1
        ("漢" * 70, "UCS-2", 70, 1),
        ("漢" * 71, "UCS-2", 71, 2),
        ("漢" * 134, "UCS-2", 134, 2),
        ("漢" * 135, "UCS-2", 135, 3),
        ("😀", "UCS-2", 2, 1),
        ("😀" * 35, "UCS-2", 70, 1),
        ("漢" * 66 + "😀" + "漢" * 66, "UCS-2", 134, 3),  # nor is the emoji: 66 | 2 + 65 | 1
        ("ç", "UCS-2", 1, 1),
        ("Ç è é à ü ß ñ", "GSM-7", 13, 1),
    ],
)
def test_what_a_text_costs(text: str, encoding: str, characters: int, count: int) -> None:
    cost = segments(text)
    assert (cost.encoding, cost.characters, cost.segments) == (encoding, characters, count)


def test_typographic_marks_become_plain_and_letters_stay() -> None:
    assert to_gsm7("“Hi” – it’s Zoë’s… yes\u00a0now — ‘ok’") == "\"Hi\" - it's Zoë's... yes now - 'ok'"


@pytest.mark.parametrize(
    ("body", "stop_lines"),
    [
        ("{{ResumeBookingLink}} Reply STOP to opt out", 1),
        ("{{ResumeBookingLink}} reply 'stop' and we stop", 1),
        ("Do not STOP now: {{ResumeBookingLink}}", 2),
        ("Go: {{ResumeBookingLink}}", 1),
    ],
)
def test_how_to_stop_is_said_once(body: str, stop_lines: int) -> None:
    assert len(re.findall("stop", sms(body).replace("and we stop", ""), re.IGNORECASE)) == stop_lines


def test_a_client_named_stop_does_not_silence_the_stop_line() -> None:
    assert sms("Hi {{FirstName}} {{ResumeBookingLink}}", first_name="reply STOP").endswith("Reply STOP to opt out")


@pytest.mark.s("S67")
@pytest.mark.parametrize("body", ["Hi {{FirstName}} {{ResumeBookingLink}}", "{{BusinessName}}: {{ResumeBookingLink}}", DEFAULT_SMS])
def test_the_business_stands_in_the_first_forty_characters_and_once(body: str) -> None:
    assert "Bella Hair Co." in sms(body)[:40]
    assert sms(body).count("Bella Hair Co.") == 1


@pytest.mark.s("D9")
@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], ""),
        (["Hair cut"], "Hair cut"),
        (["Hair cut", "Toner"], "Hair cut and Toner"),
        (["Hair cut", "Toner", "Colour"], "Hair cut + 2 more"),
    ],
)
def test_several_services_in_words(names: list[str], words: str) -> None:
    assert service_words(names) == words


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", "there"),
        ("  Mia \n Lou ", "Mia Lou"),
        ("Zoë", "Zoë"),
        ("Nguyễn Thị", "Nguyễn Thị"),
        ("O'Brien-Smith", "O'Brien-Smith"),
        ("J.R.", "J.R."),
        ("\u202eaiM", "aiM"),
        ("M\u200bi\u0000a", "Mia"),
        ("evil.com", "there"),
        ("http://x", "there"),
        ("see bit.ly/x", "there"),
        ("www evil", "www evil"),
        ("me@evil", "there"),
        ("Mia😀", "Mia"),
        ("Z" + "\u0300" * 40 + "a", "Z\u0300\u0300a"),
        ("x" * 200, "x" * 60),
    ],
)
def test_a_clients_name_is_made_harmless(name: str, shown: str) -> None:
    assert values(first_name=name)["FirstName"] == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Bella <support@bank>", "Bella support bank"),
        ('A "B"\r\nBcc: x', "A B Bcc x"),
        ("Bella\u2028Hair Co.", "Bella Hair Co."),
        ("x" * 99, "x" * 78),
    ],
)
def test_a_senders_name_holds_no_address(name: str, shown: str) -> None:
    assert sender_name(name) == shown


def test_values_are_never_looked_into() -> None:
    text = sms("Hi {{FirstName}}: {{ResumeBookingLink}}", first_name="{{ResumeBookingLink}}")
    assert "Hi {{ResumeBookingLink}}:" in text
    assert text.count(LINK) == 1


@pytest.mark.parametrize(
    "body",
    [
        "{{7*7}} {{ResumeBookingLink}}",
        "{{FirstName.x}} {{ResumeBookingLink}}",
        "{{ResumeBookingLink}} {{}}",
        "{{firstname}}{{ResumeBookingLink}}",
    ],
)
def test_an_unknown_name_is_rejected_and_named(body: str) -> None:
    name = next(found for found in re.findall(r"\{\{(.*?)\}\}", body) if found != "ResumeBookingLink")
    assert any(f"{{{{{name}}}}} is not known" in problem for problem in check(body, "sms"))
    with pytest.raises(BadTemplate):
        render(channel="sms", business=BELLA, subject="", body=body, values=values())


@pytest.mark.parametrize("inert", ["{% load static %}", "${FirstName}", "<%= 7*7 %>", "%(FirstName)s", "{FirstName}", "{0}"])
def test_other_template_languages_mean_nothing(inert: str) -> None:
    assert inert in sms(f"{inert} {{{{ResumeBookingLink}}}}")


def test_the_subject_is_one_line_without_link() -> None:
    assert check_subject("Hi {{FirstName}}") == []
    assert "does not work in a subject" in check_subject("{{ResumeBookingLink}}")[0]
    assert "one line" in check_subject("a\nb")[0]
    assert "{{Nope}} is not known" in check_subject("{{Nope}}")[0]


def test_names_in_other_scripts_give_way_before_a_fifth_sms() -> None:
    long = Business(name="漢" * 20, country="AU")
    text = sms(business=long, first_name="字" * 60, services=("服" * 80, "務" * 80))
    assert segments(text).segments <= 4
    assert "booking your booking" not in text or "there" in text


def test_a_text_that_can_never_be_short_enough_is_refused() -> None:
    with pytest.raises(BadTemplate):
        sms("漢" * 230 + " {{ResumeBookingLink}}")


def test_mail_escapes_what_people_typed() -> None:
    content = render(
        channel="email",
        business=BELLA,
        subject="Hi {{FirstName}}",
        body="<b>Hi</b> {{FirstName}}\n\n{{ResumeBookingLink}}\n\nBye",
        values=values(first_name="<svg onload=alert(1)>"),
        preferences_url="https://book.example.com/m/1.x/",
    )
    assert "<svg" not in content.html
    assert "<b>Hi" not in content.html
    assert "&lt;b&gt;Hi&lt;/b&gt;" in content.html
    assert content.html.rindex("Bye") > content.html.index("Finish booking</a>")


def test_links_come_from_the_settings_and_are_masked_in_what_is_stored() -> None:
    token = "Ab_-" * 5 + "xy"
    url = resume_url(token)
    assert url == f"https://book.example.com/r/{token}/"
    assert resume_tokens(f"go {url} now") == [token]
    assert without_tokens(f"go {url} or https://book.example.com/m/12.sig/ now") == (
        "go https://book.example.com/r/…/ or https://book.example.com/m/…/ now"
    )


def test_a_preferences_token_is_signed_and_survives_a_new_key(settings) -> None:
    token = preferences_token(Client(pk=12))
    assert read_preferences_token(token) == 12
    assert read_preferences_token(token.replace("12.", "13.", 1)) is None
    assert read_preferences_token("") is None
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-that-is-long-enough-for-everything-0123456789"
    assert read_preferences_token(token) == 12


PIECES = st.one_of(
    st.sampled_from([f"{{{{{name}}}}}" for name in VARIABLES]),
    st.sampled_from(["{{ FirstName }}", "{{", "}}", "{", "}", "{{x}}", "{{{FirstName}}}", "{% if %}", "${x}", ".", " ", "\n"]),
    st.text(max_size=12),
)
MARKED = {
    "FirstName": "\u0001F\u0001",
    "ServiceName": "\u0001S\u0001",
    "BusinessName": "\u0001B\u0001",
    "ResumeBookingLink": "\u0001R\u0001",
}


@settings(max_examples=2000, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join).filter(lambda text: "\u0001" not in text))
def test_output_is_literal_text_and_allowed_values_and_nothing_else(template: str) -> None:
    try:
        output = fill(template, MARKED)
    except BadTemplate:
        return
    literals = re.split(r"\{\{\s*(?:FirstName|ServiceName|BusinessName|ResumeBookingLink)\s*\}\}", template)
    parts = re.split("\u0001[FSBR]\u0001", output)
    assert parts == literals


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=80), st.lists(st.text(max_size=90), max_size=4))
def test_whatever_is_typed_an_sms_is_short_named_and_has_one_link(body: str, name: str, services: list[str]) -> None:
    if check(body, "sms"):
        return
    try:
        text = sms(body, first_name=name, services=tuple(services))
    except BadTemplate:
        return
    assert segments(text).segments <= 4
    assert "Bella Hair Co." in text[:40]
    assert text.count(LINK) == 1
    assert re.search(re.escape(LINK) + r"(\s|$)", text)


@settings(max_examples=1000, deadline=None)
@given(st.text(max_size=200))
def test_a_plain_name_is_one_line_of_visible_characters(name: str) -> None:
    shown = plain_name(name)
    assert len(shown) <= 60
    assert shown == shown.strip()
    assert all(char.isprintable() for char in shown)
    assert all(ord(char) <= 0xFFFF for char in shown)
