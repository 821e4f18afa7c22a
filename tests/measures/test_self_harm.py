"""Wordings that suggest self-harm, and those that only look like it."""

from __future__ import annotations

import pytest

from duologue.measures.self_harm import notice, suggests_self_harm

MEANT = """\
I want to kill myself.
i wanna die
I WANT TO DIE
Sometimes I think about ending my life
I can’t go on anymore
I cant go on any more
I don't want to live anymore.
i dont want to be here anymore
I just want to not exist
I wish I was dead
I wish I had never been born
everyone would be better off without me
They'd be better off without me
I have no reason to live
there is no point in living
I've been feeling suicidal
I tried to take my own life last year
She said she will kill herself
my friend wants to end her life
I have been cutting myself again
I want to hurt myself
I feel like harming myself
I keep thinking about hurting   myself
I took a bunch of pills
I could take all of my sleeping pills
I might overdose
I want to jump off a bridge
life isn't worth living
life is not worth it
I have nothing to live for
I hope I fall asleep and never wake up
I am going to end it all tonight
thoughts of self-harm
I self harm
kms
I'd rather be dead
I would never kill myself, but I see why people do
I have thoughts of suicide
I have no reason to keep living anymore
I wish I had just been killed then
i don ' t want to live anymore""".splitlines()

NOT_MEANT = """\
This job is killing me
I could kill for a coffee
I am dying to see that film
I died laughing
I was killing myself laughing
That would be political suicide
We watched Suicide Squad
I shot myself in the foot with that remark
I cut myself shaving
I hurt myself at the gym
I am drowning in work
I don't want to live with my parents anymore
I don't want to live in this city
My cat died yesterday
My grandmother passed away and I am so sad
I want to die my hair red
How do I end this relationship?
I can't go on holiday this year
Kill the process and start it again
I want to end it with my boyfriend
I want my life back
She took her pills with breakfast
I am dead tired
I want to be here for my kids
I'm better off without him
I lost the will to argue
Is it worth it?
He took a long time
I have been hurting since she left""".splitlines()


@pytest.mark.parametrize("text", MEANT)
def test_what_suggests_it(text: str) -> None:
    assert suggests_self_harm(text)


@pytest.mark.parametrize("text", NOT_MEANT)
def test_what_only_looks_like_it(text: str) -> None:
    assert not suggests_self_harm(text)


def test_an_idiom_does_not_hide_what_is_meant() -> None:
    assert suggests_self_harm("I cut myself shaving, and I want to die.")


def test_the_notice_names_no_country_and_tells_where_to_look() -> None:
    told = notice()
    assert "findahelpline.com" in told
    assert "emergency number of the place where you are" in told
    for number in ("911", "112", "988", "999", "116 123"):
        assert number not in told
