"""What a strategy classifier reads of a reply."""

from __future__ import annotations

from strategy_talk import gold_talk

from duologue.corpora.strategy_replies import strategy_replies
from duologue.dialogue import Turn
from duologue.views.classification import classified_text, speaker_tokens_of


def test_the_text_shows_as_much_context_as_asked_for() -> None:
    reply = next(strategy_replies(gold_talk(1)))._replace(
        text="Really?", before=[Turn("user", "Hi"), Turn("system", "Hello"), Turn("user", "Bad day")]
    )
    assert classified_text(reply) == "Really?"
    assert classified_text(reply, context=2) == "supporter: Hello\nseeker: Bad day\nsupporter: Really?"
    tokens = classified_text(reply, context=1, speaker_tokens=True)
    assert tokens == "<seeker> Bad day <supporter> Really?"
    assert speaker_tokens_of([reply]) == ["<seeker>", "<supporter>"]
