"""What `status`, `verify` and `restore` tell of a store."""

import json

import pytest

from harness.records import BROKEN_VALUES, DATE, assert_exactly_once, milliseconds, moment


def test_status_tells_whether_an_hour_is_complete(noida, store, make_topic, make_loader):
    topic = make_topic(noida, partitions=2)
    topic.interactions(90, hours=(12, 13, 14))
    topic.flush()
    loader = make_loader(noida, store, topic)
    # With a lateness of several days the hours are still open.
    loader.load("--allowed-lateness", "7d")
    hour13 = ("--date", DATE, "--hour", "13")
    (hour,) = loader.run("status", *hour13, "--json").expect(0).answer["hours"]
    assert (hour["is_sealed"], [part["is_closed"] for part in hour["parts"]]) == (False, [False, False])
    assert "open: all" in loader.run("status", *hour13).expect(0).output

    loader.load()
    for _ in range(5):
        topic.interaction(moment(15), partition=1)
    topic.flush()
    answer = loader.run("status", *hour13, "--json").expect(0).answer
    (hour,) = answer["hours"]
    assert hour["is_sealed"] and sum(part["records"] for part in hour["parts"]) == 30
    # Offsets also count what ends a broken record's batch: the lag is what was produced since.
    assert [part["lag"] for part in answer["partitions"]] == [0, 5]
    table = loader.run("status", "--date", DATE).expect(0).output
    (line,) = [line for line in table.splitlines() if line.startswith(f"{DATE}T13")]
    assert line.split()[2] == "30" and "sealed" in line

    offline = make_loader(None, store, topic)
    assert [part["lag"] for part in offline.run("status", "--json").expect(0).answer["partitions"]] == [0, 0]


@pytest.fixture
def stored(noida, store, make_topic, make_loader):
    """A store with an hour or two in it, its loader and its files."""
    topic = make_topic(noida, partitions=2)
    topic.interactions(120)
    topic.flush()
    loader = make_loader(noida, store, topic)
    loader.load()
    loader.verify().expect(0)
    return store, loader, store.files(topic.name), sorted(store.manifests(topic.name))


def findings(loader):
    return {(found["kind"], found["subject"]) for found in loader.verify().expect(65).answer["findings"]}


def test_verify_of_yesterday_reads_no_other_day(stored):
    """By this machine's clock, which is not that of the records."""
    store, loader, files, _ = stored
    store.write(files[0], b"no gzip")
    loader.verify("--date", "yesterday").expect(0)
    loader.verify("--date", DATE).expect(65)


def test_verify_finds_damage(stored):
    store, loader, files, manifests = stored
    gone, damaged, changed, other = files[:4]
    content = {name: store.read(name) for name in files}
    extra = gone.replace("-p00000-", "-p00009-").replace("-p00001-", "-p00009-")

    store.delete(gone)
    store.write(damaged, content[damaged][:-12] + b"\0" * 12)
    store.write(changed, content[other])
    store.write(extra, content[gone])
    assert findings(loader) == {
        ("missing_file", gone), ("damaged_file", damaged), ("wrong_lines", changed), ("unplanned_file", extra),
    }
    store.delete(extra)
    for name in (gone, damaged, changed):
        store.write(name, content[name])
    loader.verify().expect(0)


def test_verify_finds_a_swapped_manifest(stored):
    store, loader, files, manifests = stored
    full = [name for name in manifests if store.json(name)["records"] > 0]
    one, two = (store.read(name) for name in full[:2])
    store.write(full[0], two)
    store.write(full[1], one)
    assert ("wrong_manifest", full[0]) in findings(loader)
    store.write(full[0], one)
    store.write(full[1], two)
    loader.verify().expect(0)


def test_verify_finds_a_plan_that_is_gone(stored):
    store, loader, files, manifests = stored
    plan = store.plans(loader.topic)[0]
    content = store.read(plan)
    store.delete(plan)
    assert findings(loader)
    store.write(plan, content)
    loader.verify().expect(0)


def test_dead_letters_are_restored_byte_for_byte(noida, store, make_topic, make_loader):
    topic = make_topic(noida, partitions=1)
    topic.broken(moment(9))
    topic.interaction(moment(9))
    topic.flush()
    loader = make_loader(noida, store, topic)
    loader.load()
    (name,) = store.dead_letter_files(topic.name)
    restored = make_topic(noida, partitions=1)
    restorer = make_loader(noida, store, restored)
    dry = restorer.run("restore", "--object", name, "--dry-run").expect(0).answer
    assert dry == {"objects": 1, "records": len(BROKEN_VALUES)}
    restorer.run("restore", "--object", name).expect(0)

    # Loaded again from there, they are the same dead letters.
    for (_, offset), letter in topic.dead.items():
        restored.dead[0, offset] = letter
    make_loader(noida, store, restored, group="again").load()
    assert_exactly_once(store, restored)
    times = {
        json.loads(line)["timestamp"] for file in store.dead_letter_files(restored.name) for line in store.lines(file)
    }
    assert times == {milliseconds(moment(9))}


def test_a_missing_object_is_named_before_anything_is_restored(noida, directory, make_topic, make_loader):
    topic = make_topic(noida, partitions=1)
    loader = make_loader(noida, directory, topic)
    loader.run("restore", "--object", "dead-letter/x/none.jsonl.gz").expect(66, "dead-letter/x/none.jsonl.gz")


def test_restoring_without_a_broker_ends_when_it_may_wait_no_longer(noida, store, make_topic, make_loader):
    topic = make_topic(noida, partitions=1)
    topic.broken(moment(9))
    topic.flush()
    loader = make_loader(noida, store, topic)
    loader.load()
    (name,) = store.dead_letter_files(topic.name)
    flags = ("--object", name, "--kafka-brokers", "127.0.0.1:1", "--kafka-timeout", "2s")
    loader.run("restore", *flags, seconds=30).expect(69, "check the brokers' addresses")
