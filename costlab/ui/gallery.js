// The images of a cell. The browser alone knows which one is looked at: Python is told, and sends the page around it.

const TELL = 150; // milliseconds between two reports while somebody leafs through
const LARGE = 288; // pixels, about: a whole multiple of the image's own, so that its pixels stay square

function make(tag, props = {}, ...children) {
  const { role, label, ...rest } = props;
  const node = Object.assign(document.createElement(tag), rest);
  if (role) node.setAttribute("role", role);
  if (label) node.setAttribute("aria-label", label);
  node.append(...children);
  return node;
}

const typing = (target) => target?.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target?.tagName);

class Gallery {
  constructor(parent) {
    this.large = make("img", { className: "costlab-gallery-large" });
    this.words = make("p", { className: "costlab-gallery-words" });
    this.words.setAttribute("aria-live", "polite");
    this.place = make("span", { className: "costlab-gallery-place" });
    this.index = make("span", { className: "costlab-gallery-index" });
    this.previous = this.button("Previous", "P", -1);
    this.next = this.button("Next", "N", 1);
    this.body = make("tbody");
    this.heads = make("tr");
    this.note = make("p", { className: "costlab-gallery-note" });
    this.list = make("div", { className: "costlab-gallery-list", role: "listbox" });
    this.table = make("table", {}, make("thead", {}, this.heads), this.body);
    const steps = make("div", { className: "costlab-gallery-steps" }, this.previous, this.next, this.place);
    const picture = make("figure", {}, this.large, this.index);
    const told = make("div", { className: "costlab-gallery-told" }, this.words, this.table, this.note);
    this.frame = make("div", { className: "costlab-gallery" });
    this.frame.dataset.testid = "gallery";
    this.frame.append(this.list, steps, make("div", { className: "costlab-gallery-one" }, picture, told));
    parent.append(this.frame);
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.anywhere = (event) => this.letter(event);
    document.addEventListener("keydown", this.anywhere);
  }

  button(word, letter, step) {
    const button = make("button", { type: "button" }, word, make("kbd", {}, letter));
    button.setAttribute("aria-keyshortcuts", letter);
    button.addEventListener("click", () => this.move(this.at + step));
    return button;
  }

  show(data) {
    if (data.of !== this.data?.of) this.at = data.at; // else the browser is ahead of what Python knows
    this.data = data;
    this.fill();
    this.paint();
  }

  // The small images of this page; kept while they are the same.
  fill() {
    const { images, legend, of, first } = this.data;
    const filled = JSON.stringify([of, first, images]);
    if (filled === this.filled) return;
    this.filled = filled;
    const focused = this.list.contains(document.activeElement);
    this.list.setAttribute("aria-label", legend.list);
    this.list.replaceChildren(
      ...images.map((image, i) => {
        const node = make("div", { role: "option" }, make("img", { src: image.small, alt: image.alt, title: image.alt }));
        node.addEventListener("click", () => this.move(first + i, true));
        return node;
      }),
    );
    const heads = [legend.decision, legend.chance, legend.expected, legend.true];
    this.heads.replaceChildren(...heads.map((head) => make("th", { scope: "col" }, head)));
    this.note.textContent = legend.note;
    this.refocus ||= focused; // or it was, and its image is still on the way
  }

  paint() {
    const { first, total, images } = this.data;
    this.place.textContent = `${this.at + 1} of ${total}`;
    this.previous.disabled = this.at === 0;
    this.next.disabled = this.at === total - 1;
    const image = images[this.at - first];
    this.frame.dataset.at = image ? this.at : "";
    if (!image) return; // its page is on the way
    [...this.list.children].forEach((node, i) => {
      const chosen = first + i === this.at;
      node.setAttribute("aria-selected", chosen);
      node.tabIndex = chosen ? 0 : -1;
      if (chosen && this.refocus) node.focus();
    });
    this.refocus = false;
    this.large.src = image.large ?? image.small;
    this.large.alt = image.alt;
    const pixels = image.side * Math.max(1, Math.floor(LARGE / image.side));
    this.large.style.width = `${pixels}px`;
    this.words.textContent = `${image.alt}.`;
    this.index.textContent = image.index;
    this.body.replaceChildren(...image.rows.map((row) => this.line(row)));
  }

  line(row) {
    const name = make("th", { scope: "row" }, row.name);
    if (row.mark) name.append(make("span", { className: "costlab-gallery-mark" }, row.mark));
    const chance = make("td", { className: "costlab-gallery-chance" }, make("span", {}, row.chance));
    if (row.share !== null) chance.style.setProperty("--share", row.share);
    const line = make("tr", {}, name, chance, make("td", {}, row.expected), make("td", {}, row.true));
    line.dataset.decided = row.mark.includes("decided");
    return line;
  }

  move(at, focus = false) {
    if (at < 0 || at >= this.data.total || at === this.at) return;
    this.at = at;
    this.refocus = focus;
    this.paint();
    this.due ??= setTimeout(() => {
      this.due = undefined;
      this.tell({ of: this.data.of, at: this.at });
    }, TELL);
  }

  // In the list: arrows, Home and End; up and down go by rows.
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const nodes = [...this.list.children];
    const across = nodes.filter((node) => node.offsetTop === nodes[0].offsetTop).length;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key];
    const place = { Home: 0, End: this.data.total - 1 }[event.key];
    if (step === undefined && place === undefined) return;
    event.preventDefault();
    this.move(place ?? this.at + step, true);
  }

  // N and P anywhere on the page, but not where letters are typed.
  letter(event) {
    if (!this.frame.isConnected) return document.removeEventListener("keydown", this.anywhere);
    if (event.ctrlKey || event.metaKey || event.altKey || event.composedPath().some(typing)) return;
    const step = { n: 1, p: -1 }[event.key.toLowerCase()];
    if (step) this.move(this.at + step);
  }
}

const galleries = new WeakMap(); // by the element that Streamlit gives us

export function draw({ data, parentElement, setStateValue }) {
  const gallery = galleries.get(parentElement) ?? new Gallery(parentElement);
  galleries.set(parentElement, gallery);
  gallery.tell = (place) => setStateValue("at", place);
  gallery.show(data);
}
