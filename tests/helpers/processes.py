"""Child processes that Ctrl-C reaches, however the tests themselves were started."""

from __future__ import annotations

import signal


def heed_control_c() -> None:
    """For `preexec_fn`: a shell's background job ignores SIGINT, and its children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
