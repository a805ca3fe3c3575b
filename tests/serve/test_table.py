"""Nothing is lost, nothing is done twice, nobody waits forever; on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import threading

import pytest

from filmloom.core.errors import RequestError
from filmloom.serve import database, deliveries
from filmloom.serve.errors import Conflict, LeaseLost, NoKey, QueueFull, QuotaExceeded, UnknownJob
from filmloom.serve.keys import Quota
from filmloom.serve.messages import EVENTS, Failure
from filmloom.serve.migrations import MIGRATIONS
from filmloom.serve.table import SHARES, content_of, open_table

ASKED = {"prompt": "a red car", "seconds": 4.0}
BROKEN = Failure("internal", "the cable was pulled", retryable=True)
WRONG = Failure("bad_request", "no such colour")


def kinds(table, job):
    return [event.kind for event in table.events(job=job.id)]


def test_from_submission_to_film(table):
    job = table.submit(ASKED, extra={"note": "for the mayor"})
    assert job.state == "queued" and table.get(job.id) == job and table.position(job) == 0
    claim = table.claim("worker")
    assert claim.job.id == job.id and claim.job.state == "running" and claim.job.attempts == 1
    assert table.claim("another") is None
    assert table.heartbeat(claim, stage="draw", progress=0.5, checkpoint="step 3") == ""
    running = table.get(job.id)
    assert (running.stage, running.progress, running.checkpoint) == ("draw", 0.5, "step 3")
    done = table.finish(claim, result="films/a.mp4", digest="abc")
    assert done.state == "done" and done.result == "films/a.mp4" and done.progress == 1 and done.is_final
    assert done.extra == {"note": "for the mayor"} and done.checkpoint == ""
    assert kinds(table, job) == ["queued", "claimed", "progress", "done"]
    numbers = [event.number for event in table.events()]
    assert numbers == sorted(set(numbers))


def test_ids_are_in_the_order_of_time_and_lists_turn_pages(table):
    jobs = [table.submit(ASKED | {"prompt": f"film {i}"}) for i in range(7)]
    assert [job.id for job in jobs] == sorted(job.id for job in jobs)
    seen, after = [], ""
    while True:
        page, more = table.list(limit=3, after=after)
        seen += [job.id for job in page]
        after = seen[-1]
        if not more:
            break
    assert seen == [job.id for job in jobs][::-1]
    assert [job.id for job in table.list(order="asc", limit=2)[0]] == [job.id for job in jobs[:2]]
    assert [job.request["prompt"] for job in table.list(search="FILM 3")[0]] == ["film 3"]
    assert table.list(search="100%")[0] == [] and table.list(states=("done",))[0] == []


def test_a_dead_worker_s_job_is_taken_over_with_its_checkpoint_and_the_dead_are_not_heard(table, clock):
    job = table.submit(ASKED)
    first = table.claim("first", lease=10)
    table.heartbeat(first, lease=10, checkpoint="step 4")
    clock += 11
    second = table.claim("second")
    assert second.job.id == job.id and second.job.attempts == 2 and second.job.checkpoint == "step 4"
    for late in (
        lambda: table.heartbeat(first),
        lambda: table.finish(first, result="x", digest="x"),
        lambda: table.fail(first, BROKEN),
        lambda: table.release(first),
    ):
        with pytest.raises(LeaseLost):
            late()
    assert table.finish(second, result="y", digest="y").result == "y"
    assert kinds(table, job).count("done") == 1


def test_a_lease_that_is_kept_is_nobody_else_s(table, clock):
    table.submit(ASKED)
    claim = table.claim("worker", lease=10)
    for _ in range(5):
        clock += 9
        table.heartbeat(claim, lease=10)
        assert table.claim("thief") is None


def test_only_a_machine_s_fault_is_tried_again_and_only_so_often(table):
    job = table.submit(ASKED, max_attempts=2)
    assert table.fail(table.claim("w"), BROKEN).state == "queued"
    failed = table.fail(table.claim("w"), BROKEN)
    assert failed.state == "failed" and failed.failure == BROKEN and failed.attempts == 2
    assert kinds(table, job) == ["queued", "claimed", "retrying", "claimed", "failed"]
    table.submit(ASKED)
    assert table.fail(table.claim("w"), WRONG).failure == WRONG and table.claim("w") is None
    assert table.retry(job.id).state == "queued" and table.claim("w").job.attempts == 1


def test_a_job_that_kills_its_workers_ends(table, clock):
    job = table.submit(ASKED, max_attempts=3)
    for _ in range(3):
        assert table.claim("w", lease=1)
        clock += 2
    assert table.claim("w") is None
    assert table.get(job.id).failure.code == "lease_lost" and table.get(job.id).state == "failed"


def test_cancel_waits_for_nobody_and_twice_is_no_mistake(table):
    waiting, running = table.submit(ASKED), table.submit(ASKED)
    assert table.cancel(waiting.id).state == "cancelled" and table.cancel(waiting.id).state == "cancelled"
    claim = table.claim("w")
    assert claim.job.id == running.id and table.cancel(running.id).wants == "cancel"
    assert table.heartbeat(claim) == "cancel" and table.cancelled(claim).state == "cancelled"
    done = table.submit(ASKED)
    table.finish(table.claim("w"), result="r", digest="d")
    with pytest.raises(Conflict, match="done"):
        table.cancel(done.id)


def test_a_cancelled_job_whose_worker_died_is_not_begun_again(table, clock):
    job = table.submit(ASKED)
    table.claim("w", lease=1)
    table.cancel(job.id)
    clock += 2
    assert table.claim("w") is None and table.get(job.id).state == "cancelled"


def test_pause_and_resume_cost_no_attempt_and_keep_the_checkpoint(table):
    job = table.submit(ASKED)
    claim = table.claim("w")
    table.pause(job.id)
    assert table.heartbeat(claim, checkpoint="here") == "pause"
    assert table.paused(claim).state == "paused" and table.claim("w") is None
    table.resume(job.id)
    again = table.claim("w")
    assert again.job.checkpoint == "here" and again.job.attempts == 1
    assert table.release(again).state == "queued" and table.claim("w").job.attempts == 1
    with pytest.raises(Conflict, match="running"):
        table.retry(job.id)


def test_the_same_idempotency_key_is_the_same_job_and_never_another(table):
    first = table.submit(ASKED, idempotency="once")
    assert table.submit(ASKED, idempotency="once").id == first.id
    with pytest.raises(Conflict, match=first.id):
        table.submit(ASKED | {"seconds": 5.0}, idempotency="once")
    assert table.submit(ASKED, idempotency="twice").id != first.id


def test_a_film_that_is_there_is_used_again_and_one_being_made_is_waited_for(table, clock):
    content = content_of(ASKED, "model")
    first, twin = table.submit(ASKED, content=content), table.submit(ASKED, content=content)
    alone = table.submit(ASKED, content=content, reuse=False)
    claim = table.claim("w")
    assert claim.job.id == first.id
    other = table.claim("w")
    assert other.job.id == alone.id and table.claim("w") is None  # the twin waits
    table.finish(claim, result="films/a", digest="a")
    assert (table.get(twin.id).state, table.get(twin.id).same_as) == ("done", first.id)
    late = table.submit(ASKED, content=content)
    assert late.state == "done" and late.result == "films/a" and late.same_as == first.id
    table.delete(first.id)
    assert table.is_used("films/a")
    for job in (twin, late):
        table.delete(job.id)
    assert not table.is_used("films/a")
    assert content != content_of(ASKED, "another model") != content_of(ASKED | {"seed": 1}, "another model")


def test_twins_of_a_job_that_fails_are_made_after_all(table):
    content = content_of(ASKED, "model")
    table.submit(ASKED, content=content)
    twin = table.submit(ASKED, content=content)
    table.fail(table.claim("w"), WRONG)
    assert table.claim("w").job.id == twin.id


def test_a_key_that_floods_delays_only_itself(table):
    flood, quiet = (table.keys.create(name)[0].id for name in ("flood", "quiet"))
    for _ in range(50):
        table.submit(ASKED, key=flood)
    for _ in range(10):
        table.finish(table.claim("w"), result="r", digest="d")
    mine = [table.submit(ASKED, key=quiet).id for _ in range(3)]
    order = []
    for _ in range(8):
        claim = table.claim("w")
        order.append(claim.job.id)
        table.finish(claim, result="r", digest="d")
    assert [order.index(job) for job in mine] == sorted(order.index(job) for job in mine)
    assert order.index(mine[0]) <= 1 and order.index(mine[2]) <= 5


def test_bands_share_the_service_as_they_are_weighed_and_none_starves(table):
    for band in ("low", "normal", "high"):
        for _ in range(60):
            table.submit(ASKED, band=band)
    served = dict.fromkeys(SHARES, 0)
    for _ in range(42):
        claim = table.claim("w")
        served[claim.job.band] += 1
        table.finish(claim, result="r", digest="d")
    assert served == {"high": 32, "normal": 8, "low": 2}


def test_dear_jobs_count_for_more(table):
    one, two = (table.keys.create(name)[0].id for name in ("dear", "cheap"))
    for _ in range(30):
        table.submit(ASKED, key=one, cost=4.0)
        table.submit(ASKED, key=two, cost=1.0)
    served = {one: 0, two: 0}
    for _ in range(25):
        claim = table.claim("w")
        served[claim.job.key] += 1
        table.finish(claim, result="r", digest="d")
    assert served == {one: 5, two: 20}


def test_many_workers_never_hold_the_same_job(url):
    table = open_table(url)
    jobs = {table.submit(ASKED | {"seed": i}).id for i in range(60)}
    held, lock = [], threading.Lock()

    def work(name: str) -> None:
        while claim := table.claim(name):
            with lock:
                held.append(claim.job.id)
            table.finish(claim, result="r", digest="d")

    threads = [threading.Thread(target=work, args=(f"w{i}",)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(held) == sorted(jobs)
    table.close()


def test_a_dead_worker_s_lease_does_not_outlast_a_clock_that_was_set_back(table, clock):
    job = table.submit(ASKED)
    first = table.claim("first", lease=30)
    clock += -3600
    assert table.claim("second") is None, "who lives has the whole lease from now on"
    clock += 29
    assert table.claim("second") is None and table.heartbeat(first, lease=30, progress=0.5) == ""
    assert kinds(table, job) == ["queued", "claimed", "progress"]
    clock += 31
    assert table.claim("second").job.id == job.id


def test_progress_is_told_on_after_the_clock_was_set_back(table, clock):
    job = table.submit(ASKED)
    claim = table.claim("w")
    table.heartbeat(claim, progress=0.1)
    clock += -3600
    table.heartbeat(claim, progress=0.2)
    assert kinds(table, job).count("progress") == 2


def test_who_watches_hears_at_once_what_is_wanted_of_a_running_job(table):
    job = table.submit(ASKED)
    claim = table.claim("w")
    for order in (table.pause, table.pause, table.resume, table.resume, table.cancel, table.cancel, table.pause):
        order(job.id)
    wants = [event.data["wants"] for event in table.events(job=job.id) if event.kind == "wants"]
    assert wants == ["pause", "", "cancel"] and table.heartbeat(claim) == "cancel"
    table.cancelled(claim)
    assert kinds(table, job)[-1] == "cancelled" and set(kinds(table, job)) <= set(EVENTS)


def test_events_can_be_followed_from_any_number_and_talk_is_thinned(table, clock):
    job = table.submit(ASKED)
    claim = table.claim("w")
    for step in range(100):
        clock += 0.05
        table.heartbeat(claim, progress=step / 100)
    told = [event for event in table.events(job=job.id) if event.kind == "progress"]
    assert 15 <= len(told) <= 25
    middle = told[10].number
    assert next(e.number for e in table.events(job=job.id, after=middle)) == told[11].number
    table.event(job.id, "preview", {"step": 3})
    assert table.events(after=table.last_event() - 1)[0].data == {"step": 3}


def test_keys_open_only_what_they_may_and_secrets_are_not_kept(table):
    key, secret = table.keys.create("studio", scopes=("read",), quota=Quota(films_per_day=2))
    assert table.keys.authenticate(secret) == key
    for wrong in ("", "fl", secret[:-1], secret + "x", f"fl-{key.id}-", secret.replace("fl", "xx")):
        with pytest.raises(NoKey):
            table.keys.authenticate(wrong)
    stored = str(table.database.rows("SELECT * FROM keys"))
    assert secret not in stored and secret.split("-", 2)[2] not in stored
    with pytest.raises(Exception, match="make"):
        key.require("make")
    table.keys.revoke(key.id)
    with pytest.raises(NoKey):
        table.keys.authenticate(secret)
    with pytest.raises(RequestError, match="scope"):
        table.keys.create("x", scopes=("fly",))


@pytest.mark.parametrize(
    ("quota", "match"),
    [
        (Quota(films_per_day=2), "2 films a day"),
        (Quota(seconds_per_day=9.0), "9 seconds"),
        (Quota(max_waiting=2), "wait already"),
    ],
)
def test_quotas_hold_and_say_when_to_come_back(table, clock, quota, match):
    key, _ = table.keys.create("small", quota=quota)
    for _ in range(2):
        table.submit(ASKED, key=key.id)
    with pytest.raises(QuotaExceeded, match=match) as caught:
        table.submit(ASKED, key=key.id)
    assert 0 < caught.value.retry_after <= 86_400
    assert table.keys.usage(key.id)[0]["films"] == 2 and table.depth()["queued"] == 2
    if quota.max_waiting is None:
        clock += caught.value.retry_after + 1
        table.submit(ASKED, key=key.id)


def test_a_full_queue_says_so(url):
    table = open_table(url, queue_cap=2)
    for _ in range(2):
        table.submit(ASKED)
    with pytest.raises(QueueFull) as caught:
        table.submit(ASKED)
    assert caught.value.retry_after and table.depth()["queued"] == 2
    table.close()


def test_webhooks_are_owed_once_per_end_and_tried_until_they_are_given_up(table, clock):
    job = table.submit(ASKED, webhook="http://127.0.0.1/hook")
    cancelled = table.submit(ASKED, webhook="http://127.0.0.1/hook")
    table.cancel(cancelled.id)
    assert deliveries.due(table.database, clock()) == []
    table.finish(table.claim("w"), result="r", digest="d")
    (owed,) = deliveries.due(table.database, clock())
    assert owed.kind == "video.completed" and owed.job == job.id
    tries = 0
    while owed:
        tries += 1
        again = deliveries.missed(table.database, owed, clock())
        clock += 7 * 3600
        owed = next(iter(deliveries.due(table.database, clock())), None)
        assert again == (owed is not None)
    assert tries == len(deliveries.WAITS) + 1


def test_what_has_expired_is_forgotten(url, clock):
    table = open_table(url, clock=clock, retention=100)
    job, other = table.submit(ASKED), table.submit(ASKED)
    table.finish(table.claim("w"), result="r", digest="d")
    clock += 101
    assert [gone.id for gone in table.purge()] == [job.id] and table.purge() == []
    with pytest.raises(UnknownJob):
        table.get(job.id)
    assert table.get(other.id).state == "queued"
    table.close()


def test_a_table_that_is_opened_again_has_everything(url, clock):
    table = open_table(url, clock=clock)
    job = table.submit(ASKED)
    claim = table.claim("w")
    table.close()
    again = open_table(url, clock=clock)
    assert again.get(job.id).state == "running" and again.heartbeat(claim) == ""
    again.close()


def test_a_table_of_the_first_release_is_brought_up_to_date_with_all_that_is_in_it(url, clock, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", MIGRATIONS[:1])
        old = database.open_database(url)
        old.run(
            "INSERT INTO deliveries (job, url, kind, body, attempts, due) VALUES ('j', 'u', 'video.failed', '', 2, 1)"
        )
        old.run("INSERT INTO flows (flow, tag) VALUES ('normal/', 7.5)")
        old.close()
    table = open_table(url, clock=clock)
    (owed,) = deliveries.due(table.database, clock())
    assert (owed.job, owed.url, owed.kind, owed.attempts) == ("j", "u", "video.failed", 2)
    table.submit(ASKED)
    assert table.database.rows("SELECT tag FROM jobs")[0]["tag"] == 7.5
    assert len(table.database.rows("SELECT number FROM migrations")) == len(MIGRATIONS)
    table.close()


def test_a_delivery_is_one_sender_s(table, clock):
    table.submit(ASKED, webhook="http://127.0.0.1/hook")
    table.finish(table.claim("w"), result="r", digest="d")
    (owed,) = deliveries.due(table.database, clock())
    assert [deliveries.held(table.database, owed, clock(), 60) for _ in range(2)] == [True, False]
    clock += 61
    assert deliveries.held(table.database, owed, clock(), 60), "its sender died"
    deliveries.sent(table.database, owed, clock())
    clock += 61
    assert not deliveries.held(table.database, owed, clock(), 60)


def test_connections_of_threads_that_are_gone_are_closed(table):
    """A process that starts a thread for each of a thousand things holds a few connections and not a thousand."""
    held = []

    def ask() -> None:
        table.depth()
        held.append(table.database.connection)

    for _ in range(5):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert [_is_open(one) for one in held] == [False] * 4 + [True] and table.depth()["queued"] == 0


def _is_open(connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except Exception as error:
        assert "closed" in str(error)
        return False
    return True


def test_a_table_of_a_newer_release_is_refused(url):
    table = open_table(url)
    table.database.run("INSERT INTO migrations (number, at) VALUES (999, 'later')")
    table.close()
    with pytest.raises(RequestError, match="newer"):
        open_table(url)


def test_a_block_that_fails_changes_nothing(table):
    job = table.submit(ASKED)
    with pytest.raises(ZeroDivisionError), table.database.write():
        table.cancel(job.id)
        raise ZeroDivisionError
    assert table.get(job.id).state == "queued"


def test_a_url_of_another_kind_is_refused():
    with pytest.raises(RequestError, match="sqlite"):
        open_table("mysql://localhost/jobs")
