"""The files are read by the tools that people have."""

import base64
import json
import subprocess

import duckdb
import pytest

from harness.records import DATE, assert_exactly_once, moment


@pytest.mark.parametrize("flags", [(), ("--gzip-engine", "zlib"), ("--gzip-engine", "zlib", "--gzip-level", "9")])
def test_gzip_and_zcat_and_duckdb_read_them(flags, noida, directory, make_topic, make_loader):
    topic = make_topic(noida)
    topic.interactions(2000)
    topic.flush()
    make_loader(noida, directory, topic).load(*flags)
    paths = [directory.directory / name for name in directory.files(topic.name)]
    subprocess.run(["gzip", "-t", *paths], check=True)
    lines = subprocess.run(["zcat", *paths], check=True, capture_output=True).stdout.splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == sorted(topic.delivered)
    pattern = f"{directory.directory}/raw/{topic.name}/{DATE}/*.jsonl.gz"
    assert duckdb.sql(f"select count(distinct id) from read_json('{pattern}')").fetchall() == [(len(topic.delivered),)]
    assert_exactly_once(directory, topic)


def test_hive_layout_is_partitioned_for_duckdb(noida, store, make_topic, make_loader):
    topic = make_topic(noida)
    topic.interactions(300, hours=(0, 13, 23))
    topic.flush()
    loader = make_loader(noida, store, topic)
    loader.load("--partition-layout", "hive")
    assert all(name.startswith(f"raw/{topic.name}/dt={DATE}/hour=") for name in store.files(topic.name))
    assert len(store.manifests(topic.name)) >= 24
    assert_exactly_once(store, topic)
    loader.verify("--partition-layout", "hive").expect(0)
    if store.url.startswith("file:"):
        pattern = f"{store.directory}/raw/{topic.name}/*/*/*.jsonl.gz"
        rows = duckdb.sql(
            f"select hour, count(*) from read_json('{pattern}', hive_partitioning=true, hive_types_autocast=false) "
            "group by hour order by hour"
        ).fetchall()
        assert rows == [("00", 100), ("13", 100), ("23", 100)]


@pytest.mark.parametrize("record_format", ["annotated", "envelope"])
def test_formats_that_tell_where_a_record_comes_from(record_format, noida, directory, make_topic, make_loader):
    topic = make_topic(noida, partitions=2)
    value = b'{"id":"x", "timestamp":"%b"}' % moment(6).isoformat().encode()
    topic.produce(value, moment(6, 1), identifier="x", key=b"\xff\x00", partition=1, headers=[("a", b"1"), ("b", None)])
    topic.flush()
    make_loader(noida, directory, topic).load("--record-format", record_format)
    (name,) = directory.files(topic.name)
    (line,) = directory.lines(name)
    found = json.loads(line)
    origin = found.pop("_kafka")
    assert (found["value"] if record_format == "envelope" else found) == json.loads(value)
    assert (origin["topic"], origin["partition"], origin["offset"]) == (topic.name, 1, 0)
    assert origin["timestamp"] == int(moment(6, 1).timestamp() * 1000)
    assert base64.b64decode(origin["key_base64"]) == b"\xff\x00"
    assert origin["headers"] == [{"name": "a", "value": "1"}, {"name": "b", "value": None}]


def test_values_are_stored_byte_for_byte(noida, directory, make_topic, make_loader):
    topic = make_topic(noida, partitions=1)
    time = moment(6).isoformat().encode()
    rest = b'"n":[1e400,-0.0,0.1000],%b"s":"\\ud800 \\/ \xf0\x9f\x8e\x89"}'
    value = b'\xef\xbb\xbf { "id" : "y",\r\n "timestamp":"%b", ' % time + rest % b"\t" + b"\n"
    topic.produce(value, moment(6), identifier="y")
    topic.flush()
    make_loader(noida, directory, topic).load()
    (name,) = directory.files(topic.name)
    assert directory.lines(name) == [
        b'{"id":"y","timestamp":"%b",' % time + rest % b""
    ]
