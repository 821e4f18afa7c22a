// The curves of a training, drawn anew while it goes on.

import { lineChart } from "./charts.js";
import { ask } from "./server.js";

const place = document.getElementById("curves");
const told = document.getElementById("told");
const most = 400;
let drawn = "";

// Of a long training so many points that they can be told apart, the last among them.
function thinned(points) {
  const every = Math.ceil(points.length / most);
  return points.filter((_, at) => (points.length - 1 - at) % every === 0).map(([x, y]) => ({ x, y }));
}

async function refresh() {
  if (document.hidden) return;
  try {
    const found = await ask(place.dataset.from);
    const state = JSON.stringify(Object.entries(found).map(([name, points]) => [name, points.length, points.at(-1)]));
    if (state === drawn) return;
    drawn = state;
    place.replaceChildren(...Object.entries(found).map(([name, points]) =>
      lineChart({ series: [[name, thinned(points)]], caption: `${name}, last ${Number(points.at(-1)[1].toPrecision(4))}`, x: "step", y: name, fromNothing: false })));
    told.textContent = Object.keys(found).length ? "" : "No curve yet.";
    place.dataset.ready = "true";
  } catch (error) {
    told.textContent = error.message;
  }
}
setInterval(refresh, 5000);
refresh();
