"""Responses of one dialogue read in one go: a rendering that begins with all of the one before is one example with it.

    list(shared(response_tokens(each, tokenizer, max_length=1024) for each in exchanges(dialogue)))

A causal model sees before each token what it would see in an example of its own, so the loss has the same terms; only
the history is not read again for every response. What begins otherwise (a history that was cut, a template that
rewrites earlier turns) stays an example of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from duologue.views.tokens import Tokens


def shared(examples: Iterable[Tokens]) -> Iterator[Tokens]:
    """Put neighbouring examples together where the later one begins with the ids of the earlier one.

    Args:
        examples: of one dialogue, in its order; each trains only what the earlier ones do not hold.

    Yields:
        The last rendering of each group, with the masks of all.
    """
    whole: Tokens | None = None
    for each in examples:
        if whole is not None and each.ids[: len(whole.ids)] == whole.ids:
            whole = each._replace(trained=whole.trained + each.trained[len(whole.ids) :])
            continue
        if whole is not None:
            yield whole
        whole = each
    if whole is not None:
        yield whole
