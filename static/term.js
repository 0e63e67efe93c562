// Escape hides the definition of a term that is shown, without moving pointer or focus (WCAG 1.4.13). Showing it needs no
// script.

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const term of document.querySelectorAll(".term:hover, .term:focus")) {
    term.classList.add("dismissed");
    const again = () => term.classList.remove("dismissed");
    term.addEventListener("mouseleave", again, { once: true });
    term.addEventListener("blur", again, { once: true });
  }
});
