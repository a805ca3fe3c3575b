"""Templates' films, made before anybody asks: the house's own jobs, in the band of those that can wait.

Whoever then asks for a template's request has the film at once, for equal requests are one film (`content`).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from filmloom.generate.request import Request, model_folder
from filmloom.serve.desk import Desk, NotReady
from filmloom.serve.messages import Job
from filmloom.serve.submit import film_digest
from filmloom.serve.views import has_film

SEED = 0
AGAIN = ("failed", "cancelled")


def view(desk: Desk, template: Mapping[str, str]) -> dict[str, Any]:
    """The template. `request` asks for the film that was or will be made ahead; None where nobody has asked for it."""
    job, name = known(desk, template), template["id"]
    there = job is not None and has_film(job)
    urls = {kind: f"/api/templates/{name}/{kind}" if there else None for kind in ("film", "thumbnail")}
    return {**template, "request": job and desk.view(job)["request"], "state": job and job.state, "urls": urls}


def known(desk: Desk, template: Mapping[str, str]) -> Job | None:
    return desk.table.of_idempotency("", name_of(desk, template))


def made(desk: Desk, template: Mapping[str, str]) -> Job:
    job = known(desk, template)
    if job is None:
        raise NotReady(f"{template['id']} was not made ahead; POST /api/templates/{template['id']}/render does it.")
    return job


def render(desk: Desk, template: Mapping[str, str]) -> Job:
    """The job of the template's film: the one that there is, or a new one."""
    job = known(desk, template)
    if job is None:
        told = {"idempotency": name_of(desk, template), "extra": {"template": template["id"]}}
        return desk.order(fields(desk, template) | {"band": "low"}, key="", **told)()
    return desk.table.retry(job.id) if job.state in AGAIN else job


def fields(desk: Desk, template: Mapping[str, str]) -> dict[str, Any]:
    """What is asked for: the prompt's own scene in the template's style."""
    planned = desk.film.plan(Request(prompt=template["prompt"], seed=SEED))
    styled = [dataclasses.replace(scene, style=template["style"]) for scene in (planned.scene, *planned.then)]
    scenes = [json.loads(scene.to_json()) for scene in styled]
    return {"prompt": template["prompt"], "seed": SEED, "scene": scenes if len(scenes) > 1 else scenes[0]}


def name_of(desk: Desk, template: Mapping[str, str]) -> str:
    """The same as long as template, model and release are."""
    model = next(iter(desk.settings.models.values()))
    said = json.dumps(template, sort_keys=True) + film_digest(model_folder(model), desk.house)
    return f"template/{template['id']}/{hashlib.sha256(said.encode()).hexdigest()[:16]}"
