"""Strategies that put model-written conversations together from pieces, with the turns that they should be read as."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from duologue.corpora.conversation_text import ParsedTurn
from duologue.dialogue import Speaker

SPEAKERS: dict[str, Speaker] = {"User": "user", "SocBot": "system", "misprsn": "user", "Social Bot": "system"}
NAMES: dict[Speaker, tuple[str, ...]] = {
    "user": ("User", "USER", "user", "misprsn"),
    "system": ("SocBot", "socbot", "Social Bot"),
}

STYLES = (
    "{}: ",
    "{}:",
    "{}：",
    "{} : ",
    "({}) ",
    "({}): ",
    "[{}] ",
    "[{}]: ",
    "<{}> ",
    "<|{}|> ",
    "**{}:** ",
    "**{}**: ",
    "***{}:*** ",
    "*{}*: ",
    "__{}__: ",
    "`{}`: ",
    "{} - ",
    "{} – ",
    "@{}: ",
    "{} says: ",
    "1. {}: ",
    "2) **{}:** ",
    "(3) {}: ",
    "- {}: ",
    "* **{}**: ",
    "• {}: ",
    "> {}: ",
    "### {}: ",
    "### {}\n",
    "**{}**\n",
    "{}\n",
    "🤖 {}: ",
    "{} 🙂: ",
    "\ufffd\ufffd {}: ",
    "Turn 1\n{}: ",
    "Turn 2: {}: ",
    "**Turn 3:** {}: ",
    "{} 1: ",
)
"""Ways to write a label, as format strings."""

MOOD_STYLES = (
    "{} ({}): ",
    "**{}** ({}): ",
    "**{} ({}):** ",
    "{} *{}*: ",
    "{} [{}]: ",
    "({}, {}): ",
    "[{} - {}] ",
    "{}: ({}) ",
)
"""Ways to write a label with a mood."""

SENTENCES = (
    "I doubt that at 10:30 anyone was there.",
    "See https://example.org/a?b=c for it!",
    "The (old) mill *really* burned, didn't it?",
    "Why would the user say so?",
    "Note: nobody asked me.",
    "**Never** in my life.",
    "That's 3 * 4 - or 12 :)",
    "No way 😂",
    "Broken \ufffd\ufffd bytes again…",
    "Everyone knows, e.g. my aunt, that it's fine.",
    'He said "no" twice, and "maybe" once.',
    "PS: bring a coat",
    "@friend look at this #tag",
)
MOODS = ("angry", "sarcastic", "visibly annoyed", "calm", "rolling eyes")
PREAMBLES = ("Sure! Here is the conversation between the two:", "(conversation)", "**Conversation**\n\nEnjoy.", "---")
EPILOGUES = (
    "(end of conversation)",
    "---\nI kept it short.",
    "Let me know if you'd like more turns!",
    "**End of dialogue.**\n\nUser: a second one",
    "Note: this conversation is fictional.",
    "```",
)

messages = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3)


class Written(NamedTuple):
    """A conversation as a model wrote it, and what it says."""

    text: str
    turns: list[ParsedTurn]
    preamble: str
    epilogue: str


@st.composite
def written_conversations(draw: st.DrawFn) -> Written:
    """A conversation of two to seven turns in one label style."""
    first: Speaker = draw(st.sampled_from(("user", "system")))
    count = draw(st.integers(2, 7))
    plain = draw(st.sampled_from(STYLES))
    moody = draw(st.sampled_from(MOOD_STYLES))
    blocks, turns = [], []
    for index in range(count):
        speaker: Speaker = first if index % 2 == 0 else "user" if first == "system" else "system"
        lines = draw(messages)
        name = draw(st.sampled_from(NAMES[speaker]))
        mood = draw(st.none() | st.sampled_from(MOODS)) if plain == "{}: " else None
        label = plain.format(name) if mood is None else moody.format(name, mood)
        acts = draw(st.lists(st.sampled_from(("*sighs*", "(laughs)", "[pauses]")), max_size=1))
        blocks.append(label + " ".join([*acts, draw(st.sampled_from(("\n", "\n\n"))).join(lines)]))
        turns.append(ParsedTurn(speaker, "\n".join(lines), [*([mood] if mood else []), *(act[1:-1] for act in acts)]))
    preamble = draw(st.just("") | st.sampled_from(PREAMBLES))
    epilogue = draw(st.just("") | st.sampled_from(EPILOGUES))
    text = "\n\n".join(
        part for part in (preamble, draw(st.sampled_from(("\n\n", "\n"))).join(blocks), epilogue) if part
    )
    return Written(text, turns, preamble, epilogue)


FRAGMENTS = (
    *("User: ", "SocBot: ", "**User:** ", "(misprsn) ", "[SocBot] ", "<user>", "</user>", "User (angry): ", "User - "),
    *(
        "Narrator: ",
        "Fact: ",
        "Turn 3\n",
        "---\n",
        "```\n",
        "(end of conversation)",
        "*sighs* ",
        "(laughs)",
        "[pauses]",
    ),
    *(
        "\n",
        "\n\n",
        " ",
        "\t",
        "\r",
        "\u2028",
        "\x0b",
        "\x85",
        "\u200b",
        "\ufeff",
        "\ufffd",
        "😂",
        "\U0001f1e9",
        "\u0130",
    ),
    *(
        "*",
        "**",
        "_",
        "`",
        "(",
        ")",
        "[",
        "]",
        "<",
        ">",
        ">",
        '"',
        "“",
        "”",
        "'",
        ":",
        "：",
        "-",
        "–",
        "#",
        ".",
        "?",
        "!",
    ),
    *(
        "10:30",
        "https://x.y/z",
        "Note: ",
        "PS: ",
        "1. ",
        "- ",
        "Let me know if",
        "the moon",
        "Is",
        "it",
        "User",
        "SocBot",
    ),
)
"""Stretches of text that mean something to the parser."""

fragment_texts = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join)

HARD = (
    *(piece for piece in FRAGMENTS if piece.strip()),
    *(
        "User",
        "(a) ",
        "*sighs* ",
        "User: x.\n",
        "User: a\nSocBot: b\n",
        "Name: x\nUser: y\n",
        "User: *sighs* \n",
        "- - ",
    ),
    *("([<*", "User (", "User (a) ", "turn 1 ", "x. ", "User\n", "User -\nSocBot -\n", '"(a)', "Aa ", "\n", " "),
)
"""What a careless pattern would read in quadratic time, when it comes over and over."""

OPENINGS = ("", 'SocBot: "', "User: ")
"""What stands before it: it is at the start of the text, within a quoted message, within a message."""
