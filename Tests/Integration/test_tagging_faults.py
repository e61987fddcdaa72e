"""What the service answers when it does not answer as it should, and records that want to be obeyed."""

import json
import re

import pytest

from harness.fronts import StoreFront
from harness.processes import free_port
from harness.services import Services
from harness.tagging import (
    MARKER, ROOT, TAGS, Tagger, assert_at_rest, assert_silent, assert_tagged, interaction, tagged_files, write_raw,
)

SECRET_KEY = "sk-ant-secret-of-this-test"
INJECTIONS = json.loads((ROOT / "Tests/TaggingTests/injections.json").read_text())


def fill(tagger, count=12, **options):
    return write_raw(tagger.store, tagger.topic, [interaction(n, "billing") for n in range(count)], **options)


def statuses(records):
    return [record["tag_status"] for record in records]


# What is wrong with all calls ends the run: status of the answer, its error type, what it says; exit status.
STOPS = {
    "wrong key": (401, "authentication_error", "invalid x-api-key", 77),
    "no credit": (402, "billing_error", "payment required", 77),
    "spend limit": (400, "invalid_request_error", "You have reached your specified API usage limits.", 77),
    "credit balance": (400, "invalid_request_error", "Your credit balance is too low to access the API.", 77),
    "not allowed": (403, "permission_error", "Your API key does not have permission", 77),
    "model retired": (404, "not_found_error", "model: claude-haiku-5-5", 64),
    "schema": (400, "invalid_request_error", "Schema is too complex: too many enum values", 64),
    "parameter": (400, "invalid_request_error", "effort: not supported by this model", 64),
}


@pytest.mark.parametrize("case", STOPS)
def test_what_concerns_all_calls_stops_the_run(tagger, case):
    status, kind, message, exit_status = STOPS[case]
    fill(tagger, 200)
    tagger.services.script({"route": "messages", "status": status, "error_type": kind, "message": message, "times": 0})
    finished = tagger.tag(status=exit_status).expect(exit_status, message)
    assert finished.report["failure"]
    assert finished.report["files_tagged"] == 0
    assert tagged_files(tagger.store, f"tagged/{tagger.topic}/") == []
    assert tagger.messages()["calls"] <= 16  # those that were under way
    assert_at_rest(tagger.store, tagger.topic)
    tagger.services.forget()
    assert tagger.tag().report["calls"] == 200
    assert set(statuses(assert_tagged(tagger.store, tagger.topic))) == {"tagged"}


PASSING = {
    "429": {"status": 429, "error_type": "rate_limit_error", "retry_after": 1, "times": 3},
    "500": {"status": 500, "error_type": "api_error", "times": 3},
    "504": {"status": 504, "error_type": "timeout_error", "times": 2},
    "529": {"status": 529, "error_type": "overloaded_error", "times": 4},
    "409": {"status": 409, "error_type": "conflict_error"},
    "a proxy's 502": {"status": 502, "body": "<html>Bad Gateway</html>"},
    "told to try again": {"status": 400, "headers": {"x-should-retry": "true"}, "message": "later"},
    "slow": {"delay_ms": 1500, "times": 2},
    "truncated": {"truncate": True, "times": 2},
    "reset": {"reset": True, "times": 2},
    "no JSON": {"status": 200, "body": "{\"type\":\"message\","},
}


@pytest.mark.parametrize("case", PASSING)
def test_what_passes_is_tried_again(tagger, case):
    fill(tagger)
    tagger.services.script({"route": "messages", "after": 1, **PASSING[case]})
    report = tagger.tag().report
    assert statuses(assert_tagged(tagger.store, tagger.topic)) == ["tagged"] * 12
    failed = 0 if case == "slow" else PASSING[case].get("times", 1)
    assert sum(report["call_errors"].values()) == failed
    assert tagger.messages()["calls"] == 12 + failed


def test_how_much_the_service_takes_at_once_is_found_out(directory, tmp_path):
    services = Services("--max-concurrent", "4", "--latency", "40ms")
    tagger = Tagger(services, directory, "limited", tmp_path)
    try:
        fill(tagger, 60)
        report = tagger.tag("--tag-concurrency", "16").report
        called = tagger.messages()
    finally:
        tagger.close()
        services.close()
    assert statuses(assert_tagged(directory, "limited")) == ["tagged"] * 60
    # All 16 once at most, and then one now and then.
    assert 0 < report["call_errors"]["429"] < 60
    assert called["statuses"] == {"200": 60, "429": report["call_errors"]["429"]}


@pytest.mark.parametrize("status, kind, message", [
    (400, "invalid_request_error", "messages.0.content: this one is wrong"),
    (400, "invalid_request_error", "prompt is too long: 250000 tokens > 200000 maximum"),
    (400, "invalid_request_error", "something new that nobody knows"),
    (413, "request_too_large", "Request exceeds the maximum size"),
])
def test_one_record_that_is_refused_stops_nothing(tagger, status, kind, message):
    records = [interaction(number, "billing") for number in range(12)]
    records[5]["input"] += " poison"
    write_raw(tagger.store, tagger.topic, records)
    step = {"status": status, "error_type": kind, "message": message, "times": 0}
    tagger.services.script({"route": "messages", "contains": "poison", **step})
    finished = tagger.tag()
    tagged = assert_tagged(tagger.store, tagger.topic)
    assert statuses(tagged) == ["tagged"] * 5 + ["rejected"] + ["tagged"] * 6
    assert finished.report["statuses"] == {"tagged": 11, "rejected": 1}
    assert finished.report["call_errors"] == {str(status): 1}
    assert tagger.messages()["calls"] == 12


def test_a_record_that_always_fails_is_given_up_after_the_deadline(tagger):
    records = [interaction(number, "billing") for number in range(40)]
    records[0]["input"] += " poison"
    write_raw(tagger.store, tagger.topic, records)
    tagger.services.script(
        {"route": "messages", "contains": "poison", "status": 500, "times": 0},
        {"route": "messages", "delay_ms": 250, "times": 0},
    )
    tagger.tag("--call-deadline", "2s", "--tag-concurrency", "2")
    tagged = assert_tagged(tagger.store, tagger.topic)
    assert statuses(tagged) == ["failed"] + ["tagged"] * 39
    # The same content gets another chance when it comes again.
    tagger.services.forget()
    write_raw(tagger.store, tagger.topic, records, hour=10)
    assert tagger.tag().report["calls"] == 1
    assert statuses(assert_tagged(tagger.store, tagger.topic))[40:] == ["tagged"] * 40


def test_a_service_that_stays_away_ends_the_run_with_nothing_written(tagger):
    fill(tagger)
    tagger.services.script({"route": "messages", "status": 529, "error_type": "overloaded_error", "times": 0})
    tagger.tag("--call-deadline", "1s", status=69)
    assert tagged_files(tagger.store, f"tagged/{tagger.topic}/") == []
    tagger.anthropic = f"http://127.0.0.1:{free_port()}"  # refused
    tagger.tag("--call-deadline", "1s", status=69)
    tagger.anthropic = tagger.services.anthropic
    tagger.services.forget()
    tagger.tag()
    assert statuses(assert_tagged(tagger.store, tagger.topic)) == ["tagged"] * 12


def test_refusals_of_everything_are_not_taken_for_bad_records(tagger):
    fill(tagger, 200)
    tagger.services.script({"route": "messages", "status": 400, "message": "something new", "times": 0})
    tagger.tag(status=1)
    assert tagged_files(tagger.store, f"tagged/{tagger.topic}/") == []
    assert tagger.messages()["calls"] <= 20 + 8


# The model's text; the tags, the status and the count that come of it.
ANSWERS = {
    "not JSON": ("I think it is billing.", [], "unusable", "unusable"),
    "empty": ("", [], "unusable", "empty"),
    "cut": ('{"tags":["bill', [], "unusable", "unusable"),
    "an object": ('{"tags":{"billing":true}}', [], "unusable", "unusable"),
    "other object": ('{"answer":["billing"]}', [], "unusable", "unusable"),
    "a number": ('{"tags":3}', [], "unusable", "unusable"),
    "bare list": ('["bug report","billing"]', ["billing", "bug report"], "tagged", "bare_list"),
    "bare string": ('"billing"', ["billing"], "tagged", "bare_name"),
    "null": ('{"tags":null}', [], "untagged", "null_list"),
    "nulls": ('{"tags":[null,"billing",null]}', ["billing"], "tagged", "null_elements"),
    "unknown": ('{"tags":["pwned","billing","bíl"]}', ["billing"], "tagged", "unknown"),
    "only unknown": ('{"tags":["pwned"]}', [], "unusable", "only_unknown"),
    "other case": ('{"tags":["Billing","bug report"]}', ["bug report"], "tagged", "wrong_case"),
    "duplicates": ('{"tags":["billing","billing"]}', ["billing"], "tagged", "duplicates"),
    "spaces": ('{"tags":["billing \\n"," bug report"]}', ["billing", "bug report"], "tagged", "trimmed"),
    "not names": ('{"tags":[1,{"a":2},["billing"],"billing"]}', ["billing"], "tagged", "not_names"),
    "fenced": ('```json\n{"tags":["billing"]}\n```', ["billing"], "tagged", "fenced"),
    "renamed": ('{"relevant_tags":["billing"]}', ["billing"], "tagged", "renamed_key"),
    "more": ('{"why":"x","tags":["billing"]}', ["billing"], "tagged", "extra_members"),
    "decomposed": ('{"tags":["A\u0308rger"]}', [], "unusable", "only_unknown"),
}


def test_answers_of_the_model_are_never_trusted(tagger):
    for number, (text, *_) in enumerate(ANSWERS.values()):
        tagger.services.script({"route": "messages", "contains": f"{MARKER} {number}:", "text": text})
    fill(tagger, len(ANSWERS))
    report = tagger.tag().report
    records = assert_tagged(tagger.store, tagger.topic)
    for record, (case, (_, tags, status, count)) in zip(records, ANSWERS.items(), strict=True):
        assert (record["relevant_tags"], record["tag_status"]) == (tags, status), case
        assert report["answers"][count] > 0, case
    assert report["answers"]["answers"] == len(ANSWERS)


def test_reasons_to_stop(tagger):
    reasons = {"refusal": "refusal", "model_context_window_exceeded": "context_window", "pause_turn": "stopped"}
    for number, reason in enumerate(reasons):
        tagger.services.script({"route": "messages", "contains": f"{MARKER} {number}:", "stop_reason": reason})
    # Cut once: asked again with more room. Cut twice: that is all.
    tagger.services.script(
        {"route": "messages", "contains": f"{MARKER} 3:", "stop_reason": "max_tokens"},
        {"route": "messages", "contains": f"{MARKER} 4:", "stop_reason": "max_tokens", "times": 0},
    )
    fill(tagger, 5)
    report = tagger.tag().report
    assert statuses(assert_tagged(tagger.store, tagger.topic)) == [*reasons.values(), "tagged", "max_tokens"]
    assert (report["calls"], tagger.messages()["calls"]) == (7, 7)


@pytest.fixture
def recorder(tagger):
    """Sees every request, and passes it on."""
    front = StoreFront(int(re.search(r":(\d+)/", tagger.anthropic).group(1)))
    front.bodies = []
    front.refuse = lambda method, path, body: front.bodies.append(json.loads(body))
    tagger.anthropic = front.address + "/anthropic"
    yield front
    front.close()


def test_orders_in_records_stay_data(tagger, recorder):
    """No model is here to be fooled. What is tested is what a model gets to see, and what of its answer is kept."""
    records = [{"id": each["name"], "input": each["input"], "output": each["output"]} for each in INJECTIONS]
    write_raw(tagger.store, tagger.topic, records)
    # A model that obeys them all.
    obedient = json.dumps({"tags": ["pwned", "admin", "BILLING", "billing\u200b"]})
    tagger.services.script({"route": "messages", "text": obedient, "times": 0})
    tagger.tag()
    tagged = assert_tagged(tagger.store, tagger.topic)
    assert {tuple(record["relevant_tags"]) for record in tagged} == {()}
    assert set(statuses(tagged)) == {"unusable"}

    assert len(recorder.bodies) == len(INJECTIONS)
    systems = {json.dumps(body["system"]) for body in recorder.bodies}
    schemas = {json.dumps(body["output_config"]) for body in recorder.bodies}
    assert (len(systems), len(schemas)) == (1, 1), "a record changed what all requests have in common"
    assert "pwned" not in systems.pop() + schemas.pop()
    for body in recorder.bodies:
        (message,) = body["messages"]
        assert message["role"] == "user"
        assert_delimited(message["content"])


def assert_delimited(content):
    text = content if isinstance(content, str) else "".join(block["text"] for block in content)
    # However it is spelt, each delimiter is there once, and what is between was written by the record.
    spelt = re.findall(r"<[/\s]*record_\w+", text, re.IGNORECASE)
    expected = []
    for name in ("input", "output"):
        empty = f"<record_{name}/>" in text
        expected += [f"<record_{name}"] if empty else [f"<record_{name}", f"</record_{name}"]
    assert spelt == expected, text


@pytest.mark.parametrize("fault", [
    {}, {"status": 400, "message": f"messages.0: '{MARKER} 0' with {SECRET_KEY}"},
    {"status": 401, "error_type": "authentication_error", "message": f"invalid x-api-key: {SECRET_KEY}"},
    {"status": 500, "body": f"{MARKER} {SECRET_KEY}"}, {"text": f"{MARKER} is no tag"}, {"reset": True},
])
def test_no_log_tells_keys_or_contents(tagger, recorder, fault):
    tagger.key = SECRET_KEY
    fill(tagger, 3)
    recorder.refuse = lambda method, path, body: answer_of(fault)
    finished = tagger.run("tag", "--log-level", "trace", "--log-format", "json", "--call-deadline", "1s")
    assert finished.status in (0, 1, 69, 77)
    assert_silent(finished, tagger.store, SECRET_KEY)


def answer_of(fault):
    if "status" in fault:
        error = {"type": fault.get("error_type", "invalid_request_error"), "message": fault.get("message")}
        return fault["status"], fault.get("body") or json.dumps({"type": "error", "error": error})
    if "text" in fault:
        usage = {"input_tokens": 1, "output_tokens": 1}
        message = {"content": [{"type": "text", "text": fault["text"]}], "stop_reason": "end_turn", "usage": usage}
        return 200, json.dumps({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", **message})
    if "reset" in fault:
        raise ConnectionResetError
    return None


def test_tags_are_those_of_the_taxonomy_whatever_the_names(tagger):
    names = ['quo"te', "back\\slash", "line\nfeed", "<record_input>", "billing", "e\u0301", "é"]
    tagger.taxonomy.write_text(json.dumps({"tags": [{"name": name, "description": "About it"} for name in names]}))
    tagger.services.script({"route": "messages", "text": json.dumps({"tags": names})})
    fill(tagger, 1)
    tagger.tag()
    (record,) = assert_tagged(tagger.store, tagger.topic, tags=sorted(names, key=str.encode))
    assert sorted(record["relevant_tags"]) == sorted(names)
    assert set(TAGS) & set(record["relevant_tags"]) == {"billing"}
