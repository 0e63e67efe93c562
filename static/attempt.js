// A quiz attempt: saves answers as they are given, keeps trying while the line is down, and shows the time left.
// The server decides which answer is the last one given, and when time is up. So each request says which version of the
// answer this page knows, which page it is, and as its how many-th request it was sent.

const form = document.querySelector("form[data-autosave]");
let resync = () => {};  // tells the countdown what the server said

if (form) {
  const status = document.querySelector("[data-autosave-status]");
  const field = (name, value = "") => {
    const input = form.elements[name] ?? form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name }));
    input.value = value;
    return input;
  };
  const version = form.elements.version;
  field("tab", Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join(""));
  const sequence = field("sequence", "0");
  form.append(form.elements.end);  // stays the last field
  const apart = new Set(["version", "sequence"]);
  const given = () => JSON.stringify([...new FormData(form)].filter(([name]) => !apart.has(name)));
  let kept = given();  // what is known to be stored; null while nobody knows
  let refused = null;  // what the server would not have: to send it once more is for a button to do
  let settled = "", saving = false, leaving = false, timer, wait = 1000;
  const dirty = () => given() !== kept;
  const say = (what, words = "") => { status.textContent = words || status.dataset[what] || ""; };

  const later = (delay) => { clearTimeout(timer); timer = setTimeout(save, delay); };
  const changed = () => {
    if (given() === refused) return;  // what was said stays: a line that moves the buttons away takes the click
    if (!dirty() && !saving) {  // leaving a field says "change" once more
      clearTimeout(timer);
      return say(settled);
    }
    say("saving");  // "saved" would be untrue from here on
    later(400);
  };

  async function save() {
    if (saving || !dirty() || given() === refused) return;
    saving = true;
    say("saving");
    const sent = given();
    sequence.value = Number(sequence.value) + 1;
    let outcome, words = "";
    try {
      const answer = await fetch(form.dataset.autosave, {
        method: "POST", keepalive: true, body: new FormData(form), headers: { "X-Requested-With": "fetch" },
      });
      if (answer.ok && !answer.redirected) {
        const told = await answer.json();
        version.value = told.version;
        resync(told.seconds);
        kept = sent;
        outcome = settled = "saved";
      } else if (answer.status >= 500 || answer.status === 429) {
        outcome = "retrying";
      } else {
        outcome = "refused";
        refused = sent;
        if ([401, 409].includes(answer.status)) words = await answer.text();
      }
    } catch {
      outcome = "retrying";
    }
    saving = false;
    if (outcome === "retrying") kept = null;  // it may have arrived all the same
    if (outcome === "saved" && dirty()) return later(0);
    say(outcome, words);
    if (outcome === "saved") wait = 1000;
    if (outcome === "retrying") { later(wait); wait = Math.min(wait * 2, 30000); }
  }

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("submit", () => {
    leaving = true;
    clearTimeout(timer);
    sequence.value = Number(sequence.value) + 1;
  });
  addEventListener("pageshow", () => { leaving = false; });
  addEventListener("online", () => later(0));
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  addEventListener("beforeunload", (event) => { if ((dirty() || saving) && !leaving) event.preventDefault(); });
}

// The computer may sleep, and its clock may be set. Two clocks are read that react differently to both; where they
// disagree, or the page comes back into view, the server is asked, and until it answers the later of the two counts.
for (const time of document.querySelectorAll("time[data-seconds]")) {
  const announcer = document.querySelector("[data-countdown-status]");
  let seconds, steady, wall, last = Infinity, timer, asking = false;
  const elapsed = () => Math.max(performance.now() - steady, Date.now() - wall) / 1000;
  const left = () => Math.max(0, seconds - elapsed());
  const set = (told) => { seconds = told; steady = performance.now(); wall = Date.now(); };

  async function ask() {
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch(time.dataset.time, { headers: { "X-Requested-With": "fetch" } });
      if (answer.ok && !answer.redirected) { set((await answer.json()).seconds); tick(); }
    } catch { /* the line is down: the clocks of this computer have to do */ }
    asking = false;
  }

  function tick() {
    clearTimeout(timer);
    const now = Math.ceil(left());
    time.textContent = `${Math.floor(now / 60)}:${String(now % 60).padStart(2, "0")}`;
    for (const minutes of [5, 1, 0]) {
      if (announcer && now <= minutes * 60 && last > minutes * 60) announcer.textContent = announcer.dataset[`at${minutes}`];
    }
    last = now;
    if (Math.abs((performance.now() - steady) - (Date.now() - wall)) > 2000) ask();
    if (now) timer = setTimeout(tick, 1000);
  }

  resync = (told) => { if (told !== null) set(told); };
  set(Number(time.dataset.seconds));
  tick();
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { tick(); ask(); } });
  addEventListener("pageshow", (event) => { if (event.persisted) { tick(); ask(); } });
}
