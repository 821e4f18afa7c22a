"""Figures of development conversations: what counts where something failed."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from toy_pairs import said, toy_pairs

from duologue.experiments.trajectory_metrics import trajectory_figures
from duologue.views.preference import Rollout

PAIRS = toy_pairs(4)  # vague, clear, vague, clear
ASKED = Rollout("", said("which area?", "the north", "yes, north"), ("clarify", "answer"), "yes, north", 1.0)
TOLD = Rollout("", said("yes, south"), ("answer",), "yes, south", 1.0)
SILENT = Rollout("", (), (), failures=("policy: empty-reply",))
UNHEARD = Rollout("", said("which one?"), ("clarify",), failures=("user: timeout",))
UNNAMED = Rollout("", said("hm"), (), failures=("classifier: no-verdict",))


def test_without_failures_all_states_count() -> None:
    figures = trajectory_figures(PAIRS, [ASKED, TOLD, TOLD, TOLD])
    assert figures["action_accuracy"] == 75
    assert (figures["asked"], figures["failed"]) == (25, 0)
    assert figures["trajectory_score"] == 100


def test_a_policy_that_says_nothing_is_wrong_not_spared() -> None:
    figures = trajectory_figures(PAIRS, [SILENT, TOLD, SILENT, TOLD])
    assert (figures["action_accuracy"], figures["trajectory_score"], figures["failed"]) == (50, 50, 0)
    clear = trajectory_figures(PAIRS, [ASKED, SILENT, ASKED, TOLD])
    assert (clear["action_accuracy"], clear["asked_when_clear"], clear["trajectory_score"]) == (75, 0, 75)
    assert clear["action_macro_f1"] == pytest.approx((100 + 200 / 3) / 2)  # silence is no third class


def test_a_helper_that_fails_later_leaves_the_action_and_takes_the_outcome() -> None:
    figures = trajectory_figures(PAIRS, [ASKED, UNHEARD, UNNAMED, TOLD])
    assert figures["failed"] == 50
    assert figures["action_accuracy"] == pytest.approx(200 / 3)  # the needless question counts
    assert figures["trajectory_score"] == 100
    assert trajectory_figures(PAIRS, [UNNAMED] * 4)["failed"] == 100


def test_what_has_no_goal_has_no_outcome() -> None:
    endless = replace(PAIRS[0], goal="")
    unscored = replace(ASKED, score=None)
    assert trajectory_figures([endless, PAIRS[1]], [unscored, TOLD])["trajectory_score"] == 100
