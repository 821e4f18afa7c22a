// A conversation with one model or two: who answers is chosen for every message, replies are shown while they come.

import { make, lines } from "./make.js";
import { ask, listen, tell } from "./server.js";

const at = (id) => document.getElementById(id);
const [talk, told, form, text, send, another] = ["talk", "told", "say", "text", "send", "another"].map(at);
const letters = ["A", "B"];
let choices;
let exchanges = [];

// Who answers is kept in the browser, so that a reload does not forget it.
const kept = () => JSON.parse(localStorage.getItem("duologue-chat") ?? "null") ?? [{}];
const keep = (sides) => localStorage.setItem("duologue-chat", JSON.stringify(sides));

function sideOf(number, chosen) {
  const select = (name, label, options, value) => {
    const id = `${name}-${number}`;
    const box = make("select", { id, name }, ...options.map(([given, shown, title]) => make("option", { value: given, selected: given === value, title }, shown)));
    return [make("p", {}, make("label", { for: id }, label), " ", box), box];
  };
  const [model, models] = select("model", "Model", choices.models.map((name) => [name, name]), chosen.model);
  const [way, ways] = select("way", "Asked", choices.ways.map((name) => [name, named(name)]), chosen.way);
  const [strategy, strategies] = select("strategy", "Strategy", [["", "none"], ...choices.strategies.map((each) => [each.name, each.name, each.description])], chosen.strategy ?? "");
  const meaning = make("p", { class: "quiet" });
  const box = make("fieldset", { class: "panel side", "data-side": number }, make("legend", {}, number || two() ? `Side ${letters[number]}` : "Who answers"), model, way, strategy, meaning);
  const changed = () => {
    strategies.disabled = ["plain", "simpletod"].includes(ways.value);
    meaning.textContent = strategies.disabled ? "" : choices.strategies.find((each) => each.name === strategies.value)?.description ?? "";
    keep(sides());
  };
  for (const each of [models, ways, strategies]) each.addEventListener("change", changed);
  queueMicrotask(changed);
  return box;
}

function named(way) {
  if (way === "plain") return "plainly: the conversation only";
  if (way === "simpletod") return "SimpleToD: belief, action, response";
  if (way === "standard") return "with a strategy: standard layout";
  const place = way.endsWith("hf") ? "history first" : "history last";
  return `with a strategy: ${way}, ${place}`;
}

const two = () => another.getAttribute("aria-pressed") === "true";

function sides() {
  return [...document.querySelectorAll(".side")].map((box) => {
    const value = (name) => box.querySelector(`[name=${name}]`).value;
    const strategy = box.querySelector("[name=strategy]").disabled ? null : value("strategy") || null;
    return { model: value("model"), way: value("way"), strategy };
  });
}

function drawSides(chosen) {
  another.setAttribute("aria-pressed", String(chosen.length > 1));
  at("sides").replaceChildren(...chosen.map((each, number) => sideOf(number, each)));
}

function reply(each, number, exchange, place) {
  const several = exchange.replies.length > 1;
  const heading = [several ? `${letters[number]} · ` : "", each.title, each.strategy && each.strategy !== "unconditional" ? ` · ${each.strategy}` : ""].join("");
  const box = make("section", { class: "panel reply-of", "aria-label": heading, "data-side": number }, make("h3", {}, heading), make("p", { class: "said" }, ...lines(each.text)));
  if (several && place !== null) {
    const better = make("button", { type: "button", "aria-pressed": String(exchange.choice === number), "data-vote": number }, `${letters[number]} is better`);
    better.addEventListener("click", () => vote(place, number));
    box.append(better);
    if (exchange.taken === number && place < exchanges.length) box.classList.add("taken");
  }
  return box;
}

function drawExchange(exchange, place) {
  const parts = [make("span", { class: "speaker" }, "You"), make("span", { class: "said" }, ...lines(exchange.text))];
  const user = make("li", { class: "turn user" }, ...parts, exchange.notice ? notice() : null);
  const replies = make("div", { class: "side-by-side" }, ...exchange.replies.map((each, number) => reply(each, number, exchange, place)));
  const system = make("li", { class: "turn system" }, make("span", { class: "speaker" }, "Reply"), replies);
  if (exchange.replies.length > 1 && place !== null) {
    const tie = make("button", { type: "button", "aria-pressed": String(exchange.choice === "tie"), "data-vote": "tie" }, "Equally good");
    tie.addEventListener("click", () => vote(place, "tie"));
    system.append(tie);
  }
  return [user, system];
}

function draw() {
  talk.replaceChildren(...exchanges.flatMap((each, place) => drawExchange(each, place)));
  document.body.dataset.exchanges = String(exchanges.length);
}

const notice = () => make("p", { class: "panel problem", role: "alert" }, choices.notice.replaceAll("\n", " "));

async function vote(place, choice) {
  const focused = document.activeElement?.dataset.vote;
  try {
    exchanges[place] = await tell("/chat/vote", { exchange: place, choice });
    draw();
    told.textContent = choice === "tie" ? "Noted: equally good." : `Noted: ${letters[choice]} is better.`;
    // the button was drawn anew: who came by keyboard stays where they were
    if (focused) talk.querySelectorAll("li.system")[place].querySelector(`[data-vote="${focused}"]`)?.focus();
  } catch (error) {
    told.textContent = error.message;
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const said = text.value.trim();
  if (!said || send.disabled) return;
  const asked = sides();
  const coming = { text: said, replies: asked.map((each) => ({ title: `${each.model} · ${each.way}`, strategy: each.strategy ?? "", text: "…" })), choice: null, taken: 0 };
  busy(true);
  const drawn = drawExchange(coming, null);
  talk.append(...drawn);
  drawn[1].scrollIntoView({ block: "nearest" });
  try {
    let ended = false;
    await listen("/chat/say", { text: said, sides: asked }, (line) => {
      if (line.error) throw new Error(line.error);
      if (line.notice) drawn[0].append(notice());
      if ("side" in line) {
        drawn[1].querySelector(`[data-side="${line.side}"] .said`).replaceChildren(...lines(line.text));
        if (line.text) document.body.dataset.heard = String(Number(document.body.dataset.heard ?? 0) + 1);
      }
      if (line.exchange) {
        exchanges.push(line.exchange);
        ended = true;
      }
    });
    if (!ended) throw new Error("the studio went away: send the message again");
    text.value = "";
    told.textContent = "";
  } catch (error) {
    told.textContent = error.message;
  }
  busy(false);
  draw();
  text.focus();
});

function busy(yes) {
  send.disabled = yes;
  at("new").disabled = yes;
  talk.setAttribute("aria-busy", String(yes));
  told.textContent = yes ? "Answering …" : told.textContent;
}

text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

another.addEventListener("click", () => {
  const chosen = sides();
  drawSides(two() ? chosen.slice(0, 1) : [...chosen, { ...chosen[0] }]);
});

at("new").addEventListener("click", async () => {
  try {
    ({ exchanges } = await tell("/chat/new"));
    told.textContent = "A new conversation.";
    draw();
    text.focus();
  } catch (error) {
    told.textContent = error.message;
  }
});

try {
  choices = await ask("/chat/choices");
  ({ exchanges } = await ask("/chat/conversation"));
  drawSides(kept());
  draw();
  document.body.dataset.ready = "true";
} catch (error) {
  told.textContent = error.message;
}
