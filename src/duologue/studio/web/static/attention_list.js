// The list of maps: not more of them than fit side by side, and the course of SRA over the depth of conversations.

import { lineChart } from "./charts.js";
import { make } from "./make.js";
import { ask } from "./server.js";

const form = document.getElementById("choose");
const boxes = [...form.querySelectorAll('input[name="map"]')];
const show = document.getElementById("show");

function limit() {
  const chosen = boxes.filter((box) => box.checked).length;
  for (const box of boxes) box.disabled = !box.checked && chosen >= Number(form.dataset.most);
  show.disabled = !chosen;
}
for (const box of boxes) box.addEventListener("change", limit);
addEventListener("pageshow", limit);
limit();

const course = document.getElementById("course");
const place = document.getElementById("course-of");
const what = { sra: "SRA", ratio: "SRA over uniform attention" };

async function draw() {
  const query = new URLSearchParams(new FormData(course));
  try {
    const found = await ask(`/attention/course?${query}`);
    const series = Object.entries(found).map(([layout, line]) => [layout || "plain chat",
      line.map(({ depth, value, interval }) => ({ x: depth, y: value, low: interval?.[0], high: interval?.[1] }))]);
    place.replaceChildren(series.length ? lineChart({
      series, caption: `${what[query.get("what")]} of the ${query.get("part").replaceAll("_", " ")}, by turns of the history`,
      x: "turns of the history", y: what[query.get("what")], digits: query.get("what") === "sra" ? 5 : 2,
    }) : make("p", {}, "No reply has a value for this."));
  } catch (error) {
    place.replaceChildren(make("p", { class: "problem", role: "alert" }, error.message));
  }
  place.dataset.drawn = String(query);
}
course.addEventListener("change", draw);
draw();
