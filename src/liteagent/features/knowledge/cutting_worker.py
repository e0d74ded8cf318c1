"""The child that cuts: `python -I -m liteagent.features.knowledge.cutting_worker`, one request after another.

It ends with its parent, or when nothing was asked of it for a while.
"""

import pickle
import select
import signal
import sys
from typing import BinaryIO

from liteagent.features.knowledge.cutting import Rules, Text, cut, packed

__all__ = ["main"]

_IDLE_SECONDS = 20.0


def main(requests: BinaryIO, answers: BinaryIO, idle_seconds: float = _IDLE_SECONDS) -> None:
    """Answer requests until there are no more: pairs of rules and texts, answered by packed cuts.

    What goes wrong is the answer in their place.
    """
    while _comes(requests, idle_seconds):
        try:
            asked: tuple[Rules, list[Text]] = pickle.load(requests)  # noqa: S301  our parent wrote it
        except EOFError:
            return
        try:
            answer: object = [packed(cut(asked[0], text)) for text in asked[1]]
        except Exception as error:  # noqa: BLE001  whatever it was, the parent finds the same by itself
            answer = repr(error)
        pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()


def _comes(requests: BinaryIO, seconds: float) -> bool:
    """Whether there is a request; one is asked at a time, so none waits in the buffer."""
    if sys.platform == "win32":
        return True  # its pipes cannot be waited for; they end with the parent
    ready, _, _ = select.select([requests], [], [], seconds)
    return bool(ready)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main(sys.stdin.buffer, sys.stdout.buffer)
