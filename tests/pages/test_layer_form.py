"""The layer's settings on Train."""

from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from fairlab.config import SweepConfig
from fairlab.runs.store import RunStore

Open = Callable[[str], AppTest]


def trained(app: AppTest, home: Path) -> SweepConfig:
    """What pressing Train asked for."""
    assert not app.exception
    app.button(key="train.start").click().run()
    return RunStore(home).list()[0].config.sweep


def layer_alone(open_page: Open) -> AppTest:
    app = open_page("train")
    return app.pills(key="train.modes").set_value(["layer"]).run()


def test_slacks_fit_the_table_unless_they_are_listed(open_page: Open, fairlab_home: Path) -> None:
    """Untouched, the widest slack is not asked for; the number of models is known all the same."""
    app = layer_alone(open_page)
    assert app.number_input(key="train.slack").disabled
    app.slider(key="train.count").set_value(5).run()
    sweep = trained(app, fairlab_home)
    assert (sweep.layer.span, sweep.layer.count, sweep.n_models) == ("unmitigated", 5, 5)
    assert (sweep.layer.decisions, sweep.layer.batches) == ("held", "projected")


def test_listed_slacks_run_from_the_widest_given(open_page: Open, fairlab_home: Path) -> None:
    app = layer_alone(open_page)
    app.radio(key="train.span").set_value("listed").run()
    assert not app.number_input(key="train.slack").disabled
    app.slider(key="train.count").set_value(4).run()
    app.number_input(key="train.slack").set_value(10.0).run()
    assert trained(app, fairlab_home).grid("layer") == (1.0, 0.1, 0.05, 0.0)


def test_small_batches_are_projected_together_unless_switched_off(
    open_page: Open, fairlab_home: Path
) -> None:
    app = layer_alone(open_page)
    app.number_input(key="train.batch").set_value(16).run()
    app.toggle(key="train.layer.decisions").set_value(False).run()
    sweep = trained(app, fairlab_home)
    assert (sweep.layer.decisions, sweep.layer.batches) == ("free", "running")
    again = layer_alone(open_page)
    again.number_input(key="train.batch").set_value(16).run()
    again.toggle(key="train.layer.running.True").set_value(False).run()
    assert trained(again, fairlab_home).layer.batches == "projected"
