"use strict";
// Sorts a table by a column when its heading is pressed; without this script tables still read well.
const units = { s: 1, min: 60, h: 3600 };

function value(cell) {
  const text = cell.textContent.trim().replace(/−/g, "-").replace(/^[<>≤]\s*/, "");
  const found = text.match(/^([+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*(s|min|h)?\b/i);
  return found ? Number(found[1]) * (units[found[2]] || 1) : NaN;
}

function before(a, b) {
  const x = value(a), y = value(b);
  if (Number.isNaN(x) && Number.isNaN(y)) return a.textContent.localeCompare(b.textContent);
  if (Number.isNaN(x)) return 1;
  if (Number.isNaN(y)) return -1;
  return x - y;
}

function sort(table, place, heading) {
  const falling = heading.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
  const rows = Array.from(table.tBodies[0].rows);
  rows.sort((a, b) => (falling ? -1 : 1) * before(a.cells[place], b.cells[place]));
  table.tBodies[0].append(...rows);
}

for (const table of document.querySelectorAll("table.sortable")) {
  if (table.tBodies[0].rows.length < 2) continue;
  Array.from(table.tHead.rows[0].cells).forEach((heading, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.title = "sort";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sort(table, place, heading));
  });
}

// Paper has no buttons to press, so what is folded is printed open.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
});
