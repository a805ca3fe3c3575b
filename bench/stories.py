"""How often prompts such as "first A, then B, then C" are planned in that order, in twelve languages.

    python bench/stories.py [--num 12] [--seed 0] [--model mini]

`share`: stated fields that the scene of their own beat has; `scenes`: stories with as many scenes as beats; `order`:
stories whose subjects come as told. A story that is refused has nothing right. Writes bench/results/stories.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from filmloom.core.errors import FilmloomError
from filmloom.evaluate.stories import Story, scored, stories
from filmloom.evaluate.tables import table
from filmloom.generate.pipeline import load
from filmloom.generate.request import Request

RESULTS = Path(__file__).parent / "results" / "stories.json"


def main() -> None:
    chosen = parsed()
    film = load(chosen.model)

    refused = []

    def planned(one: Story) -> list:
        try:
            plan = film.plan(Request(prompt=one.prompt, seed=one.seed, seconds=6.0))
        except FilmloomError as error:  # counted as wrong: nothing in these stories should be refused
            refused.append(f"{one.prompt}: {error}")
            return []
        return [plan.scene, *plan.then]

    asked = list(stories(chosen.num, chosen.seed))
    rows = scored(asked, planned)
    told = [
        (name, *(str(row[k]) for k in ("stories", "right", "of", "share", "scenes", "order")))
        for name, row in rows.items()
    ]
    print("\n".join(table(("language", "stories", "right", "of", "share", "scenes", "order"), told)))
    print(f"{len(refused)} refused", *refused, sep="\n")
    record = {"command": " ".join(sys.argv), "model_digest": film.folder.digest, "rows": rows, "refused": refused}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")


def parsed() -> argparse.Namespace:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--num", type=int, default=12, help="stories per language")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--model", default="mini")
    return made.parse_args()


if __name__ == "__main__":
    main()
