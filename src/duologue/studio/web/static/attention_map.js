// One attention map. All sums are the server's: the page holds tokens, and a shade for each.

import { heat, lineChart, shades } from "./charts.js";
import { make } from "./make.js";
import { ask } from "./server.js";

const shown = (name) => name.replaceAll("_", " ").replace(/^turn:(\d+)$/, (_, number) => `turn ${Number(number) + 1}`);
const visible = (text) => text.replaceAll("\n", "↵").replaceAll(" ", "␣");
const percent = (share) => `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`;

export class AttentionMap {
  constructor(section, onNamed) {
    this.section = section;
    this.onNamed = onNamed;
    this.query = `folder=${encodeURIComponent(section.dataset.folder)}&file=${encodeURIComponent(section.dataset.file)}`;
    this.wanted = "attends";
    this.chosen = null;
    this.busy = false;
    this.cursor = null;
  }

  async load() {
    this.map = await ask(`/attention/map?${this.query}`);
    this.classes = this.map.tokens.map((_, at) => (at < this.map.prompt ? "token" : "token reply"));
    this.shades = new Uint8Array(this.map.tokens.length);
    this.tokens = this.map.tokens.map((text, at) => {
      const token = make("span", { class: this.classes[at] }, text);
      token.at = at;
      return token;
    });
    const hint = make("p", { class: "hidden", id: `hint-${this.section.id}` }, "Arrows move over the tokens, with Shift they widen the selection, Home and End go to the prompt's and the reply's beginning, Escape clears.");
    this.text = make("div", { class: "tokens", tabindex: 0, role: "group", "aria-label": "Prompt and reply", "aria-describedby": hint.id }, ...this.tokens);
    this.strip = make("canvas", { class: "strip", width: 800, height: 14, "aria-hidden": "true", title: "The whole text, from its beginning to its end: go there" });
    this.strip.addEventListener("click", (event) => this.scrollTo(Math.floor((event.offsetX / this.strip.clientWidth) * this.tokens.length)));
    this.status = make("p", { class: "told", role: "status" }, "Nothing is selected.");
    this.top = make("ol", { class: "top" });
    this.names = make("div", {});
    this.section.replaceChildren(
      make("h2", {}, this.map.about.join(" · ")), make("p", { class: "quiet" }, this.told()), this.directions(), this.heads(), this.presets(), this.status,
      make("div", { class: "map-body" }, make("div", {}, hint, this.strip, this.text),
        make("div", { class: "side" }, make("h3", {}, "Tokens that stand out"), this.top, this.names)),
      this.headsPart(), this.turnsPart());
    this.listen();
    this.section.dataset.ready = performance.now().toFixed(1);
  }

  told() {
    const { map } = this;
    const sra = ["strategy_name", "instruction"].find((name) => typeof map.sra[name] === "number");
    return [map.id, `${map.prompt} tokens and ${map.tokens.length - map.prompt} of the reply`,
      map.mean_of && `mean of layers ${map.mean_of.join(", ")}`, sra && `SRA of the ${shown(sra)} ${map.sra[sra].toFixed(5)}`].filter(Boolean).join(" · ");
  }

  directions() {
    const row = make("div", { class: "options" });
    this.radios = {};
    for (const [value, label] of [["attends", "What the selection attends to"], ["attended", "Who attends to the selection"]]) {
      const input = make("input", { type: "radio", name: `direction-${this.section.id}`, value, checked: value === this.wanted });
      input.addEventListener("change", () => {
        this.wanted = value;
        this.again();
      });
      this.radios[value] = input;
      row.append(make("label", {}, input, make("span", {}, label)));
    }
    return make("fieldset", { class: "question" }, make("legend", { class: "hidden" }, "Direction"), row);
  }

  // One head's rows are read with the model; where it is not at hand, the reason stands beside.
  heads() {
    const { map } = this;
    const choice = (what, count, all) => make("select", { "aria-label": what, disabled: Boolean(map.why_not) },
      all && make("option", { value: "" }, all), ...Array.from({ length: count }, (_, at) => make("option", { value: at }, `${what.toLowerCase()} ${at}`)));
    this.layer = choice("Layer", map.layers, "all layers, all heads");
    this.head = choice("Head", map.heads, "");
    this.head.disabled = true;
    this.layer.addEventListener("change", () => {
      this.head.disabled = this.layer.value === "";
      this.again();
    });
    this.head.addEventListener("change", () => this.again());
    return make("p", { class: "row heads" }, make("span", {}, "Attention of"), this.layer, this.head,
      map.why_not && make("span", { class: "quiet" }, `Single heads are not to be had: ${map.why_not}.`));
  }

  presets() {
    const last = (name) => (name === "reply" ? 2 : name.startsWith("turn:") ? 1 : 0);
    const names = Object.keys(this.map.names).sort((one, other) => last(one) - last(other));
    this.buttons = names.map((name) => {
      const button = make("button", { type: "button", "aria-pressed": "false" }, shown(name));
      button.name = name;
      button.addEventListener("click", () => {
        this.select({ name });
        this.onNamed(this, name);
      });
      return button;
    });
    const clear = make("button", { type: "button", class: "plain" }, "Clear");
    clear.addEventListener("click", () => this.clear());
    return make("div", { class: "presets", role: "group", "aria-label": "Spans" }, ...this.buttons, clear);
  }

  listen() {
    let from = null;
    this.text.addEventListener("pointerdown", (event) => {
      from = event.button === 0 ? this.place(event.target) : null;
    });
    document.addEventListener("pointerup", (event) => {
      if (from === null) return;
      const to = this.place(event.target) ?? this.place(getSelection().focusNode);
      if (to !== null) this.span(from, to);
      getSelection().removeAllRanges();
      from = null;
    });
    document.addEventListener("pointercancel", () => {
      from = null;
    });
    this.text.addEventListener("keydown", (event) => this.key(event));
  }

  place(node) {
    const token = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    return this.text.contains(token) ? token.at ?? null : null;
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return this.clear();
    const last = this.tokens.length - 1;
    const at = this.cursor?.focus;
    const begin = this.map.prompt;
    const to = {
      ArrowLeft: () => (at ?? begin + 1) - 1,
      ArrowRight: () => (at ?? begin - 1) + 1,
      ArrowUp: () => this.line(at ?? begin, -1),
      ArrowDown: () => this.line(at ?? begin, 1),
      Home: () => 0,
      End: () => begin,
    }[event.key]?.();
    if (to === undefined) return;
    event.preventDefault();
    const focus = Math.max(0, Math.min(last, to));
    this.span(event.shiftKey && this.cursor ? this.cursor.anchor : focus, focus);
    this.scrollTo(focus);
  }

  // The token above or below, in the line that is seen.
  line(at, step) {
    const here = this.tokens[at].getClientRects()[0];
    let found = at;
    for (let next = at + step; next >= 0 && next < this.tokens.length; next += step) {
      const there = this.tokens[next].getClientRects()[0];
      if (!there || !here || (there.top - here.top) * step <= here.height / 2) continue;
      const before = found === at ? null : this.tokens[found].getClientRects()[0];
      if (before && Math.abs(there.top - before.top) > here.height / 2) break;
      if (!before || Math.abs(there.left - here.left) < Math.abs(before.left - here.left)) found = next;
    }
    return found;
  }

  span(anchor, focus) {
    this.select({ start: Math.min(anchor, focus), end: Math.max(anchor, focus) + 1 }, { anchor, focus });
  }

  // What is asked while an answer is awaited waits, and only the last of it is asked.
  async select(chosen, cursor = null) {
    this.chosen = chosen;
    this.cursor = cursor;
    this.begun ??= performance.now();
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.chosen && this.chosen !== this.drawn) {
        const asked = this.chosen;
        this.draw(asked, await this.ask(asked));
      }
    } catch (error) {
      this.status.textContent = error.message;
      this.section.dataset.refused = String(Number(this.section.dataset.refused ?? 0) + 1);
    }
    this.busy = false;
    this.begun = undefined;
  }

  again() {
    if (this.chosen) this.select({ ...this.chosen }, this.cursor);
  }

  pieces({ name, start, end }) {
    return name ? this.map.names[name] : [[start, end]];
  }

  // Of the prompt's tokens only who attends to them is known.
  direction(chosen) {
    const direction = this.pieces(chosen).at(-1)[1] <= this.map.prompt ? "attended" : this.wanted;
    this.radios.attends.disabled = direction !== this.wanted;
    this.radios[direction].checked = true;
    return direction;
  }

  ask(chosen) {
    const query = new URLSearchParams({ ...chosen, direction: this.direction(chosen) });
    if (this.layer.value !== "") {
      query.set("layer", this.layer.value);
      query.set("head", this.head.value);
      this.status.textContent = "The head is read with the model …";
    }
    return ask(`/attention/selection?${this.query}&${query}`);
  }

  draw(chosen, found) {
    const selected = new Uint8Array(this.tokens.length);
    for (const [start, end] of found.pieces) selected.fill(1, start, end);
    found.shades.forEach((shade, at) => {
      const look = Math.round((shade / 100) * shades) | (selected[at] << 7);
      if (look !== this.shades[at]) this.paint(at, look);
    });
    const largest = found.top[0]?.value ?? 1;
    this.top.replaceChildren(...found.top.map((each) => this.standsOut(each, largest)));
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.name === chosen.name));
    const attends = this.radios.attends.checked;
    this.overview(selected);
    if (!this.cursor) this.scrollTo(found.pieces[0][0]);
    this.names.replaceChildren(...(attends ? [this.byName(found.by_name)] : []));
    this.status.textContent = this.sentence(found, selected, attends);
    this.drawn = chosen;
    this.section.dataset.took = (performance.now() - this.begun).toFixed(1);
    this.section.dataset.drawn = String(Number(this.section.dataset.drawn ?? 0) + 1);
  }

  paint(at, look) {
    this.shades[at] = look;
    const shade = look & 127;
    this.tokens[at].className = this.classes[at] + (shade ? ` shade-${shade}` : "") + (look >> 7 ? " selected" : "");
  }

  // The largest shade of each stretch of the text, so that nothing outside of what is seen goes unnoticed.
  overview(selected) {
    const { width, height } = this.strip;
    const context = this.strip.getContext("2d");
    const { color, outlineColor } = getComputedStyle(this.strip);
    const count = this.tokens.length;
    context.clearRect(0, 0, width, height);
    const columns = Math.min(width, count);
    for (let column = 0; column < columns; column++) {
      const [first, last] = [Math.floor((column * count) / columns), Math.floor(((column + 1) * count) / columns)];
      const [x, wide] = [(column * width) / columns, Math.ceil(width / columns)];
      const shade = Math.max(...this.shades.subarray(first, last).map((look) => look & 127));
      if (shade) {
        context.globalAlpha = shade / shades;
        context.fillStyle = color;
        context.fillRect(x, 0, wide, height - 4);
      }
      if (selected.subarray(first, last).includes(1)) {
        context.globalAlpha = 1;
        context.fillStyle = outlineColor;
        context.fillRect(x, height - 3, wide, 3);
      }
    }
  }

  // Within the text's own box; the page stays where it is.
  scrollTo(at) {
    const token = this.tokens[at];
    const [above, below] = [token.offsetTop - this.text.scrollTop, this.text.scrollTop + this.text.clientHeight - token.offsetTop - token.offsetHeight];
    if (above < 0 || below < 0) this.text.scrollTop = token.offsetTop - this.text.clientHeight / 3;
  }

  sentence(found, selected, attends) {
    const count = selected.reduce((sum, each) => sum + each, 0);
    const own = selected.subarray(this.map.prompt).reduce((sum, each) => sum + each, 0);
    const said = [`${count} ${count === 1 ? "token" : "tokens"} selected${this.cursor ? `, “${this.words(found.pieces[0])}”` : ""}.`];
    if (attends) {
      const who = own < count ? `the reply's ${own} of them attend` : count === 1 ? "it attends" : "they attend";
      said.push(`Shaded: what ${who} to.`);
    } else {
      const { share, each, ratio } = found.paid;
      const paid = [`The reply pays ${count === 1 ? "it" : "them"} ${percent(share)} of its attention`,
        count > 1 && `${each.toPrecision(3)} a token`, ratio !== null && `${ratio.toFixed(2)} × uniform`];
      said.push(`${paid.filter(Boolean).join(", ")}.`);
    }
    if (found.sunk !== null) said.push(`This head gives ${percent(found.sunk)} to the first token, which is left out.`);
    return said.join(" ");
  }

  words([start, end]) {
    const text = this.map.tokens.slice(start, Math.min(end, start + 40)).join("").replaceAll("\n", "↵");
    return text.length > 40 ? `${text.slice(0, 40)}…` : text;
  }

  standsOut({ place, text, value }, largest) {
    const bar = make("span", { class: "bar-of", "aria-hidden": "true" });
    bar.style.setProperty("--width", `${(value / largest) * 100}%`);
    const go = make("button", { type: "button", class: "plain", title: `Token ${place + 1}: go to it` }, make("code", {}, visible(text)), make("span", { class: "hidden" }, `token ${place + 1}`));
    go.addEventListener("click", () => {
      this.tokens[place].scrollIntoView({ block: "center" });
      this.tokens[place].animate([{ outline: "3px solid currentColor" }, { outline: "3px solid transparent" }], 1500);
    });
    return make("li", {}, go, bar, make("span", { class: "number" }, percent(value)));
  }

  byName(sums) {
    const names = Object.entries(sums).filter(([, share]) => share > 0).sort((one, other) => other[1] - one[1]);
    return make("table", { class: "by-name" }, make("caption", {}, "By spans, which overlap"), make("tbody", {}, ...names.map(([name, share]) =>
      make("tr", {}, make("th", { scope: "row" }, shown(name)), make("td", { class: "number" }, percent(share))))));
  }

  clear() {
    this.chosen = this.drawn = this.cursor = null;
    this.shades.forEach((look, at) => look && this.paint(at, 0));
    this.top.replaceChildren();
    this.names.replaceChildren();
    for (const button of this.buttons) button.setAttribute("aria-pressed", "false");
    this.radios.attends.disabled = false;
    this.radios[this.wanted].checked = true;
    this.strip.getContext("2d").clearRect(0, 0, this.strip.width, this.strip.height);
    this.status.textContent = "Nothing is selected.";
  }

  // Opened when it is first looked at; every choice draws it anew.
  figure(summary, choice, picture) {
    const place = make("div", {});
    const draw = async () => {
      try {
        place.replaceChildren(...await picture(choice.value));
      } catch (error) {
        place.replaceChildren(make("p", { class: "problem", role: "alert" }, error.message));
      }
    };
    choice.addEventListener("change", draw);
    const details = make("details", { class: "figures" }, make("summary", {}, summary), choice, place);
    details.addEventListener("toggle", () => details.open && !place.childNodes.length && draw());
    return details;
  }

  headsPart() {
    const choice = make("select", { "aria-label": "Part" }, ...this.map.parts.map((name) => make("option", { value: name }, shown(name))));
    if (!this.map.parts.length) return null;
    return this.figure("Layers and heads", choice, async (name) => {
      const found = await ask(`/attention/part?${this.query}&name=${encodeURIComponent(name)}`);
      const line = (values, first) => [["share", values.map((value, at) => ({ x: at + first, y: value }))]];
      return [
        heat(found.heads, found.heads.map((_, at) => `layer ${at}`), found.heads[0].map((_, at) => `head ${at}`), `What each head pays to the ${shown(name)}, a mean over the reply`),
        make("div", { class: "chart-row" },
          lineChart({ series: line(found.layers, 0), caption: "Over the layers", x: "layer", y: "share" }),
          lineChart({ series: line(found.course, 1), caption: "Over the reply", x: "token of the reply", y: "share" })),
      ];
    });
  }

  turnsPart() {
    if (!this.map.turns) return null;
    const choice = make("select", { "aria-label": "Layer" }, make("option", { value: "" }, "all layers"),
      ...Array.from({ length: this.map.layers }, (_, at) => make("option", { value: at }, `layer ${at}`)));
    return this.figure("Turn by turn", choice, async (layer) => {
      const { names, values } = await ask(`/attention/turns?${this.query}${layer === "" ? "" : `&layer=${layer}`}`);
      const rows = names.map(shown);
      return [heat(values, rows, rows, "Share of attention from the tokens of a turn (row, a mean) to a turn (column)")];
    });
  }
}
