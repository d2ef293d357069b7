// A table of texts to type into. Python's table is the truth: what was typed here is laid over it until Python says
// that it has taken it, so nothing that is typed while the page is on its way gets lost.

const LOOK = 200; // milliseconds that a cell must stay chosen before Python is told: arrow keys run over many
const COVERED = 170; // pixels at the top of the window that something may stay in front of

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const clamp = (value, size) => Math.min(Math.max(value, 0), size - 1);

class Cells {
  constructor(parent) {
    // What Python has yet to take: {serial, texts: [[name, text], ...], look: name or null}. A cell's name is that of its
    // row and its column, as Python names them: rows may move while a message is on its way.
    this.log = [];
    this.serial = 0;
    this.active = this.anchor = [0, 0]; // where the keyboard is, and where a selected block begins
    this.table = make("table", { role: "grid", "aria-multiselectable": "true" });
    this.frame = make("div", { class: "costlab-cells" }, this.table);
    this.input = make("input", { type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
    this.input.maxLength = 200;
    parent.append(this.frame);
    const on = (name, work) => this.table.addEventListener(name, (event) => work.call(this, event));
    on("keydown", this.key);
    on("pointerdown", this.press);
    on("pointerover", this.drag);
    on("click", this.click);
    on("copy", this.copy);
    on("paste", this.paste);
    this.input.addEventListener("blur", () => this.leave());
  }

  show(data) {
    const heads = JSON.stringify([data.of, data.corner, data.across, data.names, data.columns, data.rows]);
    const before = this.data;
    this.data = data;
    const waiting = this.log.length;
    this.log = this.log.filter((each) => each.serial > data.taken && data.of === before?.of);
    if (heads !== this.heads) this.build(heads);
    const moved = JSON.stringify(data.selected) !== JSON.stringify(before?.selected);
    const place = this.place(data.selected);
    if (place && moved && waiting === this.log.length && !this.editing) this.go(place, { told: true, focus: false });
    this.paint();
  }

  build(heads) {
    const { data } = this;
    const focused = this.table.contains(document.activeElement);
    this.heads = heads;
    this.editing = undefined;
    this.frame.dataset.testid = data.key;
    this.table.setAttribute("aria-label", data.about);
    this.table.setAttribute("aria-rowcount", data.rows.length + 1);
    this.table.setAttribute("aria-colcount", data.corner.length + data.columns.length);
    const head = (text, attributes) => make("th", { title: text, ...attributes }, make("span", {}, text));
    const top = make("tr", { "aria-rowindex": 1 });
    data.corner.forEach((text, i) => top.append(head(text, { scope: "col", class: `name name-${i}` })));
    data.columns.forEach((text) => top.append(head(text, { scope: "col", class: "column" })));
    this.nodes = data.rows.map((_, row) => data.columns.map((_, column) => this.cell(row, column)));
    const lines = data.rows.map((names, row) => {
      const line = make("tr", { "aria-rowindex": row + 2 });
      names.forEach((text, i) => line.append(head(text, { scope: "row", class: `name name-${i}` })));
      line.append(...this.nodes[row]);
      return line;
    });
    this.table.replaceChildren(make("thead", {}, top), make("tbody", {}, ...lines));
    this.active = this.anchor = this.inside(this.place(data.selected) ?? this.active);
    if (focused) this.node(this.active)?.focus();
  }

  cell(row, column) {
    const node = make("td", { role: "gridcell", "aria-colindex": this.data.corner.length + column + 1 });
    node.dataset.testid = `cell-${row}.${column}`;
    node.place = [row, column];
    if (this.data.diagonal && row === column) node.classList.add("right");
    return node;
  }

  inside([row, column]) {
    return [clamp(row, this.data.rows.length), clamp(column, this.data.columns.length)];
  }

  node([row, column]) {
    return this.nodes[row]?.[column];
  }

  // What Python calls the cell at a place, and the other way round.
  name([row, column]) {
    return [...this.data.names[row], column];
  }

  place(name) {
    const row = name ? this.data.names.findIndex((each) => each.every((part, i) => part === name[i])) : -1;
    return row < 0 ? undefined : [row, name.at(-1)];
  }

  // What was typed and is not taken yet, by the names of the cells.
  typed() {
    return new Map(this.log.flatMap(({ texts }) => texts.map(([name, text]) => [name.join("."), text])));
  }

  text([row, column]) {
    return this.typed().get(this.name([row, column]).join(".")) ?? this.data.texts[row][column];
  }

  paint() {
    const { data } = this;
    const typed = this.typed();
    const [[top, left], [bottom, right]] = this.block();
    const several = top !== bottom || left !== right;
    const looked = data.selected?.join(".");
    this.nodes.forEach((line, row) => line.forEach((node, column) => {
      const name = this.name([row, column]).join(".");
      const state = {
        text: typed.get(name) ?? data.texts[row][column],
        refused: typed.has(name) ? undefined : data.refused[name],
        inside: row >= top && row <= bottom && column >= left && column <= right,
        active: row === this.active[0] && column === this.active[1],
        looked: name === looked,
        several,
      };
      const painted = JSON.stringify(state);
      if (node.painted === painted) return;
      node.painted = painted;
      this.dress(node, state, this.said(row, column));
    }));
  }

  dress(node, { text, refused, inside, active, looked, several }, said) {
    if (this.shown(node) !== text) this.write(node, text);
    node.tabIndex = active ? 0 : -1;
    node.setAttribute("aria-selected", inside);
    node.setAttribute("aria-label", [`${said}: ${text || "empty"}`, refused].filter(Boolean).join(". "));
    node.classList.toggle("chosen", inside && several);
    node.classList.toggle("looked", looked);
    node.classList.toggle("refused", !!refused);
    node.title = refused ?? "";
    if (refused) node.setAttribute("aria-invalid", "true");
    else node.removeAttribute("aria-invalid");
  }

  // The text of a cell is its first node; the editor, while it is there, lies over it.
  shown(node) {
    return node.firstChild?.nodeType === Node.TEXT_NODE ? node.firstChild.data : "";
  }

  write(node, text) {
    if (node.firstChild?.nodeType === Node.TEXT_NODE) node.firstChild.data = text;
    else node.prepend(text);
  }

  // The cell in words.
  said(row, column) {
    const { corner, across, columns, rows } = this.data;
    const plain = (text) => text.replace(/ ?[↓→]/g, "");
    const parts = rows[row].map((name, i) => `${plain(corner[i])} ${name}`);
    return [...parts, `${across} ${columns[column]}`.trim()].join(", ");
  }

  // The corners of what is selected: from the top left to the bottom right.
  block() {
    const [[r1, c1], [r2, c2]] = [this.anchor, this.active];
    return [[Math.min(r1, r2), Math.min(c1, c2)], [Math.max(r1, r2), Math.max(c1, c2)]];
  }

  // Moving ------------------------------------------------------------------------------------------------------------

  // told: Python knows. keep: the block grows instead of beginning anew.
  go(place, { told = false, keep = false, focus = !told } = {}) {
    this.active = this.inside(place);
    if (!keep) this.anchor = this.active;
    this.paint();
    const node = this.node(this.active);
    if (focus) node.focus({ preventScroll: true });
    this.reveal(node);
    clearTimeout(this.due);
    this.due = told ? undefined : setTimeout(() => this.look(), LOOK);
  }

  // Scroll the grid, not the page, until a cell is clear of the heads.
  reveal(node) {
    const { frame } = this;
    const [box, cell] = [frame.getBoundingClientRect(), node.getBoundingClientRect()];
    const top = box.top + this.table.tHead.offsetHeight;
    const left = box.left + [...node.parentNode.querySelectorAll("th")].reduce((sum, head) => sum + head.offsetWidth, 0);
    if (cell.top < top) frame.scrollTop -= top - cell.top;
    else if (cell.bottom > box.top + frame.clientHeight) frame.scrollTop += cell.bottom - box.top - frame.clientHeight;
    if (cell.left < left) frame.scrollLeft -= left - cell.left;
    else if (cell.right > box.left + frame.clientWidth) frame.scrollLeft += cell.right - box.left - frame.clientWidth;
  }

  // Who moves by key cannot see what lies below the window, or under the figures that What if keeps at its top.
  uncover() {
    const { top, bottom } = document.activeElement.getBoundingClientRect();
    if (top < COVERED || bottom > innerHeight) document.activeElement.scrollIntoView({ block: "center", inline: "nearest" });
  }

  key(event) {
    if (event.target === this.input) return this.typing(event);
    const whole = event.ctrlKey || event.metaKey;
    const [row, column] = this.active;
    const [rows, columns] = [this.data.rows.length, this.data.columns.length];
    const page = Math.max(1, Math.floor(this.frame.clientHeight / this.nodes[0][0].offsetHeight) - 2);
    const to = {
      ArrowUp: [whole ? 0 : row - 1, column],
      ArrowDown: [whole ? rows - 1 : row + 1, column],
      ArrowLeft: [row, whole ? 0 : column - 1],
      ArrowRight: [row, whole ? columns - 1 : column + 1],
      Home: [whole ? 0 : row, 0],
      End: [whole ? rows - 1 : row, columns - 1],
      PageUp: [row - page, column],
      PageDown: [row + page, column],
    }[event.key];
    if (to && !event.altKey) {
      this.go(to, { keep: event.shiftKey });
      this.uncover();
    } else if (event.altKey) return;
    else if (whole && event.key.toLowerCase() === "a") this.all();
    else if (whole) return; // copy and paste come as events of their own
    else if (event.key === "Enter") this.edit();
    else if (event.key === "F2") this.edit(this.text(this.active));
    else if (event.key === "Delete" || event.key === "Backspace") this.clear();
    else if (event.key === "Escape") this.go(this.active, { told: true, focus: true });
    else if (event.key === "Dead" || event.key === "Process") return this.edit("");
    else if (event.key.length === 1) this.edit(event.key);
    else return;
    event.preventDefault();
    event.stopPropagation(); // a letter typed here is no shortcut of the page
  }

  press(event) {
    const node = event.target.closest("td");
    if (event.button || !node || event.target === this.input) return;
    this.again = !this.editing && node === document.activeElement && !event.shiftKey;
    this.from = event.pointerType === "mouse" ? node.place : undefined;
    this.go(node.place, { keep: event.shiftKey, focus: true });
    event.preventDefault(); // else the browser would begin to mark text
    addEventListener("pointerup", () => (this.from = undefined), { once: true });
  }

  drag(event) {
    const node = event.target.closest("td");
    if (!this.from || !node || event.buttons !== 1 || node === this.node(this.active)) return;
    this.again = false;
    this.go(node.place, { keep: true });
  }

  // A click on the cell that has the focus already, the second of a double click or a tap: type into it.
  click(event) {
    if (this.again && event.target.closest("td") === this.node(this.active)) this.edit();
    this.again = false;
  }

  all() {
    this.anchor = [0, 0];
    this.go([this.data.rows.length - 1, this.data.columns.length - 1], { keep: true, told: true, focus: true });
  }

  // Typing ------------------------------------------------------------------------------------------------------------

  // typed: the key that began it, in place of what was there; else all of that is marked, to be typed over.
  edit(typed) {
    clearTimeout(this.due);
    const node = this.node(this.active);
    this.anchor = this.active;
    this.editing = this.active;
    this.input.value = typed ?? this.text(this.active);
    this.input.setAttribute("aria-label", this.said(...this.active));
    node.append(this.input);
    this.paint();
    this.input.focus({ preventScroll: true });
    this.reveal(node);
    if (typed === undefined) this.input.select();
  }

  typing(event) {
    event.stopPropagation();
    if (event.isComposing) return;
    const [row, column] = this.editing;
    const last = [this.data.rows.length - 1, this.data.columns.length - 1];
    const next = column < last[1] ? [row, column + 1] : [row + 1, 0];
    const previous = column > 0 ? [row, column - 1] : [row - 1, last[1]];
    const up = event.shiftKey ? -1 : 1;
    const to = { Enter: [row + up, column], ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], Tab: up > 0 ? next : previous }[event.key];
    if (event.key === "Escape") this.close();
    else if (!to) return;
    else this.commit();
    const past = to && (to[0] < 0 || to[0] > last[0]);
    this.go(to ?? [row, column], { told: !!to, focus: true });
    this.uncover();
    if (event.key === "Tab" && past) return; // out of the table, as from every field
    event.preventDefault();
  }

  // Another place got the focus. Going over to another window is no end of typing.
  leave() {
    if (this.editing && document.activeElement !== this.input) this.commit();
  }

  close() {
    this.editing = undefined;
    this.input.remove();
  }

  commit() {
    const place = this.editing;
    const text = this.input.value;
    this.close();
    const same = text === this.text(place);
    this.tell({ texts: same ? [] : [[this.name(place), text]], look: this.name(place) });
  }

  clear() {
    this.fill(() => "");
  }

  // One text for each cell of the selected block.
  fill(textOf) {
    const [[top, left], [bottom, right]] = this.block();
    const texts = [];
    for (let row = top; row <= bottom; row++) for (let column = left; column <= right; column++) texts.push([this.name([row, column]), textOf(row, column)]);
    this.tell({ texts, look: texts.length === 1 ? this.name(this.active) : null });
  }

  copy(event) {
    if (event.target === this.input) return;
    const [[top, left], [bottom, right]] = this.block();
    const lines = [];
    for (let row = top; row <= bottom; row++) {
      lines.push(Array.from({ length: right - left + 1 }, (_, i) => this.text([row, left + i])).join("\t"));
    }
    event.clipboardData.setData("text/plain", lines.join("\n"));
    event.preventDefault();
  }

  // A block as spreadsheets copy it, from the selected cell on; a single text goes into all that are selected.
  paste(event) {
    const whole = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "");
    if (event.target === this.input && !/[\t\n]/.test(whole)) return;
    event.preventDefault();
    if (this.editing) this.close();
    const lines = whole.split("\n").slice(0, this.data.rows.length).map((line) => line.split("\t"));
    if (lines.length === 1 && lines[0].length === 1) return this.fill(() => lines[0][0].trim().slice(0, 200));
    const [[top, left]] = this.block();
    const texts = lines.flatMap((line, i) => line.map((text, j) => [[top + i, left + j], text.trim().slice(0, 200)]));
    const inside = texts.filter(([place]) => this.node(place));
    this.anchor = [top, left];
    const end = inside.reduce((far, [[row, column]]) => [Math.max(far[0], row), Math.max(far[1], column)], this.anchor);
    this.go(end, { keep: true, told: true, focus: true });
    this.tell({ texts: inside.map(([place, text]) => [this.name(place), text]), look: null });
  }

  // Telling Python ------------------------------------------------------------------------------------------------------

  look() {
    this.due = undefined;
    if (this.frame.isConnected) this.tell({ texts: [], look: this.name(this.active) });
  }

  // All that Python has not said to have taken, each time: a message that is overtaken by another loses nothing.
  tell(action) {
    clearTimeout(this.due);
    const { selected } = this.data; // null: the page speaks of no cell
    if (!action.texts.length && (!selected || (!this.log.length && `${action.look}` === `${selected}`))) return;
    this.serial = Math.max(Date.now(), this.serial + 1, this.data.taken + 1); // grows across reloads too
    this.log.push({ serial: this.serial, ...action });
    this.paint();
    this.send({ of: this.data.of, log: this.log });
  }
}

const tables = new WeakMap(); // by the element that Streamlit gives us

export function draw({ data, parentElement, setStateValue }) {
  const table = tables.get(parentElement) ?? new Cells(parentElement);
  tables.set(parentElement, table);
  table.send = (said) => setStateValue("said", said);
  table.show(data);
}
