"""The queue's benchmark says what was measured."""

from xml.etree import ElementTree

from benchmarks.queue import Rates, described, median, svg

RATES = [Rates(0, 400.0, 300.0), Rates(1_000, 390.0, 200.0), Rates(100_000, 380.0, 180.0)]


def test_the_section_compares_a_long_queue_with_a_short_one():
    section = described(RATES, [0.01] * 99 + [0.05])

    assert "| 1,000 | 390 | 200 |" in section
    assert "With 100,000 waiting it drains 90 % of what it drains with 1,000" in section
    assert "begins 10.0 ms after it came (p95 10.0 ms, 100 messages)" in section


def test_the_plot_is_valid_and_has_a_point_for_each_figure():
    plot = ElementTree.fromstring(svg(RATES))

    assert len(plot.findall("{http://www.w3.org/2000/svg}circle")) == 2 * len(RATES)


def test_the_median_of_the_rounds_counts():
    assert median([Rates(0, 1.0, 9.0), Rates(0, 2.0, 7.0), Rates(0, 30.0, 8.0)]) == Rates(0, 2.0, 8.0)
