"""The report as one HTML file: everything is in it, nothing is fetched, and all that people typed is inert."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from html import escape

from costlab import __version__
from costlab.agreement import Agreement
from costlab.costs import ORIENTATION
from costlab.fitted import Fitted
from costlab.report import tables
from costlab.report.charts import Chart, charts, figure_json, inside_script, library
from costlab.report.facts import PER, CostlyImage, Findings, findings
from costlab.report.style import SCRIPT, STYLE
from costlab.report.words import images as image_count
from costlab.report.words import learnt, rule, share
from costlab.scenario import Scenario
from costlab.sources import Source
from costlab.wording import amount, count, listed, number

# Nothing may be fetched: what the page needs is in it
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; form-action 'none'"
HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
<script type="application/json" id="costlab-report">{facts}</script>
<script type="text/plain" id="plotly">{library}</script>
<script>{script}</script>
</body>
</html>
"""


def make_report(
    source: Source,
    fitted: Fitted,
    scenario: Scenario,
    agreed: Agreement,
    pictures: Mapping[int, bytes] | None = None,
    no_pictures: str = "",
) -> str:
    """The file's text.

    pictures: PNG files of images by their index in the data set; those of the costliest test images are shown.
    no_pictures: why there are none. Raises InvalidCosts or InvalidPredictions where the scenario means nothing.
    """
    found = findings(source, fitted, scenario, agreed)
    parts = [
        *_begin(found),
        *_results(found),
        *_prices(found, agreed),
        *_unknown(found),
        *_model(found, source, fitted, scenario),
        *_decisions(found),
        *_images(found, pictures or {}, no_pictures),
        *_charts(found),
        f"<footer>Made by costlab {escape(__version__)}. The numbers of this page are also in it as data, in the "
        "element <code>costlab-report</code>.</footer>",
    ]
    body = "\n".join(parts).replace("\u2009", "\u202f")  # between digits, where a thin space would let a line break
    return HTML.format(
        policy=POLICY,
        title=escape(found.facts.title),
        style=STYLE,
        body=body,
        facts=inside_script(found.facts.model_dump_json()),
        library=library(),
        script=SCRIPT,
    )


def _begin(found: Findings) -> Iterator[str]:
    facts = found.facts
    yield f"<h1>{escape(facts.title)}</h1>"
    who = f"Agreed by {facts.agreed_by}" if facts.agreed_by else "Nobody is named who agreed"
    yield f'<p class="who">{escape(who)}{escape(f", {facts.day}") if facts.day else ""}</p>'
    yield f'<p class="answer">{escape(facts.sentence)}</p>'
    if facts.remarks:
        yield f'<p class="remarks">{escape(facts.remarks)}</p>'


def _results(found: Findings) -> Iterator[str]:
    facts, cost = found.facts, found.answer.cost
    yield "<h2>What it costs</h2>"
    yield from tables.results(facts, cost.unit)
    images = image_count(len(found.target))
    weighted = ", weighted to the class shares below" if facts.shares else ""
    yield f'<p class="caption">Measured on {images}{weighted}. The interval holds the true cost with 95 % confidence. '
    yield "Differences are taken image by image; where their interval holds 0, the two cannot be told apart.</p>"
    yield "<p>" + escape(
        f"{share(facts.accuracy)} of the images are decided right"
        + (f", {share(facts.referred)} go to a human" if facts.referral is not None else "")
        + "."
    )
    yield "</p>"


def _prices(found: Findings, agreed: Agreement) -> Iterator[str]:
    facts, cost = found.facts, found.answer.cost
    unit = f"In {cost.unit}. " if cost.unit else ""
    yield "<h2>The prices agreed</h2>"
    yield f'<p class="lead">{escape(unit)}{ORIENTATION} An outlined cell is a right decision.</p>'
    yield from tables.prices(cost, agreed)
    yield "<dl>"
    if cost.name:
        yield f"<dt>Name</dt><dd>{escape(cost.name)}</dd>"
    yield f"<dt>Class shares</dt><dd>{escape(_shares(found))}</dd>"
    asked = "nobody can be asked" if facts.referral is None else amount(facts.referral, cost.unit) + " an image"
    yield f"<dt>Asking a human</dt><dd>{escape(asked)}</dd>"
    if facts.scale != 1:
        yield f"<dt>Scale</dt><dd>all prices as first written, times {number(facts.scale)}</dd>"
    yield "</dl>"


def _shares(found: Findings) -> str:
    sizes = found.answer.counts.sum(axis=1)
    shares, told = (
        (found.facts.shares, "where the model will decide")
        if found.facts.shares
        else ((sizes / sizes.sum()).tolist(), "as in the test images")
    )
    each = [f"{name} {share(value)}" for name, value in zip(found.answer.cost.classes, shares, strict=True)]
    return f"{told}: {listed(each, most=12)}"


def _unknown(found: Findings) -> Iterator[str]:
    yield "<h2>What was not known</h2>"
    yield '<ul class="unknown">' + "".join(f"<li>{escape(text)}</li>" for text in found.facts.not_known) + "</ul>"


def _model(found: Findings, source: Source, fitted: Fitted, scenario: Scenario) -> Iterator[str]:
    spec, facts = source.spec, found.facts
    data = found.dataset.title if found.dataset else spec.dataset.name
    train = f"{number(sum(source.counts))} to train, " if source.counts else ""
    sizes = f"{train}{number(len(found.target))} to test"
    rows = {
        "Run": source.title,
        "Images": f"{data}; {sizes}",
        "Model": spec.model.name.replace("_", " "),
        "Loss": spec.loss.name.replace("_", " ") + _options(spec.loss.options),
        "Training": f"{count(spec.epochs, 'epoch')}, seed {spec.seed}",
        "Rule": rule(scenario),
        "Learnt on": learnt(fitted),
    }
    yield "<h2>The model and the rule</h2><dl>"
    yield from (f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in rows.items())
    yield "</dl>"
    extras = [name for name in found.answer.cost.decisions[len(found.answer.cost.classes) :] if facts.referral is None]
    if extras:
        yield f"<p>Extra decisions: {escape(listed(extras))}.</p>"


def _options(options: Mapping[str, object]) -> str:
    return f" ({', '.join(f'{name} {value}' for name, value in options.items())})" if options else ""


def _decisions(found: Findings) -> Iterator[str]:
    unit = f" in {found.answer.cost.unit}" if found.answer.cost.unit else ""
    yield "<h2>What is decided, and what that costs</h2>"
    yield f'<p class="lead">{ORIENTATION} Large numbers count test images, small ones are their '
    yield f"cost{escape(unit)} {PER}; "
    yield "the darker, the more of the whole cost.</p>"
    yield from tables.decisions(found)


def _images(found: Findings, pictures: Mapping[int, bytes], no_pictures: str) -> Iterator[str]:
    yield "<h2>The costliest images</h2>"
    if not found.facts.costliest:
        yield "<p>No test image cost more than the best decision for its class.</p>"
        return
    if not pictures:
        yield f"<p>{escape(no_pictures or 'The images themselves are not in this report.')}</p>"
        yield from tables.costly(found)
        return
    yield '<div class="images">'
    for image in found.facts.costliest:
        yield from _picture(image, pictures.get(image.index), found)
    yield "</div>"


def _picture(image: CostlyImage, png: bytes | None, found: Findings) -> Iterator[str]:
    alt = f"Test image {image.index}: a '{image.truth}', decided '{image.decision}'"
    yield "<figure>"
    if png:
        data = b64encode(png).decode("ascii")
        yield f'<img src="data:image/png;base64,{data}" alt="{escape(alt)}">'
    paid = amount(image.cost, found.answer.cost.unit)
    yield f"<figcaption><b>{escape(image.truth)}</b> decided <b>{escape(image.decision)}</b><br>{escape(paid)}"
    yield f'<span class="soft">{escape(tables.likely(image, found.answer.cost.classes))}</span>'
    yield f'<span class="soft">image {image.index}</span></figcaption></figure>'


def _charts(found: Findings) -> Iterator[str]:
    yield '<section class="charts"><h2>How it depends on the prices</h2>'
    for chart in charts(found):
        yield from _chart(chart)
    yield "</section>"


def _chart(chart: Chart) -> Iterator[str]:
    yield f'<figure class="chart" id="{chart.name}"><h3>{escape(chart.title)}</h3>'
    yield f'<div class="plot" role="img" aria-label="{escape(chart.words)}" style="height:{chart.height}px"></div>'
    yield f'<script type="application/json">{figure_json(chart)}</script>'
    yield f"<figcaption>{escape(chart.words)}</figcaption>"
    yield "<details><summary>The numbers of this chart</summary>"
    yield from tables.columns(chart.table)
    yield "</details></figure>"
