"""What one run leaves, and what the runs after it add."""

from harness.records import assert_exactly_once, moment


def test_a_run_stores_each_record_once_and_the_next_one_writes_nothing(noida, store, make_topic, make_loader):
    topic = make_topic(noida)
    topic.interactions(600)
    topic.flush()
    loader = make_loader(noida, store, topic)

    report = loader.load().report
    assert report["records"] == len(topic.delivered)
    assert sum(report["dead_letters"].values()) == len(topic.dead)
    assert_exactly_once(store, topic)
    before = store.objects()

    again = loader.load().report
    assert (again["records"], again["files"], again["hours_sealed"]) == (0, 0, [])
    # Another group knows no offsets, and the chain is what counts.
    make_loader(noida, store, topic, group="stranger").load()
    assert store.objects() == before
    loader.verify().expect(0)


def test_late_records_go_to_files_of_their_own_and_revise_the_manifest(noida, store, make_topic, make_loader):
    topic = make_topic(noida, partitions=2)
    topic.interactions(100, hours=(7, 8))
    topic.flush()
    loader = make_loader(noida, store, topic)
    loader.load()
    sealed = store.manifests(topic.name)
    assert {manifest["revision"] for manifest in sealed.values()} == {1}
    files = store.files(topic.name)

    late = [topic.interaction(moment(7, 30), partition=index) for index in (0, 1, 1)]
    topic.flush()
    report = loader.load().report
    assert report["late_records"] == len(late)
    added = set(store.files(topic.name)) - set(files)
    assert len(added) == 2 and all("/07-late-p" in name for name in added)
    revised = store.manifests(topic.name)
    hour7 = next(name for name in revised if name.endswith("/07.manifest.json"))
    # Each of the two partitions revises it, unless one saw the other's file too.
    assert revised[hour7]["revision"] in (2, 3) and revised[hour7]["late_records"] == 3
    assert {name: manifest for name, manifest in revised.items() if name != hour7} == {
        name: manifest for name, manifest in sealed.items() if name != hour7
    }
    assert_exactly_once(store, topic)
    loader.verify().expect(0)


def test_another_layout_is_refused_before_anything_is_written(noida, store, make_topic, make_loader):
    topic = make_topic(noida, partitions=1)
    topic.interactions(20)
    topic.flush()
    loader = make_loader(noida, store, topic)
    loader.load()
    topic.interactions(20)
    topic.flush()
    before = store.objects()
    for command in ("load", "status", "verify"):
        loader.run(command, "--partition-layout", "hive").expect(64, "--partition-layout plain, not hive")
    assert store.objects() == before
    loader.load()
    assert_exactly_once(store, topic)
