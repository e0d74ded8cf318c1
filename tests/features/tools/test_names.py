"""What models call the tools of a source."""

import re

from hypothesis import given
from hypothesis import strategies as st

from liteagent.features.tools.found import LONGEST_NAME, model_names


def test_names_are_kept_where_every_vendor_takes_them() -> None:
    names = model_names("pets", ["getPet", "get-pet", "get.pet/1", "get pet/1", "x" * 90])
    assert (names["getPet"], names["get-pet"]) == ("pets__getPet", "pets__get-pet")
    assert names["get.pet/1"].startswith("pets__get_pet_1_")
    assert names["get.pet/1"] != names["get pet/1"]
    assert len(names["x" * 90]) == LONGEST_NAME


@given(st.lists(st.text(min_size=1, max_size=100), unique=True, max_size=20))
def test_every_name_is_its_own_and_fits(names: list[str]) -> None:
    called = model_names("a" * 24, names)
    assert len(set(called.values())) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", each) for each in called.values())
