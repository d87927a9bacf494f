"""No text makes a regular expression slow: every one of model and service, pumped at each of its own repetitions."""

import importlib
import inspect
import math
import pkgutil
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import model
import service
from model.actors import Actors
from model.attribution import attribute
from model.segmentation import sentences
from tests.conftest import ROOT, UNMEASURED

# At this length what is linear takes milliseconds, and what is quadratic a minute.
CHARS = 200_000
CPU_SECONDS = 20
REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
CHARACTERS = " aAbZ0.,-–\"'’“\n\t:;#/([)]_*•|%@=\\?!\0İ😀\ud800"


def compiled() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Yield the patterns that the modules hold, by name."""
    for package in (model, service):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            # Run by Python, gunicorn and Alembic, and not imported.
            if not found.name.endswith(("__main__", "gunicorn.conf", "migrations.env")):
                for name, value in vars(importlib.import_module(found.name)).items():
                    yield from ((f"{found.name}.{name}", pattern) for pattern in held(value))


def held(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from held(one)


def attacks(pattern: re.Pattern[Any]) -> set[tuple[str, str]]:
    """Return, for each repetition, what leads to it and what it repeats."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode()
    parsed = _parser.parse(source, pattern.flags & ~re.UNICODE)
    return set(_attacks(parsed, ""))


def _attacks(items: Iterable[Any], prefix: str) -> Iterator[tuple[str, str]]:
    for operation, argument in items:
        if operation in REPEATS:
            item = _shortest(argument[2]) or "a"
            yield prefix, item
            yield "", prefix + item * max(1, argument[0])  # all of it, over and over
        for inner in _inner(operation, argument):
            yield from _attacks(inner, prefix)
        prefix += _one(operation, argument)


def _inner(operation: Any, argument: Any) -> list[Any]:
    if operation is _constants.BRANCH:
        return list(argument[1])
    if operation in (*REPEATS, _constants.SUBPATTERN):
        return [argument[-1]]
    return [argument] if operation is _constants.ATOMIC_GROUP else []


def _shortest(items: Iterable[Any]) -> str:
    """Write what a part of a pattern matches at least."""
    return "".join(_one(*item) for item in items)


def _one(operation: Any, argument: Any) -> str:
    if operation is _constants.LITERAL:
        return chr(argument)
    if operation in (_constants.IN, _constants.NOT_LITERAL, _constants.ANY):
        alone = _parser.SubPattern(_parser.State(), [(operation, argument)])
        return next(filter(_compiler.compile(alone, re.UNICODE).fullmatch, CHARACTERS), "")
    if operation in REPEATS:
        return _shortest(argument[2]) * argument[0]
    inner = _inner(operation, argument)
    return _shortest(inner[0]) if inner else ""


def run(name: str, pattern: re.Pattern[Any], text: str) -> None:
    """Match as the module does: only at one place if it never searches."""
    sent = text if isinstance(pattern.pattern, str) else text.encode("utf-8", "replace")
    module, _, variable = name.rpartition(".")
    used = set(re.findall(rf"\b{variable}\.(\w+)", inspect.getsource(sys.modules[module])))
    if used and used <= {"match", "fullmatch"}:
        for method in used:
            getattr(pattern, method)(sent)
    else:
        assert all(True for _ in pattern.finditer(sent))


def main() -> None:
    """Pump all patterns, each with all attacks on it; names each before, so that the last one is the slow one."""
    spent = math.ceil(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (spent + CPU_SECONDS, spent + CPU_SECONDS))
    for name, pattern in sorted(compiled(), key=lambda named: named[0]):
        for prefix, unit in sorted(attacks(pattern)):
            print(name, ascii(prefix[:40]), ascii(unit[:40]), flush=True)
            run(name, pattern, prefix + unit * (CHARS // len(unit)) + "\0")
    actors = Actors.load()
    for blank in ("\n", " ", "\n ", "A\n", "A", "("):
        text = blank * 2000 + "\n\n" + "It was a grave mistake. " * 8
        print("attribute", ascii(blank), flush=True)
        spans = sentences(text)
        attribute(text, spans, [], actors, ["criticism"] * len(spans), "us")
    print("all are done")


def pumped(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=UNMEASURED, capture_output=True, text=True, check=False
    )


def test_no_pattern_is_slow_on_any_text() -> None:
    done = pumped("from tests import test_patterns; test_patterns.main()")
    assert done.stdout.endswith("all are done\n"), (done.returncode, done.stdout[-300:], done.stderr[-1000:])


def test_a_slow_pattern_would_be_found() -> None:
    slow = r"re.compile(r'\A\s*(?:[^\n]{0,200}\n+){0,4}-')"
    code = (
        f"import re; from tests import test_patterns as t; t.CPU_SECONDS = 2; t.compiled = lambda: [('re.x', {slow})]"
    )
    done = pumped(f"{code}; t.main()")
    assert done.returncode < 0
    assert done.stdout.splitlines()[-1].startswith("re.x")


def test_attacks_reach_what_repeats() -> None:
    assert ("(", "a") in attacks(re.compile(r"\([\w]+\)"))
    assert ("ab-", ",") in attacks(re.compile(r"ab(?:[-]|x)(?:,|y)*z"))
    assert {name for name, _ in compiled()} > {"model.heads._dateline", "service.access.REQUEST_ID"}
