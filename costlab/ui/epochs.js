// The slider over epochs. The browser alone knows where it stands: Python says what there is and is told of moves.

const TELL = 120; // milliseconds between two reports while it is dragged

class Epochs {
  constructor(parent) {
    this.frame = document.createElement("div");
    this.frame.className = "costlab-epochs";
    this.words = document.createElement("span");
    this.input = Object.assign(document.createElement("input"), { type: "range", min: 1, step: 1 });
    this.input.setAttribute("aria-label", "Epoch");
    this.button = Object.assign(document.createElement("button"), { type: "button" });
    this.frame.append(this.words, this.input, this.button);
    parent.append(this.frame);
    this.input.addEventListener("pointerdown", () => (this.held = true));
    for (const end of ["pointerup", "pointercancel", "blur"]) this.input.addEventListener(end, () => this.release());
    this.input.addEventListener("input", () => this.move(+this.input.value));
    this.button.addEventListener("click", () => this.move(this.data.newest));
  }

  show(data) {
    if (data.run !== this.data?.run) this.at = data.pinned ?? null; // null: the newest
    this.data = data;
    this.paint();
  }

  paint() {
    const { newest, total, active } = this.data;
    const epoch = Math.min(this.at ?? newest, newest);
    this.input.max = total;
    if (!this.held) this.input.value = epoch;
    this.input.setAttribute("aria-valuetext", `Epoch ${epoch} of ${total}`);
    this.input.style.setProperty("--there", `${(100 * (newest - 1)) / (total - 1)}%`);
    this.words.textContent = `Epoch ${epoch} of ${total}`;
    this.button.textContent = active ? "Follow live" : "Last epoch";
    this.button.disabled = this.at === null;
  }

  move(epoch) {
    this.at = epoch < this.data.newest ? epoch : null;
    this.paint();
    this.due ??= setTimeout(() => {
      this.due = undefined;
      this.tell(this.at);
    }, TELL);
  }

  release() {
    this.held = false;
    this.paint();
  }
}

const sliders = new WeakMap(); // by the element that Streamlit gives us

export function draw({ data, parentElement, setStateValue }) {
  const slider = sliders.get(parentElement) ?? new Epochs(parentElement);
  sliders.set(parentElement, slider);
  slider.tell = (epoch) => setStateValue("epoch", epoch);
  slider.show(data);
}
