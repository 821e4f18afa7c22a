"""The steering experiment as stages.

corpus → taught → classifier → continue and attend, in each layout → train → the same again → evaluate → report
"""

from __future__ import annotations

from functools import partial
from typing import Any

from duologue.experiments.fingerprints import asking_options, file_hash, folder_hash, model_fingerprint
from duologue.experiments.stages import Expected, Stage
from duologue.experiments.steering.attending import attend
from duologue.experiments.steering.conditions import TRAIN, Condition, conditions
from duologue.experiments.steering.corpus import corpus
from duologue.experiments.steering.judging import evaluate
from duologue.experiments.steering.replies import continued, taught
from duologue.experiments.steering.settings import SteeringRecipe
from duologue.experiments.steering.training import classifier, train
from duologue.models.weights import find
from duologue.operators.continuation import CONTINUATION, ContinuationOptions
from duologue.training.base_model import resolve
from duologue.training.loop_options import total_steps


def stages(recipe: SteeringRecipe) -> list[Stage]:
    """The stages of a recipe, the report left out.

    Raises:
        InputError: a file or a model of the recipe is not there.
    """
    weakly = recipe.classifier.path is None and recipe.classifier.learn_from == "taught"
    found = [_corpus(recipe)]
    if recipe.train is not None or weakly:
        found.append(
            Stage(
                "taught",
                taught(recipe.taught, recipe.seed),
                asking_options(recipe.taught, recipe.seed),
                inputs=("corpus",),
                prompts=CONTINUATION.prompts,
                expected=_asked(recipe.taught),
            )
        )
    found.append(_classifier(recipe, weakly))
    asked = conditions(recipe)
    found += [stage for each in asked if not each.tuned for stage in _of_condition(recipe, each)]
    if recipe.train is not None:
        found.append(_train(recipe))
    found += [stage for each in asked if each.tuned for stage in _of_condition(recipe, each)]
    kinds = ("continue",) if recipe.attend is None else ("continue", "attend")
    read = [f"{kind}/{each.stage}" for each in asked for kind in kinds]
    options = {**recipe.evaluate.model_dump(mode="json"), "seed": recipe.seed}
    found.append(Stage("evaluate", partial(evaluate, recipe=recipe), options, inputs=("classifier", *read)))
    return found


def _corpus(recipe: SteeringRecipe) -> Stage:
    file, collection = recipe.corpus.file, recipe.continuation.collection
    if file is None:
        options: dict[str, Any] = {"sample": recipe.corpus.sample.model_dump(mode="json"), "collection": collection}
    else:
        options = {"file": file.model_dump(mode="json"), "bytes": file_hash(file.path)}
    return Stage("corpus", partial(corpus, settings=recipe.corpus, collection=collection), options)


def _classifier(recipe: SteeringRecipe, weakly: bool) -> Stage:
    settings = recipe.classifier
    if settings.path is not None:
        weights = folder_hash(find(settings.path.removeprefix("hf:"), "classifier"))
    else:
        weights = model_fingerprint(f"hf:{resolve(settings.base)}")
    options = {**settings.model_dump(mode="json"), "weights": weights}
    inputs = () if settings.path is not None else ("taught",) if weakly else ("corpus",)
    steps = None if settings.path is not None else 1  # it trains, so it is not tried beforehand
    return Stage("classifier", partial(classifier, settings=settings), options, inputs, expected=Expected(steps=steps))


def _of_condition(recipe: SteeringRecipe, condition: Condition) -> list[Stage]:
    """Its replies, and their attention."""
    settings, trained = recipe.continuation, (TRAIN,) if condition.tuned else ()
    name = f"continue/{condition.stage}"
    stages = [
        Stage(
            name,
            continued(settings, condition, recipe.seed),
            {**asking_options(settings, recipe.seed), "layout": condition.layout},
            inputs=("corpus", *trained),
            prompts=CONTINUATION.prompts,
            expected=_asked(settings),
        )
    ]
    if (asked := recipe.attend) is not None:
        options = {
            **asked.model_dump(mode="json"),
            "system_role": settings.system_role,
            "weights": "" if condition.tuned else model_fingerprint(asked.model or settings.model),
        }
        work = partial(attend, condition=condition, recipe=recipe)
        stages.append(Stage(f"attend/{condition.stage}", work, options, inputs=(name, *trained)))
    return stages


def _train(recipe: SteeringRecipe) -> Stage:
    settings = recipe.train
    assert settings is not None
    base = settings.base or recipe.continuation.model
    options = {
        **settings.model_dump(mode="json"),
        "strategies": file_hash(settings.strategy_file) if settings.strategy_file else "",
        "split": recipe.seed,
        "weights": model_fingerprint(f"hf:{resolve(base)}"),
    }
    replies = _asked(recipe.taught).requests
    steps = total_steps(settings.options(), replies or 1)
    return Stage(TRAIN, partial(train, recipe=recipe), options, inputs=("taught",), expected=Expected(steps=steps))


def _asked(settings: ContinuationOptions) -> Expected:
    """At most: every draw of every strategy at so many points, where their number is given."""
    if settings.points is None:
        return Expected()
    requests = settings.points * _strategies(settings) * settings.draws
    return Expected(requests, requests * settings.answer_tokens)


def _strategies(settings: ContinuationOptions) -> int:
    """Most strategies of one point."""
    named = settings.strategies not in ("all", "sampled")
    return (len(settings.strategies.split(",")) if named else len(settings.known())) + settings.unconditional
