"""The report: one HTML file that opens offline and prints, for people who agree on prices. No streamlit, no torch."""

from costlab.agreement import Agreement, note_key, priced_cells
from costlab.report.facts import Facts, Findings, findings
from costlab.report.page import make_report

__all__ = ["Agreement", "Facts", "Findings", "findings", "make_report", "note_key", "priced_cells"]
