// Answers a question in place: the form goes out by fetch, and what comes back replaces the box around it. What else the
// page says differently now comes marked with data-elsewhere, and takes the place of what has the same id.
// Whatever goes wrong, the form is sent as if this file were not there.

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const box = form.closest("[data-check-box]");
  if (!form.matches("form[data-check]") || !box || form.dataset.plain) return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  box.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    const fragment = document.createRange().createContextualFragment(await answer.text());
    const heading = fragment.querySelector("[data-check-heading]");
    if (!heading) throw new Error("no result");
    for (const other of fragment.querySelectorAll("[data-elsewhere]")) {
      document.getElementById(other.id)?.replaceChildren(...other.childNodes);
      other.remove();
    }
    box.replaceWith(fragment);
    heading.focus();
    document.dispatchEvent(new Event("staza:replaced"));
  } catch {
    form.dataset.plain = "yes";
    form.requestSubmit(event.submitter);
  }
});
