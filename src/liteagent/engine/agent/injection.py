"""Texts that read like instructions to a model: eleven patterns, and the score that they add up to.

A score says that a person should look; it is no proof, and a clever text has none. What keeps an agent safe
is what its tools and their approvals allow. The patterns, with what each adds to the score:

- `ignore_instructions` 0.6: asks to ignore, forget or override what was said before.
- `new_instructions` 0.4: announces instructions of its own, or that the task has changed.
- `role_override` 0.4: tells the model who it is from now on.
- `jailbreak_persona` 0.5: DAN, developer mode, no restrictions.
- `prompt_extraction` 0.5: asks for the system prompt or the instructions.
- `fake_role` 0.5: writes another speaker's turn, or the control tokens of a chat format.
- `fence_break` 0.5: closes a quotation that it stands in.
- `tool_coercion` 0.4: tells the model to call a tool or run a command.
- `exfiltration` 0.5: asks to send something to an address, or hides data in the URL of a picture.
- `concealment` 0.5: asks to keep something from the user.
- `hidden_text` 0.4: invisible characters, or an encoded text that is to be decoded and followed.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["PATTERNS", "Finding", "Pattern", "findings"]

_LONGEST = 40_000
_INVISIBLE = re.compile(
    "[\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)
_JOINED = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]")
_SPACES = re.compile(r"\s+")
_EARLIER = (
    r"(?:previous|prior|above|earlier|preceding|foregoing|existing|original|initial|all"
    r"|any|your|the|these|those|my|of|\W)"
)
_ORDERS = (
    r"(?:instructions?|prompts?|rules?|guidelines?|directives?|commands?|orders?|context"
    r"|messages?|polic(?:y|ies)|training)"
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way of talking to a model from inside a text.

    Attributes:
        weight: What it adds to the score.
        raw: Whether it is looked for in the text as it is, instead of its plain form: NFKC, lower case,
            invisible characters removed, each run of blanks one blank.
    """

    name: str
    weight: float
    regex: re.Pattern[str]
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found in one text. `score` is between 0 and 1: the sum of the weights, 1 at the most."""

    score: float
    patterns: tuple[str, ...]


def _plain(name: str, weight: float, *ways: str) -> Pattern:
    return Pattern(name, weight, re.compile("|".join(ways)))


PATTERNS: tuple[Pattern, ...] = (
    _plain(
        "ignore_instructions",
        0.6,
        rf"\b(?:ignore|disregard|forget|override|bypass|neglect|discard|skip|drop"
        rf"|do not follow|don't follow|stop following)\s(?:{_EARLIER}{{1,3}}\s?){{1,6}}"
        rf"{_ORDERS}\b",
        r"\b(?:ignore|disregard|forget) (?:everything|all|anything"
        r"|what(?:ever)?) (?:that )?(?:(?:was|is|i|you|we|has been|have been"
        r"|came) ){0,2}(?:above|before|previous(?:ly)?|said|told|so far|you know"
        r"|you were told)",
    ),
    _plain(
        "new_instructions",
        0.4,
        r"\b(?:new|updated|revised|real|actual|important|additional|urgent|special"
        r"|following) (?:system )?(?:instructions?|task|directive|objective|orders?)(?: (?:is"
        r"|are|from|for)\b|\s?:)",
        r"\b(?:your|the) (?:new|real|actual|true|only) (?:task|job|goal|purpose|objective"
        r"|instruction) (?:is|are|:)",
        r"\b(?:instead|from now on),? (?:you (?:must|will|should|shall)|do|follow|obey"
        r"|respond|answer|reply)\b",
    ),
    _plain(
        "role_override",
        0.4,
        r"\byou are (?:now|no longer|actually|henceforth)\b",
        r"\b(?:act|behave|respond|speak|pretend) (?:as|like|to be) (?:if you (?:are|were)"
        r"|an? |the )(?:unrestricted|evil|uncensored|root|admin\w*|system|developer|hacker"
        r"|different|another|new)",
        r"\b(?:assume|take on|adopt|play) the (?:role|persona|identity|character) of\b",
        r"\byour (?:new )?(?:role|name|identity|persona) is (?:now )?\b",
    ),
    _plain(
        "jailbreak_persona",
        0.5,
        r"\b(?:developer|debug|god|admin(?:istrator)?|maintenance|sudo|root|jailbreak"
        r"|unrestricted) mode\b(?! of\b)",
        r"\bdo anything now\b|\bjailbr(?:eak|oken)\b|\byou are dan\b|\bdan mode\b",
        r"\b(?:without|no|free (?:of|from)|ignoring|remove|disable) (?:any |all |your "
        r"|more )*(?:restrictions?|limitations?|filters?|safety|censorship|guardrails?"
        r"|moderation|ethic\w*)\b",
    ),
    _plain(
        "prompt_extraction",
        0.5,
        r"\b(?:reveal|show|print|repeat|output|display|tell|give|leak|dump|expose|recite"
        r"|write|share|list|quote|translate|summari[sz]e|encode|what (?:is|are|was"
        r"|were))\b[^.!?\n]{0,40}\b(?:system|initial|hidden|secret|original|internal"
        r"|developer|confidential|first|starting) (?:prompt|instructions?|messages?|rules?"
        r"|directives?|configuration|guidelines?)",
        r"\b(?:repeat|print|output|write|recite|echo)\b[^.!?\n]{0,30}\b(?:everything|all"
        r"|the (?:text|words|content)s?|verbatim)\b[^.!?\n]{0,30}\babove\b",
        r"\byour (?:system )?(?:prompt|instructions)\b[^.!?\n]{0,20}\b(?:verbatim"
        r"|word for word|in full|exactly)\b",
    ),
    Pattern(
        "fake_role",
        0.5,
        re.compile(
            r"<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|>"
            r"|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|</?(?:system|assistant"
            r"|developer)(?:_prompt|_message)?>"
            r"|^[ \t#*>\[]{0,12}(?:system|assistant|developer)(?: ?(?:message|prompt|note"
            r"|override|notice|instruction)s?)?[ *\]]{0,6}:[ \t]?\S"
            r"|^(?:Human|Assistant):[^\n]{1,200}\n{1,3}(?:Human|Assistant):",
            re.IGNORECASE | re.MULTILINE,
        ),
        raw=True,
    ),
    Pattern(
        "fence_break",
        0.5,
        re.compile(
            r"</(?:untrusted|document|documents|context|passages?|data|tool_result|tool_response"
            r"|function_results?|search_results?|user_input|input|quote)[\w-]*>"
            r"|[-=#*~]{3}[ \t]{0,4}(?:end|begin|start)(?: of)?(?: the| all)? (?:document|context"
            r"|input|data|prompt|instructions?|untrusted|passages?|results?|conversation|system"
            r"|user|text|email|quote)"
            r"|^[ \t]{0,12}(?:\"{3}|'{3}|`{3,12})[ \t]{0,12}\n{1,3}[ \t]{0,12}(?:now|ignore"
            r"|system|instructions?|you)\b"
            r"|\}[ \n]{0,4}\][ \n]{0,4}\}[ \n]{0,8}(?:ignore|system|now|new instruction)",
            re.IGNORECASE | re.MULTILINE,
        ),
        raw=True,
    ),
    _plain(
        "tool_coercion",
        0.4,
        r"\b(?:call|invoke|use|execute|run|trigger) (?:the |your |this "
        r"|a )?[`'\"]?\w{2,64}[`'\"]? (?:tool|function|api|command|action|plugin|endpoint)\b",
        r"\b(?:call|invoke|execute|run|use) (?:the )?(?:tool|function|command|action|plugin)s?:? [`'\"]?\w+",
        r"\b(?:run|execute) (?:this|the following|these) (?:shell |bash |python "
        r"|sql )?(?:code|commands?|scripts?|quer(?:y|ies))\b",
        r"\b(?:call|invoke|use|run) [`'\"]?[a-z]+(?:_[a-z0-9]+)+[`'\"]?\b",
        r"\brm -rf\b|\bcurl (?:-\w+ )*https?:|\bwget https?:|\bdrop table\b",
    ),
    _plain(
        "exfiltration",
        0.5,
        r"\b(?:send|forward|post|upload|transmit|exfiltrate|e-?mail|submit|leak|copy|append"
        r"|deliver|report)\b[^.!?\n]{0,80}\b(?:to|at|into|via)\b[^.!?\n]{0,30}(?:https?:"
        r"|www\.|ftp:|[\w.+-]{1,64}@[\w-]{1,64}\.\w)",
        r"!\[[^\]\n]{0,80}\]\(\s?https?:[^)\s]{0,200}(?:[{$]|%7b|data=|secret|key=|token"
        r"|password|[?&](?:q|d|c|x|leak|exfil)=)",
        r"\b(?:send|forward|upload|leak|exfiltrate|email|post|transmit"
        r"|share)\b[^.!?\n]{0,40}\b(?:passwords?|api.?keys?|credentials?|secrets?|tokens?"
        r"|conversation|chat history|private (?:data|key)s?|confidential|personal data"
        r"|user data|environment variables)\b",
    ),
    _plain(
        "concealment",
        0.5,
        r"\b(?:do not|don't|dont|never|without) (?:(?:ever|even) )?(?:tell|telling|mention"
        r"|mentioning|inform|informing|reveal|revealing|alert|alerting|notify|notifying|let"
        r"|warn|warning|disclose|disclosing|show|showing|ask"
        r"|asking)\b[^.!?\n]{0,40}\b(?:the )?(?:user|human|person|anyone|anybody|them"
        r"|operator|owner|customer|this)\b",
        r"\b(?:keep|hide) (?:this|it|that)\b[^.!?\n]{0,30}\b(?:secret|hidden|confidential"
        r"|from the (?:user|human|operator))",
        r"\b(?:silently|secretly|covertly|in the background|quietly)\b[^.!?\n]{0,30}\b(?:call"
        r"|send|run|execute|add|include|delete|forward|change|perform|do)\b",
    ),
    _plain(
        "hidden_text",
        0.4,
        r"\b(?:decode|decrypt|unbase64|rot13|base64)\b[^.!?\n]{0,60}\b(?:and|then) (?:follow"
        r"|execute|obey|run|do|perform|carry out|comply)",
        r"<!--[^>]{0,300}\b(?:ignore|instruction|assistant|system|prompt|ai|llm|agent)\b",
        r"(?:display\s?:\s?none|font-size\s?:\s?0|color\s?:\s?(?:white"
        r"|#fff))[^>]{0,80}>[^<]{0,300}\b(?:ignore|instruction|assistant|system|you must|ai)\b",
    ),
)


def findings(text: str) -> Finding | None:
    """What of the patterns is in `text`; None where nothing is. Only the first 40,000 characters are read."""
    found = tuple(_found(text[:_LONGEST]))
    if not found:
        return None
    score = min(1.0, sum(each.weight for each in found))
    return Finding(round(score, 2), tuple(each.name for each in found))


def _found(text: str) -> Iterator[Pattern]:
    plain = _SPACES.sub(" ", _JOINED.sub("", unicodedata.normalize("NFKC", text))).lower()
    invisible = len(_INVISIBLE.findall(text)) >= 3
    for pattern in PATTERNS:
        hidden = pattern.name == "hidden_text" and invisible
        if hidden or pattern.regex.search(text if pattern.raw else plain):
            yield pattern
