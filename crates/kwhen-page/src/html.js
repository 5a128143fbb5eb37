for (const figure of document.querySelectorAll("figure.chart")) {
  const rows = figure.querySelectorAll("tbody tr"), area = figure.querySelector(".area");
  const read = figure.querySelector(".read"), slider = read.querySelector("input"), said = read.querySelector("output");
  const cursor = figure.querySelector(".cursor"), unit = figure.querySelector("thead .n").textContent;
  if (!rows.length) continue;
  const show = () => {
    const cells = [...rows[slider.value].cells].map(cell => cell.textContent);
    said.textContent = cells[0] + ": " + cells[1] + " " + unit + (cells[2] ? ", " + cells[2] : "");
    slider.setAttribute("aria-valuetext", said.textContent);
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
  slider.addEventListener("input", show);
  slider.addEventListener("focus", show);
  area.addEventListener("pointermove", point);
  area.addEventListener("pointerdown", point);
}
