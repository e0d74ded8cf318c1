"""What of a conversation fits into a request: pure strategies over its messages.

Both keep the newest of what was said, and both keep three promises: a tool call and its results stay
together, the user's last message is always there, and so is everything since the model's last tool calls,
even where that alone is over the limit (without it the agent would ask for the same again).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.messages import Message, Role

__all__ = [
    "Memory",
    "SlidingWindowMemory",
    "TokenLimitedMemory",
    "create_sliding_window_memory",
    "create_token_limited_memory",
    "estimate_tokens",
]

_MESSAGE_OVERHEAD = 4
_ASCII_PER_TOKEN = 4
_BYTES_PER_TOKEN = 3

_Group: TypeAlias = tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class TokenLimitedMemory:
    """Keeps the newest messages that fit into `max_tokens`, as `estimate_tokens` counts."""

    max_tokens: int = 4000
    strategy: Literal["token_limited"] = "token_limited"

    def __post_init__(self) -> None:
        _require_positive("max_tokens", self.max_tokens)

    def fit(self, messages: Sequence[Message]) -> tuple[Message, ...]:
        """The messages to send, in order."""
        return _newest(messages, self.max_tokens, _tokens)


@dataclass(frozen=True, slots=True)
class SlidingWindowMemory:
    """Keeps the newest `window_size` messages."""

    window_size: int = 10
    strategy: Literal["sliding_window"] = "sliding_window"

    def __post_init__(self) -> None:
        _require_positive("window_size", self.window_size)

    def fit(self, messages: Sequence[Message]) -> tuple[Message, ...]:
        """The messages to send, in order."""
        return _newest(messages, self.window_size, lambda _message: 1)


Memory: TypeAlias = TokenLimitedMemory | SlidingWindowMemory


def create_token_limited_memory(max_tokens: int = 4000) -> TokenLimitedMemory:
    """Memory of the newest messages that fit into about `max_tokens` tokens.

    Example:
        >>> memory = create_token_limited_memory(max_tokens=20)
        >>> said = [Message(Role.USER, "a long story " * 9), Message(Role.ASSISTANT, "Yes?")]
        >>> [message.content for message in memory.fit([*said, Message(Role.USER, "Hello")])]
        ['Hello']

    Raises:
        InvalidInputError: `max_tokens` is below 1.
    """
    return TokenLimitedMemory(max_tokens)


def create_sliding_window_memory(window_size: int = 10) -> SlidingWindowMemory:
    """Memory of the newest `window_size` messages.

    Raises:
        InvalidInputError: `window_size` is below 1.
    """
    return SlidingWindowMemory(window_size)


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` is, without any model's vocabulary.

    An approximation: four ASCII characters a token, and three UTF-8 bytes a token for everything else, which
    makes one token of a Chinese, Japanese or Korean character, two thirds of a Cyrillic or Greek one, and
    one and a third of an emoji. Real vocabularies differ by tens of per cent; leave room.
    """
    size = len(text.encode(errors="surrogatepass"))
    ascii_size = size if size == len(text) else len(text.encode("ascii", "ignore"))
    return -(-ascii_size // _ASCII_PER_TOKEN) + -(-(size - ascii_size) // _BYTES_PER_TOKEN)


def _tokens(message: Message) -> int:
    calls = "".join(call.name + call.arguments for call in message.tool_calls)
    return _MESSAGE_OVERHEAD + estimate_tokens(message.content) + estimate_tokens(calls)


def _newest(messages: Sequence[Message], limit: int, cost: Callable[[Message], int]) -> tuple[Message, ...]:
    system = [message for message in messages if message.role is Role.SYSTEM]
    groups = _groups([message for message in messages if message.role is not Role.SYSTEM])
    asked = max((at for at, group in enumerate(groups) if group[0].role is Role.USER), default=0)
    kept = _kept(groups, asked, limit - sum(map(cost, system)), cost)
    return (*system, *(message for at in kept for message in groups[at]))


def _kept(groups: Sequence[_Group], asked: int, room: int, cost: Callable[[Message], int]) -> list[int]:
    """Places of the groups to keep: the question, what follows the last calls, and what of the rest fits."""
    certain = {asked, *_since_last_calls(groups, asked)} if groups else set[int]()
    room -= sum(cost(message) for at in certain for message in groups[at])
    kept = set(certain)
    for at in reversed(range(len(groups))):
        if at not in certain:
            room -= sum(map(cost, groups[at]))
            if room < 0:
                break
            kept.add(at)
    return _from_a_question(groups, sorted(kept), asked)


def _since_last_calls(groups: Sequence[_Group], asked: int) -> range:
    """Places from the newest tool calls that the question has led to; empty if it has led to none."""
    calling = [at for at in range(asked + 1, len(groups)) if groups[at][0].tool_calls]
    return range(calling[-1], len(groups)) if calling else range(0)


def _from_a_question(groups: Sequence[_Group], kept: list[int], asked: int) -> list[int]:
    """Without a head that answers a question which was left out."""
    first = next((at for at in kept if groups[at][0].role is Role.USER), asked)
    return [at for at in kept if at >= first]


def _groups(messages: Sequence[Message]) -> list[_Group]:
    """Messages that stand or fall together: tool calls with their results, anything else alone."""
    groups: list[list[Message]] = []
    for message in messages:
        if message.role is Role.TOOL and groups and groups[-1][0].tool_calls:
            groups[-1].append(message)
        else:
            groups.append([message])
    return [tuple(group) for group in groups]


def _require_positive(name: str, value: int) -> None:
    if value < 1:
        raise InvalidInputError(f"{name} is {value}; give at least 1.")
