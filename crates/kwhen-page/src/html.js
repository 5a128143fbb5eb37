for (const figure of document.querySelectorAll("figure.chart")) {
  const rows = figure.querySelectorAll("tbody tr"), area = figure.querySelector(".area");
  const read = figure.querySelector(".read"), slider = read.querySelector("input"), said = read.querySelector("output");
  const cursor = figure.querySelector(".cursor"), heads = [...figure.querySelectorAll("thead tr > *")];
  if (!rows.length) continue;
  const tell = () => {
    const values = [...rows[slider.value].cells].map((cell, place) =>
      place && cell.className && /\d/.test(cell.textContent) ? cell.textContent + " " + heads[place].textContent : cell.textContent);
    said.textContent = values[0] + ": " + values.slice(1).filter(Boolean).join(", ");
    slider.setAttribute("aria-valuetext", said.textContent);
  };
  const show = () => {
    tell();
    cursor.hidden = false;
    cursor.style.left = 100 * (Number(slider.value) + 0.5) / rows.length + "%";
  };
  const point = event => {
    const box = area.getBoundingClientRect();
    const place = Math.floor(rows.length * (event.clientX - box.left) / box.width);
    slider.value = Math.min(rows.length - 1, Math.max(0, place));
    show();
  };
  read.hidden = false;
  tell();
  slider.addEventListener("input", show);
  slider.addEventListener("focus", show);
  area.addEventListener("pointermove", point);
  area.addEventListener("pointerdown", point);
}
const parts = [...document.querySelectorAll(".scroll")];
const cues = parts.map(part => {
  const cue = document.createElement("p");
  cue.className = "more";
  cue.hidden = true;
  cue.textContent = "The table goes on to the right: scroll sideways →";
  part.before(cue);
  return cue;
});
const fit = () => {
  for (const [place, part] of parts.entries()) {
    const isWide = part.scrollWidth > part.clientWidth + 1, isLong = part.scrollHeight > part.clientHeight + 1;
    cues[place].hidden = !isWide;
    part.classList.toggle("cut", isWide);
    part.tabIndex = isWide || isLong ? 0 : -1;
  }
};
fit();
// Of a part and of what is in it: a window of another width, another font, an opened part, a row that is gone.
const sizes = new ResizeObserver(() => requestAnimationFrame(fit));
for (const part of parts) for (const each of [part, ...part.children]) sizes.observe(each);
