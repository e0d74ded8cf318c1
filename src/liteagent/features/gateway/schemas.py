"""What every endpoint under `/v1` shares: tools, images, output formats, usage, and our own extension."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from liteagent.infra.http.schemas import Body, View

__all__ = [
    "Extension",
    "JsonSchemaBody",
    "Metadata",
    "ModelName",
    "ModelView",
    "ModelsView",
    "Stop",
    "Temperature",
    "Tokens",
    "ToolName",
    "TopP",
]

ModelName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=300,
        description="An agent's slug, `workflow:` and a flow's id, or an embedding model; GET /v1/models.",
    ),
]
Metadata = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]] | None,
    Field(max_length=16, description="Kept with the run and told again with the response."),
]
ToolName = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_.-]+$")]
Temperature = Annotated[
    float | None, Field(ge=0, le=2, description="Taken where the agent has none of its own.")
]
TopP = Annotated[float | None, Field(ge=0, le=1)]
Tokens = Annotated[int | None, Field(ge=1, le=10_000_000, description="At most the agent's own limit.")]
_StopText = Annotated[str, Field(min_length=1, max_length=1000)]
Stop = Annotated[
    _StopText | Annotated[list[_StopText], Field(max_length=4)] | None,
    Field(description="The answer ends before the first of these texts."),
]


class Extension(Body):
    """What OpenAI's wire has no words for; `extra_body={"liteagent": {…}}` in OpenAI's Python client.

    With `run_id` nothing new is begun: a run that waits for a person gets `answer`, or the last user
    message, and goes on.
    """

    conversation_id: Annotated[str | None, Field(max_length=64)] = Field(
        default=None, description="The conversation that the turn is written into; a new one if left out."
    )
    run_id: Annotated[str | None, Field(max_length=64)] = Field(
        default=None, description="A run that waits for a person's answer."
    )
    request_id: Annotated[str | None, Field(max_length=200)] = Field(
        default=None, description="Which of its questions; needed where several are open."
    )
    answer: JsonValue = Field(default=None, description="The answer; the last user message if left out.")


class JsonSchemaBody(Body):
    """The shape that an answer must have."""

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
    schema_: dict[str, JsonValue] = Field(alias="schema")
    description: str | None = None
    strict: bool | None = None


class ModelView(View):
    """Something that answers: an agent, a flow or an embedding model."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = Field(description="`agent`, `workflow` or `embedding`.")
    name: str | None = None
    description: str | None = None


class ModelsView(View):
    """Everything that `model` may name."""

    object: Literal["list"] = "list"
    data: list[ModelView]
