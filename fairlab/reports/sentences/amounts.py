"""Numbers of people, points and worth as they are written: one way for charts, tables and words."""

from fairlab.language import tr
from fairlab.metrics import GAPS
from fairlab.sweeps.expected import Expected

_FEW = 9.95


def amount(value: float | None) -> str:
    """Expected people: one decimal below ten, whole numbers above; "undefined" for None."""
    if value is None:
        return tr("undefined")
    if abs(value) < _FEW:
        return tr("{value:,.1f}", value=_zero(value, 1))
    return tr("{value:,.0f}", value=value)


def change(value: float | None) -> str:
    """The same with its sign: "+4.2", "−17", "0.0"."""
    if value is None:
        return tr("undefined")
    if abs(value) < _FEW:
        flat = _zero(value, 1)
        text = tr("{value:+,.1f}", value=flat) if flat else tr("{value:,.1f}", value=flat)
        return _minus(text)
    return _minus(tr("{value:+,.0f}", value=value))


def expected(number: Expected) -> str:
    """Expected people with their interval: "41 (30 to 55)"."""
    return _with_interval(number, amount(number.value), amount(number.lower), amount(number.upper))


def expected_change(number: Expected) -> str:
    """The same of a number that may be below 0: "−12 (−20 to −3.1)"."""
    return _with_interval(number, change(number.value), change(number.lower), change(number.upper))


def share(number: Expected) -> str:
    """A share in percent with its interval: "85.2 % (83.0 to 87.1)"."""
    if number.value is None:
        return tr("undefined")
    if number.lower is None or number.upper is None:
        return tr("{value:.1f} %", value=100 * number.value)
    return tr(
        "{value:.1f} % ({lower:.1f} to {upper:.1f})",
        value=100 * number.value,
        lower=100 * number.lower,
        upper=100 * number.upper,
    )


def points_change(number: Expected) -> str:
    """A change of a share in points with its interval: "−1.3 (−2.2 to −0.4)"."""
    if number.value is None:
        return tr("undefined")
    value = _points(number.value)
    if number.lower is None or number.upper is None:
        return value
    return tr(
        "{value} ({lower} to {upper})",
        value=value,
        lower=_points(number.lower),
        upper=_points(number.upper),
    )


def gap(name: str, value: float | None, lower: float | None, upper: float | None) -> str:
    """A gap with its interval: points for a difference, two decimals for a ratio."""
    if value is None:
        return tr("undefined")
    ratio = GAPS[name].spread == "ratio"
    if lower is None or upper is None:
        return tr("{value:.2f}", value=value) if ratio else tr("{value:.1f}", value=100 * value)
    if ratio:
        return tr("{value:.2f} ({lower:.2f} to {upper:.2f})", value=value, lower=lower, upper=upper)
    return tr(
        "{value:.1f} ({lower:.1f} to {upper:.1f})",
        value=100 * value,
        lower=100 * lower,
        upper=100 * upper,
    )


def _with_interval(number: Expected, value: str, lower: str, upper: str) -> str:
    if number.value is None or number.lower is None or number.upper is None:
        return value
    return tr("{value} ({lower} to {upper})", value=value, lower=lower, upper=upper)


def _points(value: float) -> str:
    flat = _zero(100 * value, 1)
    text = tr("{value:+.1f}", value=flat) if flat else tr("{value:.1f}", value=flat)
    return _minus(text)


def _zero(value: float, digits: int) -> float:
    """No "−0.0"."""
    return 0.0 if round(value, digits) == 0 else value


def _minus(text: str) -> str:
    return text.replace("-", "−")
