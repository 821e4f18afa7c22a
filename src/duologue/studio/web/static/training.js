// The curves of a training, drawn anew while it goes on.

import { make } from "./make.js";
import { ask } from "./server.js";

const space = "http://www.w3.org/2000/svg";
const place = document.getElementById("curves");
const told = document.getElementById("told");

function curve(name, points) {
  const steps = points.map(([step]) => step);
  const values = points.map(([, value]) => value);
  const [first, last, low, high] = [Math.min(...steps), Math.max(...steps), Math.min(...values), Math.max(...values)];
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("viewBox", "0 0 300 120");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", `${name}: from ${values[0].toPrecision(4)} to ${values.at(-1).toPrecision(4)}`);
  const line = document.createElementNS(space, "polyline");
  const across = (step) => ((step - first) / Math.max(last - first, 1e-9)) * 296 + 2;
  const up = (value) => 116 - ((value - low) / Math.max(high - low, 1e-12)) * 112;
  line.setAttribute("points", points.map(([step, value]) => `${across(step)},${up(value)}`).join(" "));
  line.setAttribute("class", "course");
  picture.append(line);
  return make("figure", { class: "panel" }, make("figcaption", {}, name), picture,
    make("p", { class: "quiet" }, `${low.toPrecision(4)} to ${high.toPrecision(4)}, last ${values.at(-1).toPrecision(4)}; steps ${first} to ${last}`));
}

async function refresh() {
  if (document.hidden) return;
  try {
    const found = await ask(place.dataset.from);
    place.replaceChildren(...Object.entries(found).map(([name, points]) => curve(name, points)));
    told.textContent = Object.keys(found).length ? "" : "No curve yet.";
    place.dataset.ready = "true";
  } catch (error) {
    told.textContent = error.message;
  }
}
setInterval(refresh, 5000);
refresh();
