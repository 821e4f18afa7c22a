"""The studio's secret, and what is signed with it: annotators' links, and the tokens of forms.

secret = Secret.of(Path("runs"))
link = secret.link("5f0c…"); secret.annotator(link)      # "5f0c…", None of a forged one
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from itsdangerous import BadSignature, URLSafeSerializer

from duologue.errors import InputError

_FILE = "secret"


class Secret:
    """Thirty-two bytes that never leave the machine."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._links = URLSafeSerializer(key, salt="annotator", signer_kwargs={"digest_method": hashlib.sha256})

    @classmethod
    def of(cls, folder: Path) -> Secret:
        """The secret in a folder, which is drawn at the first time and readable by its owner only.

        Raises:
            InputError: the file there is none.
        """
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / _FILE
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            key = path.read_bytes()
            if len(key) != 32:
                raise InputError("no secret of a studio", where=str(path), mend="remove it: all links end") from None
            return cls(key)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key := secrets.token_bytes(32))
        return cls(key)

    def link(self, annotator: str) -> str:
        """What stands in the address of someone's pages."""
        signed = self._links.dumps(annotator)
        return signed if isinstance(signed, str) else signed.decode()

    def annotator(self, link: str) -> str | None:
        """Whose link it is; None of one that was not made here."""
        try:
            found = self._links.loads(link)
        except BadSignature:
            return None
        return found if isinstance(found, str) else None

    def token(self, session: str) -> str:
        """What a form of this session carries, which no other site can know."""
        return hmac.new(self._key, f"form\0{session}".encode(), hashlib.sha256).hexdigest()

    def visitor(self, session: str) -> str:
        """What a session's visitor is called where others may read it."""
        return hmac.new(self._key, f"visitor\0{session}".encode(), hashlib.sha256).hexdigest()[:12]

    def is_token(self, session: str, token: str) -> bool:
        """Whether a form's token is this session's."""
        return bool(session) and hmac.compare_digest(self.token(session), token)
