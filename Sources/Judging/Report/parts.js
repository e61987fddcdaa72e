// The page's script is one: this file, findings.js, report.js.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const { summary, trend, findings, schema } = data;
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
