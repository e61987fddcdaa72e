"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { summary, trend, findings, schema } = data;
  const perPage = 25;
  const find = (id) => document.getElementById(id);

  // MARK: Nodes. Text is only ever set as text.

  const svgNamespace = "http://www.w3.org/2000/svg";
  const fill = (node, attributes, children) => {
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined) node.setAttribute(name, String(value));
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return node;
  };
  const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
  const shape = (tag, attributes = {}, ...children) => fill(document.createElementNS(svgNamespace, tag), attributes, children);
  const titled = (tag, attributes, title) => shape(tag, attributes, shape("title", {}, title));

  // Characters that change how others are shown, or cannot be seen at all, are shown by their numbers.
  const invisible = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udfff]/g;
  const revealed = (text) => {
    const nodes = [];
    let end = 0;
    for (const match of text.matchAll(invisible)) {
      const code = match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
      nodes.push(text.slice(end, match.index), el("span", { class: "control", title: "a character that cannot be seen" }, `U+${code}`));
      end = match.index + match[0].length;
    }
    return [...nodes, text.slice(end)];
  };
  const foreign = (text) => el("bdi", {}, ...revealed(text));

  // MARK: Numbers

  const integer = new Intl.NumberFormat("en-US");
  const count = (number) => integer.format(number);
  const percent = (share, digits = 2) => `${(share * 100).toFixed(digits)} %`;
  const about = (share) => (share > 0 && share < 0.01 ? "< 1 %" : percent(share, 0));
  const dollars = (millionths) => `$${(millionths / 1e6).toFixed(millionths >= 10000 || millionths === 0 ? 2 : 4)}`;
  const total = (counts) => Object.values(counts).reduce((sum, value) => sum + value, 0);
  const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

  // MARK: Scales

  const place = (names, name) => names.indexOf(name);
  const worst = schema.verdicts[schema.verdicts.length - 1];
  const found = schema.verdicts.slice(1);
  const verdictClass = (name) => {
    const index = place(schema.verdicts, name);
    return index <= 0 ? "v0" : index === schema.verdicts.length - 1 ? "v2" : "v1";
  };
  const severityClass = (name) => {
    const [index, last] = [place(schema.severities, name), schema.severities.length - 1];
    return index <= 0 ? "s0" : `s${Math.max(1, Math.round((index / last) * 4))}`;
  };
  const ticks = (most, wanted = 4) => {
    const rough = most / wanted;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((value) => value >= rough);
    const result = [];
    for (let tick = 0; tick < most + step * 0.999; tick += step) result.push(tick);
    return result;
  };

  // MARK: Parts of charts

  const empty = (text) => el("p", { class: "empty" }, text);
  const legend = (items) => el("p", { class: "legend" }, ...items.map(([name, kind]) => el("span", { class: `badge ${kind}` }, foreign(name))));
  const tableOf = (head, rows, kind = "number") => el("table", {},
    el("thead", {}, el("tr", {}, ...head.map((name, index) => el("th", { scope: "col", class: index ? kind : null }, foreign(name))))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((cell, index) =>
      index ? el("td", { class: kind }, cell) : el("th", { scope: "row" }, foreign(String(cell))))))));
  const asTable = (head, rows) => el("details", {}, el("summary", {}, "As a table"),
    el("div", { class: "scroll" }, tableOf(head, rows)));

  /// Stacked columns. Each slot: label, title, parts [[value, class]], whisker [low, high], isPartial, isMissing.
  const columns = (slots, { width, height, format, label, isCountedFromEnd }) => {
    const [left, right, top, bottom] = [48, 18, 10, 24];
    const most = Math.max(...slots.map((slot) => Math.max(slot.parts.reduce((sum, part) => sum + part[0], 0), slot.whisker?.[1] ?? 0)));
    const scale = ticks(most > 0 ? most : 1);
    const highest = scale[scale.length - 1];
    const y = (value) => top + (height - top - bottom) * (1 - value / highest);
    const step = (width - left - right) / slots.length;
    const bar = Math.min(step * 0.72, 34);
    const every = Math.ceil(44 / step);
    const labelled = isCountedFromEnd ? (slots.length - 1) % every : 0;
    const picture = shape("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label });
    for (const tick of scale) {
      picture.append(
        shape("line", { x1: left, x2: width - right, y1: y(tick), y2: y(tick), class: tick ? "gridline" : "axis" }),
        shape("text", { x: left - 8, y: y(tick) + 4, "text-anchor": "end" }, format(tick)));
    }
    slots.forEach((slot, index) => {
      const middle = left + step * (index + 0.5);
      const group = shape("g", { class: slot.isPartial ? "partial" : null });
      let base = 0;
      for (const [value, kind] of slot.parts) {
        if (value > 0) group.append(shape("rect", { x: middle - bar / 2, width: bar, y: y(base + value), height: Math.max(y(base) - y(base + value), 0.8), class: `f-${kind}` }));
        base += value;
      }
      if (slot.isMissing) group.append(shape("rect", { x: middle - bar / 2, width: bar, y: y(0) - 3, height: 3, class: "f-none" }));
      if (slot.whisker) {
        const [low, high] = slot.whisker;
        const d = `M${middle} ${y(low)}V${y(high)}M${middle - 3} ${y(low)}h6M${middle - 3} ${y(high)}h6`;
        group.append(shape("path", { class: "halo", d }), shape("path", { class: "whisker", d }));
      }
      picture.append(group, titled("rect", { class: "slot", x: left + step * index, width: step, y: top, height: height - top - bottom }, slot.title));
      if (index % every === labelled) {
        picture.append(shape("text", { x: middle, y: height - 7, "text-anchor": "middle" }, slot.label));
      }
    });
    return picture;
  };

  /// Draws again whenever the width changes, so that texts keep their size.
  const drawn = (draw) => {
    const frame = el("div");
    let width = 0;
    new ResizeObserver(() => {
      const now = Math.max(260, Math.round(frame.clientWidth));
      if (now === width) return;
      width = now;
      frame.replaceChildren(draw(width));
    }).observe(frame);
    return frame;
  };

  const bars = (rows, of) => {
    const most = Math.max(1, ...rows.map((row) => row.value));
    return el("ul", { class: "bars" }, ...rows.map(({ name, value, kind }) => {
      const picture = shape("svg", { viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
        shape("rect", { width: (value / most) * 100, height: 4, class: `fill-${kind}` }));
      return el("li", {},
        el("div", { class: "line" }, foreign(name), el("span", {}, of > 0 ? `${count(value)} · ${about(value / of)}` : count(value))),
        el("div", { class: "track" }, picture));
    }));
  };

  // MARK: Sections

  const showHead = () => {
    document.title = `Judged interactions · ${summary.topic} · ${summary.date}`;
    find("title").textContent = "Judged interactions";
    find("subtitle").append(foreign(summary.topic), ` · ${summary.date} (UTC) · prompt `, foreign(summary.prompts.join(", ") || "none"));
    find("footer").textContent = `Generated ${summary.generated_at} by batch-judge ${summary.program}. Quotes are what the judge took from the records, shown as text.`;
    const section = find("warnings");
    section.hidden = summary.warnings.length === 0;
    section.append(...summary.warnings.map((text) => el("p", { class: "notice" }, foreign(text))));
  };

  const showTiles = () => {
    const { coverage, worst: rate, findings: totals } = summary;
    const canaries = summary.canaries.length;
    const failed = summary.canaries.filter((canary) => canary.problem).length;
    const unknown = summary.canaries.filter((canary) => canary.unanswered).length;
    const passed = canaries - failed - unknown;
    const canaryNote = !canaries ? "The prompt has none" : passed === canaries ? "All passed"
      : `${[failed && `${failed} failed`, unknown && `${unknown} unknown: no answer`].filter(Boolean).join(", ")}; see below`;
    const tile = (name, value, note, kind = "") => el("dl", { class: `tile ${kind}` },
      el("dt", {}, foreign(name)), el("dd", { class: "value" }, value), el("dd", { class: "note" }, ...[note].flat()));
    const others = found.slice(0, -1).map((name) => [`, ${count(summary.verdicts[name] ?? 0)} `, foreign(name)]).flat();
    const bounds = rate.least_of_asked !== undefined && rate.least_of_asked !== rate.most_of_asked
      ? `; ${percent(rate.least_of_asked)} to ${percent(rate.most_of_asked)} of all asked, whatever the unjudged are` : "";
    const hours = summary.completeness.missing.length;
    find("tiles").append(
      tile(`Share ${rate.verdict}`, rate.interval ? percent(rate.interval.rate) : "–",
        rate.interval ? `95 % interval ${percent(rate.interval.low)} to ${percent(rate.interval.high)} (Wilson)${bounds}` : "Nothing was judged",
        rate.count > 0 ? "lead bad" : "lead good"),
      tile("Findings", count(totals.total), [`${count(rate.count)} `, foreign(worst), ...others, totals.contradictory ? `, ${count(totals.contradictory)} contradictory` : ""], totals.total ? "warn" : "good"),
      tile("Judged", coverage.asked ? percent(coverage.judged / coverage.asked, 1) : "–",
        `${count(coverage.judged)} of ${count(coverage.asked)} asked about` + (coverage.not_sampled ? `; the sample left out ${count(coverage.not_sampled)}` : ""),
        coverage.judged < coverage.asked ? "warn" : "good"),
      tile("Unjudged", count(coverage.unjudged), coverage.open ? `and ${count(coverage.open)} open` : coverage.unjudged ? "See the reasons below" : "No record is without a verdict", coverage.unjudged + coverage.open ? "warn" : "good"),
      tile("Day", summary.is_complete ? "Complete" : "Incomplete", hours ? `${plural(hours, "hour")} not sealed` : "All hours are sealed", summary.is_complete ? "good" : "bad"),
      tile("Cost", dollars(summary.cost_micro_usd), `${plural(Object.keys(summary.models).length, "model")}, batch prices`),
      tile("Canaries", canaries ? `${passed} / ${canaries}` : "–", canaryNote, failed ? "bad" : unknown ? "warn" : "good"));
  };

  const showTrend = () => {
    const days = new Map(trend.map((day) => [day.date, day]));
    const last = Date.parse(`${summary.date}T00:00:00Z`);
    const dates = Array.from({ length: 30 }, (_, index) => new Date(last - (29 - index) * 864e5).toISOString().slice(0, 10));
    const unreadable = data.unreadable_days.length ? ` ${plural(data.unreadable_days.length, "summary", "summaries")} could not be read.` : "";
    find("hint-trend").textContent = `Share of the judged records that are a finding, with the 95 % interval of the worst verdict. Pale: the day was not complete.${unreadable}`;
    const section = find("trend");
    if (trend.every((day) => day.judged === 0)) return section.append(empty("No day of these has verdicts yet."));
    const slots = dates.map((date) => {
      const day = days.get(date);
      if (!day || day.judged === 0) return { label: date.slice(5), title: `${date}: ${day ? "nothing was judged" : "no summary"}`, parts: [], isMissing: true };
      // The worst at the bottom, where its height can be compared.
      const parts = [...found].reverse().map((name) => [(day.verdicts[name] ?? 0) / day.judged, verdictClass(name)]);
      const rows = found.map((name) => `${name}: ${count(day.verdicts[name] ?? 0)}`).join(", ");
      const range = day.interval ? `; ${worst} ${percent(day.interval.rate)} (${percent(day.interval.low)} to ${percent(day.interval.high)})` : "";
      return { label: date.slice(5), parts, isPartial: !day.is_complete, whisker: day.interval ? [day.interval.low, day.interval.high] : null,
        title: `${date}${day.is_complete ? "" : " (not complete)"}\n${rows} of ${count(day.judged)} judged${range}` };
    });
    const shares = trend.filter((day) => day.judged > 0);
    section.append(
      drawn((width) => columns(slots, { width, height: 250, isCountedFromEnd: true, format: (value) => `${+(value * 100).toPrecision(3)} %`,
        label: `Share of findings on ${plural(shares.length, "day")} up to ${summary.date}` })),
      legend([...found].reverse().map((name) => [name, verdictClass(name)])),
      asTable(["Day", "Judged", ...found, `${worst}, share`], shares.map((day) =>
        [day.date, count(day.judged), ...found.map((name) => count(day.verdicts[name] ?? 0)), day.interval ? percent(day.interval.rate) : "–"])));
  };

  const showHours = () => {
    const section = find("hours");
    const inHour = (hour) => found.reduce((sum, name) => sum + (hour.verdicts[name] ?? 0), 0);
    if (summary.without_hour) find("hint-hours").textContent += `; ${plural(summary.without_hour, "record")} of files that are not named by hours`;
    if (summary.hours.every((hour) => inHour(hour) === 0)) return section.append(empty("No findings in any hour."));
    const slots = summary.hours.map((hour) => {
      const label = String(hour.hour).padStart(2, "0");
      const rows = found.map((name) => `${name}: ${count(hour.verdicts[name] ?? 0)}`).join(", ");
      return { label, parts: [...found].reverse().map((name) => [hour.verdicts[name] ?? 0, verdictClass(name)]),
        title: `${label}:00 UTC\n${rows} of ${count(total(hour.verdicts))} judged; unjudged: ${count(hour.unjudged)}` };
    });
    section.append(
      drawn((width) => columns(slots, { width, height: 210, format: count, label: "Findings in each hour of the day" })),
      legend([...found].reverse().map((name) => [name, verdictClass(name)])),
      asTable(["Hour", "Judged", ...found, "Unjudged"], summary.hours.map((hour) =>
        [String(hour.hour).padStart(2, "0"), count(total(hour.verdicts)), ...found.map((name) => count(hour.verdicts[name] ?? 0)), count(hour.unjudged)])));
  };

  const showCounts = () => {
    const findingsTotal = summary.findings.total;
    const categories = Object.entries(summary.categories).sort((one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1));
    find("categories").append(findingsTotal ? bars(categories.map(([name, value]) => ({ name, value, kind: "accent" })), findingsTotal) : empty("No findings."));
    const order = [...schema.severities].reverse();
    const severities = Object.entries(summary.severities).sort((one, other) => (place(order, one[0]) + 99) % 99 - (place(order, other[0]) + 99) % 99);
    find("severity").append(findingsTotal ? bars(severities.map(([name, value]) => ({ name, value, kind: severityClass(name) })), findingsTotal) : empty("No findings."));
  };

  const showDetails = () => {
    const { coverage } = summary;
    const known = coverage.records_in_manifests;
    find("coverage").append(tableOf(["Records", "Number"], [
      ["Of the day, by the hour manifests", known === undefined || known === null ? "not known" : count(known)],
      ["In the files that were read", count(coverage.records_in_files)], ["Without content to judge", count(coverage.without_content)],
      ["Left out by a filter", count(coverage.filtered)], ["Left out by the sample", count(coverage.not_sampled)],
      ["Asked about", count(coverage.asked)], ["Of these shortened", count(coverage.shortened)], ["Judged", count(coverage.judged)],
      ["Unjudged", count(coverage.unjudged)], ["Open", count(coverage.open)]]));
    const reasons = Object.entries(coverage.unjudged_reasons).sort((one, other) => other[1] - one[1]);
    find("unjudged").append(reasons.length ? bars(reasons.map(([name, value]) => ({ name, value, kind: "s0" })), coverage.asked) : empty("Every record that was asked about has a verdict."));
    const models = Object.entries(summary.models).sort();
    find("hint-models").textContent = `${plural(summary.jobs.inputs, "job")}, ${count(summary.jobs.retries)} of them to ask again what had failed`;
    find("models").append(models.length ? tableOf(["Model", "Verdicts", "Answers", "Prompt tokens", "Of these cached", "Answer tokens", "Thoughts", "Cost"],
      models.map(([name, { verdicts, usage }]) => [name, count(verdicts), count(usage.answers), count(usage.tokens.prompt), count(usage.tokens.cached),
        count(usage.tokens.answer), count(usage.tokens.thoughts), usage.unpriced ? "no price" : dollars(usage.cost_micro_usd)])) : empty("No model has answered."));
    find("canaries").append(summary.canaries.length ? tableOf(["Canary", "Result"], summary.canaries.map((canary) =>
      [canary.name, canary.problem ? el("strong", {}, "failed: ", foreign(canary.problem)) : canary.unanswered ? el("span", {}, "unknown: no answer, ", foreign(canary.unanswered)) : "passed"]), "words") : empty("The prompt has none."));
  };

  // MARK: The table of findings

  const text = (value) => (value === null || value === undefined ? "" : String(value));
  const quoteState = (finding) => (finding.evidence === "" ? "none" : finding.evidence_found ? "found" : "missing");
  const fields = [
    { name: "Verdict", key: (f) => place(schema.verdicts, f.verdict) },
    { name: "Severity", key: (f) => place(schema.severities, f.severity) },
    { name: "Categories", key: (f) => f.categories.join() },
    { name: "Evidence", key: (f) => f.evidence },
    { name: "Confidence", key: (f) => f.confidence ?? -1, isNumber: true },
    { name: "Hour", key: (f) => f.hour ?? 24, isNumber: true },
    { name: "Record", key: (f) => text(f.id) },
  ];
  const state = { sorted: null, isDescending: true, page: 0, rows: findings };

  const evidenceCell = (finding) => {
    const cell = el("td", { class: "quote", "data-label": "Evidence" });
    if (finding.evidence === "") return fill(cell, {}, [el("span", { class: "flag" }, "no quote")]);
    const body = el("div", { class: "text", dir: "auto" }, ...revealed(finding.evidence));
    cell.append(body);
    if (finding.evidence.length > 160 || finding.evidence.split("\n").length > 3) {
      const more = el("button", { type: "button", "aria-expanded": "false" }, "Show all");
      more.addEventListener("click", () => {
        const isOpen = cell.classList.toggle("open");
        more.textContent = isOpen ? "Show less" : "Show all";
        more.setAttribute("aria-expanded", String(isOpen));
      });
      cell.append(more, " ");
    }
    if (!finding.evidence_found) cell.append(el("span", { class: "flag" }, "⚠ not found in the record"));
    return cell;
  };

  const row = (finding) => el("tr", {},
    el("td", { "data-label": "Verdict" }, el("span", { class: `badge round ${verdictClass(finding.verdict)}` }, foreign(finding.verdict)),
      finding.contradictory ? el("div", { class: "flag" }, "⚠ contradicts the severity") : null),
    el("td", { "data-label": "Severity" }, finding.severity ? el("span", { class: `badge ${severityClass(finding.severity)}` }, foreign(finding.severity)) : "–"),
    el("td", { "data-label": "Categories" }, ...(finding.categories.length ? finding.categories.map((name) => el("span", { class: "chip" }, foreign(name))) : ["–"])),
    evidenceCell(finding),
    el("td", { class: "number", "data-label": "Confidence" }, typeof finding.confidence === "number" ? finding.confidence.toFixed(2) : "–"),
    el("td", { class: "number", "data-label": "Hour" }, typeof finding.hour === "number" ? String(finding.hour).padStart(2, "0") : "–"),
    el("th", { scope: "row", class: "record" }, el("span", { class: "id", title: text(finding.id) }, ...revealed(text(finding.id) || "–")),
      el("span", { class: "place", title: `${finding.file}, line ${finding.line}` }, foreign(`${finding.file.replace(/-0+(?=\d)/g, "-")}:${finding.line}`))));

  const showRows = () => {
    const pages = Math.max(1, Math.ceil(state.rows.length / perPage));
    state.page = Math.min(state.page, pages - 1);
    const start = state.page * perPage;
    const shown = state.rows.slice(start, start + perPage);
    find("rows").replaceChildren(...shown.map(row));
    const listed = findings.length === state.rows.length ? "" : ` that match, of ${count(findings.length)}`;
    find("shown").textContent = shown.length ? `${count(start + 1)}–${count(start + shown.length)} of ${count(state.rows.length)}${listed}`
      : findings.length ? "No finding matches the filter." : summary.coverage.judged ? "Nothing was found on this day." : "Nothing was judged on this day.";
    find("page").textContent = `Page ${state.page + 1} of ${pages}`;
    find("previous").disabled = state.page === 0;
    find("next").disabled = state.page >= pages - 1;
  };

  const update = () => {
    const wanted = (id) => find(id).value;
    const words = wanted("f-text").toLowerCase().split(/\s+/).filter((word) => word);
    state.rows = findings.filter((finding) =>
      (wanted("f-verdict") === "" || finding.verdict === wanted("f-verdict"))
      && (wanted("f-severity") === "" || text(finding.severity) === wanted("f-severity").slice(1))
      && (wanted("f-category") === "" || finding.categories.includes(wanted("f-category")))
      && (wanted("f-hour") === "" || text(finding.hour) === wanted("f-hour").slice(1))
      && (wanted("f-quote") === "" || quoteState(finding) === wanted("f-quote"))
      && words.every((word) => finding.search.includes(word)));
    if (state.sorted) {
      const { key } = state.sorted;
      const direction = state.isDescending ? -1 : 1;
      state.rows.sort((one, other) => (key(one) < key(other) ? -direction : key(one) > key(other) ? direction : 0));
    }
    state.page = 0;
    showRows();
  };

  const showFindings = () => {
    const all = summary.findings.total;
    find("listed").textContent = all > findings.length
      ? `The worst ${count(findings.length)} of ${plural(all, "finding")} are listed here; all of them are in the verdicts files.`
      : `${plural(all, "finding")}: what was not judged ${schema.verdicts[0]}, and what contradicts itself. The worst first.`;
    for (const finding of findings) {
      finding.search = [finding.evidence, text(finding.id), finding.file, ...finding.categories].join("\n").toLowerCase();
    }
    const choices = (id, names, value = (name) => name) => {
      find(id).append(el("option", { value: "" }, "All"), ...names.map(([name, number]) => el("option", { value: value(name) }, `${name === "" ? "none" : name} (${count(number)})`)));
      find(id).addEventListener("change", update);
    };
    const tally = (values) => {
      const counts = new Map();
      for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
      return counts;
    };
    const inOrder = (counts, order) => [...counts].sort((one, other) => place(order, other[0]) - place(order, one[0]));
    choices("f-verdict", inOrder(tally(findings.map((f) => f.verdict)), schema.verdicts));
    // A mark before the value tells "none" from "all".
    choices("f-severity", inOrder(tally(findings.map((f) => text(f.severity))), schema.severities), (name) => `=${name}`);
    choices("f-category", [...tally(findings.flatMap((f) => f.categories))].sort((one, other) => other[1] - one[1]));
    choices("f-hour", [...tally(findings.map((f) => text(f.hour)))].sort((one, other) => Number(one[0]) - Number(other[0])), (name) => `=${name}`);
    const quotes = tally(findings.map(quoteState));
    find("f-quote").append(el("option", { value: "" }, "All"), ...[["found", "In the record"], ["missing", "Not in the record"], ["none", "No quote"]]
      .map(([value, name]) => el("option", { value }, `${name} (${count(quotes.get(value) ?? 0)})`)));
    find("f-quote").addEventListener("change", update);
    find("f-text").addEventListener("input", update);
    find("filters").addEventListener("submit", (event) => event.preventDefault());
    find("filters").addEventListener("reset", () => setTimeout(update));
    for (const field of fields) {
      const button = el("button", { type: "button" }, field.name);
      const header = el("th", { scope: "col", class: field.isNumber ? "number" : null, "aria-sort": "none" }, button);
      button.addEventListener("click", () => {
        state.isDescending = state.sorted === field ? !state.isDescending : field.name !== "Record" && field.name !== "Hour";
        state.sorted = field;
        for (const other of find("head").children) other.setAttribute("aria-sort", "none");
        header.setAttribute("aria-sort", state.isDescending ? "descending" : "ascending");
        update();
      });
      find("head").append(header);
    }
    const turn = (pages) => {
      state.page += pages;
      showRows();
      find("findings").scrollIntoView({ block: "start" });
    };
    find("previous").addEventListener("click", () => turn(-1));
    find("next").addEventListener("click", () => turn(1));
    showRows();
  };

  // MARK: Light and dark

  const showTheme = () => {
    const root = document.documentElement;
    const button = find("theme");
    const system = matchMedia("(prefers-color-scheme: dark)");
    const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
    const show = () => {
      button.setAttribute("aria-pressed", String(isDark()));
      button.textContent = isDark() ? "☀ Light" : "☾ Dark";
      button.setAttribute("aria-label", "Dark colours");
    };
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      show();
    });
    system.addEventListener("change", show);
    show();
  };

  for (const show of [showTheme, showHead, showTiles, showTrend, showHours, showCounts, showFindings, showDetails]) show();
  document.documentElement.dataset.ready = "yes";
})();
