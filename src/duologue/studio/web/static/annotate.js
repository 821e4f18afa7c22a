// The annotator's page: instructions, then item after item. Each click is an act in the outbox.

import { lines, make } from "./make.js";
import { Outbox } from "./outbox.js";
import { controls } from "./questions.js";
import { ask } from "./server.js";

const at = (id) => document.getElementById(id);
const base = at("instructions").dataset.base;
const views = ["instructions", "item", "end"];
let work = null;
let place = 0;
let shown = null;
let looking = 0;
let since = 0;

const outbox = new Outbox(base, (state, what) => {
  const told = { saving: "Saving …", saved: "Saved", away: "The studio does not answer: kept here, trying again …", refused: what };
  at("saving").textContent = told[state];
  at("saving").dataset.state = state;
});

// Only time in which the page can be seen counts.
function clock() {
  const now = performance.now();
  const passed = document.hidden ? 0 : (now - since) / 1000;
  since = now;
  return passed;
}
document.addEventListener("visibilitychange", () => {
  if (document.hidden) looking += (performance.now() - since) / 1000;
  since = performance.now();
});

function seconds() {
  const passed = Math.round((looking + clock()) * 10) / 10;
  looking = 0;
  return Math.min(passed, 86400);
}

function act(kind, more = {}) {
  outbox.add({ item: place, kind, seconds: seconds(), ...more });
}

function view(name) {
  for (const each of views) at(each).hidden = each !== name;
  at(name).querySelector("h1").focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

async function open(to) {
  await outbox.empty();
  const found = await ask(`${base}/items/${to}`);
  if (found.item === null) {
    view("end");
    return;
  }
  place = to;
  shown = found;
  if (place >= work.items.length) work.items.push("new");
  history.replaceState(null, "", `#${place + 1}`);
  draw();
  looking = 0;
  since = performance.now();
  view("item");
}

function draw() {
  at("item-title").textContent = `Item ${place + 1}`;
  at("panels").replaceChildren(...shown.item.panels.map(panel));
  const form = at("questions");
  form.replaceChildren(
    ...controls(work.questions, shown, (question, target, value) => {
      shown.answers = shown.answers.filter((each) => each.question !== question || each.target !== target);
      if (value !== null) {
        shown.answers.push({ question, target, value });
        shown.skipped = false;
      }
      act("answer", { question, target, value });
      progress();
    }),
  );
  if (work.comment) form.append(remark());
  at("previous").disabled = place === 0;
  at("skip").hidden = !work.skip;
  progress();
}

function panel(each) {
  const id = `panel-${Math.random().toString(36).slice(2)}`;
  const body = [];
  if (each.text) body.push(make("p", {}, ...lines(each.text)));
  if (each.rows) body.push(make("div", { class: "scroll" }, make("table", {}, ...each.rows.map((row, top) =>
    make("tr", {}, ...row.map((cell) => make(top ? "td" : "th", top ? {} : { scope: "col" }, cell)))))));
  if (each.lines) {
    body.push(make("ol", { class: "talk" }, ...each.lines.map((line) =>
      make("li", { class: `turn ${line.role ?? ""}`, "data-turn": line.turn },
        make("span", { class: "speaker" }, line.speaker), make("span", { class: "said" }, ...lines(line.text))))));
  }
  return make("section", { class: "panel", "aria-labelledby": id }, make("h2", { id }, each.heading), ...body);
}

function remark() {
  const field = make("textarea", { id: "remark", rows: 2, maxlength: 5000 });
  field.value = shown.comment ?? "";
  field.addEventListener("change", () => {
    shown.comment = field.value;
    act("comment", { value: field.value });
  });
  return make("div", { class: "question" }, make("label", { for: "remark" }, "Remark (if you like)"), field);
}

function missing() {
  const said = new Set(shown.answers.map((each) => `${each.question}\n${each.target}`));
  const targets = { item: [""], answers: shown.item.answers.map((each) => each.letter), turns: shown.item.turns.map(String) };
  return work.questions.filter((question) => question.required)
    .flatMap((question) => targets[question.of].map((target) => `${question.name}\n${target}`))
    .filter((key) => !said.has(key));
}

function progress() {
  const left = missing().length;
  work.items[place] = shown.skipped ? "skipped" : left ? (shown.answers.length ? "begun" : "new") : "done";
  const done = work.items.filter((each) => each === "done").length;
  at("progress").textContent = `${done} done of at most ${Math.max(work.total, work.items.length)}`;
  at("skip").setAttribute("aria-pressed", String(shown.skipped));
  at("next").disabled = left > 0 && !shown.skipped;
  at("next").textContent = left > 0 && !shown.skipped ? `Next (${left} to answer)` : "Next";
}

at("start").addEventListener("click", () => {
  const begun = work.items.findIndex((each) => each === "new" || each === "begun");
  open(begun === -1 ? work.items.length : begun);
});
at("next").addEventListener("click", () => {
  act("done");
  open(place + 1);
});
at("previous").addEventListener("click", () => open(place - 1));
at("back").addEventListener("click", () => open(work.items.length - 1));
at("again").addEventListener("click", () => view("instructions"));
at("questions").addEventListener("submit", (event) => event.preventDefault());
at("skip").addEventListener("click", () => {
  shown.skipped = !shown.skipped;
  act(shown.skipped ? "skip" : "unskip");
  progress();
});
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.ctrlKey || event.altKey || event.metaKey || field.matches?.("textarea, input[type=text]")) return;
  const key = event.key.toLowerCase();
  if (at("item").hidden) {
    if (!at("instructions").hidden && key === "n") at("start").click();
    return;
  }
  if (key === "n" && !at("next").disabled) at("next").click();
  else if (key === "p" && !at("previous").disabled) at("previous").click();
  else if (key === "i") view("instructions");
  else if (/^[1-9]$/.test(key)) field.closest?.("fieldset")?.querySelectorAll("input")[Number(key) - 1]?.click();
});

work = await ask(`${base}/work`);
at("progress").textContent = `${work.items.filter((each) => each === "done").length} done of at most ${work.total}`;
if (work.items.length) at("start").textContent = "Go on";
const asked = Number(location.hash.slice(1)) - 1;
if (asked >= 0 && asked < work.items.length) await open(asked);
document.body.dataset.ready = "true";
