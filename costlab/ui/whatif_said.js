// A sentence that changes while somebody looks elsewhere: screen readers say it when they have a moment.

const sentences = new WeakMap(); // by the element that Streamlit gives us

export function draw({ data, parentElement }) {
  let node = sentences.get(parentElement);
  if (!node) {
    node = document.createElement("p");
    node.className = "costlab-said";
    node.setAttribute("role", "status");
    node.setAttribute("aria-live", "polite");
    parentElement.append(node);
    sentences.set(parentElement, node);
  }
  if (node.textContent !== data.text) node.textContent = data.text;
}
