from __future__ import annotations

from duologue.measures.words import content_overlap, content_words, words


def test_placeholders_clock_times_and_contractions_are_one_word_each() -> None:
    assert words("I've booked [bookday] at 09:15 for £12.50, OK?") == [
        "i've",
        "booked",
        "[bookday]",
        "at",
        "09:15",
        "for",
        "12.50",
        "ok",
    ]


def test_overlap_counts_content_words_however_they_are_inflected() -> None:
    assert content_overlap("I am sorry about your sister's dogs", "My sister has lost a dog") == 2 / 3
    assert content_overlap("Your booking is [ref].", "My sister has lost a dog") == 0
    assert content_overlap("anything", "it is what it is") == 0
    assert content_words("The [name] is the one") == set()
