// Keeps an open page of the preview as its files are. The server says that something changed; the page is fetched
// anew, and where it differs from what is open, and only there, it is changed. So the reader keeps the place, what is
// open stays open, the focus stays, and a question that is still the same keeps its answer.

const body = document.body;
const status = document.querySelector("[data-live-status]");
const answers = new Map();  // what was last sent of each question, by the id of its box
let shown = "", latest = "", print = "", source = null, running = false;

// ── one page turned into another ──────────────────────────────────────────────────────────────────────────────────

const isElement = (node) => node.nodeType === Node.ELEMENT_NODE;
const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id ?? "") === (b.id ?? "");
const mark = (node) => {
  const element = isElement(node) ? node : node.parentElement;
  element.classList.remove("just-changed");
  void element.offsetWidth;  // so that the animation begins again
  element.classList.add("just-changed");
};

function change(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (!isElement(old)) {
    if (old.nodeValue === fresh.nodeValue) return;
    old.nodeValue = fresh.nodeValue;
    if (old.parentElement.closest("main")) mark(old);
  } else if (old.hasAttribute("data-live-status")) {
    return;
  } else if (fresh.hasAttribute("data-keep")) {
    changeQuestion(old, fresh);
  } else {
    changeAttributes(old, fresh);
    changeChildren(old, fresh);
  }
}

function changeAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !(name === "open" || name === "class")) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

function changeChildren(old, fresh) {
  const here = [...old.childNodes], there = [...fresh.childNodes];
  while (here.length && there.length && here[0].isEqualNode(there[0])) { here.shift(); there.shift(); }
  let after = null;
  while (here.length && there.length && here.at(-1).isEqualNode(there.at(-1))) { after = here.pop(); there.pop(); }
  const left = new Set(here);
  let next = here[0] ?? after;  // where the next node belongs
  const forward = () => { while (next && next !== after && !left.has(next)) next = next.nextSibling; };
  const later = (node) => there.some((other) => other !== node && other.isEqualNode(next));
  for (const node of there) {
    forward();
    let match = [...left].find((one) => one.isEqualNode(node)) ?? (node.id && [...left].find((one) => alike(one, node)));
    if (!match && next && next !== after && alike(next, node) && !later(node)) match = next;
    if (!match) {
      const made = document.importNode(node, true);
      old.insertBefore(made, next);
      if (isElement(made) && made.closest("main")) mark(made);
      continue;
    }
    left.delete(match);
    if (match === next) forward(); else old.insertBefore(match, next);
    change(match, node);
  }
  left.forEach((node) => node.remove());
}

// ── a question ────────────────────────────────────────────────────────────────────────────────────────────────────

// One that is the same stays as the reader left it. One that changed is asked anew with what was answered so far, and
// graded anew if it had been graded: who mends a reason wants to see the reason.
function changeQuestion(old, fresh) {
  if (old.dataset.keep === fresh.dataset.keep) return;
  const form = old.querySelector("form[data-check]");
  const onTheWay = form?.querySelector("[name=path]");  // of a scenario
  const sent = !form || onTheWay ? answers.get(old.parentElement.id) : null;
  const given = form && new FormData(form);
  const focused = old.contains(document.activeElement) && document.activeElement.id;
  old.dataset.keep = fresh.dataset.keep;
  old.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
  const form_now = old.querySelector("form[data-check]");
  if (given && form_now) fill(form_now, given);
  document.dispatchEvent(new Event("staza:replaced"));
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  mark(old);
  if (sent && form_now) gradeAgain(old, form_now, sent);
}

function fill(form, given) {
  for (const control of form.elements) {
    if (!control.name || control.type === "hidden" || control.type === "submit") continue;
    const values = given.getAll(control.name);
    if (control.type === "radio" || control.type === "checkbox") control.checked = values.includes(control.value);
    else if (values.length) control.value = values[0];
  }
}

async function gradeAgain(keep, form, sent) {
  const answer = await fetch(form.action, { method: "POST", body: sent, headers: { "X-Requested-With": "fetch" } });
  if (!answer.ok) return;
  keep.replaceChildren(document.createRange().createContextualFragment(await answer.text()));
  document.dispatchEvent(new Event("staza:replaced"));
}

document.addEventListener("submit", (event) => {
  const box = event.target.closest("[data-keep]")?.parentElement;
  if (box) answers.set(box.id, new FormData(event.target, event.submitter));
}, true);

// ── the stream ────────────────────────────────────────────────────────────────────────────────────────────────────

// What stands at the top of the window stays there, whatever grew or shrank above it.
function keepingPlace(work) {
  const pieces = [...document.querySelectorAll("main :is(h1, h2, h3, p, li, tr, pre, summary, legend, label)")];
  const anchor = pieces.find((piece) => piece.getBoundingClientRect().top > 60);  // below the bar
  const before = anchor?.getBoundingClientRect().top;
  work();
  if (scrollY > 0 && anchor?.isConnected) scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
}

function openProblems() {
  for (const problem of document.querySelectorAll("details:not([open]) .problem")) {
    for (let box = problem.closest("details.country"); box; box = box.parentElement.closest("details")) box.open = true;
  }
}

async function update(version) {
  if (running || version === shown) return;
  running = true;
  const first = !print;
  try {
    const answer = await fetch(body.dataset.live + location.search, {
      cache: "no-store", headers: print ? { "If-None-Match": print } : {},
    });
    print = answer.headers.get("ETag") ?? "";
    shown = version;
    if (answer.status !== 304) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      keepingPlace(() => change(body, fresh.body));
      document.title = fresh.title;
      openProblems();
      if (!first) say("fresh");
    }
  } finally {
    running = false;
  }
}

function say(what) {
  status.textContent = what ? status.dataset[what] : "";
  if (what === "fresh") status.textContent += ` ${new Date().toLocaleTimeString(document.documentElement.lang)}`;
  status.classList.toggle("stopped", what === "stopped");
}

function listen() {
  source = new EventSource(body.dataset.events);
  source.onopen = () => say("");
  source.onmessage = (event) => { latest = event.data; follow(); };
  source.onerror = () => {
    say("stopped");
    if (source.readyState === EventSource.CLOSED) setTimeout(() => { if (!document.hidden) listen(); }, 500);
  };
}

async function follow() {
  while (latest !== shown && !running) {
    try { await update(latest); } catch { return; }  // the server went away; its stream says when it is back
  }
}

// A browser holds few streams to one server, so only the tabs that can be seen have one.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return listen();
  source.close();
});
openProblems();
if (!document.hidden) listen();
