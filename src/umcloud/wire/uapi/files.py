"""Files inside parameters: plain base64, or `image/jpeg;base64,DATA` (sections 6.7 and 15.17)."""

from __future__ import annotations

import base64
import binascii

from umcloud.wire.uapi.errors import FileUnreadable

_MARK = ";base64,"


def read_file(text: str) -> bytes:
    """Return the bytes of a file parameter; `FileUnreadable` where it is not base64.

    The media type a caller claims is dropped: what counts is what the bytes say they are.
    """
    head, mark, data = text.partition(_MARK)
    try:
        return base64.b64decode(data if mark else head, validate=True)
    except (binascii.Error, ValueError) as error:
        raise FileUnreadable from error
