"""The tables that a page shows, as they are sent to the browser."""

import json
from typing import Any

from streamlit.testing.v1 import AppTest


def tables(app: AppTest) -> list[dict[str, list[Any]]]:
    """Of each table the cells, by column."""
    sent = [json.loads(each.proto.json)[0] for each in app.get("bidi_component")]
    return [
        {head["name"]: cells for head, cells in zip(data["heads"], data["cells"], strict=True)}
        for data in sent
        if "heads" in data
    ]
