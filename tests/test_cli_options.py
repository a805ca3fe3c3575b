"""The fixed list of commands and options. A new one is a decision: list it here, run `make docs`, tell CHANGELOG.md."""

from __future__ import annotations

from filmloom.cli.reference import options

OPTIONS = {
    "filmloom": "--version",
    "filmloom plan": "PROMPT --seed --model --json",
    "filmloom make": (
        "PROMPT --output --mode --scene --seconds --size --fps --seed --model --steps --negative --fast --within "
        "--device --from --strength --image --gate --silent --lora --reference --preview --json --overwrite"
    ),
    "filmloom finish": (
        "FILM --output --fps --steady --deflicker --level --grade --lut --preset --frame --subtitles --burn --language "
        "--audio --loudness --chapters --gate --json --overwrite"
    ),
    "filmloom verify": "FILM --trust-anchor --watermark-key --watermark --json",
    "filmloom train": "RECIPE --size --run --minutes --steps --threads --device --start --reduced",
    "filmloom evaluate": "--model --mode --clips --seed --full --out --gate --json",
    "filmloom doctor": "--json",
    "filmloom world": "",
    "filmloom world show": "SCENE --out --seed",
    "filmloom world list": "",
    "filmloom models": "",
    "filmloom models list": "",
    "filmloom models budget": "MODEL --size --frames --vram --ram --json",
    "filmloom models lora": "FILE --model",
    "filmloom models show": "MODEL --markdown --verify",
    "filmloom models convert": "SOURCE --output --layout",
    "filmloom models fetch": "NAME --output --revision",
    "filmloom serve": (
        "--host --port --table --workers --no-worker --model --allow-host --allow-private --attempts --telemetry "
        "--executor --ray-address"
    ),
    "filmloom worker": (
        "--table --store --name --devices --threads --lease --memory --telemetry --executor --ray-address"
    ),
    "filmloom jobs": "",
    "filmloom jobs list": "--state --search --limit --table --json",
    "filmloom jobs show": "JOB --table",
    "filmloom jobs cancel": "JOB --table",
    "filmloom jobs pause": "JOB --table",
    "filmloom jobs resume": "JOB --table",
    "filmloom jobs retry": "JOB --table",
    "filmloom jobs watch": "JOB --table --json --every",
    "filmloom jobs purge": "--table --older-than",
    "filmloom jobs backup": "PATH --table",
    "filmloom jobs restore": "PATH --table",
    "filmloom keys": "",
    "filmloom keys create": (
        "NAME --scope --max-waiting --films-per-day --seconds-per-day --requests-per-minute --weight --table"
    ),
    "filmloom keys list": "--table --json",
    "filmloom keys revoke": "KEY --table",
    "filmloom keys webhook-secret": "",
}


def test_the_options_are_those_of_the_list():
    assert options() == {command: words.split() for command, words in OPTIONS.items()}
