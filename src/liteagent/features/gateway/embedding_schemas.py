"""`/v1/embeddings` as it is asked for and answered."""

from typing import Annotated, Literal

from pydantic import Field

from liteagent.features.gateway.schemas import ModelName
from liteagent.infra.http.schemas import Body

__all__ = ["EmbeddingsBody"]

_Text = Annotated[str, Field(min_length=1, max_length=200_000)]


class EmbeddingsBody(Body):
    """Texts to embed."""

    model: ModelName
    input: _Text | Annotated[list[_Text], Field(min_length=1, max_length=2048)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[int | None, Field(ge=1, le=65_536)] = None
    input_type: Literal["query", "passage"] = Field(
        default="passage", description="Which side of a search the texts are on."
    )
    user: Annotated[str | None, Field(max_length=512)] = None
