// One attention map or several, side by side. All sums are the server's: the page holds tokens and one value for each.

import { make } from "./make.js";
import { ask } from "./server.js";

class AttentionMap {
  constructor(section) {
    this.section = section;
    this.query = `folder=${encodeURIComponent(section.dataset.folder)}&file=${encodeURIComponent(section.dataset.file)}`;
    this.direction = "attends";
    this.span = null;
    this.asked = 0;
    this.cursor = null;
  }

  async load() {
    this.map = await ask(`/attention/map?${this.query}`);
    const { map } = this;
    this.tokens = map.tokens.map((text, at) => {
      const span = make("span", { class: at < map.prompt ? "token" : "token reply", "data-at": at }, text);
      return span;
    });
    this.text = make("div", { class: "tokens", tabindex: 0, role: "textbox", "aria-readonly": "true", "aria-multiline": "true", "aria-label": "Prompt and reply" }, ...this.tokens);
    this.status = make("p", { class: "quiet", role: "status" });
    this.top = make("ol", { class: "top" });
    this.side = make("div", { class: "side" }, make("h3", {}, "Stand out"), this.top, this.headsPart(), this.turnsPart());
    this.section.replaceChildren(
      make("h2", {}, map.id), make("p", { class: "quiet" }, [map.layout, map.strategy, map.model].filter(Boolean).join(" · ")),
      this.directions(), this.presets(), this.status, make("div", { class: "map-body" }, this.text, this.side));
    this.text.addEventListener("pointerup", () => this.takeSelection());
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.section.dataset.ready = "true";
  }

  directions() {
    const group = make("fieldset", { class: "question" }, make("legend", { class: "hidden" }, "Direction"));
    const row = make("div", { class: "options" });
    for (const [value, label] of [["attends", "What the selection attends to"], ["attended", "Who attends to the selection"]]) {
      const name = `direction-${this.section.dataset.file}`;
      const input = make("input", { type: "radio", name, value, checked: value === this.direction });
      input.addEventListener("change", () => {
        this.direction = value;
        if (this.span) this.select(...this.span);
      });
      row.append(make("label", {}, input, make("span", {}, label)));
    }
    group.append(row);
    return group;
  }

  presets() {
    const spans = { ...this.map.parts, ...this.map.turns, reply: [[this.map.prompt, this.map.tokens.length]] };
    return make("div", { class: "presets", role: "group", "aria-label": "Spans" }, ...Object.entries(spans).map(([name, places]) => {
      const start = Math.min(...places.map((each) => each[0]));
      const end = Math.max(...places.map((each) => each[1]));
      const button = make("button", { type: "button" }, name.replaceAll("_", " "));
      button.addEventListener("click", () => {
        // of a prompt's span only who attends to it is known
        if (end <= this.map.prompt && this.direction === "attends") this.turn("attended");
        if (start >= this.map.prompt && this.direction === "attended") this.turn("attends");
        this.select(start, end);
      });
      return button;
    }));
  }

  turn(direction) {
    this.direction = direction;
    this.section.querySelector(`input[value="${direction}"]`).checked = true;
  }

  takeSelection() {
    const selection = getSelection();
    if (selection.isCollapsed || !selection.rangeCount) return this.clear();
    const places = [selection.anchorNode, selection.focusNode].map((node) => this.place(node));
    if (places.includes(null)) return;
    this.select(Math.min(...places), Math.max(...places) + 1);
  }

  place(node) {
    const token = (node?.nodeType === Node.TEXT_NODE ? node.parentElement : node)?.closest?.("[data-at]");
    return token && this.text.contains(token) ? Number(token.dataset.at) : null;
  }

  // Arrows move, with Shift they widen the selection; Escape clears it.
  key(event) {
    if (event.key === "Escape") return this.clear();
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -10, ArrowDown: 10 }[event.key];
    if (!step) return;
    event.preventDefault();
    const last = this.tokens.length - 1;
    const before = this.cursor ?? { anchor: this.map.prompt - step, focus: this.map.prompt - step };
    const focus = Math.max(0, Math.min(last, before.focus + step));
    this.cursor = { anchor: event.shiftKey ? before.anchor : focus, focus };
    this.select(Math.min(this.cursor.anchor, focus), Math.max(this.cursor.anchor, focus) + 1, true);
    this.tokens[focus].scrollIntoView({ block: "nearest" });
  }

  clear() {
    this.span = null;
    this.cursor = null;
    for (const token of this.tokens) {
      token.style.removeProperty("--weight");
      token.classList.remove("selected");
    }
    this.top.replaceChildren();
    this.status.textContent = "";
  }

  async select(start, end, keepCursor = false) {
    const asked = ++this.asked;
    const begun = performance.now();
    if (!keepCursor) this.cursor = { anchor: start, focus: end - 1 };
    const found = await ask(`/attention/selection?${this.query}&start=${start}&end=${end}&direction=${this.direction}`);
    if (asked !== this.asked) return;
    const largest = Math.max(...found.values, 1e-9);
    const before = this.span ?? [0, 0];
    this.span = [start, end];
    found.values.forEach((value, at) => {
      const weight = Math.round((value / largest) * 100) / 100;
      const style = this.tokens[at].style;
      const held = style.getPropertyValue("--weight");
      if (weight ? held !== String(weight) : held) weight ? style.setProperty("--weight", weight) : style.removeProperty("--weight");
    });
    for (let at = before[0]; at < before[1]; at++) this.tokens[at].classList.remove("selected");
    for (let at = start; at < end; at++) this.tokens[at].classList.add("selected");
    this.top.replaceChildren(...found.top.map((each) => {
      const bar = make("span", { class: "bar-of", "aria-hidden": "true" });
      bar.style.setProperty("--width", `${(each.value / largest) * 100}%`);
      return make("li", {}, make("code", {}, each.text.replaceAll("\n", "↵")), bar, make("span", { class: "number" }, each.value.toFixed(4)));
    }));
    const what = this.direction === "attends" ? "attended to, in all" : "attending, summed over tokens";
    this.status.textContent = `${end - start} tokens selected; ${what}: ${found.sum.toFixed(3)}`;
    this.section.dataset.took = String(Math.round(performance.now() - begun));
  }

  headsPart() {
    const names = Object.keys(this.map.parts);
    if (!names.length) return null;
    const picture = make("div", { class: "heat-of" });
    const choice = make("select", { "aria-label": "Part" }, ...names.map((name) => make("option", { value: name }, name.replaceAll("_", " "))));
    const draw = async () => {
      const found = await ask(`/attention/part?${this.query}&name=${encodeURIComponent(choice.value)}`);
      const headings = found.heads[0].map((_, at) => `head ${at}`);
      picture.replaceChildren(heat(found.heads, found.heads.map((_, at) => `layer ${at}`), headings, "What each head pays"), course(found.course));
    };
    choice.addEventListener("change", draw);
    const details = make("details", {}, make("summary", {}, "Layers and heads"), choice, picture);
    details.addEventListener("toggle", () => details.open && !picture.childNodes.length && draw());
    return details;
  }

  turnsPart() {
    if (!Object.keys(this.map.turns).length) return null;
    const picture = make("div", { class: "heat-of" });
    const choice = make("select", { "aria-label": "Layer" }, make("option", { value: "" }, "all layers"),
      ...Array.from({ length: this.map.layers }, (_, at) => make("option", { value: at }, `layer ${at}`)));
    const draw = async () => {
      const layer = choice.value === "" ? "" : `&layer=${choice.value}`;
      const { turns } = await ask(`/attention/turns?${this.query}${layer}`);
      picture.replaceChildren(turns ? heat(turns.values, turns.names, turns.names, "From turn (row) to turn (column)") : "not measured");
    };
    choice.addEventListener("change", draw);
    const details = make("details", {}, make("summary", {}, "Turn by turn"), choice, picture);
    details.addEventListener("toggle", () => details.open && !picture.childNodes.length && draw());
    return details;
  }
}

// A heat map is a table, so that it can be read aloud; the shade stands beside the number.
function heat(values, rows, columns, caption) {
  const largest = Math.max(...values.flat(), 1e-9);
  return make("div", { class: "scroll" }, make("table", { class: "heat" }, make("caption", {}, caption),
    make("thead", {}, make("tr", {}, make("td"), ...columns.map((name) => make("th", { scope: "col" }, name.replaceAll("_", " "))))),
    make("tbody", {}, ...values.map((line, at) => make("tr", {}, make("th", { scope: "row" }, rows[at].replaceAll("_", " ")),
      ...line.map((value) => {
        const cell = make("td", { class: "number" }, value.toFixed(3));
        cell.style.setProperty("--weight", Math.round((value / largest) * 100) / 100);
        return cell;
      }))))));
}

function course(values) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("viewBox", "0 0 300 60");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", "Its course over the reply, from the first token to the last");
  const line = document.createElementNS(space, "polyline");
  const largest = Math.max(...values, 1e-9);
  line.setAttribute("points", values.map((value, at) => `${(at / Math.max(values.length - 1, 1)) * 300},${58 - (value / largest) * 56}`).join(" "));
  line.setAttribute("class", "course");
  picture.append(line);
  return picture;
}

const maps = [...document.querySelectorAll(".map")].map((section) => new AttentionMap(section));
for (const each of maps) {
  each.load().catch((error) => each.section.replaceChildren(make("p", { class: "problem", role: "alert" }, error.message)));
}
