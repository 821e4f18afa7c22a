"""The last check before a reply counts as an answer: all choices there, none empty, log-probabilities too.

Every model's reply passes here (a server's, one computed in process, one from a batch), so that an operator
never has to ask whether what it holds is an answer.
"""

from __future__ import annotations

from duologue.models.failure import ModelFailure
from duologue.models.request import Reply, Request


def accept(reply: Reply, request: Request, where: str) -> Reply:
    """Return the reply if it answers the request.

    Args:
        reply: What the model gave.
        request: What was asked.
        where: The model's name, for the error.

    Raises:
        ModelFailure: missing_choices, empty_reply or missing_logprobs.
    """
    if len(reply.choices) < request.n:
        raise ModelFailure("missing_choices", f"asked for {request.n} answers, got {len(reply.choices)}", where=where)
    for number, choice in enumerate(reply.choices, 1):
        if not choice.text.strip():
            which = f"answer {number} of {request.n} is empty" if request.n > 1 else "the answer is empty"
            thought = f" after {len(choice.reasoning)} characters of reasoning" if choice.reasoning else ""
            raise ModelFailure("empty_reply", f"{which}{thought} (finish reason {choice.finish_reason!r})", where=where)
        if request.logprobs is not None and not choice.logprobs:
            raise ModelFailure("missing_logprobs", "asked for log-probabilities, got none", where=where)
    return reply


def refuse_cut(reply: Reply, request: Request, where: str) -> Reply:
    """Return the reply unless the request wanted whole answers and one was cut.

    Raises:
        ModelFailure: cut_by_length.
    """
    if request.whole and any(choice.finish_reason == "length" for choice in reply.choices):
        raise ModelFailure("cut_by_length", f"an answer was cut at {request.max_tokens} tokens", where=where)
    return reply
