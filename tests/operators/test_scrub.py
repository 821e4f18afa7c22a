"""Scrubbing: what goes, what stays, and that nothing else is touched."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.operators.scrub import KINDS, PLACEHOLDERS, Kind, found, scrub

_PLACEHOLDER = re.compile("|".join(re.escape(placeholder) for placeholder in PLACEHOLDERS.values()))

handles = st.from_regex(r"@[A-Za-z0-9_]{1,15}", fullmatch=True).filter(lambda text: text.lower() != "@user")
links = st.one_of(
    st.from_regex(r"https?://t\.co/[A-Za-z0-9]{1,10}", fullmatch=True),
    st.from_regex(r"(www\.)?[a-z]{2,9}\.com(/[a-z0-9?=&%#]{1,9}[a-z])?", fullmatch=True),
)
addresses = st.from_regex(r"[a-z][a-z0-9._+]{0,8}[a-z0-9]@[a-z]{2,9}\.(org|co\.uk|de)", fullmatch=True)
phones = st.one_of(
    st.from_regex(r"\+44 20 [0-9]{4} [0-9]{4}", fullmatch=True),
    st.from_regex(r"(\([2-9][0-9]{2}\) |[2-9][0-9]{2}[-.])[0-9]{3}[-.][0-9]{4}", fullmatch=True),
    st.from_regex(r"0[0-9]{10}", fullmatch=True),
)
plain = st.sampled_from(
    ["so", "Rain,", "again.", "#mood", "😀", "(5", "ümlaut", "1,200", "9:30", "2014-2015", "a/b", "\n"]
)
between = st.sampled_from([" ", "\n", " (", ") ", ": ", ", ", "! ", '" ', "… "])
# What such things are made of, so that many of them nearly come about.
crumbs = st.text(st.sampled_from("@＠.:/[]()+-_#$ \nah0015wん名é"), max_size=30)
pieces = st.sampled_from(
    [*PLACEHOLDERS.values(), "https://", "www.", "t.co/x", ".com", "a@b.de", "@bo", "RT", "\\n", "+44 ", "020 7946 "]
)
anything = st.lists(st.one_of(crumbs, pieces), max_size=8).map("".join)
some_kinds = st.lists(st.sampled_from(KINDS), unique=True)


@given(
    st.lists(
        st.tuples(
            st.one_of(
                plain.map(lambda text: (text, text)),
                handles.map(lambda text: (text, "@user")),
                links.map(lambda text: (text, "[link]")),
                addresses.map(lambda text: (text, "[email]")),
                phones.map(lambda text: (f"{text};", "[phone];")),  # after a mere space digits would belong to it
            ),
            between,
        ),
        max_size=8,
    )
)
def test_each_kind_gives_way_to_its_placeholder_and_the_text_around_stays(
    parts: list[tuple[tuple[str, str], str]],
) -> None:
    text = "".join(given_ + gap for (given_, _), gap in parts)
    expected = "".join(expected + gap for (_, expected), gap in parts)
    assert scrub(text) == expected


@settings(max_examples=1500)
@given(anything, some_kinds)
def test_nothing_remains_a_second_scrubbing_changes_nothing_and_other_characters_stay(
    text: str, kinds: list[Kind]
) -> None:
    scrubbed = scrub(text, kinds)
    assert found(scrubbed, kinds) == []
    assert scrub(scrubbed, kinds) == scrubbed
    # What stands between the placeholders stood in the text, in this order; something stood for each placeholder.
    kept = _PLACEHOLDER.split(scrubbed)
    assert re.fullmatch(".+?".join(re.escape(piece) for piece in kept), text, re.DOTALL)
    if not found(text, kinds):
        assert scrubbed == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (".@ann_b said: ＠bo!", ".@user said: @user!"),
        ("RT @@ann, @ann@mastodon.example.", "RT @@user, @user."),
        (r"*so proud*RT@ann_b\n@bo 8th@4pm", r"*so proud*RT@user\n@user 8th@4pm"),
        ("見て@taroさん、https://t.co/x1を 電話0312345678まで", "見て@userさん、[link]を 電話[phone]まで"),
        ("@名字 メールann@a.orgへ, @josé", "@user メール[email]へ, @user"),
        ("@user and @USER stay", "@user and @USER stay"),
        ("see(https://a.example/b_(c)?d=1).", "see([link])."),
        ("morehttp://t.co/x…", "more[link]…"),
        ("read bit.ly/3xYz, io9.com's page", "read [link], [link]'s page"),
        ("Ann.Lee+x@mail.example.org, thanks", "[email], thanks"),
        ("ring 866-970-8267 or (020) 7946 0958", "ring [phone] or [phone]"),
        ("ring +44 20 7946 0958 5 times, +33 6 12 34 56 78", "ring [phone] 5 times, [phone]"),
        ("ring 020 7946 0958, +49 (30) 901820", "ring [phone], [phone]"),
    ],
)
def test_as_people_write_them(text: str, expected: str) -> None:
    assert scrub(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "from 2014-2015, on 10.5.2016 at 14:00, 3.14159265358",
        "1,000,000 or $1234567890, id 1234567890123456789",
        "and/or, etc.and so on, e.g. 5/6, tomorrow.Net income",
        "a @ b, 5@5, it's @",
        "http://… was cut off, #io9.com",
    ],
)
def test_what_is_no_such_thing_stays(text: str) -> None:
    assert scrub(text) == text
    assert found(text) == []


def test_only_the_given_kinds_go() -> None:
    text = "@ann ann@a.org t.co/x 866-970-8267"
    assert scrub(text, ["handles"]) == "@user ann@a.org t.co/x 866-970-8267"
    assert scrub(text, ["phones", "emails"]) == "@ann [email] t.co/x [phone]"
    assert scrub(text, []) == text
