"""Fixtures for every test, and the rule that continuous integration skips nothing."""

import os
from collections.abc import Generator

import pytest

# Tests find by words unless they choose an embedding model: that is what an installation without extras does.
os.environ.setdefault("DEFAULT_EMBEDDING", "none")
# A key on a developer's machine must not make a provider appear, which a test would then call.
for _name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OLLAMA_HOST", "NVIDIA_API_KEY", "DEFAULT_MODEL"):
    os.environ.pop(_name, None)
# Flows run without a sandbox unless a test chooses one: starting it takes longer than most tests do.
os.environ.setdefault("SANDBOX_MODE", "none")


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the product runs on."""
    return "asyncio"


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Make a skipped test a failed one where CI=true; a test that is expected to fail is none."""
    if os.environ.get("CI") == "true" and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"Where CI=true nothing may be skipped. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report
