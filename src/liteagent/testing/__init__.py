"""Public parts for tests of agents and of extensions: fakes of the sockets, and conformance suites."""

from liteagent.testing.cache_suite import CacheSuite
from liteagent.testing.clock import ManualClock
from liteagent.testing.llm_suite import LLMSuite
from liteagent.testing.replaying import replay_run
from liteagent.testing.scripted_llm import Fail, Hang, ScriptedLLM

__all__ = ["CacheSuite", "Fail", "Hang", "LLMSuite", "ManualClock", "ScriptedLLM", "replay_run"]
