// A table to read, sort, choose rows of and take along. Python says what stands in it; how it is sorted and what is
// chosen only the browser knows, and tells Python of the latter.

const PIECE = 300; // rows made at once; the others on demand, for a matrix of 100 classes has 10,000 cells

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const letters = new Intl.Collator(undefined, { numeric: true }).compare;
const quoted = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

class Table {
  constructor(parent) {
    this.sorted = { column: null, down: false };
    this.chosen = undefined; // the names of rows; Python's from the start, then only this
    this.pieces = 1;
    this.head = make("tr");
    this.body = make("tbody");
    this.table = make("table", {}, make("thead", {}, this.head), this.body);
    this.frame = make("div", { class: "costlab-table-frame", role: "region", tabindex: 0 }, this.table);
    this.more = make("button", { type: "button" });
    this.save = make("button", { type: "button" }, "Download as CSV");
    parent.append(make("div", { class: "costlab-table" }, this.frame, make("div", {}, this.more, this.save)));
    this.more.addEventListener("click", () => this.grow());
    this.save.addEventListener("click", () => this.download());
    this.body.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("click", (event) => this.click(event));
    this.table.addEventListener("change", (event) => this.change(event.target));
  }

  show(data) {
    const said = JSON.stringify(data);
    if (said === this.said) return;
    this.said = said;
    this.data = data;
    this.chosen ??= new Set(data.chosen);
    this.frame.dataset.testid = data.key;
    for (const node of [this.frame, this.table]) node.setAttribute("aria-label", data.about);
    this.save.hidden = !data.file;
    this.heads();
    this.rows();
  }

  // Above the columns: buttons that sort by them, once upwards, once downwards, then not at all.
  heads() {
    const { heads, names } = this.data;
    const made = JSON.stringify([heads, Boolean(names)]);
    if (made === this.made) return;
    this.made = made;
    this.all = names && make("input", { type: "checkbox", "aria-label": "Choose all rows" });
    const columns = heads.map((head, column) => {
      const button = make("button", { type: "button" }, make("span", {}, head.name));
      if (head.help) button.title = head.help;
      button.addEventListener("click", () => this.sort(column));
      return make("th", { scope: "col", ...(head.numeric && { class: "number" }) }, button);
    });
    this.head.replaceChildren(...(names ? [make("th", { class: "choose" }, this.all)] : []), ...columns);
  }

  sort(column) {
    const again = this.sorted.column === column;
    this.sorted = again && this.sorted.down ? { column: null, down: false } : { column, down: again };
    this.rows();
  }

  // The rows in the order in which they stand; those without a value come last, either way.
  order() {
    const rows = this.data.cells[0].map((_, row) => row);
    const { column, down } = this.sorted;
    const cells = this.data.cells[column];
    if (!cells) return rows;
    const one = this.data.heads[column].numeric ? (a, b) => a - b : letters;
    const way = (a, b) => (down ? one(cells[b], cells[a]) : one(cells[a], cells[b]));
    return rows.sort((a, b) => (cells[a] === null) - (cells[b] === null) || (cells[a] === null ? 0 : way(a, b)));
  }

  rows() {
    const { heads, names } = this.data;
    [...this.head.querySelectorAll("th:not(.choose)")].forEach((head, column) => {
      if (column !== this.sorted.column) head.removeAttribute("aria-sort");
      else head.setAttribute("aria-sort", this.sorted.down ? "descending" : "ascending");
    });
    const focused = this.body.contains(document.activeElement) && document.activeElement.value;
    const order = this.order();
    const left = order.length - PIECE * this.pieces;
    this.more.hidden = left <= 0;
    this.more.textContent = `Show ${Math.min(left, PIECE)} more rows`;
    this.body.replaceChildren(...order.slice(0, PIECE * this.pieces).map((row) => this.row(row, heads, names)));
    if (focused) this.boxes().find((box) => box.value === focused)?.focus();
    this.mark();
  }

  row(row, heads, names) {
    const cells = heads.map((head, column) => {
      return make("td", head.numeric ? { class: "number" } : {}, this.data.texts[column][row]);
    });
    if (!names) return make("tr", {}, ...cells);
    const [name, label] = names[row];
    const box = make("input", { type: "checkbox", value: name, "aria-label": `Choose ${label}` });
    return make("tr", {}, make("td", { class: "choose" }, box), ...cells);
  }

  names() {
    return this.data.names.map(([name]) => name);
  }

  boxes() {
    return [...this.body.querySelectorAll("input")];
  }

  // Shows what is chosen. One box alone can be reached by Tab, the others by arrows.
  mark() {
    const boxes = this.boxes();
    if (!boxes.length) return;
    for (const box of boxes) {
      box.checked = this.chosen.has(box.value);
      box.tabIndex = box === document.activeElement ? 0 : -1;
      box.closest("tr").classList.toggle("chosen", box.checked);
    }
    if (boxes.every((box) => box.tabIndex)) boxes[0].tabIndex = 0;
    const names = this.names();
    const count = names.filter((name) => this.chosen.has(name)).length;
    this.all.checked = count === names.length;
    this.all.indeterminate = count > 0 && count < names.length;
  }

  change(box) {
    const names = this.names();
    for (const name of box === this.all ? names : [box.value]) this.chosen[box.checked ? "add" : "delete"](name);
    this.mark();
    this.tell(names.filter((name) => this.chosen.has(name)));
  }

  // Anywhere in a row is as good as in its box.
  click(event) {
    const box = event.target.closest("tr")?.querySelector("input");
    if (!box || event.target === box || String(getSelection())) return;
    box.focus();
    box.click();
  }

  key(event) {
    const boxes = this.boxes();
    const at = boxes.indexOf(event.target);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: boxes.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    boxes[to]?.focus();
    this.mark();
  }

  grow() {
    this.pieces += 1;
    this.rows();
  }

  download() {
    const { heads, cells, file } = this.data;
    const lines = this.order().map((row) => cells.map((column) => quoted(String(column[row] ?? ""))));
    const text = [heads.map((head) => quoted(head.name)), ...lines].map((line) => line.join(",") + "\n").join("");
    const href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    Object.assign(document.createElement("a"), { href, download: file }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }
}

const tables = new WeakMap(); // by the element that Streamlit gives us

export function draw({ data, parentElement, setStateValue }) {
  const table = tables.get(parentElement) ?? new Table(parentElement);
  tables.set(parentElement, table);
  table.tell = (names) => setStateValue("chosen", names);
  table.show(data);
}
