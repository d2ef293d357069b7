"""`costlab decide`: what the predictions of any model cost under every decision rule."""

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from costlab.commands._options import read_costs, read_shares, spec_from_options

if TYPE_CHECKING:
    import numpy as np

    from costlab.costs import CostMatrix
    from costlab.predictions import Predictions
    from costlab.verdict import Case, JudgedRule, Shares, Verdict

LARGE = 1_000_000  # logits: ten thousand images of a hundred classes; with fewer, all rules take seconds


def decide(
    predictions: Annotated[Path, typer.Argument(help="A .npz file with logits (or probs) and target, of any model.")],
    cost_file: Annotated[
        Path | None,
        typer.Argument(metavar="COST", help="What each mistake costs: .csv or .json.  [default: those of the run]"),
    ] = None,
    cost: Annotated[Path | None, typer.Option(metavar="FILE", help="The same as COST.")] = None,
    rule: Annotated[list[str] | None, typer.Option(help="Only this rule; repeatable.  [default: all]")] = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Predictions of cross-entropy: compare with its bar, by index.")
    ] = None,
    priors: Annotated[
        str | None, typer.Option(metavar="CLASS=SHARE,...", help="How often each class comes where it will decide.")
    ] = None,
    estimate_priors: Annotated[
        bool, typer.Option("--estimate-priors", help="Estimate these shares from the test part's outputs.")
    ] = False,
    referral: Annotated[
        float | None, typer.Option(metavar="PRICE", help="Allow one more decision at this price: refer to a human.")
    ] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the verdict as JSON.")] = None,
    decisions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write a .csv: each test image, decision and cost.")
    ] = None,
) -> None:
    """Decide under every rule, and say what it costs and what can be told apart from the bar."""
    from costlab.fitted import Fitted
    from costlab.verdict import Case, verdict

    costs = _costs(predictions, cost_file, cost)
    if referral is not None:
        costs = costs.with_referral(referral)
    shares = _shares(priors, estimate_priors)
    model = _loaded(predictions, costs)
    case = Case(Fitted(model), costs, shares)
    other = None if baseline is None else Case(Fitted(_loaded(baseline, costs)), costs, shares)
    decided = _decided(case, rule)
    said = verdict(case, decided, other, baseline.name if baseline else "")
    _say(said, model, case)
    if json is not None:
        _write(json, said.model_dump_json(indent=1) + "\n")
    if decisions is not None:
        _write(decisions, _listed(case, decided))


def _costs(predictions: Path, argument: Path | None, option: Path | None) -> "CostMatrix":
    """The costs that are named, or those of the run in whose folder the predictions lie."""
    from costlab.errors import InvalidSpec

    if argument and option:
        raise InvalidSpec("Expected one cost file: costlab decide PREDICTIONS COST; got two.")
    if path := argument or option:
        return read_costs(path)
    run = predictions.parent / "run.json"
    cost = spec_from_options(spec=run).cost if run.is_file() else None
    if cost is None:
        raise InvalidSpec("Expected a cost file: costlab decide PREDICTIONS COST; got none.")
    return cost


def _shares(text: str | None, estimate: bool) -> "Shares | None":
    """The shares that are asked for. Raises InvalidSpec."""
    from costlab.errors import InvalidSpec

    if text is None:
        return "estimated" if estimate else None
    if estimate:
        raise InvalidSpec("Give the class shares with --priors, or have them estimated; not both.")
    return read_shares(text)


def _loaded(path: Path, cost: "CostMatrix") -> "Predictions":
    from costlab.predictions import Predictions

    return Predictions.load(path, cost.classes)


def _decided(case: "Case", rules: list[str] | None) -> "dict[str, np.ndarray]":
    """Decisions under each rule; where fitting takes long, standard error says which one it is at."""
    from costlab.fitted import chosen

    decided: dict[str, np.ndarray] = {}
    for name in chosen(case.recipes, rules):
        if case.fitted.test.logits.size > LARGE:
            print(f"costlab: deciding by {name}", file=sys.stderr, flush=True)
        decided |= case.decisions([name])
    return decided


def _say(verdict: "Verdict", predictions: "Predictions", case: "Case") -> None:
    from costlab.wording import number

    unit = f", costs in {verdict.unit}" if verdict.unit else ""
    images = f"{number(verdict.n)} test images"
    print(f"{images} of {len(verdict.classes)} classes{unit}. Rules that learn were {case.fitted.how}.")
    for line in _assumed(predictions):
        print(line)
    if verdict.priors:
        shares = ", ".join(f"{name} {share:.3g}" for name, share in verdict.priors.items())
        weighed = "; costs are for these" if verdict.priors_are == "given" else ""
        print(f"Class shares where it will decide, {verdict.priors_are}: {shares}{weighed}.")
    print(f"\n{table(verdict)}\n\n{verdict.sentence}")


def _assumed(predictions: "Predictions") -> list[str]:
    """What the file did not say, and what was taken instead."""
    words = {
        "classes": f"The file names no classes: its columns are taken to be {', '.join(predictions.classes)}.",
        "split": "The file has no validation part: all its images are test images.",
        "index": "The file has no index: its images are numbered from 0.",
    }
    return [words[name] for name in predictions.assumed]


def table(verdict: "Verdict") -> str:
    """Aligned text: each rule's accuracy, cost, interval, share of the best constant, and place beside the bar."""
    unit = f" ({verdict.unit})" if verdict.unit else ""
    head = ["rule", "accuracy", f"mean cost{unit}", "95 % interval", "of constant", "against the bar", ""]
    rows = [head]
    if verdict.bar.of != "this model":
        rows.append(_row(f"bar of {verdict.bar.of}", verdict.bar, "", ""))
    for name, rule in verdict.rules.items():
        if verdict.bar.of == "this model" and name == verdict.bar.rule:
            rows.append(_row(name, rule, "the bar", ""))
            continue
        low, high = rule.difference_interval
        apart = ("cheaper" if rule.difference < 0 else "dearer") if rule.told_apart else "cannot tell"
        if not any(rule.difference_interval):
            apart = "the same"
        rows.append(_row(name, rule, f"{rule.difference:+.3g} ({low:+.3g} to {high:+.3g})", apart))
    constant = verdict.best_constant
    rows.append([f"always '{constant.decision}'", "", f"{constant.mean_cost:.4g}", "", "100.0 %", "", ""])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [[row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))] for row in rows]
    return "\n".join("  ".join(line).rstrip() for line in lines)


def _row(name: str, rule: "JudgedRule", against: str, apart: str) -> list[str]:
    low, high = rule.interval
    share = f"{100 * rule.normalised_cost:.1f} %"
    return [
        name,
        f"{100 * rule.accuracy:.1f} %",
        f"{rule.mean_cost:.4g}",
        f"{low:.4g} to {high:.4g}",
        share,
        against,
        apart,
    ]


def _listed(case: "Case", decided: "dict[str, np.ndarray]") -> str:
    """CSV: index, truth, then decision and cost under each rule."""
    test, cost = case.fitted.test, case.cost
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    write(["index", "truth", *(f"{name}{what}" for name in decided for what in ("", "_cost"))])
    paid = {name: cost.paid(test.target, each) for name, each in decided.items()}
    for row, (index, truth) in enumerate(zip(test.index.tolist(), test.target.tolist(), strict=True)):
        cells = [(cost.decisions[each[row]], f"{paid[name][row]:.12g}") for name, each in decided.items()]
        write([index, cost.classes[truth], *(cell for pair in cells for cell in pair)])
    return out.getvalue()


def _write(path: Path, text: str) -> None:
    from costlab.errors import InvalidFile

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidFile(f"{path} cannot be written: {error.strerror}; choose another place.") from error
    print(f"Written to {path}.")
