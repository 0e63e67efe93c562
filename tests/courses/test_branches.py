"""What is wrong in how a scenario's states lead on, found in whatever an author wrote."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from courses.questions.scenario import Scenario

NAMES = st.sampled_from(["fork", "frok", "hill", "Hill", "elsewhere"])
ANYTHING = st.none() | NAMES | st.lists(NAMES, max_size=2) | st.dictionaries(NAMES, NAMES, max_size=1)
WAYS = st.lists(st.fixed_dictionaries({}, optional={"id": ANYTHING, "to": NAMES | ANYTHING}) | ANYTHING, max_size=3)
ENDINGS = st.fixed_dictionaries({}, optional={"score": st.sampled_from(["0%", "100%", "200%", None])})
STATES = st.lists(
    st.fixed_dictionaries({}, optional={"id": ANYTHING, "choices": WAYS | ANYTHING, "ending": ENDINGS | ANYTHING})
    | ANYTHING,
    max_size=6,
)


@given(st.fixed_dictionaries({}, optional={"start": ANYTHING, "states": STATES | ANYTHING}))
def test_each_mistake_stands_at_what_is_there(fields: dict[str, Any]) -> None:
    for mistake in Scenario.mistakes_in(fields):
        value: Any = fields
        for step in mistake.at:
            value = value[step]
        assert mistake.message.endswith(".")


def test_mending_what_is_told_brings_up_nothing_new() -> None:
    """A mistake hidden behind others is told along with them, so that none is left once each has been mended."""
    wrong = {
        "start": "frok",
        "states": [
            {"id": "fork", "choices": [{"id": "a", "to": "hil"}, {"id": "a", "to": "bog"}]},
            {"id": "hill"},
            {"id": "bog", "choices": [{"id": "b", "to": "bog"}]},
            {"id": "cave", "ending": {"score": "50%"}},
        ],
    }
    told = {mistake.code for mistake in Scenario.mistakes_in(wrong)}
    assert told == {"unknown-state", "doubled-id", "state-without-choices", "scenario-circle", "state-unreached"}
    mended = {
        "start": "fork",
        "states": [
            {"id": "fork", "choices": [{"id": "a", "to": "hill"}, {"id": "c", "to": "bog"}, {"id": "d", "to": "cave"}]},
            {"id": "hill", "ending": {"score": "100%"}},
            {"id": "bog", "choices": [{"id": "b", "to": "hill"}]},
            {"id": "cave", "ending": {"score": "50%"}},
        ],
    }
    assert list(Scenario.mistakes_in(mended)) == []
