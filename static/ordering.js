// Buttons that move the steps of an ordering question up and down. The selects stay, and stay the data: a step's
// place is what its select says, whether it was chosen there or came by a button.

const places = (list) => [...list.querySelectorAll("select")];

function number(list, mover) {
  places(list).forEach((select, i) => { select.value = i + 1; });
  mover.dispatchEvent(new Event("change", { bubbles: true }));
}

function move(item, before, focused) {
  const list = item.parentNode;
  list.insertBefore(item, before);
  number(list, item.querySelector("select"));
  focused.focus();
}

function button(label, text, step, go) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button secondary";
  made.textContent = text;
  made.setAttribute("aria-label", `${label}: ${step.querySelector("label").textContent}`);
  made.addEventListener("click", () => go(made));
  return made;
}

function enhance(set) {
  delete set.dataset.ordering;
  const list = set.querySelector(".places");
  const selects = places(list);
  if (selects.every((select) => select.value)) {
    selects.sort((a, b) => a.value - b.value).forEach((select) => list.append(select.closest("li")));
  }
  for (const item of [...list.children]) {
    item.querySelector(".place").append(
      button(set.dataset.up, "↑", item, (b) => { if (item.previousElementSibling) move(item, item.previousElementSibling, b); }),
      button(set.dataset.down, "↓", item, (b) => { if (item.nextElementSibling) move(item, item.nextElementSibling.nextElementSibling, b); }),
    );
  }
}

const all = () => document.querySelectorAll("[data-ordering]").forEach(enhance);
document.addEventListener("staza:replaced", all);
all();
