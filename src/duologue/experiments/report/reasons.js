// Filters: a dialogue is shown when it has every pressed label and contains the words looked for.
const buttons = [...document.querySelectorAll(".filter")];
const dialogues = [...document.querySelectorAll(".judged")];
const find = document.getElementById("find");

function show() {
  const labels = buttons.filter((b) => b.getAttribute("aria-pressed") === "true").map((b) => `|${b.dataset.label}|`);
  const words = find.value.trim().toLowerCase();
  let count = 0;
  for (const each of dialogues) {
    const has = labels.every((label) => each.dataset.labels.includes(label));
    each.hidden = !(has && (!words || each.textContent.toLowerCase().includes(words)));
    count += !each.hidden;
  }
  document.getElementById("count").textContent = `${count} of ${dialogues.length} dialogues`;
  document.getElementById("nothing").hidden = count > 0;
}

for (const button of buttons) {
  button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    show();
  });
}
document.getElementById("clear").addEventListener("click", () => {
  buttons.forEach((button) => button.setAttribute("aria-pressed", "false"));
  find.value = "";
  show();
});
find.addEventListener("input", show);
show();
