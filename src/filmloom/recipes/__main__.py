"""`python -m filmloom.recipes planner --size cpu --run runs/planner --minutes 30`: recipes on a bare machine.

Needs torch, numpy and safetensors only; `filmloom train` is the same with a friendlier face.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from filmloom.core.errors import FilmloomError
from filmloom.recipes.registry import RECIPES, recipe


def main(arguments: list[str] | None = None) -> int:
    """Run one recipe; → exit code."""
    chosen = vars(parser().parse_args(arguments))
    share = chosen.pop("worker").split("/")
    options = {"worker": int(share[0]), "num_workers": int(share[1]), "report": lambda line: print(line, flush=True)}
    try:
        result = recipe(chosen.pop("recipe"))(chosen.pop("size"), chosen.pop("run"), **chosen, **options)
    except FilmloomError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"{'finished' if result.finished else 'stopped'} at step {result.step} after {result.seconds:.0f} s")
    for name, value in result.scores.items():
        print(f"  {name}: {value}")
    return 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m filmloom.recipes", description=__doc__)
    made.add_argument("recipe", help=", ".join(RECIPES))
    made.add_argument("--size", default="cpu", help="toy, cpu or gpu")
    made.add_argument("--run", type=Path, required=True, help="folder named after the recipe, others beside it")
    made.add_argument("--minutes", type=float)
    made.add_argument("--steps", type=int)
    made.add_argument("--device", default="cpu")
    made.add_argument("--threads", type=int)
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--start", type=Path, help="weights folder whose parts stand in for runs that are not there")
    made.add_argument("--reduced", action="store_true", help="the small world that two cores can learn")
    made.add_argument("--clips", type=int, help="number of clips or captions, instead of the size's own")
    made.add_argument("--kinds", nargs="*", default=(), help="film_set: which of test, stills, clips, pairs, joint")
    made.add_argument("--worker", default="0/1", help="film_set: this process' share, such as 0/2")
    made.add_argument("--save-minutes", type=float, default=3.0)
    made.add_argument("--sheet-minutes", type=float, default=10.0)
    made.add_argument("--compile", action="store_true")
    return made


if __name__ == "__main__":
    sys.exit(main())
