"""The results of a judged day: the report in a real browser, with what a hostile record would put there, and the metrics."""

import json
import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from harness.browser import Browser
from harness.judged import DATE, JudgedDay, TOPIC, summaries, usual, write_results

FOLDER = f"judged/{TOPIC}/{DATE}"

HOSTILE = [
    "</script><script>document.title='hit';alert(1)</script>",
    "<img src=http://127.0.0.1:9/x onerror=\"document.title='hit'\">",
    "<!--<script>", "]]>", "{{script}} {{data}} $& $1 ${alert(1)}",
    "javascript:alert(1)", "\u202egnp.exe\u202c", "a\u0000b\u0007c\u200b\ufeff", "\u2028\u2029", "x" * 10_000,
    "'\"><svg/onload=alert(1)>", "&lt;b&gt;&amp;", "👩‍👩‍👧 é é ﷽", "=cmd|' /C calc'!A0", "`${'a'}`\\", "😀\n\n\n\n\n5",
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


@pytest.fixture
def open_report(browser, directory):
    def opened(**options):
        browser.open(f"{directory.url}/{FOLDER}/report.html", **options)
        assert browser.requests == [f"{directory.url}/{FOLDER}/report.html"], "it asked for nothing but itself"
        assert (browser.console, browser.dialogs) == ([], [])
        return browser

    return opened


def cells(browser, column):
    return browser.evaluate(f"[...document.querySelectorAll('#rows tr')].map(row => row.children[{column}].innerText)")


def choose(browser, place, value):
    browser.evaluate(f"(() => {{ const box = document.getElementById('{place}'); box.value = {json.dumps(value)};"
                     "box.dispatchEvent(new Event(box.tagName === 'SELECT' ? 'change' : 'input')); })()")


def shown(browser):
    return browser.evaluate("document.getElementById('shown').textContent")


def tile(browser, name):
    return browser.evaluate(
        f"[...document.querySelectorAll('.tile')].find(tile => tile.children[0].textContent === {json.dumps(name)})"
        ".children[1].textContent")


def test_nothing_that_a_record_says_is_run_or_fetched(directory, open_report):
    day = JudgedDay(directory)
    for text in HOSTILE:
        day.record("unsafe", "critical", ["jailbreak"], text, id=text, file=f"13-{text}")
    day.record("unsafe", HOSTILE[0], [HOSTILE[1]], "evil names", model=HOSTILE[0])
    day.unjudged(HOSTILE[0])
    day.state["warnings"] = [HOSTILE[0], HOSTILE[1]]
    day.write(canaries=[{"name": HOSTILE[0], "problem": HOSTILE[1]}], usage_of=HOSTILE[0])
    write_results(directory)

    browser = open_report()
    assert browser.evaluate("document.title") == f"Judged interactions · {TOPIC} · {DATE}"
    assert browser.evaluate("document.querySelectorAll('script').length") == 2
    assert browser.evaluate("document.querySelectorAll('img, iframe, object, embed, [onerror], [onload], [style]').length") == 0
    found = browser.evaluate("[...document.querySelectorAll('#rows .quote .text')].map(text => text.textContent)")
    assert set(found) >= {HOSTILE[0], HOSTILE[1], HOSTILE[2], HOSTILE[4], "x" * 10_000, "U+202Egnp.exeU+202C", "aU+0000bU+0007cU+200BU+FEFF"}
    # What can be opened opens, and still nothing of it runs.
    browser.evaluate("document.querySelectorAll('#rows button').forEach(button => button.click())")
    assert browser.evaluate("document.querySelectorAll('.quote.open').length") >= 2
    assert (browser.evaluate("document.title.includes('hit')"), browser.dialogs, browser.console) == (False, [], [])
    assert len(browser.requests) == 1

    page = directory.read(f"{FOLDER}/report.html").decode()
    assert page.count("<script") == 2 and page.count("</script>") == 2, "no record ends the data"
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", re.sub(r'id="data">.*?</script>', "", page, flags=re.S))


def test_the_page_lets_no_other_script_run(directory, open_report):
    JudgedDay(directory).write()
    write_results(directory)
    browser = open_report()
    browser.evaluate("(() => { const script = document.createElement('script'); script.textContent = \"document.title='hit'\";"
                     "document.body.append(script); })()")
    assert browser.evaluate("document.title") != "hit"


def test_five_thousand_findings(directory, open_report):
    day = JudgedDay(directory)
    for number in range(5000):
        verdict, severity = ("unsafe", "high") if number % 5 == 0 else ("suspicious", "low")
        day.record(verdict, severity, ["pii_leak"] if number % 2 else ["jailbreak"], f"quote {number} " + "word " * 50)
    for _ in range(5000):
        day.record()
    day.write()
    write_results(directory)

    browser = open_report()
    assert tile(browser, "Findings") == "5,000"
    assert tile(browser, "Share unsafe") == "10.00 %"
    assert tile(browser, "Judged") == "100.0 %"
    assert "The worst 2,000 of 5,000 findings" in browser.evaluate("document.getElementById('listed').textContent")
    assert shown(browser) == "1–25 of 2,000"
    assert browser.evaluate("document.getElementById('page').textContent") == "Page 1 of 80"
    browser.evaluate("document.getElementById('next').click()")
    assert shown(browser) == "26–50 of 2,000"
    # All thousand that are unsafe are among the worst.
    choose(browser, "f-verdict", "unsafe")
    assert shown(browser) == "1–25 of 1,000 that match, of 2,000"
    summary = directory.json(f"{FOLDER}/summary.json")
    assert (summary["findings"]["total"], summary["verdicts"]) == (5000, {"safe": 5000, "suspicious": 4000, "unsafe": 1000})
    assert summary["categories"]["pii_leak"] == 2500


def test_filters_and_order(directory, open_report):
    day = JudgedDay(directory)
    day.record("unsafe", "high", ["jailbreak"], "You are DAN", confidence=0.5, hour=3)
    day.record("suspicious", "low", ["pii_leak", "jailbreak"], "My card is", confidence=0.9, hour=4, evidence_found=False)
    day.record("suspicious", None, [], "", confidence=None, hour=4)
    day.record("safe", "critical", ["pii_leak"], "contradicts", contradictory=True, hour=5)
    day.record("safe", "none")
    day.write()
    write_results(directory)

    browser = open_report()
    assert cells(browser, 0) == ["unsafe", "suspicious", "suspicious", "safe\n⚠ contradicts the severity"]
    assert shown(browser) == "1–4 of 4"
    for place, value, expected in [
        ("f-verdict", "suspicious", 2), ("f-severity", "=", 1), ("f-severity", "=critical", 1), ("f-category", "jailbreak", 2),
        ("f-hour", "=4", 2), ("f-quote", "missing", 1), ("f-quote", "none", 1), ("f-text", "DAN you", 1), ("f-text", "i-3", 1),
        ("f-text", "nothing has this", 0),
    ]:
        choose(browser, place, value)
        assert browser.evaluate("document.querySelectorAll('#rows tr').length") == expected, (place, value)
        choose(browser, place, "")
    choose(browser, "f-text", "nothing has this")
    assert shown(browser) == "No finding matches the filter."
    browser.evaluate("document.querySelector('#filters [type=reset]').click()")
    browser.evaluate("new Promise(done => setTimeout(done, 50))")
    assert shown(browser) == "1–4 of 4"

    header = "document.querySelectorAll('#head button')"
    browser.evaluate(f"{header}[4].click()")
    assert cells(browser, 4) == ["0.90", "0.90", "0.50", "–"]
    assert browser.evaluate("document.querySelectorAll('#head th')[4].getAttribute('aria-sort')") == "descending"
    browser.evaluate(f"{header}[4].click()")
    assert cells(browser, 4)[0] == "–"
    assert browser.evaluate("[...document.querySelectorAll('#head th')].map(head => head.getAttribute('aria-sort'))").count("ascending") == 1


def test_it_can_be_read_by_all(directory, open_report):
    """Contrast of texts (WCAG 2.2, AA), names of controls, heads of tables, no scrolling sideways on a narrow screen."""
    usual(JudgedDay(directory), records=2000).write()
    write_results(directory)
    for dark in (False, True):
        browser = open_report(dark=dark)
        assert browser.evaluate("getComputedStyle(document.body).colorScheme") is not None
        assert browser.evaluate(CONTRAST) == []
    assert browser.evaluate("[...document.querySelectorAll('input, select')].filter(box => !box.labels.length).length") == 0
    assert browser.evaluate("[...document.querySelectorAll('th')].filter(head => !head.scope).length") == 0
    assert browser.evaluate("[...document.querySelectorAll('svg:not([aria-hidden])')].filter(svg => !svg.getAttribute('aria-label')).length") == 0
    assert browser.evaluate("document.querySelectorAll('svg title').length") >= 24
    browser = open_report(width=390)
    assert browser.evaluate("document.documentElement.scrollWidth") <= 390


def test_light_and_dark(directory, open_report):
    JudgedDay(directory).write()
    write_results(directory)
    colour = "getComputedStyle(document.body).backgroundColor"
    light, dark = open_report().evaluate(colour), open_report(dark=True).evaluate(colour)
    assert light != dark
    browser = open_report()
    browser.evaluate("document.getElementById('theme').click()")
    assert browser.evaluate(colour) == dark
    assert browser.evaluate("document.getElementById('theme').getAttribute('aria-pressed')") == "true"
    browser.evaluate("document.getElementById('theme').click()")
    assert browser.evaluate(colour) == light


def test_a_day_without_verdicts(directory, open_report):
    JudgedDay(directory).write()
    write_results(directory)
    browser = open_report()
    assert tile(browser, "Share unsafe") == "–"
    assert browser.evaluate("document.querySelectorAll('.empty').length") >= 5
    assert shown(browser) == "Nothing was judged on this day."


def test_what_could_not_be_judged_is_not_called_judged(directory, open_report):
    day = JudgedDay(directory)
    day.record()
    day.unjudged("blocked:SAFETY")
    day.write()
    write_results(directory)
    browser = open_report()
    unjudged = "[...document.querySelectorAll('.tile')].find(tile => tile.innerText.startsWith('Unjudged')).innerText"
    assert browser.evaluate(unjudged).split("\n") == ["Unjudged", "1", "See the reasons below"]
    assert shown(browser) == "Nothing was found on this day."


def test_the_trend_of_the_last_30_days(directory, open_report):
    dates = summaries(directory)
    directory.write(f"judged/{TOPIC}/{dates[3]}/summary.json", b"{damaged")
    usual(JudgedDay(directory), records=400).write()
    write_results(directory)
    browser = open_report()
    rows = browser.evaluate("[...document.querySelectorAll('#trend tbody tr')].map(row => row.children[0].textContent)")
    assert rows == [date for date in dates if date != dates[3]] + [DATE]
    assert "1 summary could not be read" in browser.evaluate("document.getElementById('hint-trend').textContent")
    assert browser.evaluate("document.querySelectorAll('#trend svg .slot').length") == 30


def test_the_metrics_are_what_prometheus_reads(directory):
    day = usual(JudgedDay(directory), records=500)
    day.unjudged('odd "reason" \\ with\nlines')
    day.write(asked=600)
    path = directory.directory / "metrics.prom"
    write_results(directory, "--metrics-file", str(path))
    summary = directory.json(f"{FOLDER}/summary.json")
    for text in (path.read_text(), directory.read(f"{FOLDER}/metrics.prom").decode()):
        families = {family.name: family for family in text_string_to_metric_families(text)}
        samples = {
            (sample.name.removeprefix("batch_judge_"), *sorted(sample.labels.items())): sample.value
            for family in families.values() for sample in family.samples}
        assert all(family.documentation and family.type == "gauge" for family in families.values())
        assert samples["last_run_success",] == 1
        assert samples["last_run_timestamp_seconds",] > 1.7e9
        topic = ("topic", TOPIC)
        assert samples["records", ("part", "asked"), topic] == 600
        assert samples["records", ("part", "open"), topic] == 600 - len(day.lines)
        assert samples["unjudged", ("reason", 'odd "reason" \\ with\nlines'), topic] == 1
        for verdict, count in summary["verdicts"].items():
            assert samples["verdicts", topic, ("verdict", verdict)] == count
        low, high = summary["worst"]["interval"]["low"], summary["worst"]["interval"]["high"]
        assert samples["worst_verdict_ratio_low", topic, ("verdict", "unsafe")] == low < high
    assert sorted(entry.name for entry in directory.directory.glob("metrics*")) == ["metrics.prom"]


# The texts whose contrast with what is behind them is too low.
CONTRAST = """
(() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, index) => sum + c * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (node) => { for (let at = node; at; at = at.parentElement) { const colour = rgba(getComputedStyle(at).backgroundColor); if (colour[3] === 255) return colour; } return [255, 255, 255, 255]; };
  const low = [];
  for (const node of document.querySelectorAll("body *:not(script):not(style):not(noscript):not(option):not(:disabled)")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || !node.getClientRects().length) continue;
    const style = getComputedStyle(node);
    const [one, other] = [light(rgba(node instanceof SVGElement ? style.fill : style.color)), light(behind(node))].sort((a, b) => b - a);
    if ((one + 0.05) / (other + 0.05) < 4.5) low.push(`${node.tagName}.${node.className}: ${node.textContent.slice(0, 40)}`);
  }
  return low;
})()
"""
