"""Write the table of plug-ins into README.md: `python -m docs.plugins`."""

from pathlib import Path

from costlab.datasets import DATASETS
from costlab.decisions import RULES
from costlab.losses import LOSSES
from costlab.models import MODELS

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- plugins:begin (made by `python -m docs.plugins`) -->\n", "<!-- plugins:end -->"


def table() -> str:
    """A Markdown table of every loss, rule, model and data set: kind, name and the start of its description."""
    rows = ["| kind | name | what it is |", "|---|---|---|"]
    for registry in (LOSSES, RULES, MODELS, DATASETS):
        for name, plugin in registry.items():
            sentence = " ".join(plugin.description.split("\n\n")[0].split()).replace("|", "\\|")
            rows.append(f"| {registry.kind} | `{name}` | {sentence} |")
    return "\n".join(rows) + "\n"


def with_table(text: str) -> str:
    """README text with the table between its two marks."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + table() + rest[rest.index(END) :]


if __name__ == "__main__":
    README.write_text(with_table(README.read_text()))
