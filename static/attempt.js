// A quiz attempt: saves answers as they are given, keeps trying while the line is down, and shows the time left.
// The server's clock decides; this one only counts down from what the server said.

const form = document.querySelector("form[data-autosave]");

if (form) {
  const status = document.querySelector("[data-autosave-status]");
  let dirty = false, saving = false, leaving = false, timer, wait = 1000;
  const say = (what) => { status.textContent = status.dataset[what]; };

  const later = (delay) => { clearTimeout(timer); timer = setTimeout(save, delay); };
  const changed = () => { dirty = true; say("saving"); later(400); };  // "saved" would be untrue from here on

  async function save() {
    if (saving || !dirty) return;
    saving = true;
    dirty = false;
    say("saving");
    let outcome;
    try {
      const answer = await fetch(form.dataset.autosave, {
        method: "POST", keepalive: true, body: new FormData(form), headers: { "X-Requested-With": "fetch" },
      });
      const saved = answer.ok && !answer.redirected;
      outcome = saved ? "saved" : answer.status >= 500 || answer.status === 429 ? "retrying" : "refused";
    } catch {
      outcome = "retrying";
    }
    saving = false;
    if (outcome !== "saved") dirty = true;
    else if (dirty) return later(0);
    say(outcome);
    if (outcome === "saved") wait = 1000;
    if (outcome === "retrying") { later(wait); wait = Math.min(wait * 2, 30000); }
  }

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("submit", () => { leaving = true; clearTimeout(timer); });
  addEventListener("online", () => later(0));
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  addEventListener("beforeunload", (event) => { if ((dirty || saving) && !leaving) event.preventDefault(); });
}

for (const time of document.querySelectorAll("time[data-deadline]")) {
  const announcer = document.querySelector("[data-countdown-status]");
  const now = time.dataset.now ? Date.parse(time.dataset.now) : Date.now();
  const end = performance.now() + Date.parse(time.dataset.deadline) - now;
  let last = Infinity;
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    time.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    for (const minutes of [5, 1, 0]) {
      if (announcer && left <= minutes * 60 && last > minutes * 60) announcer.textContent = announcer.dataset[`at${minutes}`];
    }
    last = left;
    if (left) setTimeout(tick, 1000);
  };
  tick();
}
