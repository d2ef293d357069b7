"""Cost curves: how the mean cost moves with prices, thresholds and the share of images referred. numpy and scipy only.

Each function takes arrays and a `CostMatrix` and returns a frozen record of named arrays; `costlab.figures` draws them.
"""

from costlab.curves.believed import CostReliability, cost_reliability
from costlab.curves.lines import Envelope, lower_envelope
from costlab.curves.paths import Band, CostPath, cost_path, equal_costs, remade_path
from costlab.curves.prices import PriceCurve, price_curve, steady_prices
from costlab.curves.referral import ReferralCurve, referral_curve
from costlab.curves.simplex import Region, Simplex, decision_regions, on_page, triangle
from costlab.curves.thresholds import (
    BrierCurve,
    DrummondHolte,
    brier_curve,
    decision_rates,
    drummond_holte,
    probability_cost,
)

__all__ = [
    "Band",
    "BrierCurve",
    "CostPath",
    "CostReliability",
    "DrummondHolte",
    "Envelope",
    "PriceCurve",
    "ReferralCurve",
    "Region",
    "Simplex",
    "brier_curve",
    "cost_path",
    "cost_reliability",
    "decision_rates",
    "decision_regions",
    "drummond_holte",
    "equal_costs",
    "lower_envelope",
    "on_page",
    "price_curve",
    "probability_cost",
    "referral_curve",
    "remade_path",
    "steady_prices",
    "triangle",
]
