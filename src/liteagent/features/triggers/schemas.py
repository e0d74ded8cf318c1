"""Triggers as the API takes and shows them. Secrets go in, are shown once, and come out masked."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from liteagent.contracts.runs import RunStatus
from liteagent.features.triggers.states import DeliveryStatus
from liteagent.infra.http.schemas import Body, Identifier, Name, View, http_url

__all__ = [
    "DeliveryList",
    "DeliveryView",
    "HookAccepted",
    "MomentsView",
    "NewTriggerView",
    "RotateBody",
    "Target",
    "TargetView",
    "TrialBody",
    "TriggerBody",
    "TriggerList",
    "TriggerPatch",
    "TriggerView",
]

_Kind = Literal["schedule", "webhook", "outgoing"]
_CatchUp = Literal["skip", "once", "all"]
_Overlap = Literal["allow", "skip"]
_Signature = Literal["none", "liteagent", "github", "gitlab", "stripe", "standard"]
_RunEvent = Literal["run.completed", "run.failed", "run.cancelled", "run.waiting_human"]

_HIGHEST_VERSION = 2**31 - 1


_Url = Annotated[str, Field(max_length=2000), http_url("url", "receivers check the signature")]
_Secret = Annotated[str, Field(min_length=16, max_length=500, pattern=r"^[\x21-\x7e]+$")]
_Inputs = Annotated[dict[str, JsonValue], Field(max_length=1000)]
_Cron = Annotated[str, Field(min_length=1, max_length=200)]
_Timezone = Annotated[str, Field(min_length=1, max_length=64)]
_Limit = Annotated[int, Field(ge=1, le=100)]
_Events = Annotated[list[_RunEvent], Field(min_length=1, max_length=4)]
_Watched = Annotated[list[Identifier], Field(max_length=100)]

_CRON = "schedule: minute, hour, day of month, month, day of week; names, ranges, lists and steps."
_TIMEZONE = "schedule: an IANA name like Europe/Madrid."
_CATCH_UP = (
    "schedule, for moments missed while nothing ran: `skip` them, start `once` for the newest, or start for "
    "`all`, the newest `catch_up_limit` of them."
)
_OVERLAP = "schedule, webhook: whether to start while a run that it started has not ended."
_INPUTS = (
    "schedule, webhook: what the run starts with; an agent takes `message`. Texts may hold {{ expressions }} "
    "over body, headers, query, delivery, moment and trigger. Left out, a webhook hands on the body."
)
_SIGNATURE = "webhook: how requests are signed, `none` if they are not."
_SIGNED_WITH = "What requests are signed with; made up and shown once if left out."
_EVENTS = "outgoing: what is told."
_WATCHED = "outgoing: ids of workflows and agents; none for all of them."


class Target(Body):
    """What is started: a workflow or an agent."""

    workflow_id: Identifier | None = None
    agent_id: Identifier | None = None
    version: Annotated[int, Field(ge=1, le=_HIGHEST_VERSION)] | None = Field(
        default=None, description="Of the workflow; left out: the published one, or the newest."
    )


class TriggerBody(Body):
    """A trigger to create; each kind takes the fields that say so."""

    name: Name
    kind: _Kind
    enabled: bool = True
    target: Target | None = Field(default=None, description="schedule, webhook: what is started.")
    inputs: _Inputs | None = Field(default=None, description=_INPUTS)
    overlap: _Overlap = Field(default="allow", description=_OVERLAP)
    cron: _Cron | None = Field(default=None, description=_CRON)
    timezone: _Timezone | None = Field(default=None, description=f"{_TIMEZONE} Left out: UTC.")
    catch_up: _CatchUp = Field(default="once", description=_CATCH_UP)
    catch_up_limit: _Limit = 10
    signature: _Signature = Field(default="none", description=_SIGNATURE)
    secret: _Secret | None = Field(default=None, description=_SIGNED_WITH)
    url: _Url | None = Field(default=None, description="outgoing: who is told.")
    events: _Events = Field(default=["run.completed", "run.failed"], description=_EVENTS)
    watched: _Watched = Field(default=[], description=_WATCHED)


class TriggerPatch(Body):
    """What to change of a trigger; what is left out stays. null for `inputs` hands on the body again."""

    name: Name | None = None
    enabled: bool | None = None
    target: Target | None = None
    inputs: _Inputs | None = Field(default=None, description=_INPUTS)
    overlap: _Overlap | None = Field(default=None, description=_OVERLAP)
    cron: _Cron | None = Field(default=None, description=_CRON)
    timezone: _Timezone | None = Field(default=None, description=_TIMEZONE)
    catch_up: _CatchUp | None = Field(default=None, description=_CATCH_UP)
    catch_up_limit: _Limit | None = None
    signature: _Signature | None = Field(default=None, description=_SIGNATURE)
    secret: _Secret | None = Field(default=None, description="A secret in place of the one there.")
    url: _Url | None = Field(default=None, description="outgoing: who is told.")
    events: _Events | None = Field(default=None, description=_EVENTS)
    watched: _Watched | None = Field(default=None, description=_WATCHED)


class RotateBody(Body):
    """How long the old address and the old secret are to hold beside the new ones."""

    keep_seconds: Annotated[int, Field(ge=0, le=7 * 86_400)] = 0


class TrialBody(Body):
    """What to try a webhook with."""

    body: JsonValue = Field(default=None, description="webhook: the body of the request that is tried.")


class TargetView(View):
    """What is started."""

    workflow_id: str | None = None
    agent_id: str | None = None
    version: int | None = None


class DeliveryView(View):
    """One thing that a trigger did or has to do."""

    id: str
    event: str = Field(description="`schedule`, `webhook`, `test`, or the event that is told.")
    key: str = Field(description="What it is for: a moment, a sender's delivery, an event of a run.")
    status: DeliveryStatus
    attempts: int
    run_id: str | None
    run_status: RunStatus | None = None
    response_status: int | None
    response_text: str | None = Field(description="The beginning of what the receiver said.")
    error: dict[str, Any] | None
    next_attempt_at: datetime | None
    created_at: datetime
    settled_at: datetime | None


class DeliveryList(View):
    """A page of what a trigger did, newest first."""

    items: list[DeliveryView]
    next_cursor: str | None = None


class TriggerView(View):
    """A trigger; its address is not shown again, its secret is masked."""

    id: str
    name: str
    kind: _Kind
    enabled: bool
    target: TargetView | None
    inputs: dict[str, Any] | None
    overlap: _Overlap
    cron: str | None
    timezone: str | None
    catch_up: _CatchUp
    catch_up_limit: int
    next_run_at: datetime | None
    next_moments: list[datetime] = Field(description="schedule: the next five.")
    signature: _Signature
    token_hint: str | None = Field(description="webhook: how its address ends.")
    secret: str | None = Field(description="Masked: the last four characters.")
    previous_until: datetime | None = Field(description="Until when the old address and secret hold.")
    url: str | None
    events: list[str]
    watched: list[str]
    last: DeliveryView | None = Field(description="The newest thing that it did.")
    created_at: datetime
    updated_at: datetime


class NewTriggerView(TriggerView):
    """A trigger as it is shown once, with what is never shown again."""

    hook_path: str | None = Field(default=None, description="webhook: where to send requests to.")
    new_secret: str | None = Field(default=None, description="What to sign, or check signatures, with.")


class TriggerList(View):
    """A page of triggers, newest first."""

    items: list[TriggerView]
    next_cursor: str | None = None


class MomentsView(View):
    """The next moments of a schedule that is not kept."""

    moments: list[datetime]


class HookAccepted(View):
    """What became of a request to a webhook."""

    run_id: str | None = Field(
        description="null while the run could not be started, or where it was skipped."
    )
    delivery_id: str
    status: DeliveryStatus
