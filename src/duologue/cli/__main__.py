"""`python -m duologue.cli`, so that `accelerate launch -m duologue.cli …` works."""

from duologue.cli.main import run

run()
