// MARK: The table of findings

const perPage = 25;
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
