"""The stand-in for Anthropic is as the official package expects the service to be."""

import concurrent.futures
import time
from typing import Literal

import anthropic
import pydantic
import pytest

from harness.services import KEY, Services

MODEL = "claude-haiku-5-5"
TAGS = ["billing question", "bug report", "spam"]
SCHEMA = {
    "type": "object",
    "properties": {"tags": {"type": "array", "items": {"type": "string", "enum": TAGS}}},
    "required": ["tags"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "schema": SCHEMA}


class Tagged(pydantic.BaseModel):
    tags: list[Literal["billing question", "bug report", "spam"]]


@pytest.fixture(scope="module")
def shared():
    services = Services("--batch-delay", "300ms")
    try:
        yield services
    finally:
        services.close()


@pytest.fixture
def services(shared):
    shared.forget()
    return shared


@pytest.fixture
def client(services):
    with anthropic.Anthropic(base_url=services.anthropic, api_key=KEY, max_retries=0) as client:
        yield client


def ask(client, text="Hello", **options):
    values = {"model": MODEL, "max_tokens": 1024, "messages": [{"role": "user", "content": text}], **options}
    return client.messages.create(**values)


def texts(message):
    return [block.text for block in message.content if block.type == "text"]


def test_message_thinks_first_and_obeys_the_schema(client):
    message = ask(client, "There is a BUG in my last billing.", output_config={"format": FORMAT})
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert Tagged.model_validate_json(texts(message)[0]).tags == ["billing question", "bug report"]
    assert message.stop_reason == "end_turn"
    assert message.usage.output_tokens > message.usage.output_tokens_details.thinking_tokens > 0
    assert message._request_id.startswith("req_")


def test_parse_with_a_pydantic_model(client):
    message = client.messages.parse(
        model=MODEL, max_tokens=1024, messages=[{"role": "user", "content": "only spam"}], output_format=Tagged
    )
    assert message.parsed_output.tags == ["spam"]


def test_no_schema_and_thinking_turned_off(client):
    message = ask(client, thinking={"type": "disabled"})
    assert [block.type for block in message.content] == ["text"]


def test_max_tokens_cuts_the_text_and_is_told(client):
    message = ask(client, "spam", max_tokens=34, output_config={"format": FORMAT})
    assert message.stop_reason == "max_tokens"
    assert message.usage.output_tokens == 34
    with pytest.raises(pydantic.ValidationError):
        Tagged.model_validate_json(texts(message)[0])


def test_cached_system_prompt_is_written_once_and_then_read(client):
    system = [{"type": "text", "text": "cached only here. " * 200, "cache_control": {"type": "ephemeral"}}]
    first, second = (ask(client, text, system=system).usage for text in ("one", "two"))
    assert first.cache_creation_input_tokens == second.cache_read_input_tokens == 900
    assert first.cache_creation.ephemeral_5m_input_tokens == 900
    assert first.cache_read_input_tokens == second.cache_creation_input_tokens == 0
    short = [{"type": "text", "text": "below the minimum of 512 tokens", "cache_control": {"type": "ephemeral"}}]
    assert ask(client, system=short).usage.cache_creation_input_tokens == 0


@pytest.mark.parametrize("key", ["wrong", "devcloud2"])
def test_wrong_key(services, key):
    with anthropic.Anthropic(base_url=services.anthropic, api_key=key, max_retries=0) as client:
        with pytest.raises(anthropic.AuthenticationError) as raised:
            ask(client)
    assert raised.value.body["error"]["type"] == "authentication_error"


def test_key_of_both_kinds(client):
    with pytest.raises(anthropic.AuthenticationError):
        ask(client, extra_headers={"x-api-key": KEY, "Authorization": f"Bearer {KEY}"})


def test_unknown_models(client):
    for model in ("claude-nonsense", "claude-haiku-5-4"):
        with pytest.raises(anthropic.NotFoundError):
            ask(client, model=model)


TOOL = {"name": "tag", "input_schema": {"type": "object"}}


REFUSED = {
    "unknown field": {"extra_body": {"nonsense": 1}},
    "sampling": {"extra_body": {"temperature": 1}},
    "forced tool": {"model": "claude-sonnet-5-5", "tools": [TOOL], "tool_choice": {"type": "any"}},
    "forced named tool": {"model": "claude-opus-5-5", "tools": [TOOL], "tool_choice": {"type": "tool", "name": "tag"}},
    "prefill": {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
    "no messages": {"messages": []},
    "assistant first": {"messages": [{"role": "assistant", "content": "b"}, {"role": "user", "content": "a"}]},
    "too many tokens": {"max_tokens": 128_001, "timeout": 10},
    "thinking off where it is always on": {"model": "claude-opus-5-5", "thinking": {"type": "disabled"}},
    "thinking budget": {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2048},
    "output_format": {"extra_body": {"output_format": FORMAT}},
    "open object": {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}},
    "unsupported keyword": {
        "output_config": {"format": {"type": "json_schema", "schema": {"type": "array", "maxItems": 3}}}
    },
    "cache_control": {"system": [{"type": "text", "text": "a", "cache_control": {"type": "forever"}}]},
    "api version": {"extra_headers": {"anthropic-version": "2020-01-01"}},
    "beta": {"extra_headers": {"anthropic-beta": "nonsense"}},
    "effort": {"model": "claude-haiku-4-5", "output_config": {"effort": "low"}},
}


@pytest.mark.parametrize("options", REFUSED.values(), ids=REFUSED)
def test_what_the_api_refuses(client, options):
    with pytest.raises(anthropic.BadRequestError) as raised:
        ask(client, **options)
    assert raised.value.body["error"]["type"] == "invalid_request_error"
    assert raised.value.body["request_id"] == raised.value.request_id


def test_older_version_takes_sampling_where_the_model_does(client):
    headers = {"anthropic-version": "2023-06-01"}
    ask(client, extra_headers=headers, extra_body={"temperature": 1})
    ask(client, model="claude-haiku-4-5", extra_headers=headers, extra_body={"temperature": 0})
    with pytest.raises(anthropic.BadRequestError):
        ask(client, extra_headers=headers, extra_body={"temperature": 0})


def test_tools_where_they_can_be_forced(client):
    schema = {"type": "object", "properties": {"label": {"enum": ["spam", "ham"]}}, "required": ["label"]}
    message = ask(
        client, "ham", tools=[{"name": "tag", "input_schema": schema}], tool_choice={"type": "tool", "name": "tag"},
        thinking={"type": "disabled"},
    )
    assert message.stop_reason == "tool_use"
    assert message.content[0].input == {"label": "ham"}


@pytest.mark.parametrize(
    "status, error",
    [
        (400, anthropic.BadRequestError), (401, anthropic.AuthenticationError), (402, anthropic.PaymentRequiredError),
        (403, anthropic.PermissionDeniedError), (404, anthropic.NotFoundError), (409, anthropic.ConflictError),
        (413, anthropic.ContentTooLargeError), (429, anthropic.RateLimitError), (500, anthropic.InternalServerError),
        (504, anthropic.GatewayTimeoutError), (529, anthropic.OverloadedError),
    ],
)
def test_scripted_errors(services, client, status, error):
    services.script({"route": "messages", "status": status, "message": "out of luck"})
    with pytest.raises(error, match="out of luck"):
        ask(client)
    ask(client)
    assert services.calls()["routes"]["messages"]["statuses"] == {str(status): 1, "200": 1}


def test_package_retries_after_429(services, client):
    services.script({"route": "messages", "status": 429, "retry_after": 0.2, "times": 2})
    started = time.monotonic()
    ask(client.with_options(max_retries=2))
    assert time.monotonic() - started >= 0.4
    assert services.calls()["routes"]["messages"]["calls"] == 3


@pytest.mark.parametrize("fault", [{"truncate": True}, {"truncate": 0}, {"reset": True}], ids=str)
def test_broken_connections(services, client, fault):
    services.script(fault)
    with pytest.raises(anthropic.APIConnectionError):
        ask(client)
    ask(client)


def test_slow_answer(services, client):
    services.script({"delay_ms": 2000})
    with pytest.raises(anthropic.APITimeoutError):
        ask(client, timeout=0.2)


def test_scripted_text_and_stop_reason(services, client):
    services.script({"text": "not JSON", "contains": "second"}, {"stop_reason": "refusal", "after": 1})
    assert texts(ask(client, "first"))[0] != "not JSON"
    assert texts(ask(client, "second")) == ["not JSON"]
    refused = ask(client, "third")
    assert (refused.stop_reason, texts(refused)) == ("refusal", [])
    assert refused.stop_details.type == "refusal"


def test_scripts_that_are_none(services):
    for script in ({"status": 1}, {"nonsense": 1}, {"times": -1}):
        with pytest.raises(Exception, match="400"):
            services.script(script)


def test_rate_limits():
    services = Services("--requests-per-minute", "2")
    try:
        with anthropic.Anthropic(base_url=services.anthropic, api_key=KEY, max_retries=0) as client:
            raw = client.messages.with_raw_response.create(
                model=MODEL, max_tokens=100, messages=[{"role": "user", "content": "a"}]
            )
            assert raw.headers["anthropic-ratelimit-requests-limit"] == "2"
            assert raw.headers["anthropic-ratelimit-requests-remaining"] == "1"
            assert raw.headers["anthropic-ratelimit-input-tokens-reset"].endswith("Z")
            ask(client)
            with pytest.raises(anthropic.RateLimitError) as raised:
                ask(client)
            assert 0 < int(raised.value.response.headers["retry-after"]) <= 31
    finally:
        services.close()


def test_limit_of_concurrent_calls():
    services = Services("--max-concurrent", "2", "--latency", "1500ms")
    try:
        with anthropic.Anthropic(base_url=services.anthropic, api_key=KEY, max_retries=0) as client:
            with concurrent.futures.ThreadPoolExecutor(4) as threads:
                answers = [threads.submit(ask, client) for _ in range(4)]
            failures = [answer.exception() for answer in answers if answer.exception()]
        assert [type(failure) for failure in failures] == [anthropic.RateLimitError] * 2
        assert services.calls()["routes"]["messages"]["statuses"] == {"200": 2, "429": 2}
    finally:
        services.close()


def test_count_tokens_and_models(client):
    count = client.messages.count_tokens(model=MODEL, messages=[{"role": "user", "content": "x" * 400}])
    assert count.input_tokens == 100
    ids = [model.id for model in client.models.list(limit=3)]
    assert MODEL in ids and len(set(ids)) == len(ids) > 3
    assert client.models.retrieve(MODEL).max_tokens == 128_000
    with pytest.raises(anthropic.NotFoundError):
        client.models.retrieve("claude-nonsense")


def batch_request(custom_id, **options):
    params = {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": custom_id}], **options}
    return {"custom_id": custom_id, "params": params}


def ended(client, batch):
    while client.messages.batches.retrieve(batch.id).processing_status != "ended":
        time.sleep(0.05)
    return client.messages.batches.retrieve(batch.id)


def test_batch_from_making_to_deleting(services, client):
    services.script(
        {"route": "batches.item", "contains": "id-1\"", "outcome": "errored", "error_type": "overloaded_error"},
        {"route": "batches.item", "contains": "id-2\"", "outcome": "canceled"},
        {"route": "batches.item", "contains": "id-3\"", "outcome": "expired"},
        {"route": "batches.item", "contains": "id-4\"", "text": "scripted"},
    )
    requests = [batch_request(f"id-{number}") for number in range(20)]
    requests.append(batch_request("bad-model", model="claude-nonsense"))
    requests.append(batch_request("bad-tokens", max_tokens=-1))
    batch = client.messages.batches.create(requests=requests)
    assert (batch.processing_status, batch.results_url) == ("in_progress", None)
    assert (batch.request_counts.processing, batch.request_counts.succeeded) == (22, 0)
    with pytest.raises(anthropic.BadRequestError):
        client.messages.batches.delete(batch.id)
    batch = ended(client, batch)
    assert batch.request_counts.model_dump() == {
        "processing": 0, "succeeded": 17, "errored": 3, "canceled": 1, "expired": 1,
    }
    results = list(client.messages.batches.results(batch.id))
    ids = [result.custom_id for result in results]
    assert sorted(ids) == sorted(request["custom_id"] for request in requests)
    assert ids != [request["custom_id"] for request in requests], "results come in another order"
    by_id = {result.custom_id: result.result for result in results}
    assert by_id["id-1"].error.error.type == "overloaded_error"
    assert (by_id["id-2"].type, by_id["id-3"].type) == ("canceled", "expired")
    assert by_id["id-4"].message.content[-1].text == "scripted"
    assert by_id["id-5"].message.usage.service_tier == "batch"
    assert by_id["bad-model"].error.error.type == "not_found_error"
    assert by_id["bad-tokens"].error.error.type == "invalid_request_error"
    assert client.messages.batches.delete(batch.id).type == "message_batch_deleted"
    with pytest.raises(anthropic.NotFoundError):
        client.messages.batches.retrieve(batch.id)


def test_batches_are_listed_in_pages_newest_first(client):
    made = [client.messages.batches.create(requests=[batch_request("a")]).id for _ in range(5)]
    listed = [batch.id for batch in client.messages.batches.list(limit=2)]
    assert listed[:5] == made[::-1]
    page = client.messages.batches.list(limit=2, before_id=made[1])
    assert [batch.id for batch in page.data] == [made[3], made[2]]


def test_batch_is_cancelled(client):
    batch = client.messages.batches.create(requests=[batch_request(f"id-{number}") for number in range(10)])
    cancelled = client.messages.batches.cancel(batch.id)
    assert cancelled.processing_status == "canceling" and cancelled.cancel_initiated_at
    counts = ended(client, batch).request_counts
    assert counts.canceled > 0 and counts.canceled + counts.succeeded == 10


@pytest.mark.parametrize(
    "requests",
    [
        [], [batch_request("a"), batch_request("a")], [batch_request("not valid")], [batch_request("a" * 65)],
        [batch_request("a", stream=True) | {"nonsense": 1}],
    ],
    ids=["empty", "twice", "characters", "length", "field"],
)
def test_batches_that_are_refused(client, requests):
    with pytest.raises(anthropic.BadRequestError):
        client.messages.batches.create(requests=requests)


def test_body_too_large(client):
    with pytest.raises(anthropic.ContentTooLargeError):
        ask(client, "x" * (33 << 20))
