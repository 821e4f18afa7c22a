// The controls of an item's questions: real radio buttons, boxes and text areas, so that keys and readers know them.

import { lines, make } from "./make.js";

export function controls(questions, shown, said) {
  const answer = (question, target) =>
    shown.answers.find((each) => each.question === question.name && each.target === target)?.value;
  const asked = [];
  const ofAnswers = questions.filter((question) => question.of === "answers");
  if (shown.item.answers.length) {
    asked.push(make("div", { class: "answers" }, ...shown.item.answers.map((each) =>
      make("section", { class: "panel answer", "aria-label": `Answer ${each.letter}` },
        make("h2", {}, `Answer ${each.letter}`), make("p", {}, ...lines(each.text)),
        ...ofAnswers.map((question) => control(question, each.letter, `${question.text}: answer ${each.letter}`))))));
  }
  for (const question of questions.filter((each) => each.of === "item")) asked.push(control(question, "", question.text));
  for (const question of questions.filter((each) => each.of === "turns")) {
    for (const turn of shown.item.turns) {
      const place = document.querySelector(`[data-turn="${turn}"]`);
      const own = control(question, String(turn), question.text);
      place ? place.append(own) : asked.push(own);
    }
  }
  return asked;

  function control(question, target, text) {
    const value = answer(question, target);
    const name = `${question.name}-${target}`;
    if (question.kind === "words") {
      const field = make("textarea", { id: name, rows: 3, maxlength: question.most });
      field.value = value ?? "";
      field.addEventListener("change", () => said(question.name, target, field.value || null));
      return make("div", { class: "question" }, make("label", { for: name }, text), field, help(question));
    }
    const several = question.kind === "choice" && question.several;
    const options = optionsOf(question, shown.item.answers.length);
    const boxes = options.map(([option, label], at) => {
      const chosen = several ? (value ?? []).includes(option) : value === option;
      const input = make("input", { type: several ? "checkbox" : "radio", name, id: `${name}-${at}`, checked: chosen });
      input.addEventListener("change", () => {
        if (!several) return said(question.name, target, option);
        const all = options.filter((_, other) => boxes[other].input.checked).map(([each]) => each);
        said(question.name, target, all.length ? all : null);
      });
      return { input, element: make("label", { for: `${name}-${at}` }, input, make("span", {}, label)) };
    });
    return make("fieldset", { class: `question ${question.kind}` }, make("legend", {}, text), help(question),
      make("div", { class: "options" }, ...boxes.map((box) => box.element)));
  }
}

function help(question) {
  return question.help ? make("p", { class: "quiet" }, question.help) : null;
}

function optionsOf(question, answers) {
  const whole = (from, to) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
  if (question.kind === "choice") return Object.entries(question.options);
  if (question.kind === "rank") return whole(1, answers).map((each) => [each, String(each)]);
  if (question.kind === "scale") {
    return whole(question.low, question.high).map((each) => [each, question.ends[each] ? `${each} ${question.ends[each]}` : String(each)]);
  }
  const side = { "-1": "A", 0: "neither", 1: "B" };
  return whole(-question.strength, question.strength).map((each) => {
    const strong = Math.abs(each) === question.strength ? "clearly " : "";
    return [each, each === 0 ? "0 neither" : `${strong}${side[Math.sign(each)]} ${Math.abs(each)}`];
  });
}
