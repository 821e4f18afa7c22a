"""Conversations that a model wrote as text: to turns and back, with nothing lost and no input that raises."""

from duologue.operators.conversation_text.accounting import lost
from duologue.operators.conversation_text.parse import parse_conversation
from duologue.operators.conversation_text.parsed import Flags, ParsedConversation, ParsedTurn, Piece
from duologue.operators.conversation_text.reading import read_conversation
from duologue.operators.conversation_text.render import render_conversation

__all__ = [
    "Flags",
    "ParsedConversation",
    "ParsedTurn",
    "Piece",
    "lost",
    "parse_conversation",
    "read_conversation",
    "render_conversation",
]
