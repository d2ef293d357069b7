"""The README says what is there."""

from docs.plugins import README, with_table


def test_the_table_of_plug_ins_is_the_one_that_the_command_writes() -> None:
    text = README.read_text()
    assert with_table(text) == text, "Run: python -m docs.plugins"
