"""A network between loader and store that delays and resets connections."""

import pytest

from harness.fronts import BadNetwork
from harness.records import assert_exactly_once, moment
from harness.stores import BucketStore


@pytest.mark.parametrize("seed", [1, 2])
def test_connections_that_are_reset_while_uploading(seed, noida, gcs, make_topic, make_loader):
    topic = make_topic(noida, partitions=2)
    topic.interactions(300)
    for _ in range(20):
        topic.interaction(moment(10), 50_000)
    topic.flush()
    network = BadNetwork(gcs.port, seed)
    try:
        store = BucketStore(gcs, f"network-{seed}", network.address)
        loader = make_loader(noida, store, topic)
        # It may give up; what it left is then made good by the next.
        for attempt in range(8):
            found = make_loader(noida, store, topic, group=f"attempt-{attempt}").run("load")
            assert found.status in (0, 69), found.errors[-2000:]
            if found.status == 0:
                break
        assert found.status == 0 and network.reset_count >= 10
    finally:
        network.close()
    store.environment = {"STORAGE_EMULATOR_HOST": gcs.address}
    loader.load()
    loader.verify().expect(0)
    assert_exactly_once(store, topic)
