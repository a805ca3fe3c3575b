"""A cluster of two machines, both of them this one: a killed actor's job, and that of a machine that goes, are finished
elsewhere from the checkpoint, to the same bytes."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import pytest
import torch

from filmloom.checkpoints.folder import save_model
from filmloom.cli.worker import chosen
from filmloom.core.env import home
from filmloom.core.errors import RequestError, UserError
from filmloom.serve import ray_executor
from filmloom.serve.executors import LocalExecutor
from filmloom.serve.ray_executor import Actor, Ground, RayExecutor, checked, has, marked, needs
from filmloom.serve.store import Store
from filmloom.serve.table import open_table
from filmloom.serve.warm import Warm
from filmloom.serve.worker import Settings, Worker

LEASE = 1.5
ASKED = {"prompt": "a red cat walks", "size": "128x72", "seconds": 16, "fps": 8, "mode": "text", "steps": 100}
QUIET = {"object_store_memory": 80 * 2**20, "include_dashboard": False}
SEEN_SOON = {"health_check_initial_delay_ms": 500, "health_check_period_ms": 500, "health_check_failure_threshold": 4}
pytestmark = pytest.mark.timeout(900)  # half a minute for the cluster, and minutes where the machine is busy


def patient(start, tries=3):
    """A node dies where its agents take longer than 15 s to start (Ray's issue 65983), as they do on a busy machine."""
    for left in reversed(range(tries)):
        try:
            return start()
        except Exception:
            if not left:
                raise
            time.sleep(5)


@pytest.fixture(scope="module")
def cluster():
    """Two machines, with room for one worker each; `second` is the one that may go."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # so named; its effect: addresses are 127.0.0.1
        pytest.importorskip("ray")
        from ray.cluster_utils import Cluster

        theirs = signal.getsignal(signal.SIGTERM)  # a cluster in this process takes it over
        room = {"num_cpus": 1, "resources": {"films": 1}, **QUIET}
        made = patient(lambda: Cluster(initialize_head=True, head_node_args={"_system_config": SEEN_SOON, **room}))
        made.second = patient(lambda: made.add_node(**room))
        yield made
        made.shutdown()
        signal.signal(signal.SIGTERM, theirs)


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    path = Path(__file__).parents[1] / "generate/conftest.py"
    spec = importlib.util.spec_from_file_location("toy_model", path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return str(save_model(tmp_path_factory.mktemp("toy"), made.toy_parts(), made.RECORD, dtype="float32").path)


@pytest.fixture(scope="module")
def undisturbed(toy, tmp_path_factory):
    """The digest of the film as one worker makes it that nobody kills."""
    folder = tmp_path_factory.mktemp("alone")
    table = open_table(folder / "jobs.sqlite")
    job = table.submit({**ASKED, "model": toy})
    store = Store(folder / "store", spare=0)
    Worker(table, store, owner="alone", models=Warm(threads=1)).run(threading.Event(), until_idle=True)
    digest = table.get(job.id).digest
    table.close()
    assert digest
    return digest


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    table, store = open_table(folder / "jobs.sqlite"), Store(folder / "store", spare=0)
    yield table, store
    table.close()


@pytest.fixture(scope="module")
def executor(cluster, house):
    """Two actors, one on each machine; the tests below are one story, in their order."""
    table, store = house
    where = {"table": table.database.name, "store": store.folder, "address": cluster.address}
    made = RayExecutor(2, **where, resources={"films": 1}, lease=LEASE, spare=0, longest_wait=0.5)
    made.start()
    yield made
    if not made._over.is_set():
        made.stop()


def until(truth, seconds=120.0):
    end = time.monotonic() + seconds
    while not (found := truth()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
    return found


def saved(store, job):
    """How many steps of the sampler were saved, of all windows of the film."""
    from safetensors import safe_open

    num = 0
    for path in store.checkpoint_path(job).glob("window-*.safetensors"):
        with safe_open(path, "pt") as file:
            num += int(file.metadata()["filmloom.step"])
    return num


def node_of(executor, owner):
    """Where the actor is that the table calls `owner`, machine:process:device."""
    process = int(owner.split(":")[1])
    return next((node for node, one in executor.seats if one == process), None)


def submitted(table, store, toy, *, num):
    """So many jobs, all well on their way and saved: {job: (who has it, the step that was saved)}."""
    jobs = [table.submit({**ASKED, "model": toy}).id for _ in range(num)]
    steps = until(lambda: all(found := [saved(store, job) for job in jobs]) and found)
    owners = [table.get(job).lease_owner for job in jobs]
    assert len(set(owners)) == num and all(owners), "each is in the making, by another"
    return dict(zip(jobs, zip(owners, steps, strict=True), strict=True))


def assert_finished_by_another(table, job, owner, step, digest):
    """From the checkpoint: the first step that the second one showed came after the saved one."""
    until(lambda: table.get(job).is_final)
    done, events = table.get(job), table.events(job=job)
    assert (done.state, done.digest, done.attempts) == ("done", digest, 2)
    _, second = [event for event in events if event.kind == "claimed"]
    shown = next(e.data for e in events if e.number > second.number and e.kind == "preview")
    assert 0 < step < shown["done"] <= shown["total"], "it did not begin anew"


def test_there_is_an_actor_on_each_machine(executor):
    until(lambda: len(executor.seats) == 2)
    assert len({node for node, _ in executor.seats}) == len({process for _, process in executor.seats}) == 2


def test_another_actor_finishes_the_job_of_one_that_was_killed(executor, house, toy, undisturbed):
    table, store = house
    [(job, (owner, step))] = submitted(table, store, toy, num=1).items()
    os.kill(int(owner.split(":")[1]), signal.SIGKILL)
    assert_finished_by_another(table, job, owner, step, undisturbed)
    until(lambda: executor.deaths == 1 and len(executor.seats) == 2)


def test_what_runs_on_a_machine_that_goes_is_finished_on_another(executor, cluster, house, toy, undisturbed):
    table, store = house
    jobs = submitted(table, store, toy, num=2)
    gone = cluster.second.node_id
    [struck] = [job for job, (owner, _) in jobs.items() if node_of(executor, owner) == gone]
    cluster.remove_node(cluster.second, allow_graceful=False)
    assert_finished_by_another(table, struck, *jobs[struck], undisturbed)
    until(lambda: all(table.get(job).is_final for job in jobs))
    assert {(table.get(job).state, table.get(job).digest) for job in jobs} == {("done", undisturbed)}
    until(lambda: executor.deaths == 2)
    assert gone not in {node for node, _ in executor.seats}


def test_an_executor_that_stops_leaves_the_job_in_the_queue(executor, house, toy):
    table, store = house
    [job] = submitted(table, store, toy, num=1)
    began = time.monotonic()
    executor.stop(grace=600)
    assert time.monotonic() - began < 300, "it does not wait for the actor that has no place"
    put = table.get(job)
    assert (put.state, put.attempts, put.lease_owner) == ("queued", 0, "") and saved(store, job)
    assert not executor.seats


def test_a_file_for_a_table_is_refused_where_other_machines_would_open_it(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(ray_executor, "machine", lambda: "another")
    with pytest.raises(RequestError, match=r"too; SQLite is safe on one machine only.*postgresql://"):
        RayExecutor(1, table=tmp_path / "jobs.sqlite", store=tmp_path, address=cluster.address).start()
    assert not ray_executor.ray().is_initialized()


# --- Without a cluster


def test_an_actor_works_only_where_it_finds_the_executor_s_table_store_and_house(tmp_path):
    store, other = Store(tmp_path / "store"), Store(tmp_path / "other")
    settings = Settings(table=str(tmp_path / "jobs.sqlite"), store=str(store.folder))
    ground = Ground(home=str(home()), mark=marked(store), machine=ray_executor.machine())
    assert marked(store) == ground.mark != marked(other)
    ground.check(settings)
    wrong = [
        (ground, dataclasses.replace(settings, store=str(other.folder)), "a folder that all machines"),
        (ground, dataclasses.replace(settings, store=str(tmp_path / "none")), "a folder that all machines"),
        (dataclasses.replace(ground, home="/elsewhere"), settings, "FILMLOOM_HOME is"),
        (dataclasses.replace(ground, machine="elsewhere"), settings, "one machine only"),
    ]
    for found, told, words in wrong:
        with pytest.raises(RequestError, match=words):
            Actor(told, found).run()
    assert not (tmp_path / "none").exists() and not (tmp_path / "jobs.sqlite").exists()
    dataclasses.replace(ground, machine="").check(settings)


def test_a_worker_asks_ray_for_what_its_device_is():
    assert needs(Settings(device="cpu"), {}) == {"CPU": 1}
    assert needs(Settings(device="cuda", threads=4), {"films": 1}) == {"CPU": 4, "GPU": 1, "films": 1}
    with pytest.raises(RequestError, match="Ray itself chooses which GPU"):
        RayExecutor(1, devices=["cuda:1"])
    assert has({"CPU": 2, "GPU": 1}, {"CPU": 1}) and not has({"CPU": 2}, {"CPU": 1, "GPU": 1})


def test_places_are_spread_over_devices_and_settings_are_whole(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = RayExecutor(3, table="sqlite:///jobs.sqlite", store="store", devices=["cuda", "cpu"], name="w", threads=2)
    told = [place.settings for place in made.places]
    assert [(one.name, one.device, one.threads) for one in told] == [
        ("w-1", "cuda", 2),
        ("w-2", "cpu", 2),
        ("w-3", "cuda", 2),
    ]
    assert {one.table for one in told} == {str(tmp_path / "jobs.sqlite")} and {one.threads for one in told} == {2}
    assert {one.store for one in told} == {str(tmp_path / "store")}
    server = RayExecutor(1, table="postgresql:///films").places[0].settings
    assert (server.table, server.store, server.threads) == ("postgresql:///films", str(home() / "store"), 1)


@pytest.mark.parametrize("address", ["ray://head:10001", "head", "http://head:1", ":6379", ""])
def test_an_address_is_one_of_the_cluster_itself(address):
    with pytest.raises(RequestError, match="ray start --address HOST:PORT"):
        checked(address)


def test_where_no_cluster_is_it_says_so_soon():
    pytest.importorskip("ray")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(RequestError, match=r"no Ray cluster was found there.*ray start --head"):
        RayExecutor(1, address=checked(address)).start()


def test_the_command_line_chooses_between_this_machine_and_a_cluster():
    found = chosen("ray", 2, devices=["cuda", "cpu"], table="postgresql:///", lease=9.0)
    assert isinstance(found, RayExecutor) and found.address == "auto"
    assert [(one.settings.device, one.settings.lease) for one in found.places] == [("cuda", 9.0), ("cpu", 9.0)]
    assert isinstance(chosen("local", 1), LocalExecutor)
    with pytest.raises(RequestError, match="it must be local or ray"):
        chosen("slurm", 1)
    with pytest.raises(RequestError, match="only --executor ray has one"):
        chosen("local", 1, address="head:6379")


def test_a_table_whose_address_is_in_the_environment(postgres, monkeypatch):
    """As deploy/ has it: `postgresql:///`, and no password on a command line."""
    postgres.empty()
    server = {"HOST": "127.0.0.1", "PORT": str(postgres.port), "USER": "filmloom", "DATABASE": "postgres"}
    for name, value in server.items():
        monkeypatch.setenv(f"PG{name}", value)
    table = open_table(RayExecutor(1, table="postgresql:///").places[0].settings.table)
    assert table.get(table.submit({"prompt": "a car"}).id).state == "queued"
    table.close()


def test_without_ray_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"pip install 'filmloom\[ray\]'"):
        RayExecutor(1).start()
