"""What of a conversation fits into a request: pure strategies over its messages.

All keep the newest of what was said, and all keep three promises: a tool call and its results stay
together, the user's last message is always there, and so is everything since the model's last tool calls,
even where that alone is over the limit (without it the agent would ask for the same again). A summary stands
in for what else was said where the strategy is `summary`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.messages import Message, Role

__all__ = [
    "Memory",
    "SlidingWindowMemory",
    "Summarizer",
    "SummaryMemory",
    "TokenLimitedMemory",
    "create_sliding_window_memory",
    "create_summary_memory",
    "create_token_limited_memory",
    "estimate_tokens",
    "message_tokens",
    "within",
]

_MESSAGE_OVERHEAD = 4
_ASCII_PER_TOKEN = 4
_BYTES_PER_TOKEN = 3
_IMAGE_TOKENS = 1000
_LEAST_RESULT = 200

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
        return _newest(messages, self.max_tokens, message_tokens)


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


Summarizer: TypeAlias = Callable[[Sequence[Message]], str | Awaitable[str]]
"""Makes a summary of what was said, sync or async; a first message of the system is the summary so far."""


@dataclass(frozen=True, slots=True)
class SummaryMemory:
    """Keeps the newest messages that fit into `max_tokens`, and a summary of the ones before.

    What no longer fits at the beginning of a turn is summarized once, in one go that leaves half of the room
    free, so that the turns after it need no summary again.

    Attributes:
        summarizer: Of the process, and not pinned; None asks the agent's own model.
    """

    max_tokens: int = 4000
    strategy: Literal["summary"] = "summary"
    summarizer: Annotated[Summarizer | None, Field(exclude=True)] = field(
        default=None, compare=False, repr=False
    )

    def __post_init__(self) -> None:
        _require_positive("max_tokens", self.max_tokens)

    def fit(self, messages: Sequence[Message]) -> tuple[Message, ...]:
        """The messages to send, in order."""
        return _newest(messages, self.max_tokens, message_tokens)

    def overflow(self, messages: Sequence[Message]) -> int:
        """How many of a history's oldest messages are to be summarized now; a question begins the rest."""
        if sum(map(message_tokens, messages)) <= self.max_tokens:
            return 0
        room, at = self.max_tokens // 2, len(messages)
        while at and (room := room - message_tokens(messages[at - 1])) >= 0:
            at -= 1
        places = range(at, len(messages))
        return next((each for each in places if messages[each].role is Role.USER), len(messages))


Memory: TypeAlias = TokenLimitedMemory | SlidingWindowMemory | SummaryMemory


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


def create_summary_memory(summarizer: Summarizer | None = None, *, max_tokens: int = 4000) -> SummaryMemory:
    """Memory of the newest messages in about `max_tokens` tokens, and of a summary of what was before.

    Args:
        summarizer: Makes the summary of messages; None asks the agent's own model.
        max_tokens: Of the messages that are kept as they are.

    Raises:
        InvalidInputError: `max_tokens` is below 1.
    """
    return SummaryMemory(max_tokens, summarizer=summarizer)


def within(messages: Sequence[Message], room: int) -> tuple[Message, ...]:
    """The newest messages in about `room` tokens; results of tools that alone are more are cut."""
    kept = _newest(messages, max(1, room), message_tokens)
    over = sum(map(message_tokens, kept)) - room
    longest = sorted(
        (at for at, each in enumerate(kept) if each.role is Role.TOOL), key=lambda at: -len(kept[at].content)
    )
    cut = list(kept)
    for at in longest:
        if over <= 0:
            break
        shorter = _shortened(cut[at], over)
        over -= message_tokens(cut[at]) - message_tokens(shorter)
        cut[at] = shorter
    return tuple(cut)


def _shortened(message: Message, over: int) -> Message:
    keep = max(_LEAST_RESULT, len(message.content) - _ASCII_PER_TOKEN * over - _LEAST_RESULT)
    if keep >= len(message.content):
        return message
    return replace(message, content=f"{message.content[:keep]}\n[Cut: it is longer than the model can read.]")


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` is, without any model's vocabulary.

    An approximation: four ASCII characters a token, and three UTF-8 bytes a token for everything else, which
    makes one token of a Chinese, Japanese or Korean character, two thirds of a Cyrillic or Greek one, and
    one and a third of an emoji. Real vocabularies differ by tens of per cent; leave room.
    """
    size = len(text.encode(errors="surrogatepass"))
    ascii_size = size if size == len(text) else len(text.encode("ascii", "ignore"))
    return -(-ascii_size // _ASCII_PER_TOKEN) + -(-(size - ascii_size) // _BYTES_PER_TOKEN)


def message_tokens(message: Message) -> int:
    """About how many tokens a message is, by `estimate_tokens`; a picture counts as a thousand."""
    calls = "".join(call.name + call.arguments for call in message.tool_calls)
    said = estimate_tokens(message.content) + estimate_tokens(calls)
    return _MESSAGE_OVERHEAD + said + _IMAGE_TOKENS * len(message.images)


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
