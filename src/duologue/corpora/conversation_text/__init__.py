"""Conversations that a model wrote as text: to turns and back, with nothing lost and no input that raises."""

from duologue.corpora.conversation_text.accounting import lost
from duologue.corpora.conversation_text.parse import parse_conversation
from duologue.corpora.conversation_text.parsed import Flags, ParsedConversation, ParsedTurn, Piece
from duologue.corpora.conversation_text.render import render_conversation

__all__ = [
    "Flags",
    "ParsedConversation",
    "ParsedTurn",
    "Piece",
    "lost",
    "parse_conversation",
    "render_conversation",
]
