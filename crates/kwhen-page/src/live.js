for (const group of document.querySelectorAll(".say")) {
  const said = group.querySelector("output"), field = group.querySelector("input");
  for (const button of group.querySelectorAll("button")) {
    button.addEventListener("click", async () => {
      const value = button.dataset.value || (field && field.value.trim());
      if (!value) { said.textContent = "Say what, such as " + field.placeholder + "."; return; }
      said.textContent = "…";
      try {
        const answer = await fetch("/v1/devices/" + group.dataset.device + "/" + button.dataset.what, {
          method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({value}) });
        said.textContent = (await answer.json()).message + ".";
      } catch { said.textContent = "Nobody answers."; }
    });
  }
}
const news = document.querySelector("#news");
const reload = () => location.reload();
news.querySelector("button").addEventListener("click", reload);
let soon;
const changed = () => {
  clearTimeout(soon);
  soon = setTimeout(() => {
    const busy = document.activeElement && document.activeElement !== document.body;
    if (busy) news.hidden = false; else reload();
  }, 1500);
};
const events = new EventSource("/events");
for (const topic of ["plan", "rates"]) events.addEventListener(topic, changed);
