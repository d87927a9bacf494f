"""The routes of corrections: sent by whoever may ask, reviewed by whoever has the right."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from flask import g
from marshmallow import Schema
from werkzeug.routing import IntegerConverter, Map

from model.artifact import Manifest
from service.errors import FeedbackOffError, ForbiddenError, InvalidRequestError
from service.feedback import schemas
from service.feedback.agreement import agreement
from service.feedback.values import Approved, Correction, Submission, Wanted
from service.keys import NOBODY, Key
from service.models import Models
from service.routes import Created, Routes, Streamed, answered_by
from service.settings import Settings

if TYPE_CHECKING:  # it imports SQLAlchemy
    from service.feedback.store import Store

_BODY = (400, 408, 413, 415)


class Id(IntegerConverter):
    """The id of a correction in a path: decimal, up to 18 digits."""

    regex = "[1-9][0-9]{0,17}"

    def __init__(self, rules: Map):
        super().__init__(rules, min=1, max=10**18 - 1)


def serve(routes: Routes, settings: Settings, models: Models, store: "Store | None") -> None:
    """Add the routes under `/feedback`; without a store each answers that corrections are not kept."""
    off = [404] * (store is None)

    def kept() -> "Store":
        if store is None:
            raise FeedbackOffError
        return store

    def review() -> None:
        kept()
        if not _asker().review:
            raise ForbiddenError

    def allowed(label: str, schema: Schema) -> Manifest:
        """Return the manifest of the model whose label it is; raises `InvalidRequestError` where it is not."""
        manifest: Manifest = answered_by(models.current().manifest)
        if label not in manifest.labels:
            raise InvalidRequestError({"label": [f"Must be one of: {', '.join(manifest.labels)}."]}, schema)
        return manifest

    correction = schemas.correction_request(settings.max_text_chars, settings.max_article_chars)
    decision, listed, exported = schemas.DecisionRequest(), schemas.CorrectionsQuery(), schemas.TargetQuery()

    @routes.serves("/feedback", Created(schemas.Receipt), 409, *_BODY, *off, takes=correction, guard=kept)
    def correct(request: dict[str, Any]) -> Any:
        """Correct an answer.

        Only the stretch that the label is of is kept, and with it what else is said here and the model's target. It is
        stored durably before it is answered, and once for each `idempotency_key`: sent again, it is answered the same
        with 200, and with other content 409.
        """
        manifest = allowed(request["label"], correction)
        return kept().add(Submission(target=manifest.target, submitter=_asker().name, **request))

    @routes.serves("/feedback", schemas.CorrectionsAnswer, 403, *off, method="GET", takes=listed, guard=review)
    def corrections(request: dict[str, Any]) -> dict[str, Any]:
        """List corrections by id, page by page.

        `disagreeing=true` lists those of one sentence next to each other.
        """
        found, following = kept().find(Wanted(**request))
        return {"corrections": found, "next": following}

    @routes.serves(
        "/feedback/<id:id>", schemas.CorrectionAnswer, 403, 404, *_BODY, method="PATCH", takes=decision, guard=review
    )
    def decide(request: dict[str, Any], id: int) -> Correction:
        """Approve a correction, reject it, put it back or give it another label; who did and when is kept."""
        label = request.get("label")
        if label is not None and allowed(label, decision).target != kept().get(id).target:
            raise InvalidRequestError({"label": ["The correction is of another target than the model's."]}, decision)
        return kept().decide(id, _asker().name, request.get("status"), label)

    @routes.serves("/feedback/<id:id>", None, 403, 404, method="DELETE", guard=review)
    def erase(id: int) -> None:
        """Erase a correction: text, history and all."""
        kept().erase(id)

    @routes.serves(
        "/feedback/export", Streamed(schemas.ExportRow), 403, *off, method="GET", takes=exported, guard=review
    )
    def export(request: dict[str, Any]) -> Iterator[Approved]:
        """Send the approved corrections by id, a line each, as training reads them; the last line says how many."""
        return kept().approved(request["target"])

    @routes.serves(
        "/feedback/agreement", schemas.AgreementAnswer, 403, *off, method="GET", takes=Schema(), guard=review
    )
    def agree(_: dict[str, Any]) -> dict[str, Any]:
        """Tell how far annotators agree, by the labels as they submitted them.

        What names no annotator is its API key's. Of several corrections of one sentence by one annotator the last
        counts. `pairs` are of the 50 annotators who labelled most of what others labelled too.
        """
        return agreement(kept().submitted())


def _asker() -> Key:
    asker: Key = g.get("key", NOBODY)
    return asker
