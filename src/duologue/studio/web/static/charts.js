// Small charts. Each stands beside its numbers in a table, so nothing is said by a picture or a colour alone.

import { make } from "./make.js";

const space = "http://www.w3.org/2000/svg";
const [width, height, left, right, top, bottom] = [420, 200, 52, 12, 10, 34];

function draw(name, attributes, ...children) {
  const element = document.createElementNS(space, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// The least of 1, 2 or 5 times a power of ten that is not below.
function round(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((each) => each * power >= value * 0.999) * power;
}

// Lines of points {x, y, low, high}; `series` is [name, points] each. The scale begins at nothing, or where the values do.
export function lineChart({ series, caption, x, y, digits = 4, fromNothing = true }) {
  const points = series.flatMap(([, line]) => line);
  const places = [...new Set(points.map((each) => each.x))].sort((one, other) => one - other);
  const [first, last] = [places[0], places.at(-1)];
  const values = points.flatMap((each) => [each.low ?? each.y, each.high ?? each.y]);
  const low = Math.min(...values, ...(fromNothing ? [0] : []));
  const high = Math.max(...values) > low ? Math.max(...values) : low + (Math.abs(low) || 1);
  const step = round((high - low) / 4);
  const smallest = step * Math.floor(low / step + 1e-6);
  const largest = step * Math.ceil(high / step - 1e-6);
  const across = (value) => left + (last > first ? (value - first) / (last - first) : 0.5) * (width - left - right);
  const up = (value) => height - bottom - ((value - smallest) / (largest - smallest)) * (height - top - bottom);
  const picture = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${caption}; the numbers are in the table below`, class: "chart" });
  for (let value = smallest; value < largest + step / 2; value += step) {
    picture.append(draw("line", { x1: left, x2: width - right, y1: up(value), y2: up(value), class: "grid" }),
      draw("text", { x: left - 6, y: up(value) + 4, class: "tick end" }, Math.abs(value) < step / 2 ? 0 : Number(value.toPrecision(3))));
  }
  const every = Math.ceil(places.length / 10);
  for (const place of places.filter((_, at) => at % every === 0)) {
    picture.append(draw("text", { x: across(place), y: height - bottom + 16, class: "tick middle" }, place));
  }
  picture.append(draw("text", { x: (left + width - right) / 2, y: height - 3, class: "tick middle" }, x));
  series.forEach(([, line], number) => {
    const group = draw("g", { class: `series-${number}` });
    for (const { x: at, low, high } of line) {
      if (high !== undefined) group.append(draw("line", { x1: across(at), x2: across(at), y1: up(low), y2: up(high), class: "spread" }));
    }
    group.append(draw("polyline", { points: line.map((each) => `${across(each.x)},${up(each.y)}`).join(" "), class: "course" }));
    if (line.length <= 40) for (const each of line) group.append(draw("circle", { cx: across(each.x), cy: up(each.y), r: 3.5, class: "point" }));
    picture.append(group);
  });
  const legend = series.length < 2 ? null : make("ul", { class: "legend" }, ...series.map(([name], number) => {
    const sample = draw("svg", { viewBox: "0 0 30 10", "aria-hidden": "true", class: `sample series-${number}` }, draw("line", { x1: 0, x2: 30, y1: 5, y2: 5, class: "course" }));
    return make("li", {}, sample, name);
  }));
  const cell = (each) => !each ? "–" : each.y.toFixed(digits) + (each.high === undefined ? "" : ` (${each.low.toFixed(digits)} – ${each.high.toFixed(digits)})`);
  const table = make("div", { class: "scroll" }, make("table", {}, make("caption", { class: "hidden" }, caption),
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, x), ...series.map(([name]) => make("th", { scope: "col", class: "number" }, name || y)))),
    make("tbody", {}, ...places.map((place) => make("tr", {}, make("th", { scope: "row" }, String(place)),
      ...series.map(([, line]) => make("td", { class: "number" }, cell(line.find((each) => each.x === place)))))))));
  return make("figure", { class: "chart-of" }, make("figcaption", {}, caption), picture, legend,
    make("details", {}, make("summary", {}, "Numbers"), table));
}

// How many shades the sheet knows.
export const shades = 10;

// A heat map is a table, so that it can be read aloud; the shade, by the square root, stands behind the number.
export function heat(values, rows, columns, caption) {
  const largest = Math.max(...values.flat(), 1e-9);
  const table = make("table", { class: "heat", "aria-label": caption },
    make("thead", {}, make("tr", {}, make("td"), ...columns.map((name) => make("th", { scope: "col" }, name)))),
    make("tbody", {}, ...values.map((line, at) => make("tr", {}, make("th", { scope: "row" }, rows[at]),
      ...line.map((value) => make("td", { class: `number shade-${Math.round(Math.sqrt(value / largest) * shades)}` }, value ? value.toFixed(3) : "–"))))));
  return make("figure", { class: "heat-of" }, make("figcaption", {}, caption),
    make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, table));
}
