"""Languages of short texts: clear cases go, unclear ones stay."""

from __future__ import annotations

import pytest

from duologue.errors import InputError
from duologue.measures.language import LanguageFilter


@pytest.fixture(scope="module")
def english() -> LanguageFilter:
    return LanguageFilter("en")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Regen schon wieder, ich bleibe zu Hause", "de"),
        ("il fait beau aujourd'hui, on sort ?", "fr"),
        ("今日は雨です", "ja"),
        ("Сегодня опять идёт дождь", "ru"),
    ],
)
def test_another_language_is_found(english: LanguageFilter, text: str, language: str) -> None:
    guess = english.other(text)
    assert guess is not None
    assert guess.language == language
    assert 0.5 < guess.probability <= 1
    assert LanguageFilter(language).other(text) is None


@pytest.mark.parametrize("text", ["Rain again, so we stay at home", "lol", "ok", "😀", "12:30!!", "", "this"])
def test_the_own_language_and_what_is_in_none_stay(english: LanguageFilter, text: str) -> None:
    assert english.other(text) is None


def test_an_unknown_language_is_one_line() -> None:
    with pytest.raises(InputError, match=r"--language: unknown language 'english'; known are .*\ben, eo, es"):
        LanguageFilter("english")
