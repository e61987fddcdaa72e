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
      rate.interval ? `95 % interval ${percent(rate.interval.low)} to ${percent(rate.interval.high)} (Wilson)${bounds}` : rate.of ? "Prompts with other verdicts have judged, too" : "Nothing was judged",
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
  // Of days whose prompts had other verdicts, only how many findings there were.
  const isOther = (day) => Object.keys(day.verdicts).some((name) => place(schema.verdicts, name) < 0);
  const ofOthers = (day) => isOther(day) ? Math.max(0, day.findings - found.reduce((sum, name) => sum + (day.verdicts[name] ?? 0), 0)) : 0;
  const others = trend.some((day) => ofOthers(day) > 0) ? ["of other prompts"] : [];
  const slots = dates.map((date) => {
    const day = days.get(date);
    if (!day || day.judged === 0) return { label: date.slice(5), title: `${date}: ${day ? "nothing was judged" : "no summary"}`, parts: [], isMissing: true };
    // The worst at the bottom, where its height can be compared.
    const parts = [...[...found].reverse().map((name) => [(day.verdicts[name] ?? 0) / day.judged, verdictClass(name)]), [ofOthers(day) / day.judged, "v1"]];
    const rows = [...found.map((name) => `${name}: ${count(day.verdicts[name] ?? 0)}`), ...others.map((name) => `${name}: ${count(ofOthers(day))}`)].join(", ");
    const range = isOther(day) ? "" : day.interval ? `; ${worst} ${percent(day.interval.rate)} (${percent(day.interval.low)} to ${percent(day.interval.high)})` : "";
    return { label: date.slice(5), parts, isPartial: !day.is_complete, whisker: day.interval && !isOther(day) ? [day.interval.low, day.interval.high] : null,
      title: `${date}${day.is_complete ? "" : " (not complete)"}\n${rows} of ${count(day.judged)} judged${range}` };
  });
  const shares = trend.filter((day) => day.judged > 0);
  section.append(
    drawn((width) => columns(slots, { width, height: 250, isCountedFromEnd: true, format: (value) => `${+(value * 100).toPrecision(3)} %`,
      label: `Share of findings on ${plural(shares.length, "day")} up to ${summary.date}` })),
    legend([...[...found].reverse().map((name) => [name, verdictClass(name)]), ...others.map((name) => [name, "v1"])]),
    asTable(["Day", "Judged", ...found, ...others, `${worst}, share`], shares.map((day) =>
      [day.date, count(day.judged), ...found.map((name) => count(day.verdicts[name] ?? 0)), ...others.map(() => count(ofOthers(day))),
        day.interval && !isOther(day) ? percent(day.interval.rate) : "–"])));
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
