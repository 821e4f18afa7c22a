"""`duologue profiles`: shown, and suggested by a real server."""

from __future__ import annotations

from pathlib import Path

import pytest
from misbehaving_server import MisbehavingServer

from duologue.cli.main import run
from duologue.corpora.profiles.folder import SHIPPED, read_profiles
