"""Label Studio's JSON: tasks to import into it, the export that comes back, the configuration of a project.

The format is described under https://labelstud.io/guide/task_format. A task has `data`, its columns; `predictions`,
what a model says; and `annotations`, what people say. Here a label is the choice of a `Choices` tag.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

SUFFIX = ".json"
TEXT, LABEL = "text", "label"


class TaskError(Exception):
    """What is not Label Studio's JSON; the message names the task, counted from 1, and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task of an export: its data, and the label that each of its annotators chose."""

    data: Mapping[str, Any]
    labels: tuple[str, ...]

    @property
    def label(self) -> str:
        """The label that more than half of the annotators chose; empty where there is none.

        So a tie has no label, and of two annotators neither overrules the other.
        """
        counted = Counter(self.labels).most_common(1)
        return counted[0][0] if counted and 2 * counted[0][1] > len(self.labels) else ""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a version of a model says of a text."""

    label: str
    confidence: float
    version: str


def read(content: str, tag: str = LABEL) -> list[Task]:
    """Read an export, or tasks that were never annotated; raises `TaskError` for the first fault.

    `tag` names the `Choices` tag. An annotation that was cancelled (skipped) or chose nothing there does not count; of
    several by one annotator the last counts.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        raise TaskError("task 1: not JSON; expected a list of Label Studio's tasks")
    return [_task(f"task {number}", task, tag) for number, task in enumerate(found, start=1)]


def task(data: Mapping[str, Any], label: str = "", prediction: Prediction | None = None) -> dict[str, Any]:
    """Return a task to import, with `label` as its annotation unless that is empty, and with a prediction."""
    made: dict[str, Any] = {"data": dict(data)}
    if label:
        made["annotations"] = [{"result": [_choice(label)]}]
    if prediction:
        version, score = prediction.version, prediction.confidence
        made["predictions"] = [{"model_version": version, "score": score, "result": [_choice(prediction.label)]}]
    return made


def configuration(labels: Sequence[str]) -> str:
    """Return the labelling configuration (XML) of a project for such tasks."""
    choices = "\n".join(f"    <Choice value={quoteattr(label)}/>" for label in labels)
    return f"""<View>
  <Text name="{TEXT}" value="${TEXT}"/>
  <Choices name="{LABEL}" toName="{TEXT}" choice="single" required="true">
{choices}
  </Choices>
</View>"""


def _choice(label: str) -> dict[str, Any]:
    return {"from_name": LABEL, "to_name": TEXT, "type": "choices", "value": {"choices": [label]}}


def _task(where: str, task: Any, tag: str) -> Task:
    data = _of(where, task, "data", dict, None)
    labels: dict[Any, str] = {}
    for number, annotation in enumerate(_of(where, task, "annotations", list, []), start=1):
        here = f"{where}: annotation {number}"
        results = _of(here, annotation, "result", list, [])
        chosen = [label for result in results if (label := _chosen(here, result, tag))]
        if len(chosen) > 1:
            raise TaskError(f"{here}: several results of {tag}; expected one")
        if chosen and not annotation.get("was_cancelled"):
            labels[_annotator(annotation, number)] = chosen[0]
    return Task(data, tuple(labels.values()))


def _chosen(where: str, result: Any, tag: str) -> str:
    """Return the choice of one result, empty for what is not of the tag; a tag may stand beside others."""
    if not isinstance(result, dict) or result.get("from_name") != tag:
        return ""
    value = result.get("value")
    choices = value.get("choices") if isinstance(value, dict) else None
    if not isinstance(choices, list) or len(choices) > 1 or not all(isinstance(one, str) for one in choices):
        raise TaskError(f"{where}: no single choice at {tag}; expected one label in value.choices")
    return choices[0].strip() if choices else ""


def _annotator(annotation: Mapping[str, Any], number: int) -> Any:
    """Return who annotated: an id, or a person with one; without either, each annotation is another's."""
    who = annotation.get("completed_by")
    identity = who.get("id", who.get("email")) if isinstance(who, dict) else who
    return (type(identity).__name__, str(identity)) if identity is not None else number


def _of(where: str, found: Any, name: str, kind: type, default: Any) -> Any:
    """Return a member of an object; raises `TaskError` for another kind, and for one that is missing and has to be."""
    value = found.get(name, default) if isinstance(found, dict) else None
    if not isinstance(value, kind):
        expected = "an object" if kind is dict else "a list"
        raise TaskError(f"{where}: no {name}; expected {expected} there, as in Label Studio's JSON export")
    return value
