"""What the screen finds and lets pass is measured; what was not checked is never called safe; what fails, blocks."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from filmloom.core.errors import RefusedError, RequestError
from filmloom.finishing.safety import (
    Check,
    ModerationEndpoint,
    SafetyError,
    Screening,
    load_policy,
    require,
    screen_frames,
    screen_images,
    screen_prompt,
)
from filmloom.finishing.safety.endpoint import checked_address, probabilities
from filmloom.finishing.safety.normalise import plain
from filmloom.finishing.safety.policy import HERE, LANGUAGES
from filmloom.world.captions import LANGUAGES as CAPTIONS
from filmloom.world.captions import caption
from filmloom.world.sample import Repertoire, sample_scene

ROOT = Path(__file__).parent.parent.parent
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def bench():
    found = importlib.util.spec_from_file_location("bench_safety", ROOT / "bench" / "safety.py")
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module  # where dataclasses look for their module
    found.loader.exec_module(module)
    yield module
    del sys.modules[found.name]


@pytest.fixture
def policy_of(tmp_path):
    """The default policy with parts of its text changed."""

    def make(*changes):
        text = (HERE / "policy.toml").read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "policy.toml"
        path.write_text(text, encoding="utf-8")
        return load_policy(path)

    return make


def findings(text, policy=None):
    return [finding for check in screen_prompt(text, policy).checks for finding in check.findings]


def categories(text, policy=None):
    return {finding.category for finding in findings(text, policy)}


# The measured set.


def test_the_set_is_large_and_half_of_it_is_benign(bench):
    prompts = list(bench.prompts())
    for language in LANGUAGES:
        own = [p for p in prompts if p.language == language]
        assert len(own) >= 100 and 2 * sum(p.category == "benign" for p in own) == len(own)
        assert {p.category for p in own} == {*load_policy().categories, "benign"} - {"people", "brands"}
    assert len({p.text for p in prompts}) == len(prompts) >= 1200


def test_recall_and_false_alarms_stay_within_their_floors(bench):
    tallies, wrong = bench.measured(in_disguise=False)
    seen, unseen = tallies["seen"], tallies["unseen"]
    for language in LANGUAGES:
        assert seen.share(f"{language} harmful") >= 0.98, wrong
        assert seen.share(f"{language} benign") <= 0.05, wrong
    assert unseen.share("harmful") >= UNSEEN_RECALL and unseen.share("benign") <= UNSEEN_ALARMS


UNSEEN_RECALL, UNSEEN_ALARMS = 0.4, 0.05  # measured once: 43 % and 0 % of 72 each, written as stories, not in key words


def test_disguises_are_seen_through_and_make_no_alarm(bench):
    harmful, benign = bench.Tally(), bench.Tally()
    for prompt in list(bench.prompts())[::11]:
        for other in bench.disguised(prompt):
            (benign if other.category == "benign" else harmful).add(other.disguise, bench.is_found(other))
    for name in (*bench.DISGUISES, *bench.CHINESE):
        assert harmful.all[name] and harmful.share(name) >= 0.9, name
    assert sum(harmful.found.values()) >= 0.98 * sum(harmful.all.values())
    assert sum(benign.found.values()) <= 0.03 * sum(benign.all.values())


# Normalisation and places.


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a porn film", "porn"),
        ("a p\u200bo\u200brn film", "p\u200bo\u200brn"),
        ("🎬 𝐩𝐨𝐫𝐧 film", "𝐩𝐨𝐫𝐧"),
        ("a p0rn film", "p0rn"),
        ("a pоrn film", "pоrn"),  # Cyrillic о
        ("a p.o.r.n film", "p.o.r.n"),
        ("a poooorn film", "poooorn"),
        ("一部色*情电影", "色*情"),
        ("一部瑟晴电影", "瑟晴"),
        ("一部se qing电影", "se qing"),
        ("ﬁlm: p o r n, hd", "p o r n"),  # one ligature before, two letters when folded
    ],
)
def test_a_span_is_where_the_word_stands_in_the_original(text, word):
    spans = {finding.span for finding in findings(text)}
    assert any(text[start:end] == word for start, end in spans), [text[a:b] for a, b in spans]


def test_every_letter_of_a_view_knows_where_it_came_from():
    text = "Ａ\u200bﬁńe ㈜ Straße café\u0301 ｶﾞ 한글 चाँद ـعَـ 🅐"
    view = plain(text)
    assert view.text.split()[0] == "afine" and len(view.text) == len(view.letters)
    starts = [letter.start for letter in view.letters[1:-1]]
    assert starts == sorted(starts) and starts[-1] == len(text) - 1


@pytest.mark.parametrize("language", CAPTIONS)
def test_what_the_film_set_says_of_itself_is_allowed(language):
    draw = np.random.default_rng(7)
    scenes = [sample_scene(draw, Repertoire.full()) for _ in range(150)]
    for scene in scenes:
        text = caption(scene, language, draw, split="any").text
        assert screen_prompt(text).outcome == "allow", (text, findings(text))


@pytest.mark.parametrize(
    "text",
    [
        "青色的鱼,大师体验,伸展手臂,从树上掉下来,长沙人,有幸爱上你,婚纱人像",
        "Scunthorpe, Essex and Penistone at dusk",
        "a classic analysis of assassins' shadows on grass",
        "角色情感细腻,红色情侣装",
        "グレープとユニセックスの服",
        "kill the lights, then kill the engine",
        "good god, a wool skull cap",
        "a 4k 60fps 3d film, 1080p, $5",
        "S.O.S. signals, U.S.A. flags, e.g. a well-known how-to",
    ],
)
def test_what_only_looks_bad_is_allowed(text):
    assert screen_prompt(text).outcome == "allow", findings(text)


def test_an_innocent_phrase_spares_itself_alone():
    text = "kill the lights and kill the man"
    (finding,) = findings(text)
    assert finding.category == "violence" and finding.span == (text.rindex("kill"), len(text))


def test_far_apart_words_do_not_make_a_rule():
    near, far = "a child, naked", "a child " + "walks along the quiet river and " * 3 + "naked"
    assert "minors" in categories(near) and "minors" not in categories(far)


def test_invisible_padding_moves_nothing_away():
    assert "minors" in categories("a child" + "\u200b" * 90 + ", naked")


def test_a_script_without_a_table_is_said():
    verdict = screen_prompt("ภาพยนตร์สั้น at the beach")
    assert verdict.outcome == "warn" and "no word table covers" in verdict.checks[0].detail
    assert screen_prompt("café 映画 영화 фильм فيلم फिल्म, π").outcome == "allow"


# Policies.


def test_a_stricter_policy_blocks(policy_of):
    strict = policy_of(('against people"\naction = "warn"', 'against people"\naction = "block"'))
    assert screen_prompt("a murder in the library").outcome == "warn"
    assert screen_prompt("a murder in the library", strict).outcome == "block"
    spared = policy_of(("unless = []", 'unless = ["murder mystery"]'))
    assert screen_prompt("a murder mystery", spared).outcome == "allow"
    assert len({load_policy().digest, strict.digest, spared.digest}) == 3


def test_lists_of_people_and_brands_are_yours(policy_of, tmp_path):
    (tmp_path / "people.txt").write_text("# remarks\nErika Mustermann\n张三\n", encoding="utf-8")
    policy = policy_of(
        ("words = []             # or words_file", 'words_file = "people.txt" # or words_file'),
        ('without its brand"\nwords = []', 'without its brand"\nwords = ["Acme*"]'),
    )
    verdict = screen_prompt("ERIKA  Mustermann drinks acmecola", policy)
    assert {c.name: c.outcome for c in verdict.checks if c.name in ("people", "brands")} == {
        "people": "review",
        "brands": "warn",
    }
    assert screen_prompt("张三在跑步", policy).outcome == "review"
    assert screen_prompt("Erika rennt", policy).outcome == "allow"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("uncovered =", "uncoverd =", r"uncoverd.*Nearest that works: uncovered"),
        ('action = "block"', 'action = "blok"', r"blok.*Nearest that works: block"),
        ("severity = 3", "severety = 3", r"severety.*Nearest that works: severity"),
        ('required = ["prompt"]', 'required = ["promt"]', r"promt.*Nearest that works: prompt"),
        ("version = 1", "version = 2", r"version.*Nearest that works: 1"),
        ("block_at = 0.1", "block_at = 3", r"block_at <= 1"),
        ('"hi", "id"]', '"hi", "xx"]', r"'xx'.*must be one of"),
        ("every = 15 ", 'every = "x" ', r"frames.every.*whole number"),
        ('title = "hate"', "", r"'title'"),
        ("[categories.hate]", "[categories.hate", r"it is no TOML"),
    ],
)
def test_a_misspelt_policy_is_refused_with_the_nearest(policy_of, old, new, said):
    with pytest.raises(RequestError, match=said):
        policy_of((old, new))


def test_an_unknown_key_of_a_word_table_is_refused(policy_of, tmp_path):
    (tmp_path / "en.toml").write_text('[sexaul]\nwords = ["x"]\n', encoding="utf-8")
    with pytest.raises(RequestError, match=r"sexaul.*Nearest that works: sexual"):
        policy_of(('languages = ["en",', 'words = "."\nlanguages = ["en",'))


# Verdicts.


def test_a_verdict_says_what_was_not_checked_and_is_plain_json():
    verdict = screen_prompt("a cat on the beach", now=NOON)
    assert verdict.outcome == "allow" and verdict.not_configured == (
        "people",
        "brands",
        "moderation",
        "reference",
        "output",
    )
    record = json.loads(json.dumps(verdict.record()))
    assert record["outcome"] == "allow" and record["time"] == "2026-01-02T12:00:00+00:00"
    assert record["policy"] == {"name": "default", "version": 1, "digest": load_policy().digest}
    assert record["checks"][0] == {"name": "prompt", "outcome": "allow", "findings": [], "detail": ""}
    assert verdict == screen_prompt("a cat on the beach", now=NOON)


def test_the_rewritten_prompt_is_screened_as_well():
    verdict = screen_prompt("two people in love", rewritten="two naked people in love")
    assert [c.outcome for c in verdict.checks[:2]] == ["allow", "block"] and verdict.outcome == "block"


def test_a_refusal_masks_the_word_names_the_rule_and_says_what_would_work():
    text = "a man being beheaded at dawn"
    with pytest.raises(SafetyError) as caught:
        require(screen_prompt(text), text=text, policy=load_policy())
    said = str(caught.value)
    assert isinstance(caught.value, RefusedError) and caught.value.exit_code == 3
    assert "beheaded" not in said.split(";")[0] and "a man being b" in said
    assert "graphic violence" in said and "en/gore/behead*" in said and "What would work:" in said
    assert caught.value.verdict.outcome == "block"


def test_review_waits_for_a_person_and_block_for_none(policy_of):
    policy = policy_of(('title = "hate"\naction = "block"', 'title = "hate"\naction = "review"'))
    verdict = screen_prompt("white supremacist propaganda", policy)
    with pytest.raises(SafetyError, match="asks a person to review"):
        require(verdict)
    assert require(verdict.reviewed("A. Editor")).record()["reviewed_by"] == "A. Editor"
    with pytest.raises(SafetyError, match="blocks"):
        require(screen_prompt("white supremacist propaganda").reviewed("A. Editor"))


def test_a_required_check_without_an_answer_blocks(policy_of):
    policy = policy_of(('required = ["prompt"]', 'required = ["prompt", "output", "moderation"]'))
    verdict = screen_prompt("a cat", policy)
    assert verdict.outcome == "block" and verdict.missing == ("output", "moderation")
    with pytest.raises(SafetyError, match=r"'output', 'moderation' is required.*has no answer"):
        require(verdict)
    done = verdict.joined(Check.of("output", ()), Check.of("moderation", ()))
    assert require(done).outcome == "allow" and "output" not in done.not_configured


def test_no_answer_at_all_is_not_allow(policy_of):
    verdict = screen_prompt("a cat", policy_of(('required = ["prompt"]', "required = []")))
    alone = verdict.joined()
    assert type(verdict)(checks=(), required=(), policy=alone.policy, time="").outcome == "not configured"
    with pytest.raises(SafetyError, match="unchecked is not safe"):
        require(type(verdict)(checks=verdict.checks[1:], required=(), policy=alone.policy, time=""))


def test_a_crash_inside_a_check_blocks():
    def broken(text):
        raise OSError("no route to host")

    verdict = screen_prompt("a cat", moderation=broken)
    assert verdict.outcome == "block"
    with pytest.raises(SafetyError, match=r"'moderation' failed: OSError: no route to host"):
        require(verdict)


@pytest.mark.parametrize("answer", [{"sexual": float("nan")}, {"sexual": 1.5}, {"sexaul": 0.0}, None])
def test_an_impossible_answer_blocks(answer):
    assert screen_prompt("a cat", moderation=lambda text: answer).outcome == "block"


@pytest.mark.parametrize(
    ("probability", "outcome"),
    [(0, "allow"), (0.29, "allow"), (0.3, "warn"), (0.6, "review"), (0.8, "block"), (1, "block")],
)
def test_probabilities_become_outcomes(probability, outcome):
    assert screen_prompt("a cat", moderation=lambda text: {"sexual": probability}).outcome == outcome
    assert screen_prompt("a cat", moderation=lambda text: {"violence": probability}).outcome in ("allow", "warn")


# Pictures.


def film(num_frames, *, bright=(), size=(24, 32)):
    frames = np.full((num_frames, *size, 3), 40, np.uint8)
    frames[:, 0, 0, 0] = np.arange(num_frames) % 256
    for number in bright:
        frames[number:] = np.where(frames[number:] == 40, 220, frames[number:])
    return frames


def all_clear(frames):
    assert frames.dtype == np.uint8 and frames.ndim == 4
    return {name: np.zeros(len(frames)) for name in ("sexual", "minors", "gore")}


@pytest.mark.parametrize("size", [1, 4, 15, 16, 40])
def test_clean_frames_pass_unchanged_and_the_plan_is_kept(size):
    frames, report = film(40, bright=(22,)), Screening()
    chunks = (frames[i : i + size] for i in range(0, 40, size))
    released = np.concatenate(list(screen_frames(chunks, {"clear": all_clear}, report=report)))
    assert np.array_equal(released, frames)
    assert report.looked_at == [0, 15, 22, 30, 39]
    assert report.check() == Check(name="output", outcome="allow", detail="5 of 40 frames looked at")


@pytest.mark.parametrize("size", [1, 7, 40])
def test_nothing_near_a_blocked_frame_is_released(size):
    """Only frames before the last look that passed leave; here frame 30 is blocked and 15 was the last to pass."""

    def sees_thirty(frames):
        return all_clear(frames) | {"gore": np.where(frames[:, 0, 0, 0] == 30, 0.9, 0.0)}

    frames, report, released = film(40), Screening(), []
    with pytest.raises(SafetyError, match=r"frame 30; .*blocks graphic violence \(rule seer/gore\)") as caught:
        for chunk in screen_frames(
            (frames[i : i + size] for i in range(0, 40, size)), {"seer": sees_thirty}, report=report
        ):
            released.append(chunk)
    assert sum(map(len, released)) <= 16
    (finding,) = caught.value.verdict.checks[0].findings
    assert (finding.frame, finding.probability, finding.outcome) == (30, 0.9, "block")


def test_memory_is_bounded_by_the_plan():
    """A source that counts how far it was read ahead of what was released."""
    read = 0

    def source():
        nonlocal read
        for frame in film(100):
            read += 1
            yield frame[None]

    given = 0
    for chunk in screen_frames(source(), {"clear": all_clear}):
        given += len(chunk)
        assert read - given <= 15


def test_without_a_classifier_output_is_not_configured_and_a_required_one_blocks_before_the_first_frame(policy_of):
    report = Screening()
    assert len(list(screen_frames([film(3)], {}, report=report))) == 1
    assert report.check() == Check(name="output", outcome="not configured")
    strict = policy_of(('required = ["prompt"]', 'required = ["prompt", "output"]'))
    with pytest.raises(SafetyError, match="'output' is required"):
        screen_frames([film(3)], {}, strict)


def test_a_classifier_that_cannot_tell_every_category_does_not_count(policy_of):
    strict, report = policy_of(('required = ["prompt"]', 'required = ["output"]')), Screening()
    partly = {"gore only": lambda frames: {"gore": 0.0}}
    with pytest.raises(SafetyError, match="'output' is required"):
        list(screen_frames([film(3)], partly, strict))
    list(screen_frames([film(3)], partly, report=report))
    assert report.check().outcome == "not configured" and "sexual, minors" in report.check().detail


@pytest.mark.parametrize("wrong", [{"gore": [0.1, 0.2, 0.3]}, {"gore": np.nan}, {"unknown": 0.0}, None])
def test_a_classifier_that_crashes_or_talks_nonsense_blocks(wrong):
    released = []
    with pytest.raises(SafetyError, match="'output' failed"):
        for chunk in screen_frames([film(2)], {"wrong": lambda frames: wrong}):
            released.append(chunk)
    assert released == []


def test_reference_images_join_the_verdict(policy_of):
    policy = policy_of(('required = ["prompt"]', 'required = ["prompt", "reference"]'))
    verdict = screen_prompt("a cat", policy)
    assert verdict.outcome == "block"
    images = film(3)
    assert verdict.joined(screen_images(images, {"clear": all_clear}, policy)).outcome == "allow"
    assert verdict.joined(screen_images(images, {}, policy)).outcome == "block"
    bad = screen_images(images, {"seer": lambda f: all_clear(f) | {"sexual": np.float64(f[0, 0, 0, 0] == 2)}}, policy)
    assert (bad.outcome, [f.frame for f in bad.findings]) == ("block", [2])


# The moderation service, against a real server on this machine.


class Service(BaseHTTPRequestHandler):
    answer, status, seen = {}, 200, []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).seen.append((self.path, self.headers["Authorization"], json.loads(body)))
        self.send_response(self.status)
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.end_headers()
        self.wfile.write(json.dumps(self.answer).encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def service():
    handler = type("Handler", (Service,), {"seen": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield handler, f"http://127.0.0.1:{server.server_port}/v1/moderations"
    server.shutdown()
    thread.join()
    server.server_close()


def scores(**found):
    names = {"sexual": 0.0, "sexual/minors": 0.0, "violence/graphic": 0.0, "hate": 0.0, "hate/threatening": 0.0}
    return {"results": [{"category_scores": names | found}]}


def test_the_service_is_asked_in_its_own_format(service):
    handler, url = service
    handler.answer = scores(**{"hate/threatening": 0.95})
    verdict = screen_prompt("a cat", rewritten="a dog", moderation=ModerationEndpoint(url=url, key="secret"))
    assert verdict.outcome == "block"
    assert [f.rule for c in verdict.checks for f in c.findings] == ["moderation/hate"] * 2
    assert [(path, key, body["input"]) for path, key, body in handler.seen] == [
        ("/v1/moderations", "Bearer secret", "a cat"),
        ("/v1/moderations", "Bearer secret", "a dog"),
    ]


def test_the_service_judges_frames(service):
    handler, url = service
    handler.answer = scores()
    frames, report = film(3), Screening()
    list(screen_frames([frames], {"service": ModerationEndpoint(url=url).pictures}, report=report))
    assert report.check().outcome == "allow" and len(handler.seen) == 2
    assert handler.seen[0][2]["input"][0]["image_url"]["url"].startswith("data:image/png;base64,")


@pytest.mark.parametrize("status", [302, 401, 500])
def test_any_other_answer_blocks_and_no_redirect_is_followed(service, status):
    handler, url = service
    handler.status = status
    verdict = screen_prompt("a cat", moderation=ModerationEndpoint(url=url, key="secret"))
    assert verdict.outcome == "block" and f"answered {status}" in str(verdict.record()) and len(handler.seen) == 1
    assert "secret" not in str(verdict.record())


@pytest.mark.parametrize("answer", [{}, {"results": []}, {"results": [{"category_scores": {}}]}, {"results": [{}]}])
def test_an_answer_of_another_shape_is_no_pass(answer):
    with pytest.raises((KeyError, IndexError, ValueError)):
        probabilities(answer)


@pytest.mark.parametrize(
    "url", ["http://example.com/v1", "ftp://example.com", "example.com", "https://me:pw@example.com/"]
)
def test_an_address_that_leaks_prompts_is_refused(url):
    with pytest.raises(RequestError) as caught:
        ModerationEndpoint(url=url)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "192.168.1.5", "169.254.169.254", "0.0.0.0", "fe80::1", "::ffff:10.0.0.1"]
)
def test_private_and_reserved_addresses_are_refused(host):
    with pytest.raises(RequestError, match="not a public address"):
        checked_address(host, 443, allow_private=False)


def test_private_addresses_are_reached_when_told_and_link_local_never():
    assert checked_address("10.0.0.1", 443, allow_private=True) == "10.0.0.1"
    with pytest.raises(RequestError, match="not a public address"):
        checked_address("169.254.169.254", 443, allow_private=True)
    with pytest.raises(RequestError, match="this machine only"):
        checked_address("10.0.0.1", 80, allow_private=True, tls=False)


def test_a_key_is_never_shown():
    assert "secret" not in repr(ModerationEndpoint(url="https://example.com/v1", key="secret"))
